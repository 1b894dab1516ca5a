/* The axes on which two processes are compared.  SPDX-License-Identifier: Apache-2.0
 *
 * A is the application, B what runs in its container.  What no row names must be the same, so
 * that a line which a newer kernel adds is never passed over. */
#include <errno.h>
#include <fnmatch.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/bpf.h"
#include "rights.h"

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

/* The first row that matches counts. */
static const struct row rows[] = {
	{ "status Name", TEXT, "=", false },
	{ "status Umask", TEXT, "=", false },
	{ "status State", PRESENT, "=", false },
	{ "status Tgid", PRESENT, "=", false },
	{ "status Ngid", PRESENT, "=", true },
	{ "status Pid", PRESENT, "=", false },
	{ "status PPid", PRESENT, "=", false },
	{ "status NS*", PRESENT, "=", false }, /* pids; the namespace itself is "ns pid" */
	{ "status FDSize", PRESENT, "=", false },
	{ "status Vm*", PRESENT, "=", false },
	{ "status Rss*", PRESENT, "=", false },
	{ "status HugetlbPages", PRESENT, "=", true },
	{ "status SigQ", PRESENT, "=", false },
	{ "status *ctxt_switches", PRESENT, "=", false },
	{ "status Uid", TEXT, "=", false },
	{ "status Gid", TEXT, "=", false },
	{ "status Groups", TEXT, "=", false },
	{ "status Threads", TEXT, "=", false },
	{ "status TracerPid", TEXT, "=", false },
	{ "status CoreDumping", TEXT, "=", false },
	{ "status THP_enabled", TEXT, "=", true },
	{ "status SigBlk", MASK, "=<", false },
	{ "status SigIgn", MASK, "=<", false },
	{ "status SigCgt", TEXT, "=", false },
	{ "status CapInh", MASK, "=<", false },
	{ "status CapPrm", MASK, "=<", false },
	{ "status CapEff", MASK, "=<", false },
	{ "status CapBnd", MASK, "=<", false },
	{ "status CapAmb", MASK, "=<", false },
	{ "status NoNewPrivs", MORE_IS_LESS, "=<", false },
	{ "status Seccomp", MORE_IS_LESS, "=<", false },
	{ "status Seccomp_filters", MORE_IS_LESS, "<", false }, /* its own is always one more */
	{ "status Speculation*", MITIGATION, "=<", true },
	{ "status Cpus_allowed", MASK, "=<", false },        /* execCPUAffinity may name fewer */
	{ "status Cpus_allowed_list", PRESENT, "=", false }, /* the same in other words */
	{ "status Mems_allowed", MASK, "=", true },
	{ "limit *", TEXT, "=", false },
	{ "cgroup *", CGROUP, "=<", false },
	{ "ns cgroup", TEXT, "=", false },
	{ "ns ipc", TEXT, "=", false },
	{ "ns mnt", TEXT, "=", false },
	{ "ns net", TEXT, "=", false },
	{ "ns pid", TEXT, "=", false },
	{ "ns time", TEXT, "=", true },
	{ "ns user", TEXT, "=", false },
	{ "ns uts", TEXT, "=", false },
	{ "env *", TEXT, "=", false },
	{ "fd *", DESCRIPTOR, "=<", false },
	{ "attr/current", TEXT, "=", false },
	{ "attr/exec", TEXT, "=", false },
	{ "root", TEXT, "=", false },
	{ "cwd", TEXT, "=", false },
	{ "exe", TEXT, "=", false },
	{ "terminal", TERMINAL, "=<", false },
	{ "oom_score_adj", MORE_IS_LESS, "=<", false },
	{ "personality", TEXT, "=", false },
	{ "loginuid", TEXT, "=", true },
	{ "sessionid", TEXT, "=", true },
	{ "coredump_filter", TEXT, "=", true },
	{ "timerslack_ns", TEXT, "=", false },
	{ "uid_map", TEXT, "=", false },
	{ "gid_map", TEXT, "=", false },
	{ "setgroups", TEXT, "=", false },
	{ "sched policy", TEXT, "=", false },
	{ "sched nice", TEXT, "=", false },
	{ "sched priority", TEXT, "=", false },
	{ "sched deadline", TEXT, "=", false },
	{ "sched io priority", TEXT, "=", false },
	{ "sched cpus", MORE_IS_MORE, "=<", false },
	{ "prctl securebits", TEXT, "=", false },
	{ "prctl keepcaps", TEXT, "=", false },
	{ "prctl dumpable", MORE_IS_MORE, "=", false },
	{ "prctl parent death", PRESENT, "=", false }, /* the hook dies with its parent */
	{ "prctl *", TEXT, "=", false },
	{ "keyring session", TEXT, "=", false },
	{ "keyring session keys", MORE_IS_MORE, "=<", false },
	{ "keyring session description", PRESENT, "=", false }, /* a fresh one has another name */
	{ "keyring thread", TEXT, "=", false },
	{ "keyring process", TEXT, "=", false },
	{ FILTERS_AXIS, FILTERS, "=<~", false }, /* "~": denied in other words */
};
static const struct row any_other = { "*", TEXT, "=", true };
enum { ROW_COUNT = sizeof(rows) / sizeof(rows[0]) };

