/* One run of the hook.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/supervise/watcher.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "oci/cleanup.h"
#include "shim/base/clock.h"
#include "shim/base/exit_status.h"
#include "shim/sandbox/relay.h"
#include "shim/base/seal.h"
#include "shim/base/text.h"
#include "shim/supervise/tree.h"
#include "shim/base/procfs.h"

#define GRACE_MS 5000    /* from SIGTERM to SIGKILL */
#define KILL_AGAIN_MS 20 /* a tree that forks is killed in rounds */

struct run {
	struct sandbox *s;
	struct outcome *out;
	struct tree tree;
	int signals;
	void (*on_start)(pid_t hook);
	pid_t joiner;
	bool joiner_ended, hook_ended, concluded;
	unsigned timeout_s;  /* of the hook */
	int64_t deadline_ms; /* of the hook; after SIGTERM, of its grace */
	bool killing;        /* SIGKILL in rounds from now on */
};

static const int watched_signals[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT };

static void signal_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < sizeof(watched_signals) / sizeof(watched_signals[0]); i++)
		sigaddset(set, watched_signals[i]);
}

int watcher_signals(struct err *e)
{
	sigset_t set;
	int fd;

	signal_set(&set);
	if (sigprocmask(SIG_SETMASK, &set, NULL) < 0)
		return err_sys(e, errno, "sigprocmask");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_sys(e, errno, "signalfd") : fd;
}

/* The first ending counts: if we kill the hook because of it, its death is not another ending. */
static void conclude(struct run *run, enum ending ending, int value)
{
	if (run->concluded)
		return;
	run->concluded = true;
	run->out->ending = ending;
	run->out->value = value;
}

static void signal_all(struct run *run, int sig)
{
	if (!run->joiner_ended)
		(void)kill(run->joiner, SIGKILL); /* ours, not reaped yet: the pid is right */
	if (run->out->pid && !run->hook_ended)
		(void)kill(run->out->pid, sig); /* not reaped either */
	(void)tree_signal(&run->tree, sig);
}

static void kill_all(struct run *run)
{
	run->killing = true;
	signal_all(run, SIGKILL);
}

/* A joiner that ended without a hook: why? */
static void joiner_failed(struct run *run, const siginfo_t *info)
{
	const struct joiner_report *report = run->s->report.joiner;
	const char *step = joiner_step_name(report->step);
	struct err *e = &run->out->error;

	if (app_ended(run->s->app) && !report->error.code)
		conclude(run, ENDING_APP_ENDED, 0);
	if (report->error.code) {
		*e = report->error;
		e->msg[sizeof(e->msg) - 1] = '\0';
		(void)err_prefix(e, "step '%s'", step ? step : "?");
	} else {
		(void)err_set(e, ECHILD, "step '%s': the joiner was ended by signal %d%s",
			      step ? step : "?", info->si_status,
			      info->si_status == SIGSYS ? " (SIGSYS): a seccomp profile denies it"
							: "");
	}
	conclude(run, e->code == ESRCH ? ENDING_APP_ENDED : ENDING_NOT_RUN, 0);
}

static void reap_joiner(struct run *run)
{
	siginfo_t info = { 0 };

	if (run->joiner_ended || waitid(P_PID, (id_t)run->joiner, &info, WEXITED | WNOHANG) < 0 ||
	    !info.si_pid)
		return;
	run->joiner_ended = true;
	run->out->pid = run->s->report.joiner->hook;
	run->tree.leader = run->out->pid;
	if (!run->out->pid)
		joiner_failed(run, &info);
	else if (run->on_start)
		run->on_start(run->out->pid);
}

/* Did the ended child execute the hook's program?  The kernel's flag tells, since the child's
 * report is not trusted. */
static bool executed(pid_t pid)
{
	char path[32];
	struct proc_stat stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return proc_stat_read(AT_FDCWD, path, &stat) < 0 || !(stat.flags & PROC_FORKNOEXEC);
}

static void not_executed(struct run *run, const siginfo_t *info)
{
	const struct hook_report *report = run->s->report.hook;
	const char *shell = run->s->plan->argv[0];
	int code = report->exec_errno;
	char at[sizeof(report->at)];

	memcpy(at, report->at, sizeof(at)); /* hostile: bounded and terminated here */
	at[sizeof(at) - 1] = '\0';
	if (at[0] && info->si_code == CLD_EXITED)
		(void)err_sys(&run->out->error, code, "before the hook's exec: %s", at);
	else if (info->si_code != CLD_EXITED)
		(void)err_set(&run->out->error, EPERM, "killed by signal %d before its exec%s",
			      info->si_status,
			      info->si_status == SIGSYS ? ": a seccomp profile denies it" : "");
	else if (code == ENOENT)
		(void)err_set(
			&run->out->error, ENOENT,
			run->s->plan->tools_shell
				? "neither the image nor the directory that the setting 'tools' "
				  "names has a '%s' that can be executed"
				: "the image has no '%s' that can be executed: the setting "
				  "'tools' names a directory that brings a shell, 'shell' "
				  "another one",
			shell);
	else
		(void)err_sys(&run->out->error, code, "execute '%s'", shell);
	if (info->si_code != CLD_EXITED || at[0])
		conclude(run, ENDING_NOT_RUN, 0);
	else
		conclude(run, ENDING_NOT_EXECUTED,
			 code == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE);
}

