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

#include "guard.h"
#include "log.h"
#include "outcome.h"
#include "records.h"
#include "stream.h"
#include "text.h"

#define EVENT_CHECK_MS 10000 /* a look besides the event, should one be lost */
#define POLL_FIRST_MS 10     /* without an event: from here ... */
#define POLL_LAST_MS 1000    /* ... to here */
#define LOG_PATIENCE_MS 100  /* nothing waits for us, but for the hook's end */
#define NOTICE_PREFIX "oci-deploy-hook: "

/* What the guard's calls need. */
struct subject {
	const struct plan *plan;
	const struct app *app;
	struct record *record;
};

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
	for (int waited_ms = 0, step_ms = 5; waited_ms < STREAM_NOTICE_MS; waited_ms += step_ms) {
		pid_t pid;

		do
			pid = waitpid(-1, NULL, WNOHANG);
		while (pid > 0);
		if (pid < 0 || app_ended(app))
			return; /* there is none any more, or nobody to read what they write */
		step_ms = step_ms < 100 ? 2 * step_ms : 100;
		(void)poll(NULL, 0, step_ms);
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

static void log_unknown_capabilities(const struct plan *plan)
{
	const char *names = plan->bundle->process.caps_unknown;

	if (names)
		log_event(LOG_LEVEL_WARNING, plan->state->id, "ready",
			  "left out, no capability that this kernel and we know: %s", names);
}

/* The hook does not depend on it: the claim is made. */
static void save(struct record *record)
{
	struct err e = { 0 };

	if (record_update(record, &e) < 0)
		log_event(LOG_LEVEL_WARNING, record->id, "error", "%s", e.msg);
}

static void tell_started(pid_t hook, void *context)
{
	const struct subject *subject = context;

	record_mark(subject->record, RECORD_SPAWNED);
	record_set(subject->record, RECORD_RUNNING, NULL);
	save(subject->record);
	log_event(LOG_LEVEL_INFO, subject->plan->state->id, "started", "hook pid %d", hook);
}

static void tell_outcome(const struct plan *plan, const struct app *app, struct record *record,
			 const struct hook_outcome *outcome)
{
	char text[ERR_MSG_MAX + 64], text_dropped[128];
	const struct outcome_kind *kind = outcome_describe(outcome, plan, text, sizeof(text));

	outcome_record(outcome, text, record);
	save(record);
	log_event(kind->level, plan->state->id, kind->event, "%s", text);
	if (outcome->leftovers)
		log_event(LOG_LEVEL_WARNING, plan->state->id, "ended",
			  "processes that the hook left behind were killed: hooks are no daemons");
	if (outcome_dropped(outcome, plan, text_dropped, sizeof(text_dropped)))
		log_event(LOG_LEVEL_WARNING, plan->state->id, "output", "%s", text_dropped);
	if (kind->tell_author)
		notify_outcome(plan, app, text);
}

/* In the watcher, whose guard is gone, and with it what it last wrote: take the record over. */
static void tell_orphaned(const struct hook_outcome *outcome, void *context)
{
	const struct subject *subject = context;
	auto_record record = { .dir = -1, .lock = -1 };
	char name[RECORD_NAME_MAX];
	struct err e = { 0 };

	record_name(subject->record, name);
	if (records_own(subject->record->dir, name, &record, &e) < 0)
		log_event(LOG_LEVEL_WARNING, subject->plan->state->id, "error", "%s", e.msg);
	record.judged = false; /* that is for readers */
	tell_outcome(subject->plan, subject->app, &record, outcome);
}

static void run_hook(const struct plan *plan, const struct app *app, struct record *record,
		     int signals)
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
	struct subject subject = { plan, app, record };
	struct guard_calls calls = { tell_started, tell_orphaned, &subject };

	if (hook_filters(plan, record->dir, &own, &container_filter, &outcome.error) == 0 &&
	    report_map(&sandbox.report, &outcome.error) == 0 &&
	    cgroup_prepare(app, &cgroup, &outcome.error) == 0) {
		if (cgroup.parent < 0)
			log_event(LOG_LEVEL_INFO, plan->state->id, "ready",
				  "no cgroup of its own here: the hook is killed by its session");
		guard_run(&sandbox, plan->settings->timeout_s, signals, &calls, &outcome);
	} else if (outcome.error.code == ESRCH) {
		outcome.result = HOOK_APP_ENDED;
	}
	tell_outcome(plan, app, record, &outcome);
}

