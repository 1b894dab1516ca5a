/* Lines for people: a label, sometimes a verdict, a value.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_TABLE_H
#define ODH_TABLE_H

/* Print "LABEL  VALUE" to stdout, control characters escaped.  A value of more than 2 KiB is cut.
 */
void table_row(const char *label, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

enum finding {
	FINDING_GOOD,
	FINDING_NOTE, /* works, but differently than an operator may expect */
	FINDING_BAD,  /* no hook runs, or starts fail, until somebody does what the line says */
	FINDING_COUNT
};

/* The same with the finding between the two.  Counts it in tally, of FINDING_COUNT numbers. */
void table_finding(unsigned *tally, enum finding finding, const char *label, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
