/* The steps that give up rights: capabilities, ids, no_new_privs, filters.
 * SPDX-License-Identifier: Apache-2.0 */
#include <grp.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "oci/cleanup.h"
#include "shim/base/host.h"
#include "shim/sandbox/steps.h"
#include "shim/base/procfs.h"

struct caps {
	uint64_t effective, permitted, inheritable;
};

static int read_caps(struct caps *ret, struct err *e)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (capget(&header, data) < 0)
		return err_sys(e, errno, "capget");
	ret->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	ret->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	ret->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

static int write_caps(const struct caps *caps, struct err *e)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)caps->effective, (uint32_t)caps->permitted,
		  (uint32_t)caps->inheritable },
		{ (uint32_t)(caps->effective >> 32), (uint32_t)(caps->permitted >> 32),
		  (uint32_t)(caps->inheritable >> 32) },
	};

	if (capset(&header, data) < 0)
		return err_sys(e, errno, "capset");
	return 0;
}

/* The bounding set.  A number after the kernel's last capability is an error, and ends the loop. */
static uint64_t read_bounding(void)
{
	uint64_t caps = 0;
	int set;

	for (int cap = 0; cap < 64 && (set = cap_get_bound(cap)) >= 0; cap++)
		caps |= (uint64_t)set << cap;
	return caps;
}

/* The bounding set comes before the other sets, since this needs CAP_SETPCAP.  A capability that
 * this process lacks is not added. */
