/* Does the comparison see one right too many?  SPDX-License-Identifier: Apache-2.0 */
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/bpf.h"
#include "tests/rights/axes.h"

/* One call more is allowed: the first that is not, by a jump before everything else. */
static char *plant_call(const char *value)
{
	struct programs p = { 0 };

	programs_parse(value, &p);
	for (uint32_t call = 0; call < 512 && p.count; call++) {
		const struct sock_filter extra[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		};
		const struct seccomp_data data = { .nr = (int)call, .arch = AUDIT_ARCH_X86_64 };
		struct program *first = &p.list[0];
		struct sock_filter *longer;

		if (bpf_run(first->insns, first->len, &data) == SECCOMP_RET_ALLOW)
			continue;
		longer = calloc(first->len + 3, sizeof(*longer));
		if (!longer)
			die("calloc");
		memcpy(longer, extra, sizeof(extra));
		memcpy(longer + 3, first->insns, first->len * sizeof(*longer));
		*first = (struct program){ longer, first->len + 3 };
		return programs_text(&p);
	}
	return NULL;
}

/* The lowest bit that is not set yet. */
static char *plant_bit(const char *value)
{
	char *text = strdup(value);

	for (char *s = text ? text + strlen(text) : NULL; s && s-- > text;)
		if (*s != 'f' && *s != ',') {
			unsigned long digit = strtoul((char[]){ *s, '\0' }, NULL, 16);

			*s = "0123456789abcdef"[digit | (digit + 1)];
			return text;
		}
	free(text);
	return NULL;
}

static char *plant_number(const char *value, long step)
{
	char *text = NULL, *end;
	long number = strtol(value, &end, 10);

	if (*end)
		return strdup("0"); /* in place of an error's name */
	return asprintf(&text, "%ld", number + step) < 0 ? NULL : text;
}

/* The application's value with one right more, to be freed; NULL: there is none. */
static char *more_than(const struct row *row, const char *value)
{
	char *text = NULL;

	switch (row->measure) {
	case PRESENT:
		return NULL;
	case MASK:
		return plant_bit(value);
	case MORE_IS_LESS:
		return plant_number(value, -1);
	case MORE_IS_MORE:
		return plant_number(value, 1);
	case CGROUP:
		return strdup("/elsewhere");
	case TERMINAL:
		return strdup("1025");
	case DESCRIPTOR:
		return strdup("/etc/shadow 1:1:1 0");
	case FILTERS:
		return plant_call(value);
	default:
		return asprintf(&text, "%s planted", value) < 0 ? NULL : text;
	}
}

static size_t find(const struct snapshot *s, const char *axis)
{
	size_t i = 0;

	while (i < s->count && strcmp(s->list[i].axis, axis))
		i++;
	return i;
}

static struct snapshot a, b, wanted;
static int planted, unseen;

/* Now exactly this axis must be red. */
static void expect(const char *axis, const char *how)
{
	static const char *failed[PAIRS_MAX];
	int count = compare_snapshots(&a, &b, &wanted, NULL, failed);

	planted++;
	if (count == 1 && !strcmp(failed[0], axis))
		return;
	unseen++;
	printf("%s, %s: %d axes are red", axis, how, count);
	for (int i = 0; i < count && i < 5; i++)
		printf(", '%s'", failed[i]);
	putchar('\n');
}

static void plant_value(size_t i, char *value, const char *how)
{
	struct pair *pair = &b.list[i];
	char *before = pair->value;

	pair->value = value;
	expect(pair->axis, how);
	pair->value = before;
}

/* Leave axis i of s out. */
static void plant_gap(struct snapshot *s, size_t i, const char *axis, const char *how)
{
	struct pair before = s->list[i];

	s->list[i] = s->list[--s->count];
	expect(axis, how);
	s->list[s->count++] = s->list[i];
	s->list[i] = before;
}

static void plant_axis(const char *axis)
{
	const struct row *row = row_find(axis);
	size_t in_a = find(&a, axis), in_b = find(&b, axis);
	const char *design = value_of(&wanted, axis);
	char *more;

	if (in_a == a.count || in_b == b.count)
		return; /* a descriptor that only one of them has */
	more = more_than(row, a.list[in_a].value);
	if (more)
		plant_value(in_b, more, "one right more than the application");
	if (design && strcmp(design, a.list[in_a].value))
		plant_value(in_b, a.list[in_a].value, "the application's, not the design's");
	free(more);
	if (row->measure == DESCRIPTOR)
		return; /* what is closed is less */
	plant_gap(&b, in_b, axis, "left out of the hook's");
	plant_gap(&a, in_a, axis, "left out of the application's");
}

/* What the hook alone has. */
static void plant_new(char *axis, char *value)
{
	b.list[b.count++] = (struct pair){ axis, value };
	expect(axis, "the hook's alone");
	b.count--;
}

int plant_all(const char *file_a, const char *file_b, const char *file_wanted)
{
	static char *axes[PAIRS_MAX];
	size_t count;

	snapshot_read(file_a, &a);
	snapshot_read(file_b, &b);
	snapshot_read(file_wanted, &wanted);
	if (compare_snapshots(&a, &b, &wanted, stdout, NULL))
		return 1;
	count = b.count;
	for (size_t i = 0; i < count; i++)
		axes[i] = b.list[i].axis;
	for (size_t i = 0; i < count; i++)
		plant_axis(axes[i]);
	plant_new("fd 7", "/etc/shadow 1:1:1 0");
	plant_new("env PLANTED", "1");
	plant_new("ns planted", "planted:[1]");
	plant_new("attr/planted", "unconfined");
	plant_new("status Planted", "1");
	printf("%d planted, %d not seen\n", planted, unseen);
	return unseen;
}