static const struct row *find_row(const char *axis)
{
	for (int i = 0; i < ROW_COUNT; i++)
		if (fnmatch(rows[i].axis, axis, 0) == 0)
			return &rows[i];
	return &any_other;
}

static void read_snapshot(const char *path, struct snapshot *ret)
{
	FILE *in = fopen(path, "re");
	char *line = NULL, *tab;
	size_t size = 0;

	if (!in)
		die(path);
	ret->count = 0;
	while (getline(&line, &size, in) > 0) {
		line[strcspn(line, "\n")] = '\0';
		tab = strchr(line, '\t');
		if (!tab || ret->count == PAIRS_MAX) {
			errno = EINVAL;
			die(path);
		}
		*tab = '\0';
		ret->list[ret->count].axis = strdup(line);
		ret->list[ret->count++].value = strdup(tab + 1);
	}
	free(line);
	fclose(in);
}

static const char *value_of(const struct snapshot *s, const char *axis)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->list[i].axis, axis))
			return s->list[i].value;
	return NULL;
}

/* --- measures --- */

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

static enum relation by_filters(const char *a, const char *b)
{
	struct programs x = { 0 }, y = { 0 };

	programs_parse(a, &x);
	programs_parse(b, &y);
	return evaluate(&x, &y, NULL);
}

