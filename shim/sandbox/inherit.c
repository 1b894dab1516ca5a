/* The steps that set what a program inherits: limits, scheduling, keyring, label, umask.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "oci/cleanup.h"
#include "shim/base/host.h"
#include "shim/sandbox/steps.h"
#include "shim/base/procfs.h"

#define PROC_ROOT_INODE 1 /* PROC_ROOT_INO of the kernel */

/* When memory runs out, the kernel shall kill the hook before the application. */
int step_oom_score(struct joiner *j, struct err *e)
{
	(void)j;
	if (procfs_write(AT_FDCWD, "/proc/self/oom_score_adj", "1000") < 0)
		return err_sys(e, errno, "write /proc/self/oom_score_adj");
	return 0;
}

struct sched_attr_v0 { /* sched_setattr(2); glibc 2.36 has no declaration */
	uint32_t size;
	uint32_t sched_policy;
	uint64_t sched_flags;
	int32_t sched_nice;
	uint32_t sched_priority;
	uint64_t sched_runtime;
	uint64_t sched_deadline;
	uint64_t sched_period;
};
#define SCHED_DEADLINE_POLICY 6

/* The hook gets the scheduling that the application really has, not what config.json asks for. runc
 * before 1.2 and crun before 1.9 ignore that field: a hook that obeyed it could have real-time
 * priority beside an application without.  Newer runtimes obey it, so there both are equal. */
int step_scheduler(struct joiner *j, struct err *e)
{
	struct sched_attr_v0 ours = { 0 }, attr = { 0 };

	if (syscall(SYS_sched_getattr, j->sandbox->app->pid, &attr, sizeof(attr), 0) < 0)
		return err_sys(e, errno, "sched_getattr of the application");
	if (syscall(SYS_sched_getattr, 0, &ours, sizeof(ours), 0) < 0)
		return err_sys(e, errno, "sched_getattr");
	/* Reserved time is not passed on: the children of such a process are SCHED_OTHER, or fork
	 * fails (sched(7)). */
	if (attr.sched_policy == SCHED_DEADLINE_POLICY)
		attr = (struct sched_attr_v0){ .size = sizeof(attr) };
	if (!memcmp(&attr, &ours, sizeof(attr)))
		return 0;
	if (syscall(SYS_sched_setattr, 0, &attr, 0) < 0)
		return err_sys(e, errno, "sched_setattr");
	return 0;
}

int step_io_priority(struct joiner *j, struct err *e)
{
	const int who_process = 1; /* IOPRIO_WHO_PROCESS, ioprio_set(2) */
	long wanted = syscall(SYS_ioprio_get, who_process, j->sandbox->app->pid);

	if (wanted < 0)
		return err_sys(e, errno, "ioprio_get of the application");
	if (syscall(SYS_ioprio_get, who_process, 0) == wanted)
		return 0;
	if (syscall(SYS_ioprio_set, who_process, 0, wanted) < 0)
		return err_sys(e, errno, "ioprio_set");
	return 0;
}

/* The hook gets the CPUs that config.json names, else those that the application has. */
int step_affinity(struct joiner *j, struct err *e)
{
	const struct process *process = &j->sandbox->plan->bundle->process;
	cpu_set_t wanted, ours;

	if (process->has_affinity)
		wanted = process->affinity;
	else if (sched_getaffinity(j->sandbox->app->pid, sizeof(wanted), &wanted) < 0)
		return err_sys(e, errno, "sched_getaffinity of the application");
	if (sched_getaffinity(0, sizeof(ours), &ours) < 0)
		return err_sys(e, errno, "sched_getaffinity");
	if (!CPU_EQUAL(&wanted, &ours) && sched_setaffinity(0, sizeof(wanted), &wanted) < 0)
		return err_sys(e, errno, "sched_setaffinity");
	return 0;
}

#define WIPED (256 * 1024) /* bytes; no call before this step uses more than a third of it */

/* A separate function, so that its large frame exists only after the stack limit was checked. */
__attribute__((noinline)) static void wipe_below(void)
{
	char below[WIPED];

	explicit_bzero(below, sizeof(below));
}

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
}

/* Overwrite paths of the host.  No later step needs them. */
static void wipe_strings(const struct plan *plan)
{
	wipe(plan->bundle->root_path);
	wipe(plan->state->bundle);
	wipe(plan->settings->seccomp);
	wipe(plan->settings->tools);
	wipe(plan->settings->runtime);
}

