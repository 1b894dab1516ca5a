/* How values of an axis relate.  SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "tests/rights/axes.h"

/* From the end, so that masks of different lengths and with commas compare. */
static enum relation by_mask(const char *a, const char *b)
{
	size_t i = strlen(a), j = strlen(b);
	bool less = false;

	while (i || j) {
		char x[2] = { i ? a[--i] : '0' }, y[2] = { j ? b[--j] : '0' };
		unsigned long p = strtoul(x, NULL, 16), q = strtoul(y, NULL, 16);

		if (q & ~p)
			return REL_MORE;
		less |= p != q;
	}
	return less ? REL_LESS : REL_SAME;
}

static enum relation by_number(const char *a, const char *b, bool more_is_less)
{
	char *end_a, *end_b;
	long x = strtol(a, &end_a, 10), y = strtol(b, &end_b, 10);

	if (*end_a || *end_b)
		return strcmp(a, b) ? REL_MORE : REL_SAME; /* an error's name */
	if (x == y)
		return REL_SAME;
	return (y > x) == more_is_less ? REL_LESS : REL_MORE;
}

static enum relation by_cgroup(const char *a, const char *b)
{
	size_t n = strlen(a);

	if (!strcmp(a, b))
		return REL_SAME;
	return !strncmp(a, b, n) && (b[n] == '/' || !strcmp(a, "/")) ? REL_LESS : REL_MORE;
}

/* "LINK DEVICE:INODE ACCESS" */
static enum relation by_descriptor(const struct snapshot *a, const char *b)
{
	const char *access = strrchr(b, ' '), *start = access;

	while (start && start > b && start[-1] != ' ')
		start--;
	if (!start)
		return REL_MORE;
	for (size_t i = 0; i < a->count; i++) {
		const char *value = a->list[i].value, *theirs = strrchr(value, ' ');
		size_t n = (size_t)(access - start);

		if (strncmp(a->list[i].axis, "fd ", 3) || !theirs || theirs < value + n ||
		    strncmp(theirs - n, start, n))
			continue;
		if (!strcmp(theirs, access) || !strcmp(theirs, " 2"))
			return strcmp(theirs, access) ? REL_LESS : REL_SAME;
	}
	return strncmp(b, "pipe:", 5) ? REL_MORE : REL_LESS;
}

/* The last answer is kept: plant.c asks for the same again and again. */
static enum relation by_filters(const char *a, const char *b)
{
	static char *last_a, *last_b;
	static enum relation last;
	struct programs x = { 0 }, y = { 0 };

	if (last_a && !strcmp(last_a, a) && !strcmp(last_b, b))
		return last;
	free(last_a);
	free(last_b);
	last_a = strdup(a);
	last_b = strdup(b);
	programs_parse(a, &x);
	programs_parse(b, &y);
	last = evaluate(&x, &y, NULL);
	return last;
}

enum relation measure(const struct row *row, const struct snapshot *sa, const char *a,
		      const char *b)
{
	switch (row->measure) {
	case PRESENT:
		return REL_THERE;
	case MASK:
		return by_mask(a, b);
	case MORE_IS_LESS:
	case MORE_IS_MORE:
		return by_number(a, b, row->measure == MORE_IS_LESS);
	case MITIGATION:
		return !strcmp(a, b) ? REL_SAME : strstr(b, "force") ? REL_LESS : REL_MORE;
	case CGROUP:
		return by_cgroup(a, b);
	case TERMINAL:
		return !strcmp(a, b) ? REL_SAME : !strcmp(b, "0") ? REL_LESS : REL_MORE;
	case DESCRIPTOR:
		return by_descriptor(sa, b);
	case FILTERS:
		return by_filters(a, b);
	default:
		return strcmp(a, b) ? REL_MORE : REL_SAME;
	}
}
