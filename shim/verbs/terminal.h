/* What our stdout can show, and how we write for people.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_TERMINAL_H
#define ODH_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct terminal {
	bool color;   /* a terminal, no NO_COLOR, TERM neither unset nor "dumb" */
	bool unicode; /* the locale's characters are UTF-8 */
	size_t columns;
};

/* Look at stdout and at NO_COLOR, TERM, LC_ALL, LC_CTYPE and LANG.  To be called before seal_reset,
 * which clears the environment. */
void terminal_look(struct terminal *ret);

enum { TERMINAL_DURATION_MAX = 32 };

/* Milliseconds as "12ms", "1.2s", "3m05s", "2h05m", "3d04h"; "-" if negative.  Returns buf. */
char *terminal_duration(int64_t ms, char buf[TERMINAL_DURATION_MAX]);

/* Write text for a cell of a table to buf, which has width + 1 bytes (at least 8).  Text of more
 * than width columns is cut, and ends with "...".  Control characters are escaped.  A character
 * that is not ASCII becomes '?', since we do not know how wide it is.  Returns buf. */
char *terminal_cell(char *buf, size_t width, const char *text);

/* The escape sequence that ends a colour; "" without colours. */
const char *terminal_plain(const struct terminal *t);

/* --- lines for people: a label, sometimes a verdict, a value --- */

/* Print "LABEL  VALUE" to stdout, with control characters escaped.  A value of more than 2 KiB is
 * cut. */
void table_row(const char *label, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

enum finding {
	FINDING_GOOD,
	FINDING_NOTE, /* hooks run, but something is not as an operator may expect */
	FINDING_BAD,  /* no hook runs, or starts fail, until somebody does what the line says */
	FINDING_COUNT
};

/* Print "FINDING  LABEL  VALUE" in the same way, and add 1 to tally[finding].  tally: FINDING_COUNT
 * numbers. */
void table_finding(unsigned *tally, enum finding finding, const char *label, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Print an entry of --help: words, and text from a column of its own on.  text: with '\n' between
 * lines; NULL = none. */
void table_usage(const char *words, const char *text);

#endif
