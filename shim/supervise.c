/* The supervisor of one start.  SPDX-License-Identifier: Apache-2.0 */
#include "supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "await.h"
#include "guard.h"
#include "log.h"
#include "outcome.h"
#include "postdeploy.h"
#include "record.h"
#include "stream.h"
#include "text.h"

#define EVENT_CHECK_MS 10000 /* a look besides the event, should one be lost */
#define POLL_FIRST_MS 10     /* without an event: from here ... */
#define POLL_LAST_MS 1000    /* ... to here */
#define NOTICE_WAIT_MS 1000
#define NOTICE_PREFIX "oci-deploy-hook: "

static const char *container; /* its id: for log_started, which has no argument for it */

void supervise_log_refused(const struct plan *plan)
{
	for (size_t i = 0; i < POLICY_COUNT; i++)
		if (plan->refused[i])
			log_event(LOG_LEVEL_WARNING, plan->state->id, "refused", "%s: %s",
				  policy[i].variable, policy[i].advice);
}

static void notify_refused(const struct plan *plan, const struct app *app)
{
	char text[POLICY_COUNT * 160] = "";
	size_t used = 0;

	if (plan->settings->output != OUTPUT_CONTAINER || !plan_refuses(plan))
		return;
	for (size_t i = 0; i < POLICY_COUNT; i++)
		if (plan->refused[i])
			used += (size_t)snprintf(text + used, sizeof(text) - used,
						 NOTICE_PREFIX
						 "%s is refused for Docker applications: %s\n",
						 policy[i].variable, policy[i].advice);
	(void)stream_notice(app, text);
}

/* Deprecated, so told only where it could be taken for the hook that runs. */
static void tell_postdeploy(const struct plan *plan, const struct app *app)
{
	if (!postdeploy_found(plan, app))
		return;
	log_event(LOG_LEVEL_WARNING, container, "refused", POSTDEPLOY_ADVICE);
	if (plan->settings->output == OUTPUT_CONTAINER)
		(void)stream_notice(app, NOTICE_PREFIX POSTDEPLOY_ADVICE "\n");
}

static void notify_outcome(const struct plan *plan, const struct app *app, const char *what)
{
	char text[ERR_MSG_MAX + 256], safe[ERR_MSG_MAX + 128];

	if (plan->settings->output != OUTPUT_CONTAINER)
		return;
	snprintf(text, sizeof(text), NOTICE_PREFIX "%s: %s\n",
		 policy[POLICY_RUN_SUCCEEDED].variable, text_escape(safe, sizeof(safe), what));
	(void)stream_notice(app, text);
}

/* We are about to leave, and our children die with us: let them finish, for a moment. */
static void await_children(const struct app *app)
{
	for (int waited_ms = 0; waited_ms < NOTICE_WAIT_MS; waited_ms += 5) {
		pid_t pid;

		do
			pid = waitpid(-1, NULL, WNOHANG);
		while (pid > 0);
		if (pid < 0 || app_ended(app))
			return; /* there is none any more, or nobody to read what they write */
		(void)poll(NULL, 0, 5);
	}
}

/* Waiting may take days: give back the program's pages that were read only to get here.  They are
 * the file's, and come back by themselves when they are needed. */
static void give_back_pages(void)
{
	extern const char __executable_start[], etext[]; /* of the linker */
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = (uintptr_t)__executable_start / page * page;

	(void)madvise((void *)start, ((uintptr_t)etext - start) / page * page, MADV_DONTNEED);
}

/* 1 started; 0 the application ended first, or we were told to leave (*ret_signal); -1 and *e. */
static int wait_started(const struct app *app, int signals, int *ret_signal, struct err *e)
{
	struct exec_event event;
	int started, wait_ms = POLL_FIRST_MS;

	*ret_signal = 0;
	exec_event_open(app, &event); /* first, so that no exec slips through before the look */
	give_back_pages();
	while ((started = app_started(app, e)) == 0) {
		struct pollfd polls[] = {
			{ .fd = app->pidfd, .events = POLLIN },
			{ .fd = signals, .events = POLLIN },
			{ .fd = event.fd, .events = POLLIN },
		};
		struct signalfd_siginfo info = { 0 };

		(void)poll(polls, 3, event.fd < 0 ? wait_ms : EVENT_CHECK_MS);
		wait_ms = wait_ms < POLL_LAST_MS ? wait_ms * 2 : POLL_LAST_MS;
		exec_event_clear(&event);
		if (polls[2].revents & (POLLHUP | POLLERR))
			exec_event_close(&event); /* would wake for ever */
		if (app_ended(app))
			break;
		if (read(signals, &info, sizeof(info)) == sizeof(info) &&
		    info.ssi_signo != SIGCHLD) {
			*ret_signal = (int)info.ssi_signo;
			break;
		}
	}
	exec_event_close(&event);
	if (started < 0 && e->code == ESRCH)
		return 0;
	return started;
}

static void log_started(pid_t hook)
{
	log_event(LOG_LEVEL_INFO, container, "started", "hook pid %d", hook);
}

