/* Two processes behind one hook, each other's guard.  SPDX-License-Identifier: Apache-2.0 */
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

/* In memory that guard and watcher share, and nobody else. */
struct watch {
	pid_t hook;     /* set before the event is raised */
	bool completed; /* the outcome is whole */
	struct hook_outcome outcome;
};

static int started_event = -1; /* of the watcher: hook_run's callback has no argument for it */
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

__attribute__((noreturn)) static void be_watcher(struct sandbox *s, unsigned timeout_s, int signals,
						 const struct guard_calls *calls, pid_t guard)
{
	struct hook_outcome outcome;

	(void)setsid(); /* a terminal's ^Z or ^\\ reaches its parent only; a fresh child may */
	/* The joiner's child belongs to the container: it must not be able to write this. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) < 0 || getppid() != guard ||
	    madvise(watch, watch_size(), MADV_DONTFORK) < 0)
		_exit(1);
	hook_run(s, timeout_s, signals, tell_started, &outcome);
	(void)cgroup_discard(s->cgroup); /* the runtime removes it with the container otherwise */
	watch->outcome = outcome;
	watch->completed = true;
	if (getppid() != guard && calls->orphaned)
		calls->orphaned(&outcome, calls->context);
	_exit(0);
}

/* Pass on what we were told. */
static void pass_signals(int signals, pid_t watcher)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			(void)kill(watcher, (int)info.ssi_signo); /* not reaped yet */
}

/* Until the watcher has ended.  Returns how. */
static siginfo_t await_watcher(pid_t watcher, int signals, const struct guard_calls *calls)
{
	struct pollfd polls[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = started_event, .events = POLLIN },
	};
	siginfo_t info;
	eventfd_t count;

	for (;;) {
		bool told;

		memset(&info, 0, sizeof(info));
		told = waitid(P_PID, (id_t)watcher, &info, WEXITED | WSTOPPED | WNOHANG) == 0;
		if (eventfd_read(started_event, &count) == 0 && calls->started)
			calls->started(watch->hook, calls->context);
		if (!told || (info.si_pid && info.si_code != CLD_STOPPED))
			return info;
		if (info.si_pid)
			(void)kill(watcher, SIGKILL); /* stopped: it reaps nothing any more */
		(void)poll(polls, 2, -1);             /* EINTR is a round more */
		pass_signals(signals, watcher);
	}
}

/* The watcher is gone; the kernel has killed the joiner and the hook's first process with it, and
 * given them to us to be reaped. */
static void clean_up(struct sandbox *s, const siginfo_t *info, struct hook_outcome *ret)
{
	struct tree tree = { .cgroup = s->cgroup, .pid_ns = app_pid_ns(s->app) };

	(void)cgroup_find(s->cgroup); /* no child: nobody is in it */
	for (int waited_ms = 0;; waited_ms += KILL_AGAIN_MS) {
		int left;
		pid_t child;

		/* The joiner dies with the watcher; the hook may be born until then. */
		tree.leader = s->report.joiner->hook;
		left = tree_signal(&tree, SIGKILL);
		do
			child = waitpid(-1, NULL, WNOHANG);
		while (child > 0);
		if (left == 0 && (child < 0 || waited_ms > REAP_MS))
			break;
		(void)poll(NULL, 0, KILL_AGAIN_MS);
	}
	(void)cgroup_discard(s->cgroup); /* likewise */
	ret->result = HOOK_INTERRUPTED;
	ret->value = info->si_code == CLD_EXITED ? SIGTERM : info->si_status;
	ret->pid = tree.leader;
}

void guard_run(struct sandbox *s, unsigned timeout_s, int signals, const struct guard_calls *calls,
	       struct hook_outcome *ret)
{
	auto_fd event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pid_t watcher, guard = getpid();
	siginfo_t info;

	memset(ret, 0, sizeof(*ret));
	ret->result = HOOK_FAILED;
	ret->value = 125;
	watch = mmap(NULL, watch_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	started_event = event;
	/* Without it the host's init would reap the hook, and the container wait for that. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	watcher = event < 0 || watch == MAP_FAILED ? -1 : fork();
	if (watcher == 0)
		be_watcher(s, timeout_s, signals, calls, guard);
	if (watcher < 0) {
		(void)err_sys(&ret->error, errno, "start the watcher");
		(void)cgroup_discard(s->cgroup); /* only closes: nobody has made it */
		return;
	}
	info = await_watcher(watcher, signals, calls);
	if (watch->completed)
		*ret = watch->outcome;
	else
		clean_up(s, &info, ret);
	(void)cgroup_discard(s->cgroup); /* our copy of its descriptors */
}
