/* The axes on which two processes are compared.  SPDX-License-Identifier: Apache-2.0
 *
 * A is the application, B what runs in its container.  What no row names must be the same, so
 * that a line which a newer kernel adds is never passed over. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "tests/rights/axes.h"

/* The first row that matches counts. */
const struct row rows[] = {
	{ "status Name", TEXT, "=", false },
	{ "status Umask", TEXT, "=", false },
	{ "status State", PRESENT, ".", false },
	{ "status Tgid", PRESENT, ".", false },
	{ "status Ngid", PRESENT, ".", true },
	{ "status Pid", PRESENT, ".", false },
	{ "status PPid", PRESENT, ".", false },
	{ "status NS*", PRESENT, ".", false }, /* pids; the namespace itself is "ns pid" */
	{ "status FDSize", PRESENT, ".", false },
	{ "status Vm*", PRESENT, ".", false },
	{ "status Rss*", PRESENT, ".", false },
	{ "status HugetlbPages", PRESENT, ".", true },
	{ "status SigQ", PRESENT, ".", false },
	{ "status *ctxt_switches", PRESENT, ".", false },
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
	{ "status Cpus_allowed_list", PRESENT, ".", false }, /* the same in other words */
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
	{ "prctl parent death", PRESENT, ".", false }, /* the hook dies with its parent */
	{ "prctl *", TEXT, "=", false },
	{ "keyring session", TEXT, "=", false },
	{ "keyring session keys", MORE_IS_MORE, "=<", false },
	{ "keyring session description", PRESENT, ".", false }, /* a fresh one has another name */
	{ "keyring thread", TEXT, "=", false },
	{ "keyring process", TEXT, "=", false },
	{ FILTERS_AXIS, FILTERS, "=<~", false }, /* "~": denied in other words */
};
static const struct row any_other = { "*", TEXT, "=", true };
const int row_count = sizeof(rows) / sizeof(rows[0]);

const struct row *row_find(const char *axis)
{
	for (int i = 0; i < row_count; i++)
		if (fnmatch(rows[i].axis, axis, 0) == 0)
			return &rows[i];
	return &any_other;
}

void snapshot_read(const char *path, struct snapshot *ret)
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

const char *value_of(const struct snapshot *s, const char *axis)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->list[i].axis, axis))
			return s->list[i].value;
	return NULL;
}
