/* Bytes into lines for a log: bounded in length, rate and sum.  SPDX-License-Identifier: Apache-2.0
 */
#ifndef ODH_LINES_H
#define ODH_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINES_LENGTH_MAX 1024       /* bytes; what is longer goes on in a line of its own */
#define LINES_PER_SECOND 200        /* of both streams together, as is the sum */
#define LINES_SUM_MAX (1024 * 1024) /* bytes of one hook */

/* One stream's unfinished line; zeroed = empty. */
struct lines {
	char text[LINES_LENGTH_MAX]; /* any bytes, without the newline */
	size_t length;               /* of the whole line, once lines_take has returned true */
	bool newline;                /* a newline followed it */
	size_t used;
	bool whole;
};

/* Take bytes of *data (moved on, *len with it) up to the end of a line.  Returns true with the
 * line in l->text, until the next call; false once all is taken and the line goes on.
 * A long line is not cut within a character. */
bool lines_take(struct lines *l, const char **data, size_t *len);

/* The stream has ended: true if a line without newline is left, then as lines_take. */
bool lines_last(struct lines *l);

struct lines_budget {
	int64_t second;
	unsigned in_second;
	uint64_t sum;
};

/* May one more line of len bytes be logged at now_ms?  Then it is counted. */
bool lines_allowed(struct lines_budget *b, size_t len, int64_t now_ms);

#endif