int step_bounding(struct joiner *j, struct err *e)
{
	uint64_t ours = read_bounding();

	j->bounding = j->sandbox->plan->bounding & ours;
	for (int cap = 0; cap < 64; cap++)
		if ((ours & ~j->bounding) >> cap & 1 && cap_drop_bound(cap) < 0)
			return err_sys(e, errno, "drop capability %d", cap);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const gid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Sort, and take each number once.  Returns how many are left. */
static size_t as_set(gid_t *groups, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(groups, count, sizeof(*groups), by_number);
	for (size_t i = 0; i < count; i++)
		if (!kept || groups[kept - 1] != groups[i])
			groups[kept++] = groups[i];
	return kept;
}

/* Are the supplementary groups of this process those in wanted, in any order?  Sorts wanted.
 * Returns 1, 0, or -1 and *e. */
static int groups_are(gid_t *wanted, size_t count, struct err *e)
{
	int n = getgroups(0, NULL);
	auto_free gid_t *ours = NULL;
	size_t our_count;

	if (n < 0 || !(ours = calloc((size_t)n + 1, sizeof(*ours))) || getgroups(n, ours) != n)
		return err_sys(e, errno, "getgroups");
	our_count = as_set(ours, (size_t)n);
	count = as_set(wanted, count);
	for (size_t i = 0; i < count && i < our_count; i++)
		if (ours[i] != wanted[i])
			return 0;
	return our_count == count;
}

/* Does this process have the groups of config.json?  Compares a copy, since comparing sorts. */
static int groups_are_wanted(const struct process *process, struct err *e)
{
	auto_free gid_t *copy = calloc(process->group_count + 1, sizeof(*copy));

	if (!copy)
		return err_sys(e, ENOMEM, "groups");
	if (process->group_count)
		memcpy(copy, process->groups, process->group_count * sizeof(*copy));
	return groups_are(copy, process->group_count, e);
}

/* Read the application's groups from "Groups:" in /proc/PID/status.  *ret is the caller's to free.
 */
static int read_app_groups(const struct app *app, gid_t **ret, size_t *ret_count, struct err *e)
{
	auto_free char *text = NULL;
	auto_free gid_t *groups = NULL;
	const char *line;
	size_t count = 0;
	char *end;

	if (procfs_read_all(app->proc, "status", &text, e) < 0)
		return -1;
	line = strstr(text, "\nGroups:");
	if (!line)
		return err_set(e, EPROTO, "/proc/PID/status tells no groups");
	line += strlen("\nGroups:");
	groups = calloc(strcspn(line, "\n") + 1, sizeof(*groups)); /* a digit and a blank each */
	if (!groups)
		return err_sys(e, ENOMEM, "groups");
	for (line += strspn(line, " \t"); *line >= '0' && *line <= '9';
	     line += strspn(line, " \t")) {
		groups[count++] = (gid_t)strtoul(line, &end, 10);
		line = end;
	}
	*ret = take_ptr(groups);
	*ret_count = count;
	return 0;
}

/* Runs before the join, while the groups of both processes are seen from one user namespace. */
int step_compare_groups(struct joiner *j, struct err *e)
{
	auto_free gid_t *groups = NULL;
	size_t count = 0;
	int same;

	if (read_app_groups(j->sandbox->app, &groups, &count, e) < 0)
		return -1;
	same = groups_are(groups, count, e);
	j->groups_match = same > 0;
	return same < 0 ? -1 : 0;
}

/* Without root, setgroups(2) may be denied to the runtime and to us.  Then our groups stay as they
 * are, but only if the application has the same groups. */
int step_groups(struct joiner *j, struct err *e)
{
	const struct process *process = &j->sandbox->plan->bundle->process;
	int done = groups_are_wanted(process, e);

	if (done)
		return done < 0 ? -1 : 0;
	if (setgroups(process->group_count, process->groups) == 0)
		return 0;
	if (errno != EPERM || !j->groups_match)
		return err_sys(e, errno, "setgroups");
	j->groups_kept = true;
	return 0;
}

int step_gid(struct joiner *j, struct err *e)
{
	gid_t gid = j->sandbox->plan->bundle->process.gid;

	if (setresgid(gid, gid, gid) < 0)
		return err_sys(e, errno, "setresgid %u", gid);
	return 0;
}

int step_uid(struct joiner *j, struct err *e)
{
	uid_t uid = j->sandbox->plan->bundle->process.uid;

	if (setresuid(uid, uid, uid) < 0)
		return err_sys(e, errno, "setresuid %u", uid);
	/* When ids change, the kernel sets dumpable to the value of /proc/sys/fs/suid_dumpable. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(e, errno, "prctl");
	return 0;
}

/* Root keeps the capabilities of the plan.  Another user has lost all of them by setresuid(2), and
 * gets none back. */
int step_capabilities(struct joiner *j, struct err *e)
{
	struct caps caps = { 0 };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_sys(e, errno, "clear the ambient set");
	if (read_caps(&caps, e) < 0)
		return -1;
	j->effective = j->sandbox->plan->effective & j->bounding & caps.permitted;
	if (j->sandbox->plan->bundle->process.uid != 0)
		j->effective = 0;
	caps = (struct caps){ .effective = j->effective, .permitted = j->effective };
	return write_caps(&caps, e);
}

int step_no_new_privs(struct joiner *j, struct err *e)
{
	(void)j;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, errno, "prctl");
	return 0;
}

static int confirm_ids(const struct joiner *j, struct err *e)
{
	const struct process *process = &j->sandbox->plan->bundle->process;
	uid_t r, eu, sv;
	gid_t rg, eg, sg;

	if (getresuid(&r, &eu, &sv) < 0 || getresgid(&rg, &eg, &sg) < 0)
		return err_sys(e, errno, "getresuid");
	if (r != process->uid || eu != process->uid || sv != process->uid)
		return err_set(e, EPERM, "uids are %u %u %u, not %u", r, eu, sv, process->uid);
	if (rg != process->gid || eg != process->gid || sg != process->gid)
		return err_set(e, EPERM, "gids are %u %u %u, not %u", rg, eg, sg, process->gid);
	if (!j->groups_kept && groups_are_wanted(process, e) != 1)
		return err_set(e, EPERM, "the supplementary groups are not the application's");
	if (process->uid != 0 && setresuid((uid_t)-1, 0, (uid_t)-1) == 0)
		return err_set(e, EPERM, "uid 0 could be regained");
	return 0;
}

static int confirm_caps(const struct joiner *j, struct err *e)
{
	struct caps caps = { 0 };
	uint64_t bounding = read_bounding();

	if (read_caps(&caps, e) < 0)
		return -1;
	if (caps.effective != j->effective || caps.permitted != j->effective || caps.inheritable)
		return err_set(
			e, EPERM, "capabilities are e=%llx p=%llx i=%llx, not %llx",
			(unsigned long long)caps.effective, (unsigned long long)caps.permitted,
			(unsigned long long)caps.inheritable, (unsigned long long)j->effective);
	if (bounding != j->bounding)
		return err_set(e, EPERM, "the bounding set is %llx, not %llx",
			       (unsigned long long)bounding, (unsigned long long)j->bounding);
	for (int cap = 0; cap < 64; cap++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) > 0)
			return err_set(e, EPERM, "capability %d is still ambient", cap);
	return 0;
}

/* Read every right back, and try to regain root: an earlier step could have failed in silence. */
int step_confirm(struct joiner *j, struct err *e)
{
	int death = 0;

	if (confirm_ids(j, e) < 0 || confirm_caps(j, e) < 0)
		return -1;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return err_set(e, EPERM, "no_new_privs is not set");
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		return err_set(e, EPERM, "the process is dumpable");
	if (prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0) < 0 || death != SIGKILL)
		return err_set(e, EPERM, "the process would outlive its supervisor");
	if (prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) & (SECBIT_KEEP_CAPS | SECBIT_NO_SETUID_FIXUP))
		return err_set(e, EPERM, "securebits keep capabilities");
	return 0;
}

int step_own_filter(struct joiner *j, struct err *e)
{
	return filter_load(j->sandbox->own, e);
}

int step_container_filter(struct joiner *j, struct err *e)
{
	return j->sandbox->container->len ? filter_load(j->sandbox->container, e) : 0;
}