/* The hook's process inherits our memory, and must find nothing of the host in it.  Freed memory
 * was overwritten as it was freed (seal_reset); this overwrites the stack of functions that have
 * returned, and the strings that are still allocated. */
int step_memory(struct joiner *j, struct err *e)
{
	struct rlimit stack = { 0 };

	(void)j;
	if (getrlimit(RLIMIT_STACK, &stack) < 0 || stack.rlim_cur < 4 * WIPED)
		return err_set(e, ENOMEM, "a caller limits the stack to %llu bytes",
			       (unsigned long long)stack.rlim_cur);
	wipe_below();
	wipe_strings(j->sandbox->plan);
	if (j->sandbox->forget)
		j->sandbox->forget(j->sandbox->context);
	return 0;
}

static int set_limit(int resource, const struct rlimit *wanted, struct err *e)
{
	struct rlimit ours = { 0 };

	if (getrlimit((__rlimit_resource_t)resource, &ours) < 0)
		return err_sys(e, errno, "getrlimit %d", resource);
	if (ours.rlim_cur == wanted->rlim_cur && ours.rlim_max == wanted->rlim_max)
		return 0;
	if (setrlimit((__rlimit_resource_t)resource, wanted) < 0)
		return err_sys(e, errno, "setrlimit %d", resource);
	return 0;
}

static const struct limit *find_limit(const struct process *process, int resource)
{
	for (size_t i = 0; i < process->limit_count; i++)
		if (process->limits[i].resource == resource)
			return &process->limits[i];
	return NULL;
}

/* The names of limits in /proc/PID/limits. */
static const char *const limit_labels[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = "Max cpu time",
	[RLIMIT_FSIZE] = "Max file size",
	[RLIMIT_DATA] = "Max data size",
	[RLIMIT_STACK] = "Max stack size",
	[RLIMIT_CORE] = "Max core file size",
	[RLIMIT_RSS] = "Max resident set",
	[RLIMIT_NPROC] = "Max processes",
	[RLIMIT_NOFILE] = "Max open files",
	[RLIMIT_MEMLOCK] = "Max locked memory",
	[RLIMIT_AS] = "Max address space",
	[RLIMIT_LOCKS] = "Max file locks",
	[RLIMIT_SIGPENDING] = "Max pending signals",
	[RLIMIT_MSGQUEUE] = "Max msgqueue size",
	[RLIMIT_NICE] = "Max nice priority",
	[RLIMIT_RTPRIO] = "Max realtime priority",
	[RLIMIT_RTTIME] = "Max realtime timeout",
};

static rlim_t parse_limit(const char *word)
{
	return strcmp(word, "unlimited") ? (rlim_t)strtoull(word, NULL, 10) : RLIM_INFINITY;
}

/* Find the application's limit in the text of /proc/PID/limits.  prlimit(2) is no way: for another
 * user's process it needs CAP_SYS_RESOURCE, which not every host gives to root. */
static int find_app_limit(const char *text, int resource, struct rlimit *ret, struct err *e)
{
	const char *line = limit_labels[resource] ? strstr(text, limit_labels[resource]) : NULL;
	char soft[32], hard[32];

	if (!line || sscanf(line + strlen(limit_labels[resource]), "%31s %31s", soft, hard) != 2)
		return err_set(e, EPROTO, "/proc/PID/limits does not tell limit %d", resource);
	ret->rlim_cur = parse_limit(soft);
	ret->rlim_max = parse_limit(hard);
	return 0;
}

/* Raise the number of open files now if more are wanted than we have.  It is lowered only when no
 * later step opens a file. */
static int raise_open_files(const struct rlimit *wanted, struct err *e)
{
	struct rlimit now = { 0 };

	if (getrlimit(RLIMIT_NOFILE, &now) < 0)
		return err_sys(e, errno, "getrlimit");
	if (now.rlim_max < wanted->rlim_max)
		now.rlim_max = wanted->rlim_max;
	if (now.rlim_cur < wanted->rlim_cur)
		now.rlim_cur = wanted->rlim_cur;
	return set_limit(RLIMIT_NOFILE, &now, e);
}

