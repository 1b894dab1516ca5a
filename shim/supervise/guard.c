/* Two processes beside one hook, each other's guard.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/supervise/guard.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "oci/cleanup.h"
#include "shim/supervise/tree.h"

#define KILL_AGAIN_MS 20
#define REAP_MS 1000 /* for helpers that are slow to die; the hook itself is waited for */

/* In memory that only guard and watcher share. */
struct watch {
	pid_t hook;     /* set before the event is raised */
	bool completed; /* the outcome is whole */
	struct outcome outcome;
};

static int started_event = -1; /* static, since watcher_run's callback gets only the pid */
static struct watch *watch;

static void tell_started(pid_t hook)
{
	watch->hook = hook;
	(void)eventfd_write(started_event, 1); /* never full */
}

static size_t watch_size(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (sizeof(struct watch) + page - 1) / page * page;
}

__attribute__((noreturn)) static void be_watcher(const struct guard *guard, struct sandbox *s,
						 pid_t guard_pid)
{
	struct outcome outcome;

	(void)setsid(); /* so a terminal's ^Z or ^\\ misses us; a new child may call it */
	/* The hook belongs to the container: it must not be able to write here. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0 || getppid() != guard_pid ||
	    madvise(watch, watch_size(), MADV_DONTFORK) < 0)
		_exit(1);
	watcher_run(s, guard->plan->settings->timeout_s, guard->signals, tell_started, &outcome);
	(void)cgroup_discard(s->cgroup); /* the runtime removes it with the container otherwise */
	watch->outcome = outcome;
	watch->completed = true;
	if (getppid() != guard_pid && guard->orphaned)
		guard->orphaned(&outcome, guard->context);
	_exit(0);
}

/* Pass the signals that we got on to the watcher. */
static void pass_signals(int signals, pid_t watcher)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			(void)kill(watcher, (int)info.ssi_signo); /* not reaped yet */
}

/* Wait until the watcher has ended.  Returns how it ended. */
static siginfo_t await_watcher(const struct guard *guard, const struct sandbox *s, pid_t watcher)
{
	struct pollfd polls[] = {
		{ .fd = guard->signals, .events = POLLIN },
		{ .fd = started_event, .events = POLLIN },
	};
	siginfo_t info;
	eventfd_t count;

	for (;;) {
		bool told;

		memset(&info, 0, sizeof(info));
		told = waitid(P_PID, (id_t)watcher, &info, WEXITED | WSTOPPED | WNOHANG) == 0;
		if (eventfd_read(started_event, &count) == 0 && guard->started)
			guard->started(watch->hook, s->cgroup->parent < 0, guard->context);
		if (!told || (info.si_pid && info.si_code != CLD_STOPPED))
			return info;
		if (info.si_pid)
			(void)kill(watcher, SIGKILL); /* stopped: it reaps nothing any more */
		(void)poll(polls, 2, -1);             /* an interrupted poll just loops again */
		pass_signals(guard->signals, watcher);
	}
}

/* The watcher is gone; the kernel has killed the joiner and the hook's first process with it, and
 * given them to us to be reaped. */
static void clean_up(struct sandbox *s, const siginfo_t *info, struct outcome *ret)
{
	struct tree tree = { .cgroup = s->cgroup, .pid_ns = app_pid_ns(s->app) };

	(void)cgroup_find(s->cgroup); /* if it does not exist, no process is in it */
	for (int waited_ms = 0;; waited_ms += KILL_AGAIN_MS) {
		int left;
		pid_t child;

		/* The joiner dies with the watcher, but may have cloned the hook just before. */
		tree.leader = s->report.joiner->hook;
		left = tree_signal(&tree, SIGKILL);
		do
			child = waitpid(-1, NULL, WNOHANG);
		while (child > 0);
		if (left == 0 && (child < 0 || waited_ms > REAP_MS))
			break;
		(void)poll(NULL, 0, KILL_AGAIN_MS);
	}
	(void)cgroup_discard(s->cgroup); /* the runtime removes it otherwise */
	ret->ending = ENDING_INTERRUPTED;
	ret->value = info->si_code == CLD_EXITED ? SIGTERM : info->si_status;
	ret->pid = tree.leader;
}

/* Run the hook by a watcher of our own, in a sandbox that is ready. */
static void run_watched(const struct guard *guard, struct sandbox *s, struct outcome *ret)
{
	auto_fd event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pid_t watcher, guard_pid = getpid();
	siginfo_t info;

	watch = mmap(NULL, watch_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	started_event = event;
	/* Or the host's init would have to reap the hook, and the container waits for that. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	watcher = event < 0 || watch == MAP_FAILED ? -1 : fork();
	if (watcher == 0)
		be_watcher(guard, s, guard_pid);
	if (watcher < 0) {
		(void)err_sys(&ret->error, errno, "start the watcher");
		return;
	}
	info = await_watcher(guard, s, watcher);
	if (watch->completed)
		*ret = watch->outcome;
	else
		clean_up(s, &info, ret);
}

void guard_run(const struct guard *guard, struct outcome *ret)
{
	auto_filter own = { 0 }, container = { 0 };
	struct cgroup cgroup = CGROUP_EMPTY;
	struct sandbox sandbox = {
		.plan = guard->plan,
		.app = guard->app,
		.cgroup = &cgroup,
		.own = &own,
		.container = &container,
		.foreground = guard->foreground,
		.forget = guard->forget,
		.context = guard->context,
	};

	*ret = (struct outcome){ .ending = ENDING_NOT_RUN };
	if (plan_compile(guard->plan, guard->cache, &own, &container, &ret->error) < 0 ||
	    report_map(&sandbox.report, &ret->error) < 0 ||
	    cgroup_prepare(guard->app, &cgroup, &ret->error) < 0) {
		if (ret->error.code == ESRCH)
			ret->ending = ENDING_APP_ENDED_FIRST;
		return;
	}
	run_watched(guard, &sandbox, ret);
	(void)cgroup_discard(&cgroup); /* our copy of its descriptors */
}
