/* Bytes into lines for a log.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/sandbox/lines.h"

#include <string.h>

/* Bytes at the end of text that begin a UTF-8 character and do not finish it. */
static size_t unfinished(const char *text, size_t len)
{
	for (size_t n = 1; n <= 3 && n <= len; n++) {
		unsigned char c = (unsigned char)text[len - n];

		if (c >= 0xc0) {
			size_t wanted = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

			return n < wanted ? n : 0;
		}
		if (c < 0x80)
			return 0;
	}
	return 0;
}

static bool finish(struct lines *l, size_t length, bool newline)
{
	l->length = length;
	l->newline = newline;
	l->whole = true;
	return true;
}

/* Forget the line that the caller has seen; the bytes after it begin the next one. */
static void begin(struct lines *l)
{
	if (!l->whole)
		return;
	memmove(l->text, l->text + l->length, l->used - l->length);
	l->used -= l->length;
	l->whole = false;
}

bool lines_take(struct lines *l, const char **data, size_t *len)
{
	begin(l);
	while (*len > 0) {
		char c = **data;

		if (c != '\n' && l->used == sizeof(l->text))
			return finish(l, l->used - unfinished(l->text, l->used), false);
		(*data)++;
		(*len)--;
		if (c == '\n')
			return finish(l, l->used, true);
		l->text[l->used++] = c;
	}
	return false;
}

bool lines_last(struct lines *l)
{
	begin(l);
	return l->used > 0 && finish(l, l->used, false);
}

bool lines_allowed(struct lines_budget *b, size_t len, int64_t now_ms)
{
	if (b->second != now_ms / 1000) {
		b->second = now_ms / 1000;
		b->in_second = 0;
	}
	if (b->in_second >= LINES_PER_SECOND || b->sum + len > LINES_SUM_MAX)
		return false;
	b->in_second++;
	b->sum += len;
	return true;
}
