/* Is this host ready for hooks: kernel, cgroups, records, settings, log.  SPDX-License-Identifier:
 * Apache-2.0 */
#include "shim/verbs/check_host.h"

#include <linux/magic.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "oci/cleanup.h"
#include "shim/base/host.h"
#include "shim/base/log_daemon.h"
#include "shim/base/seal.h"
#include "shim/plan/plan.h"
#include "shim/plan/settings.h"
#include "shim/ready/await_exec.h"
#include "shim/record/record_file.h"
#include "shim/verbs/terminal.h"

/* Each of these makes the real call on this process, in a way that changes nothing. */
static bool has_setns_by_pidfd(void)
{
	auto_fd fd = pidfd_open(getpid(), 0);

	/* EPERM: the kernel knows the call, and only refuses it to a plain user. */
	return fd >= 0 && (setns(fd, CLONE_NEWUTS) == 0 || errno == EPERM);
}

static bool has_pidfd_getfd(void)
{
	auto_fd self = pidfd_open(getpid(), 0);
	auto_fd fd = self < 0 ? -1 : pidfd_getfd(self, self, 0);

	return fd >= 0;
}

static bool has_close_range(void)
{
	return close_range(~0U, ~0U, 0) == 0;
}

static bool has_seccomp(void)
{
	unsigned action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static bool has_mount_setattr(void)
{
	return syscall(SYS_mount_setattr, -1, "", 0, NULL, 0) < 0 && errno != ENOSYS;
}

static bool is_recent(void)
{
	struct err e = { 0 };

	return host_check_kernel(&e) == 0;
}

static const struct {
	const char *name;
	bool (*has)(void);
} features[] = {
	{ "setns by pidfd (5.8)", has_setns_by_pidfd },
	{ "pidfd_getfd (5.6)", has_pidfd_getfd },
	{ "close_range (5.9)", has_close_range },
	{ "mount_setattr (5.12)", has_mount_setattr },
	{ "seccomp filters", has_seccomp },
	{ "cgroup.kill (5.14)", is_recent },
};

static void check_kernel(unsigned *tally)
{
	char missing[256] = "";
	struct utsname name = { 0 };
	size_t used = 0;

	(void)uname(&name); /* cannot fail */
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (!features[i].has() && used < sizeof(missing))
			used += (size_t)snprintf(missing + used, sizeof(missing) - used, "%s%s",
						 used ? ", " : "", features[i].name);
	if (used)
		table_finding(tally, FINDING_BAD, "kernel",
			      "%s lacks %s: no hook runs; install 5.14 or later", name.release,
			      missing);
	else
		table_finding(tally, FINDING_GOOD, "kernel", "%s has all that a hook needs",
			      name.release);
}

static void check_exec_event(unsigned *tally)
{
	struct app self = APP_EMPTY;
	struct exec_event event;

	self.pid = getpid();
	exec_event_open(&self, &event);
	if (event.fd >= 0)
		table_finding(tally, FINDING_GOOD, "start",
			      "the application's exec is an event (perf_event_open)");
	else
		table_finding(tally, FINDING_NOTE, "start",
			      "perf_event_open is refused: looked for once a second instead");
	exec_event_close(&event);
}

static void check_seal(unsigned *tally)
{
	struct err e = { 0 };

	if (seal_can_copy(&e))
		table_finding(tally, FINDING_GOOD, "program",
			      "runs from a sealed copy in memory beside a container");
	else
		table_finding(tally, FINDING_BAD, "program",
			      "%s: no hook runs; is vm.memfd_noexec 2?", e.msg);
}

static bool is_cgroup2(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

static void check_cgroups(unsigned *tally)
{
	const char *layout = is_cgroup2("/sys/fs/cgroup")           ? "v2"
			     : is_cgroup2("/sys/fs/cgroup/unified") ? "v1 and v2 (hybrid)"
								    : "v1";

	if (host_rootless())
		table_finding(tally, FINDING_NOTE, "cgroups",
			      "%s: a plain user's hook has a cgroup of its own only where one is "
			      "delegated; else its processes are killed by their session",
			      layout);
	else if (!strcmp(layout, "v1") && access("/sys/fs/cgroup/freezer", F_OK) < 0)
		table_finding(tally, FINDING_NOTE, "cgroups",
			      "v1 without a freezer: a hook's processes are killed by their "
			      "session");
	else
		table_finding(tally, FINDING_GOOD, "cgroups",
			      "%s: each hook has one of its own, and is killed by it", layout);
}

static void check_records(const struct options *o, unsigned *tally)
{
	char standard[4096];
	const char *path = o->root;
	struct err e = { 0 };
	auto_fd dir = record_dir(o->root, false, &e);

	host_default_root(standard, sizeof(standard));
	if (!path)
		path = standard;
	if (dir >= 0) {
		table_finding(tally, FINDING_GOOD, "records", "%s", path);
	} else if (e.code == ENOENT) {
		char parent[4096];
		char *slash;

		snprintf(parent, sizeof(parent), "%s", path);
		slash = strrchr(parent, '/');
		*(slash > parent ? slash : slash + 1) = '\0';
		if (access(parent, W_OK | X_OK) == 0)
			table_finding(tally, FINDING_GOOD, "records", "%s, made by the first start",
				      path);
		else
			table_finding(tally, FINDING_BAD, "records",
				      "%s: '%s' cannot be written: no hook runs; make it", path,
				      parent);
	} else {
		table_finding(tally, FINDING_BAD, "records", "%s: no hook runs", e.msg);
	}
}

static void check_settings(const struct options *o, unsigned *tally)
{
	auto_settings settings = { 0 };
	struct err e = { 0 };
	const char *file = o->config ? o->config : SETTINGS_FILE;

	if (settings_load(o->config, &settings, &e) < 0)
		table_finding(tally, FINDING_BAD, "settings", "%s: no hook runs", e.msg);
	else if (plan_check_settings(&settings, &e) < 0)
		table_finding(tally, FINDING_BAD, "settings", "%s: %s: no hook runs", file, e.msg);
	else if (!settings.enabled)
		table_finding(tally, FINDING_BAD, "settings", "%s: enabled is false: no hook runs",
			      file);
	else if (settings.from_file)
		table_finding(tally, FINDING_GOOD, "settings", "%s", file);
	else
		table_finding(tally, FINDING_GOOD, "settings", "defaults (%s does not exist)",
			      file);
}

static bool listens(const char *path)
{
	auto_fd fd = daemon_connect_to(path);

	return fd >= 0;
}

static void check_log(const struct options *o, unsigned *tally)
{
	if (listens("/run/systemd/journal/socket"))
		table_finding(tally, FINDING_GOOD, "log", "the journal");
	else if (listens("/dev/log"))
		table_finding(tally, FINDING_GOOD, "log", "syslog (/dev/log)");
	else if (o->log.file)
		table_finding(tally, FINDING_GOOD, "log", "%s only: nothing listens on /dev/log",
			      o->log.file);
	else
		table_finding(tally, FINDING_NOTE, "log",
			      "nothing listens on /dev/log: start a syslog daemon, or add "
			      "\"--log\", \"FILE\" to hook.args of our files in hooks.d");
}

bool check_host(const struct options *o)
{
	unsigned tally[FINDING_COUNT] = { 0 };

	check_kernel(tally);
	check_exec_event(tally);
	check_seal(tally);
	check_cgroups(tally);
	check_runtimes(tally);
	check_hooks_d(tally);
	check_settings(o, tally);
	check_records(o, tally);
	check_log(o, tally);
	return tally[FINDING_BAD] == 0;
}