/* The hook gets the limits that config.json names, and the application's own for all others. */
int step_limits(struct joiner *j, struct err *e)
{
	char text[4096];

	if (procfs_read(j->sandbox->app->proc, "limits", text, sizeof(text)) < 0)
		return err_sys(e, errno, "read /proc/PID/limits");
	for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
		const struct limit *limit =
			find_limit(&j->sandbox->plan->bundle->process, resource);
		struct rlimit wanted = { 0 };

		if (limit)
			wanted = limit->value;
		else if (find_app_limit(text, resource, &wanted, e) < 0)
			return -1;
		if (resource == RLIMIT_NOFILE) {
			j->open_files = wanted;
			if (raise_open_files(&wanted, e) < 0)
				return -1;
		} else if (set_limit(resource, &wanted, e) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Lower the number of open files, if fewer are wanted: that needs no privilege. */
int step_open_files(struct joiner *j, struct err *e)
{
	return set_limit(RLIMIT_NOFILE, &j->open_files, e);
}

/* Open a file of our own attr directory in procfs.  Something else may be mounted on /proc or below
 * it, and would swallow the label (CVE-2025-52881). */
static int open_attr(const char *name, struct err *e)
{
	const struct open_how how = {
		.flags = O_RDWR | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};
	auto_fd proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char path[64];
	struct statfs fs;
	struct stat st;
	long fd;

	if (proc < 0 || fstatfs(proc, &fs) < 0 || fstat(proc, &st) < 0)
		return err_sys(e, errno, "open /proc");
	if (fs.f_type != PROC_SUPER_MAGIC || st.st_ino != PROC_ROOT_INODE)
		return err_set(e, EINVAL, "/proc is not the root of a procfs");
	snprintf(path, sizeof(path), "thread-self/attr/%s", name);
	fd = syscall(SYS_openat2, proc, path, &how, sizeof(how));
	if (fd < 0)
		return err_sys(e, errno, "open /proc/%s for the label that config.json asks for",
			       path);
	return (int)fd;
}

/* Write the label, then read it back. */
static int write_label(const char *name, const char *prefix, const char *label, struct err *e)
{
	auto_fd fd = open_attr(name, e);
	char text[1024], back[1024];
	int n = snprintf(text, sizeof(text), "%s%s", prefix, label);
	size_t len = strlen(label);
	ssize_t got;

	if (fd < 0)
		return -1;
	if (n < 0 || (size_t)n >= sizeof(text))
		return err_set(e, E2BIG, "label of more than %zu bytes", sizeof(text) - 1);
	if (write(fd, text, (size_t)n) != n)
		return err_sys(e, errno, "write the label to attr/%s", name);
	got = pread(fd, back, sizeof(back) - 1, 0);
	back[got > 0 ? got : 0] = '\0';
	/* AppArmor adds " (enforce)". */
	if (strncmp(back, label, len) || !strchr(" \n", back[len]))
		return err_set(e, EIO, "attr/%s does not hold the label after writing it", name);
	return 0;
}

/* Join a new, empty session keyring, so that the hook cannot read the caller's keys.  It is made
 * under the container's label, as runc and crun do, so that the hook may use it. */
int step_keyring(struct joiner *j, struct err *e)
{
	const char *label = j->sandbox->plan->bundle->process.selinux_label;

	if (label && write_label("keycreate", "", label, e) < 0)
		return -1;
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0) /* its serial number */
		return 0;
	if (errno == ENOSYS && access("/proc/keys", F_OK) < 0)
		return 0; /* this kernel has no keys: no filter that could hide them is loaded yet
			   */
	return err_sys(e, errno, "keyctl");
}

/* The label is for the next exec, which is the hook's. */
int step_label(struct joiner *j, struct err *e)
{
	const struct process *process = &j->sandbox->plan->bundle->process;

	if (process->apparmor_profile &&
	    write_label("apparmor/exec", "exec ", process->apparmor_profile, e) < 0)
		return -1;
	if (process->selinux_label && write_label("exec", "", process->selinux_label, e) < 0)
		return -1;
	return 0;
}

int step_umask(struct joiner *j, struct err *e)
{
	(void)e;
	(void)umask(j->sandbox->plan->bundle->process.umask); /* cannot fail */
	return 0;
}

/* The hook gets the personality that the application really has.  It is that of config.json only
 * where the runtime knows the field (runc before 1.2 does not). */
int step_personality(struct joiner *j, struct err *e)
{
	const unsigned long just_ask = 0xffffffff;
	unsigned long wanted;
	char text[32], *end;

	if (procfs_read(j->sandbox->app->proc, "personality", text, sizeof(text)) < 0)
		return err_sys(e, errno, "read /proc/PID/personality");
	errno = 0;
	wanted = strtoul(text, &end, 16);
	if (errno || end == text || *end != '\n')
		return err_set(e, EPROTO, "/proc/PID/personality holds no number");
	if ((unsigned long)personality(just_ask) != wanted && personality(wanted) < 0)
		return err_sys(e, errno, "personality");
	return 0;
}
