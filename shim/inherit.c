/* What a process is born with: limits, scheduling, keyring, label, umask.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "../oci/cleanup.h"
#include "host.h"
#include "steps.h"

/* The hook is to be killed before the application when memory runs out. */
int step_oom_score(struct sandbox *s, struct err *e)
{
	(void)s;
	if (host_write(AT_FDCWD, "/proc/self/oom_score_adj", "1000") < 0)
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

/* What config.json asks for, else what the application has: the caller may have another. */
int step_scheduler(struct sandbox *s, struct err *e)
{
	const struct scheduler *wanted = &s->plan->bundle->process.scheduler;
	struct sched_attr_v0 ours = { 0 }, attr = {
		.size = sizeof(attr),
		.sched_policy = wanted->policy,
		.sched_flags = wanted->flags,
		.sched_nice = wanted->nice,
		.sched_priority = wanted->priority,
		.sched_runtime = wanted->runtime,
		.sched_deadline = wanted->deadline,
		.sched_period = wanted->period,
	};

	if (!s->plan->bundle->process.has_scheduler &&
	    syscall(SYS_sched_getattr, s->app->pid, &attr, sizeof(attr), 0) < 0)
		return err_sys(e, errno, "sched_getattr of the application");
	if (syscall(SYS_sched_getattr, 0, &ours, sizeof(ours), 0) < 0)
		return err_sys(e, errno, "sched_getattr");
	if (!memcmp(&attr, &ours, sizeof(attr)))
		return 0;
	if (syscall(SYS_sched_setattr, 0, &attr, 0) < 0)
		return err_sys(e, errno, "sched_setattr");
	return 0;
}

int step_io_priority(struct sandbox *s, struct err *e)
{
	const struct process *process = &s->plan->bundle->process;
	const int who_process = 1; /* IOPRIO_WHO_PROCESS, ioprio_set(2) */
	long wanted = process->io_priority;

	if (!process->has_io_priority)
		wanted = syscall(SYS_ioprio_get, who_process, s->app->pid);
	if (wanted < 0)
		return err_sys(e, errno, "ioprio_get of the application");
	if (syscall(SYS_ioprio_get, who_process, 0) == wanted)
		return 0;
	if (syscall(SYS_ioprio_set, who_process, 0, wanted) < 0)
		return err_sys(e, errno, "ioprio_set");
	return 0;
}

/* The CPUs that config.json asks for, else those that the application has. */
int step_affinity(struct sandbox *s, struct err *e)
{
	const struct process *process = &s->plan->bundle->process;
	cpu_set_t wanted, ours;

	if (process->has_affinity)
		wanted = process->affinity;
	else if (sched_getaffinity(s->app->pid, sizeof(wanted), &wanted) < 0)
		return err_sys(e, errno, "sched_getaffinity of the application");
	if (sched_getaffinity(0, sizeof(ours), &ours) < 0)
		return err_sys(e, errno, "sched_getaffinity");
	if (!CPU_EQUAL(&wanted, &ours) && sched_setaffinity(0, sizeof(wanted), &wanted) < 0)
		return err_sys(e, errno, "sched_setaffinity");
	return 0;
}

/* Nothing of the host in what the hook's process inherits: freed memory was overwritten as it was
 * freed (seal_reset), this is the stack of functions that have returned. */
int step_memory(struct sandbox *s, struct err *e)
{
	char below[256 * 1024]; /* bytes; the deepest call before needed a third of it */

	(void)s;
	(void)e;
	explicit_bzero(below, sizeof(below));
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

/* As /proc/PID/limits calls them. */
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

/* The application's limit in the text of /proc/PID/limits.  Not by prlimit(2): for a process of
 * another user that asks for CAP_SYS_RESOURCE, which not every host's root has. */
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

/* Those of config.json; where it names none, those that the application has. */
int step_limits(struct sandbox *s, struct err *e)
{
	char text[4096];

	if (host_read(s->app->proc, "limits", text, sizeof(text)) < 0)
		return err_sys(e, errno, "read /proc/PID/limits");
	for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
		const struct limit *limit = find_limit(&s->plan->bundle->process, resource);
		struct rlimit wanted = { 0 };

		if (limit)
			wanted = limit->value;
		else if (find_app_limit(text, resource, &wanted, e) < 0)
			return -1;
		if (set_limit(resource, &wanted, e) < 0)
			return -1;
	}
	return 0;
}

/* A fresh, empty session keyring: the caller's keys are not the container's. */
int step_keyring(struct sandbox *s, struct err *e)
{
	(void)s;
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return err_sys(e, errno, "keyctl");
	return 0;
}

/* Ask for label at the next exec, through procfs and nothing that only looks like it. */
static int write_label(const char *path, const char *prefix, const char *label, struct err *e)
{
	auto_fd fd = open(path, O_RDWR | O_CLOEXEC);
	char text[1024], back[1024];
	int n = snprintf(text, sizeof(text), "%s%s", prefix, label);
	struct statfs fs;
	ssize_t got;

	if (fd < 0)
		return err_sys(e, errno, "open '%s' for the label that config.json asks for", path);
	if (n < 0 || (size_t)n >= sizeof(text))
		return err_set(e, E2BIG, "label of more than %zu bytes", sizeof(text) - 1);
	if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
		return err_set(e, EINVAL, "'%s' is not procfs", path);
	if (write(fd, text, (size_t)n) != n)
		return err_sys(e, errno, "write '%s'", path);
	got = pread(fd, back, sizeof(back) - 1, 0);
	back[got > 0 ? got : 0] = '\0';
	if (!strstr(back, label))
		return err_set(e, EIO, "'%s' does not hold the label after writing it", path);
	return 0;
}

int step_label(struct sandbox *s, struct err *e)
{
	const struct process *process = &s->plan->bundle->process;

	if (process->apparmor_profile && write_label("/proc/thread-self/attr/apparmor/exec",
						     "exec ", process->apparmor_profile, e) < 0)
		return -1;
	if (process->selinux_label &&
	    write_label("/proc/thread-self/attr/exec", "", process->selinux_label, e) < 0)
		return -1;
	return 0;
}

int step_umask(struct sandbox *s, struct err *e)
{
	(void)e;
	(void)umask(s->plan->bundle->process.umask); /* cannot fail */
	return 0;
}

int step_personality(struct sandbox *s, struct err *e)
{
	const struct bundle *bundle = s->plan->bundle;

	if (bundle->has_personality && personality(bundle->personality) < 0)
		return err_sys(e, errno, "personality");
	return 0;
}