/* No hook is run.  One that is refused stays refused. */
static void conclude(struct record *record, enum record_hook hook, const char *reason)
{
	record_set(record, record->hook == RECORD_REFUSED ? RECORD_REFUSED : hook, reason);
	record_mark(record, RECORD_ENDED);
	save(record);
}

static void not_supervised(struct record *record, const struct err *e)
{
	conclude(record, RECORD_FAILED, e->msg);
	log_event(LOG_LEVEL_ERROR, record->id, "error", "%s", e->msg);
}

static void app_ended_first(struct record *record)
{
	record->run = RECORD_RUN_FAILED;
	record->stopped_ms = record_now();
	conclude(record, RECORD_NONE, "the application ended first");
	log_event(LOG_LEVEL_INFO, record->id, "not-started", "the application ended first");
}

static void told_to_leave(struct record *record, int sig)
{
	char reason[64];

	snprintf(reason, sizeof(reason), "the supervisor was ended by signal %d", sig);
	conclude(record, RECORD_ABANDONED, reason);
	log_event(LOG_LEVEL_WARNING, record->id, "abandoned", "%s", reason);
}

/* The hook must not run, which is logged and recorded already. */
static void tell_problem(const struct plan *plan, const struct app *app, struct record *record,
			 bool started)
{
	char text[ERR_MSG_MAX + 64];

	record->run = started ? RECORD_RUN_SUCCEEDED : RECORD_RUN_FAILED;
	if (started)
		record_mark(record, RECORD_EXEC);
	else
		record->stopped_ms = record_now();
	save(record);
	if (!started)
		return;
	notify_refused(plan, app);
	snprintf(text, sizeof(text), "the hook was not run: %s", plan->problem.msg);
	if (plan->hook)
		notify_outcome(plan, app, text);
}

static void app_is_ready(const struct plan *plan, const struct app *app, struct record *record,
			 int signals)
{
	record->run = RECORD_RUN_SUCCEEDED;
	record_mark(record, RECORD_READY);
	if (!plan->hook) {
		conclude(record, RECORD_REFUSED, NULL);
		return;
	}
	save(record);
	log_event(LOG_LEVEL_INFO, record->id, "ready", "the application has started");
	log_unknown_capabilities(plan);
	run_hook(plan, app, record, signals);
}

void supervise(const struct plan *plan, const struct app *app, struct record *record)
{
	struct err e = { 0 };
	int started, told = 0, signals = hook_signals(&e);

	if (signals < 0) {
		not_supervised(record, &e);
		return;
	}
	log_be_patient(LOG_PATIENCE_MS);
	if (!plan->problem.code)
		log_event(LOG_LEVEL_INFO, record->id, "waiting", "for the application to start");
	records_prune(record->dir, RECORDS_KEPT);
	started = wait_started(app, signals, &told, &e);
	if (started < 0) {
		not_supervised(record, &e);
	} else if (told) {
		told_to_leave(record, told);
	} else if (plan->problem.code) {
		tell_problem(plan, app, record, started);
	} else if (!started) {
		app_ended_first(record);
	} else {
		record_mark(record, RECORD_EXEC);
		notify_refused(plan, app);
		app_is_ready(plan, app, record, signals);
	}
	await_children(app);
	records_prune(record->dir, RECORDS_KEPT);
}