static enum relation measure(const struct row *row, const struct snapshot *sa, const char *a,
			     const char *b)
{
	switch (row->measure) {
	case PRESENT:
		return REL_SAME;
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

/* --- comparing --- */

static int tell(const char *axis, char relation, const char *result, const char *a, const char *b)
{
	printf("%s\t%c\t%s\t%.100s\t%.100s\n", axis, relation, result, a ? a : "", b ? b : "");
	return strcmp(result, "ok") ? 1 : 0;
}

static int compare_axis(const struct snapshot *sa, const struct snapshot *sb,
			const struct snapshot *wanted, const char *axis)
{
	const struct row *row = find_row(axis);
	const char *a = value_of(sa, axis), *b = value_of(sb, axis), *w = value_of(wanted, axis);
	char text[256];
	enum relation relation;

	if (row->measure == DESCRIPTOR && !b)
		return tell(axis, REL_LESS, "ok", a, b); /* closed */
	if (row->measure == DESCRIPTOR && !a)
		a = "";
	if (!a || !b)
		return tell(axis, '?', "MISSING", a, b);
	relation = measure(row, sa, a, b);
	if (w && strcmp(b, w)) {
		snprintf(text, sizeof(text), "FAILED: wanted %s", w);
		return tell(axis, (char)relation, text, a, b);
	}
	return tell(axis, (char)relation, strchr(row->allowed, relation) ? "ok" : "FAILED", a, b);
}

/* Is there an axis for each row that must have one? */
static int find_missing(const struct snapshot *s)
{
	int missing = 0;

	for (int i = 0; i < ROW_COUNT; i++) {
		bool found = rows[i].optional;

		for (size_t j = 0; j < s->count && !found; j++)
			found = fnmatch(rows[i].axis, s->list[j].axis, 0) == 0;
		if (!found)
			missing += tell(rows[i].axis, '?', "MISSING", NULL, NULL);
	}
	return missing;
}

static int wanted_and_missing(const struct snapshot *sb, const struct snapshot *wanted)
{
	int missing = 0;

	for (size_t i = 0; i < wanted->count; i++)
		if (!value_of(sb, wanted->list[i].axis))
			missing += tell(wanted->list[i].axis, '?', "MISSING", NULL, NULL);
	return missing;
}

int compare(const char *file_a, const char *file_b, const char *file_wanted)
{
	static struct snapshot a, b, wanted;
	int failed;

	read_snapshot(file_a, &a);
	read_snapshot(file_b, &b);
	if (file_wanted)
		read_snapshot(file_wanted, &wanted);
	failed = find_missing(&a) + find_missing(&b) + wanted_and_missing(&b, &wanted);
	for (size_t i = 0; i < a.count; i++)
		failed += compare_axis(&a, &b, &wanted, a.list[i].axis);
	for (size_t i = 0; i < b.count; i++)
		if (!value_of(&a, b.list[i].axis))
			failed += compare_axis(&a, &b, &wanted, b.list[i].axis);
	return failed;
}

/* --- planting --- */

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
		const struct seccomp_data data = { .nr = (int)call, .arch = 0xc000003e };
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
		p.count = 1;
		return programs_text(&p);
	}
	return NULL;
}

/* The value with one right more, to be freed; NULL: there is none. */
static char *more_than(const struct row *row, const char *value)
{
	char *text = NULL, *end;
	long number = strtol(value, &end, 10);
	int n = 0;

	switch (row->measure) {
	case PRESENT:
		return NULL;
	case MASK:
		n = asprintf(&text, "%s", value);
		for (char *s = text ? text + strlen(text) - 1 : NULL; s && s >= text; s--)
			if (*s != 'f' && *s != ',') { /* the lowest bit that is not set yet */
				unsigned long digit = strtoul((char[]){ *s, '\0' }, NULL, 16);

				*s = "0123456789abcdef"[digit | (digit + 1)];
				return text;
			}
		free(text);
		return NULL;
	case MORE_IS_LESS:
	case MORE_IS_MORE:
		if (*end)
			n = asprintf(&text, "0");
		else
			n = asprintf(&text, "%ld",
				     row->measure == MORE_IS_MORE ? number + 1 : number - 1);
		break;
	case CGROUP:
		n = asprintf(&text, "/elsewhere");
		break;
	case TERMINAL:
		n = asprintf(&text, "1025");
		break;
	case DESCRIPTOR:
		n = asprintf(&text, "/etc/shadow 1:1:1 0");
		break;
	case FILTERS:
		return plant_call(value);
	default:
		n = asprintf(&text, "%s planted", value);
	}
	if (n < 0)
		die("asprintf");
	return text;
}

int plant(const char *file_a, const char *axis)
{
	static struct snapshot a;
	const char *value;
	char *more;

	read_snapshot(file_a, &a);
	value = value_of(&a, axis);
	if (!value) {
		errno = ENODATA;
		die(axis);
	}
	more = more_than(find_row(axis), value);
	for (size_t i = 0; more && i < a.count; i++)
		printf("%s\t%s\n", a.list[i].axis,
		       strcmp(a.list[i].axis, axis) ? a.list[i].value : more);
	free(more);
	return more ? 0 : 1;
}
