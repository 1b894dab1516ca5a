/* JSON, read from sources that are not trusted.  SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <yajl/yajl_tree.h>

#include "cleanup.h"

#define READ_FIRST 16384 /* bytes of the first buffer */

static yajl_val value_of(const struct json_node *node)
{
	return (yajl_val)node->value;
}

/* Read and drop.  An error ends the writer's wait as well as the end does. */
static void drain(int fd)
{
	char buf[16384];
	ssize_t n;

	do
		n = read(fd, buf, sizeof(buf));
	while (n > 0 || (n < 0 && errno == EINTR));
}

/* Make room for at least one byte and the NUL.  Never for more than max + 1 and the NUL. */
static int grow(char **text, size_t *size, size_t max, struct err *e)
{
	size_t wanted = *size ? *size * 2 : READ_FIRST;
	char *bigger;

	if (wanted > max + 2)
		wanted = max + 2;
	bigger = realloc(*text, wanted);
	if (!bigger)
		return err_sys(e, ENOMEM, "read");
	*text = bigger;
	*size = wanted;
	return 0;
}

int json_read(int fd, size_t max, char **ret_text, size_t *ret_len, struct err *e)
{
	auto_free char *text = NULL;
	size_t size = 0, len = 0;

	for (;;) {
		ssize_t n;

		if (len + 1 >= size && grow(&text, &size, max, e) < 0)
			break;
		n = read(fd, text + len, size - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			(void)err_sys(e, errno, "read");
			break;
		}
		if (n == 0) {
			text[len] = '\0';
			*ret_len = len;
			*ret_text = take_ptr(text);
			return 0;
		}
		len += (size_t)n;
		if (len > max) {
			(void)err_set(e, E2BIG, "more than %zu bytes", max);
			break;
		}
	}
	drain(fd);
	return -1;
}

int json_read_file(const char *path, size_t max, char **ret_text, size_t *ret_len, struct err *e)
{
	/* O_NONBLOCK: nobody must be waited for, should it be a FIFO */
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, errno, "open '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "'%s' is not a regular file", path);
	return json_read(fd, max, ret_text, ret_len, e);
}

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

/* The closing quote of the string whose first character is s, or NULL where there is none or the
 * string has a \u0000 in it. */
static const char *skip_string(const char *s, const char *end)
{
	for (; s < end && *s != '"'; s++)
		if (*s == '\\') {
			if (end - s >= 6 && !memcmp(s, "\\u0000", 6))
				return NULL;
			s++;
		}
	return s < end ? s : NULL;
}

