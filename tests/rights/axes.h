/* The axes on which two processes are compared.  SPDX-License-Identifier: Apache-2.0 */
#ifndef AXES_H
#define AXES_H

#include "tests/rights/rights.h"

#define PAIRS_MAX 4096

struct snapshot {
	struct pair {
		char *axis, *value;
	} list[PAIRS_MAX];
	size_t count;
};

enum measure {
	TEXT,         /* the same, or more */
	PRESENT,      /* must be there; its value is no right */
	MASK,         /* hexadecimal: the bits are rights */
	MORE_IS_LESS, /* a number: the higher, the fewer rights */
	MORE_IS_MORE, /* a number: the higher, the more */
	MITIGATION,   /* of a processor's leak, in the kernel's words */
	CGROUP,       /* the same, or below it */
	TERMINAL,     /* the same, or none */
	DESCRIPTOR,   /* a file that A holds open too, or a pipe */
	FILTERS,      /* call by call */
};

struct row {
	const char *axis; /* fnmatch(3) */
	enum measure measure;
	const char *allowed; /* relations that B may have to A */
	bool optional;       /* not every kernel has it; but in both, or in none */
};

extern const struct row rows[];
extern const int row_count;

/* The row of that axis; what none names must be the same. */
const struct row *row_find(const char *axis);

void snapshot_read(const char *path, struct snapshot *ret);
const char *value_of(const struct snapshot *s, const char *axis); /* NULL: it has none */

/* measure.c: relation of b to a, by the row's measure.  sa: the snapshot that a is of. */
enum relation measure(const struct row *row, const struct snapshot *sa, const char *a,
		      const char *b);

/* compare.c: the comparison itself.  out: for a line an axis, or NULL.  failed: where not NULL, the
 * axes that failed go there, at most PAIRS_MAX.  Returns how many failed. */
int compare_snapshots(const struct snapshot *a, const struct snapshot *b,
		      const struct snapshot *wanted, FILE *out, const char **failed);

#endif