static void log_outcome(const struct plan *plan, const struct app *app,
			const struct hook_outcome *outcome)
{
	char text[ERR_MSG_MAX + 64];
	const struct outcome_kind *kind = outcome_describe(outcome, plan, text, sizeof(text));

	log_event(kind->level, plan->state->id, kind->event, "%s", text);
	if (outcome->leftovers)
		log_event(LOG_LEVEL_WARNING, plan->state->id, "ended",
			  "processes that the hook left behind were killed: hooks are no daemons");
	if (outcome->dropped)
		log_event(LOG_LEVEL_WARNING, plan->state->id, "ended",
			  "%llu bytes of output had nowhere to go",
			  (unsigned long long)outcome->dropped);
	if (kind->tell_author)
		notify_outcome(plan, app, text);
}

/* What log_outcome needs, where it is the watcher that is left to log. */
struct subject {
	const struct plan *plan;
	const struct app *app;
};

static void log_orphaned(const struct hook_outcome *outcome, void *context)
{
	const struct subject *subject = context;

	log_outcome(subject->plan, subject->app, outcome);
}

static void run_hook(const struct plan *plan, const struct app *app, int signals)
{
	auto_filter own = { 0 }, container_filter = { 0 };
	struct cgroup cgroup = { .parent = -1, .child = -1 };
	struct hook_outcome outcome = { .result = HOOK_FAILED, .value = 125 };
	struct sandbox sandbox = {
		.plan = plan,
		.app = app,
		.cgroup = &cgroup,
		.own = &own,
		.container = &container_filter,
	};
	struct subject subject = { plan, app };
	struct guard_calls calls = { log_started, log_orphaned, &subject };

	if (hook_filters(plan, &own, &container_filter, &outcome.error) == 0 &&
	    report_map(&sandbox.report, &outcome.error) == 0 &&
	    cgroup_prepare(app, &cgroup, &outcome.error) == 0) {
		if (cgroup.parent < 0)
			log_event(LOG_LEVEL_INFO, plan->state->id, "ready",
				  "no cgroup of its own here: the hook is killed by its session");
		guard_run(&sandbox, plan->settings->timeout_s, signals, &calls, &outcome);
	} else if (outcome.error.code == ESRCH) {
		outcome.result = HOOK_APP_ENDED;
	}
	log_outcome(plan, app, &outcome);
}

/* The one decision of this start: has the run succeeded or failed?  Log it, and tell the author of
 * a hook that does not run.  Returns 1: the hook may run. */
static int decide_run(const struct plan *plan, const struct app *app, int signals)
{
	const struct bundle *bundle = plan->bundle;
	const char *refused = plan->refused[POLICY_RUN_FAILED]
				      ? "; CC_RUN_FAILED_HOOK is refused for Docker applications"
				      : "";
	struct await_outcome outcome;
	struct ready ready;
	char text[ERR_MSG_MAX];

	ready_make(bundle, plan->settings, &ready);
	if (ready.kind != READY_WHEN_EXECUTED && !ready.unusable.code)
		log_event(LOG_LEVEL_INFO, container, "waiting", "for %s",
			  ready_describe(&ready, text, sizeof(text)));
	give_back_pages();
	await_ready(&ready, app, bundle->ns_listed[NS_PID] && !bundle->ns_has_path[NS_PID], signals,
		    &outcome);
	switch (outcome.result) {
	case AWAIT_SUCCEEDED:
		log_event(LOG_LEVEL_INFO, container, "ready", "%s", outcome.reason);
		return 1;
	case AWAIT_TOLD:
		log_event(LOG_LEVEL_WARNING, container, "abandoned",
			  "the supervisor was ended by signal %d", outcome.signal);
		return 0;
	case AWAIT_APP_ENDED:
		log_event(LOG_LEVEL_INFO, container, "not-started", "%s%s", outcome.reason,
			  refused);
		return 0;
	case AWAIT_FAILED:
		break;
	}
	log_event(LOG_LEVEL_WARNING, container, "not-started", "the run has failed: %s%s",
		  outcome.reason, refused);
	if (plan->hook) {
		snprintf(text, sizeof(text), "not run: %.240s", outcome.reason);
		notify_outcome(plan, app, text);
	}
	return 0;
}

void supervise(const struct plan *plan, const struct app *app, int records)
{
	struct err e = { 0 };
	int started, told = 0, signals = hook_signals(&e);

	container = plan->state->id;
	if (signals < 0) {
		log_event(LOG_LEVEL_ERROR, container, "error", "%s", e.msg);
		return;
	}
	log_event(LOG_LEVEL_INFO, container, "waiting", "for the application to start");
	record_sweep(records);
	started = wait_started(app, signals, &told, &e);
	if (started < 0) {
		log_event(LOG_LEVEL_ERROR, container, "error", "%s", e.msg);
	} else if (told) {
		log_event(LOG_LEVEL_WARNING, container, "abandoned",
			  "the supervisor was ended by signal %d", told);
	} else if (!started) {
		log_event(LOG_LEVEL_INFO, container, "not-started", "the application ended first");
	} else {
		notify_refused(plan, app);
		if ((plan->hook || plan->refused[POLICY_RUN_FAILED]) &&
		    decide_run(plan, app, signals) && plan->hook) {
			tell_postdeploy(plan, app);
			run_hook(plan, app, signals);
		}
	}
	await_children(app);
	record_sweep(records);
}