/* What the library must never see. */
static int scan(const char *text, size_t len, unsigned flags, struct err *e)
{
	const char *end = text + len;
	int depth = 0;

	if (memchr(text, '\0', len))
		return err_set(e, EINVAL, "not JSON: a NUL byte");
	for (const char *s = text; s < end; s++) {
		if (*s == '"') {
			s = skip_string(s + 1, end);
			if (!s)
				return err_set(e, EINVAL,
					       "not JSON: a string without end, or with \\u0000");
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

int json_parse(const char *text, size_t len, unsigned flags, struct json **ret, struct err *e)
{
	char reason[160] = "";
	yajl_val root;

	if (scan(text, len, flags, e) < 0)
		return -1;
	root = yajl_tree_parse(text, reason, sizeof(reason));
	if (!root) {
		reason[strcspn(reason, "\n")] = '\0'; /* the lines behind quote the text */
		return err_set(e, EINVAL, "not JSON: %s", reason[0] ? reason : "empty");
	}
	*ret = (struct json *)root;
	return 0;
}

void json_free(struct json *doc)
{
	if (doc)
		yajl_tree_free((yajl_val)doc);
}

void json_root(const struct json *doc, struct json_node *ret)
{
	ret->value = doc;
	ret->path[0] = '\0';
}

/* What to call a node: the root has no path. */
static const char *name_of(const struct json_node *node)
{
	return node->path[0] ? node->path : "the document";
}

/* Write parent's path and key into ret, with control characters replaced. */
static void set_path(struct json_node *ret, const char *parent, const char *key)
{
	char path[JSON_PATH_MAX];

	snprintf(path, sizeof(path), "%s%s%.64s", parent, parent[0] ? "." : "", key);
	for (char *s = path; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
	memcpy(ret->path, path, sizeof(path));
}

int json_member(const struct json_node *obj, const char *key, struct json_node *ret, struct err *e)
{
	yajl_val object = value_of(obj), found = NULL;
	int times = 0;

	if (!YAJL_IS_OBJECT(object))
		return err_set(e, EINVAL, "%s: expected an object", name_of(obj));
	for (size_t i = 0; i < object->u.object.len; i++)
		if (!strcmp(object->u.object.keys[i], key)) {
			found = object->u.object.values[i];
			times++;
		}
	if (times > 1)
		return err_set(e, EINVAL, "%s: the key \"%.64s\" is there twice", name_of(obj),
			       key);
	if (!found || YAJL_IS_NULL(found))
		return 0;
	set_path(ret, obj->path, key);
	ret->value = found;
	return 1;
}

int json_array(const struct json_node *node, size_t *ret_count, struct err *e)
{
	if (!YAJL_IS_ARRAY(value_of(node)))
		return err_set(e, EINVAL, "%s: expected an array", name_of(node));
	*ret_count = value_of(node)->u.array.len;
	return 0;
}

void json_item(const struct json_node *array, size_t i, struct json_node *ret)
{
	char path[JSON_PATH_MAX];

	/* A path that is cut is still a path for people. */
	snprintf(path, sizeof(path), "%.96s[%zu]", array->path, i);
	ret->value = value_of(array)->u.array.values[i];
	memcpy(ret->path, path, sizeof(path));
}

int json_object(const struct json_node *node, size_t *ret_count, struct err *e)
{
	if (!YAJL_IS_OBJECT(value_of(node)))
		return err_set(e, EINVAL, "%s: expected an object", name_of(node));
	*ret_count = value_of(node)->u.object.len;
	return 0;
}

void json_pair(const struct json_node *object, size_t i, const char **ret_key,
	       struct json_node *ret)
{
	yajl_val value = value_of(object);
	const char *key = value->u.object.keys[i];

	set_path(ret, object->path, key);
	ret->value = value->u.object.values[i];
	*ret_key = key;
}

int json_string(const struct json_node *node, const char **ret, struct err *e)
{
	if (!YAJL_IS_STRING(value_of(node)))
		return err_set(e, EINVAL, "%s: expected a string", name_of(node));
	*ret = value_of(node)->u.string;
	return 0;
}

int json_bool(const struct json_node *node, bool *ret, struct err *e)
{
	if (!YAJL_IS_TRUE(value_of(node)) && !YAJL_IS_FALSE(value_of(node)))
		return err_set(e, EINVAL, "%s: expected true or false", name_of(node));
	*ret = YAJL_IS_TRUE(value_of(node));
	return 0;
}

/* The digits of a whole number's text as magnitude and sign.  False: not a whole number;
 * *ret_range false: it does not fit. */
static bool parse_whole(const char *text, bool *ret_negative, uint64_t *ret, bool *ret_range)
{
	uint64_t value = 0;

	*ret_range = true;
	*ret_negative = *text == '-';
	text += *ret_negative;
	for (; *text; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (digit > 9)
			return false;
		if (value > (UINT64_MAX - digit) / 10)
			*ret_range = false;
		value = value * 10 + digit;
	}
	*ret = value;
	return true;
}

/* What a value of the wrong type is, quoted in a message. */
static const char *describe(yajl_val value)
{
	if (YAJL_IS_STRING(value))
		return "a string";
	if (YAJL_IS_NUMBER(value))
		return value->u.number.r;
	if (YAJL_IS_OBJECT(value))
		return "an object";
	if (YAJL_IS_ARRAY(value))
		return "an array";
	return YAJL_IS_NULL(value) ? "null" : "a boolean";
}

int json_uint(const struct json_node *node, uint64_t max, uint64_t *ret, struct err *e)
{
	yajl_val value = value_of(node);
	bool negative = false, fits = false, whole = false;
	uint64_t number = 0;

	if (YAJL_IS_NUMBER(value))
		whole = parse_whole(value->u.number.r, &negative, &number, &fits);
	if (!whole || !fits || number > max || (negative && number))
		return err_set(e, whole ? ERANGE : EINVAL,
			       "%s: expected a whole number from 0 to %llu, got %.40s",
			       name_of(node), (unsigned long long)max, describe(value));
	*ret = number;
	return 0;
}

int json_int(const struct json_node *node, int64_t min, int64_t max, int64_t *ret, struct err *e)
{
	yajl_val value = value_of(node);
	bool negative = false, fits = false, whole = false;
	uint64_t number = 0;
	int64_t result = 0;

	if (YAJL_IS_NUMBER(value))
		whole = parse_whole(value->u.number.r, &negative, &number, &fits);
	if (negative && number == (uint64_t)INT64_MAX + 1)
		result = INT64_MIN;
	else if (number > INT64_MAX)
		fits = false;
	else
		result = negative ? -(int64_t)number : (int64_t)number;
	if (!whole || !fits || result < min || result > max)
		return err_set(e, whole ? ERANGE : EINVAL,
			       "%s: expected a whole number from %lld to %lld, got %.40s",
			       name_of(node), (long long)min, (long long)max, describe(value));
	*ret = result;
	return 0;
}

int json_get_string(const struct json_node *obj, const char *key, const char **ret, struct err *e)
{
	struct json_node node = { 0 };
	int found = json_member(obj, key, &node, e);

	return found == 1 && json_string(&node, ret, e) < 0 ? -1 : found;
}

int json_get_bool(const struct json_node *obj, const char *key, bool *ret, struct err *e)
{
	struct json_node node = { 0 };
	int found = json_member(obj, key, &node, e);

	return found == 1 && json_bool(&node, ret, e) < 0 ? -1 : found;
}

int json_get_uint(const struct json_node *obj, const char *key, uint64_t max, uint64_t *ret,
		  struct err *e)
{
	struct json_node node = { 0 };
	int found = json_member(obj, key, &node, e);

	return found == 1 && json_uint(&node, max, ret, e) < 0 ? -1 : found;
}

int json_get_int(const struct json_node *obj, const char *key, int64_t min, int64_t max,
		 int64_t *ret, struct err *e)
{
	struct json_node node = { 0 };
	int found = json_member(obj, key, &node, e);

	return found == 1 && json_int(&node, min, max, ret, e) < 0 ? -1 : found;
}