static void reap_hook(struct run *run)
{
	siginfo_t info = { 0 };
	id_t pid = (id_t)run->out->pid;
	bool did_exec;

	if (!pid || run->hook_ended || waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    !info.si_pid)
		return;
	run->hook_ended = true;
	did_exec = executed(run->out->pid);
	(void)waitid(P_PID, pid, &info, WEXITED); /* the application's end waits for this */
	if (info.si_code != CLD_EXITED && info.si_status == SIGKILL && app_ending(run->s->app))
		conclude(run, ENDING_APP_ENDED, 0); /* its end has killed the hook too */
	else if (!did_exec)
		not_executed(run, &info);
	else if (info.si_code == CLD_EXITED)
		conclude(run, info.si_status ? ENDING_EXITED : ENDING_SUCCEEDED, info.si_status);
	else
		conclude(run, ENDING_KILLED, info.si_status);
}

static void read_signals(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD) {
			conclude(run, ENDING_INTERRUPTED, (int)info.ssi_signo);
			kill_all(run);
		}
}

static void check_deadline(struct run *run)
{
	if (run->killing || clock_monotonic_ms() < run->deadline_ms)
		return;
	if (run->concluded) { /* the grace is over */
		kill_all(run);
		return;
	}
	conclude(run, ENDING_TIMED_OUT, (int)run->timeout_s);
	run->deadline_ms = clock_monotonic_ms() + GRACE_MS;
	signal_all(run, SIGTERM);
}

static int poll_timeout(const struct run *run)
{
	int64_t left = run->deadline_ms - clock_monotonic_ms();

	if (run->killing)
		return KILL_AGAIN_MS;
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Wait until joiner and hook are reaped. */
static void watch(struct run *run)
{
	bool app_gone = false;

	for (;;) {
		struct pollfd polls[] = {
			{ .fd = run->signals, .events = POLLIN },
			{ .fd = app_gone ? -1 : run->s->app->pidfd, .events = POLLIN },
		};

		reap_joiner(run);
		reap_hook(run);
		if (run->joiner_ended && (!run->out->pid || run->hook_ended))
			return;
		(void)poll(polls, 2, poll_timeout(run)); /* an interrupted poll just loops again */
		read_signals(run);
		if (polls[1].revents && !app_gone) {
			app_gone = true;
			reap_hook(run); /* it may have ended by itself just before */
			conclude(run, ENDING_APP_ENDED, 0);
		}
		check_deadline(run);
		if (app_gone || run->killing)
			kill_all(run);
	}
}

static void pause_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

/* Kill what the hook's first process has started and left: hooks are no daemons.  Processes of a
 * frozen container die when it is thawed, so this goes on until they are gone. */
static void clear_tree(struct run *run)
{
	enum ending ending = run->out->ending;
	bool by_itself =
		ending == ENDING_SUCCEEDED || ending == ENDING_EXITED || ending == ENDING_KILLED;

	run->out->leftovers = by_itself && tree_signal(&run->tree, 0) > 0;
	while (tree_signal(&run->tree, SIGKILL) > 0)
		pause_ms(KILL_AGAIN_MS);
}

/* Let the last output through.  In the foreground it is our caller's terminal that decides how long
 * that takes. */
static void end_helpers(struct run *run)
{
	const struct report *report = &run->s->report;
	pid_t helpers[RELAY_HELPERS] = { report->joiner->relay, report->joiner->logger };

	relay_end(helpers, run->signals, run->s->foreground);
	run->out->dropped = report->relay->dropped + report->relay->unlogged;
	run->out->output_len = relay_tail(report->relay, run->out->output);
}

void watcher_run(struct sandbox *s, unsigned timeout_s, int signals, void (*on_start)(pid_t hook),
		 struct outcome *ret)
{
	struct run run = {
		.s = s,
		.out = ret,
		.tree = { .cgroup = s->cgroup, .pid_ns = app_pid_ns(s->app) },
		.signals = signals,
		.on_start = on_start,
		.timeout_s = timeout_s,
		.deadline_ms = clock_monotonic_ms() + (int64_t)timeout_s * 1000,
	};
	pid_t watcher = getpid();

	*ret = (struct outcome){ .ending = ENDING_NOT_RUN };
	if (cgroup_make(s->cgroup, &ret->error) < 0) {
		if (app_ended(s->app))
			ret->ending = ENDING_APP_ENDED_FIRST; /* the runtime removes its cgroups */
		return;
	}
	run.joiner = fork();
	if (run.joiner < 0) {
		(void)err_sys(&ret->error, errno, "fork");
		return;
	}
	if (run.joiner == 0) {
		sigset_t none;

		seal_default_signals(); /* the hook must not inherit what we ignore */
		sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL); /* cannot fail */
		joiner_run(s, watcher);
	}
	watch(&run);
	clear_tree(&run);
	end_helpers(&run);
	if (ret->ending == ENDING_APP_ENDED && !ret->pid)
		ret->ending = ENDING_APP_ENDED_FIRST;
}
