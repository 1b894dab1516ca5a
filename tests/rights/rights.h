/* What a process may do, written down and compared.  SPDX-License-Identifier: Apache-2.0
 *
 * For the tests, on the host, as root.  A snapshot is a text file, a line an axis:
 *	AXIS<TAB>VALUE
 * Backslash, newline and tab in a value are written \\, \n and \t.
 */
#ifndef RIGHTS_H
#define RIGHTS_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define PROGRAMS_MAX 16
#define FILTERS_AXIS "seccomp filters"

struct program {
	struct sock_filter *insns;
	unsigned len;
};

/* All programs of a process, the oldest first. */
struct programs {
	struct program list[PROGRAMS_MAX];
	unsigned count;
};

/* Relation of B to A.  The letters are what tables show. */
enum relation {
	REL_THERE = '.', /* compared by its presence only */
	REL_SAME = '=',
	REL_LESS = '<',  /* B may do less */
	REL_OTHER = '~', /* B differs, but can do no more */
	REL_MORE = '>',  /* B may do something that A may not */
};

void die(const char *what) __attribute__((noreturn)); /* prints errno, exits with 2 */

/* take.c: write the snapshot of pid, which must stand still, to out. */
void take(pid_t pid, FILE *out);
void emit(FILE *out, const char *axis, const char *value);

/* ask.c: what only the process itself can find out, asked in its place by ptrace(2), and its
 * seccomp programs.  It goes on afterwards. */
void ask(pid_t pid, FILE *out);

/* programs.c: as text, "none" or one word of hexadecimal digits each. */
char *programs_text(const struct programs *p);
void programs_parse(const char *text, struct programs *ret);

/* evaluate.c: B against A over every call and argument case.  out: where not NULL, a line for each
 * call that differs goes there. */
enum relation evaluate(const struct programs *a, const struct programs *b, FILE *out);

/* compare.c: compare two snapshots by the table in axes.c.  wanted may be NULL: axes with the value
 * that B must have.  Prints a line per axis: AXIS, relation, "ok" or why not, A's value, B's value.
 * Returns the number of axes on which B is not as it must be. */
int compare(const char *file_a, const char *file_b, const char *file_wanted);

/* plant.c: give B one right more than A on each axis in turn, leave each axis out in turn, and see
 * that exactly that one turns red.  Prints what was not seen, and a line of counts.  Returns the
 * number of those that were not seen. */
int plant_all(const char *file_a, const char *file_b, const char *file_wanted);

#endif
