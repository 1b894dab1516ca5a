/* What yajl must never see.  SPDX-License-Identifier: Apache-2.0 */
#include "oci/json_check.h"

#include <errno.h>
#include <string.h>

/* The end of the comment at s, or NULL where none begins or it has no end. */
static const char *skip_comment(const char *s, const char *end)
{
	const char *close;

	if (end - s < 2)
		return NULL;
	if (s[1] == '/') {
		close = memchr(s, '\n', (size_t)(end - s));
		return close ? close : end;
	}
	if (s[1] != '*')
		return NULL;
	close = memmem(s + 2, (size_t)(end - s - 2), "*/", 2);
	return close ? close + 2 : NULL;
}

/* The closing quote of the string whose first character is s, or NULL and *e. */
static const char *skip_string(const char *s, const char *end, struct err *e)
{
	for (; s < end && *s != '"'; s++) {
		if (*s != '\\')
			continue;
		if (end - s >= 6 && !memcmp(s, "\\u0000", 6)) {
			(void)err_set(e, EINVAL, "not JSON for us: \\u0000 in a string");
			return NULL;
		}
		if (++s == end)
			break;
	}
	if (s < end)
		return s;
	(void)err_set(e, EINVAL, "not JSON: a string without end");
	return NULL;
}

int json_check_text(const char *text, size_t len, unsigned flags, struct err *e)
{
	const char *end = text + len;
	int depth = 0;

	if (memchr(text, '\0', len))
		return err_set(e, EINVAL, "not JSON: a NUL byte");
	for (const char *s = text; s < end; s++) {
		if (*s == '"') {
			s = skip_string(s + 1, end, e);
			if (!s)
				return -1;
		} else if (*s == '{' || *s == '[') {
			if (++depth > JSON_DEPTH_MAX)
				return err_set(e, EINVAL, "nested deeper than %d", JSON_DEPTH_MAX);
		} else if (*s == '}' || *s == ']') {
			depth--;
		} else if (*s == '/') {
			s = flags & JSON_COMMENTS ? skip_comment(s, end) : NULL;
			if (!s)
				return err_set(e, EINVAL, "not JSON: a stray '/'");
			s--;
		}
	}
	return 0;
}
