/* Two snapshots, compared.  SPDX-License-Identifier: Apache-2.0 */
#include <fnmatch.h>
#include <string.h>

#include "tests/rights/axes.h"

struct comparison {
	const struct snapshot *a, *b, *wanted;
	FILE *out;
	const char **failed;
	int count; /* of those that failed */
};

static void tell(struct comparison *c, const char *axis, char relation, const char *result)
{
	const char *a = value_of(c->a, axis), *b = value_of(c->b, axis);

	if (c->out)
		fprintf(c->out, "%s\t%c\t%s\t%.100s\t%.100s\n", axis, relation, result, a ? a : "",
			b ? b : "");
	if (!strcmp(result, "ok"))
		return;
	if (c->failed && c->count < PAIRS_MAX)
		c->failed[c->count] = axis;
	c->count++;
}

static void compare_axis(struct comparison *c, const char *axis)
{
	const struct row *row = row_find(axis);
	const char *a = value_of(c->a, axis), *b = value_of(c->b, axis);
	const char *wanted = value_of(c->wanted, axis);
	char text[256];
	enum relation relation;

	if (row->measure == DESCRIPTOR && !b) {
		tell(c, axis, REL_LESS, "ok"); /* closed */
		return;
	}
	if (row->measure == DESCRIPTOR && !a)
		a = "";
	if (!a || !b) {
		tell(c, axis, '?', "MISSING");
		return;
	}
	relation = measure(row, c->a, a, b);
	if (wanted && strcmp(b, wanted)) {
		snprintf(text, sizeof(text), "FAILED: wanted %s", wanted);
		tell(c, axis, (char)relation, text);
		return;
	}
	tell(c, axis, (char)relation, strchr(row->allowed, (char)relation) ? "ok" : "FAILED");
}

static bool has_axis(const struct snapshot *s, const char *pattern)
{
	for (size_t i = 0; i < s->count; i++)
		if (fnmatch(pattern, s->list[i].axis, 0) == 0)
			return true;
	return false;
}

int compare_snapshots(const struct snapshot *a, const struct snapshot *b,
		      const struct snapshot *wanted, FILE *out, const char **failed)
{
	struct comparison c = { a, b, wanted, out, failed, 0 };

	/* What neither of them has; what only one of them has is told below. */
	for (int i = 0; i < row_count; i++)
		if (!rows[i].optional && !has_axis(a, rows[i].axis) && !has_axis(b, rows[i].axis))
			tell(&c, rows[i].axis, '?', "MISSING");
	for (size_t i = 0; i < wanted->count; i++)
		if (!value_of(a, wanted->list[i].axis) && !value_of(b, wanted->list[i].axis))
			tell(&c, wanted->list[i].axis, '?', "MISSING");
	for (size_t i = 0; i < a->count; i++)
		compare_axis(&c, a->list[i].axis);
	for (size_t i = 0; i < b->count; i++)
		if (!value_of(a, b->list[i].axis))
			compare_axis(&c, b->list[i].axis);
	return c.count;
}

int compare(const char *file_a, const char *file_b, const char *file_wanted)
{
	static struct snapshot a, b, wanted;

	snapshot_read(file_a, &a);
	snapshot_read(file_b, &b);
	if (file_wanted)
		snapshot_read(file_wanted, &wanted);
	return compare_snapshots(&a, &b, &wanted, stdout, NULL);
}
