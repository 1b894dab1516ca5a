/* Bytes into lines for a log: bounded in length, rate and sum.  SPDX-License-Identifier: Apache-2.0
 */
#ifndef ODH_LINES_H
#define ODH_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINES_LENGTH_MAX 1024       /* bytes; what is longer goes on in a line of its own */
#define LINES_PER_SECOND 200        /* of both streams together */
#define LINES_SUM_MAX (1024 * 1024) /* bytes of one hook, of both streams together */

/* One stream's unfinished line; zeroed = empty. */
struct lines {
	char text[LINES_LENGTH_MAX]; /* any bytes, without the newline */
	size_t length;               /* of the whole line, once lines_take has returned true */
	bool newline;                /* a newline followed it */
	size_t used;
	bool whole;
};

/* Take bytes of *data up to the end of a line; *data and *len then say what is left.  Returns true:
 * a line is in l->text until the next call.  Returns false: all bytes are taken, and the line has
 * not ended.  A long line is not cut within a character. */
bool lines_take(struct lines *l, const char **data, size_t *len);

/* The stream has ended.  Returns true if a line without newline is left: it is in l->text. */
bool lines_last(struct lines *l);

struct lines_budget {
	int64_t second;
	unsigned in_second;
	uint64_t sum;
};

/* May one more line of len bytes be logged at now_ms?  Then it is counted. */
bool lines_allowed(struct lines_budget *b, size_t len, int64_t now_ms);

#endif
