/* The supervisor of one start.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/supervise/supervise.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shim/ready/await_ready.h"
#include "shim/supervise/guard.h"
#include "shim/base/log.h"
#include "shim/record/record_names.h"
#include "shim/record/records.h"
#include "shim/record/records_keep.h"
#include "shim/ready/await_exec.h"
#include "shim/supervise/tell.h"
#include "shim/base/clock.h"

#define LOG_PATIENCE_MS 100 /* nothing waits for us, but for the hook's end */

/* What the guard's calls need. */
struct subject {
	const struct plan *plan;
	const struct app *app;
	struct record_file *record;
	bool by_session; /* the hook has no cgroup of its own */
};

static void tell_started(pid_t hook, void *context)
{
	const struct subject *subject = context;

	record_file_mark(subject->record, RECORD_SPAWNED);
	record_set(&subject->record->data, RECORD_RUNNING, NULL);
	tell_record(subject->record);
	log_event(LOG_LEVEL_INFO, subject->plan->state->id, "started", "hook pid %d%s", hook,
		  subject->by_session ? "; no cgroup of its own here: it is killed by its session"
				      : "");
}

/* In the watcher, whose guard is gone, and with it what it last wrote: take the record over. */
static void tell_orphaned(const struct hook_outcome *outcome, void *context)
{
	const struct subject *subject = context;
	auto_record_file record = RECORD_FILE_EMPTY;
	char name[RECORD_NAME_MAX];
	struct err e = { 0 };

	record_name(&subject->record->data.init, name);
	if (records_own(subject->record->dir, name, &record, &e) < 0)
		log_event(LOG_LEVEL_WARNING, subject->plan->state->id, "error", "%s", e.msg);
	tell_outcome(subject->plan, subject->app, &record, outcome);
}

/* In the joiner. */
static void forget_record(void *context)
{
	const struct subject *subject = context;

	char *bundle = subject->record->data.bundle;

	explicit_bzero(bundle, strlen(bundle));
}

static void run_hook(const struct plan *plan, const struct app *app, struct record_file *record,
		     int signals)
{
	auto_filter own = { 0 }, container_filter = { 0 };
	struct cgroup cgroup = CGROUP_EMPTY;
	struct hook_outcome outcome = { .result = HOOK_FAILED, .value = 125 };
	struct sandbox sandbox = {
		.plan = plan,
		.app = app,
		.cgroup = &cgroup,
		.own = &own,
		.container = &container_filter,
	};
	struct subject subject = { .plan = plan, .app = app, .record = record };
	struct guard_calls calls = { tell_started, tell_orphaned, &subject };

	sandbox.forget = forget_record;
	sandbox.forget_context = &subject;
	if (hook_filters(plan, record->dir, &own, &container_filter, &outcome.error) == 0 &&
	    report_map(&sandbox.report, &outcome.error) == 0 &&
	    cgroup_prepare(app, &cgroup, &outcome.error) == 0) {
		subject.by_session = cgroup.parent < 0;
		guard_run(&sandbox, plan->settings->timeout_s, signals, &calls, &outcome);
	} else if (outcome.error.code == ESRCH) {
		outcome.result = HOOK_APP_ENDED;
	}
	tell_outcome(plan, app, record, &outcome);
}

static void not_supervised(struct record_file *record, const struct err *e)
{
	tell_no_hook(record, RECORD_FAILED, e->msg);
	log_event(LOG_LEVEL_ERROR, record->data.id, "error", "%s", e->msg);
}

static void app_ended_first(struct record_file *record)
{
	record->data.run = RECORD_RUN_FAILED;
	record->data.stopped_ms = clock_realtime_ms();
	tell_no_hook(record, RECORD_NONE, "the application ended first");
	log_event(LOG_LEVEL_INFO, record->data.id, "not-started", "the application ended first");
}

static void told_to_leave(struct record_file *record, int sig)
{
	char reason[64];

	snprintf(reason, sizeof(reason), "the supervisor was ended by signal %d", sig);
	tell_no_hook(record, RECORD_ABANDONED, reason);
	log_event(LOG_LEVEL_WARNING, record->data.id, "abandoned", "%s", reason);
}

/* The hook must not run, which is logged and recorded already. */
static void tell_problem(const struct plan *plan, const struct app *app, struct record_file *record,
			 bool started)
{
	char text[ERR_MSG_MAX + 64];

	if (started) {
		record_file_mark(record, RECORD_EXEC);
	} else {
		record->data.run = RECORD_RUN_FAILED;
		record->data.stopped_ms = clock_realtime_ms();
	}
	tell_record(record);
	if (!started)
		return;
	tell_author_refused(plan, app);
	snprintf(text, sizeof(text), "the hook was not run: %s", plan->problem.msg);
	if (plan->hook)
		tell_author(plan, app, text);
}

/* The run has failed: no hook, and one line for the author of one. */
static void run_failed(const struct plan *plan, const struct app *app, struct record_file *record,
		       const struct await_outcome *outcome)
{
	const char *refused = plan->refused[POLICY_RUN_FAILED]
				      ? "; CC_RUN_FAILED_HOOK is refused for Docker applications"
				      : "";
	char text[ERR_MSG_MAX];

	record->data.run = RECORD_RUN_FAILED;
	if (outcome->result == AWAIT_APP_ENDED)
		record->data.stopped_ms = clock_realtime_ms();
	if (plan->problem.code)
		tell_record(record); /* with the reason that it has */
	else
		tell_no_hook(record, RECORD_NONE, outcome->reason);
	if (outcome->result == AWAIT_APP_ENDED) {
		log_event(LOG_LEVEL_INFO, record->data.id, "not-started", "%s%s", outcome->reason,
			  refused);
		return;
	}
	log_event(LOG_LEVEL_WARNING, record->data.id, "not-started", "the run has failed: %s%s",
		  outcome->reason, refused);
	if (!plan->hook || plan->problem.code)
		return;
	snprintf(text, sizeof(text), "not run: %.240s", outcome->reason);
	tell_author(plan, app, text);
}

/* The run has succeeded. */
static void app_is_ready(const struct plan *plan, const struct app *app, struct record_file *record,
			 int signals, const char *reason)
{
	record->data.run = RECORD_RUN_SUCCEEDED;
	record_file_mark(record, RECORD_READY);
	log_event(LOG_LEVEL_INFO, record->data.id, "ready", "%s", reason);
	if (!plan->hook) {
		tell_no_hook(record, RECORD_REFUSED, NULL);
		return;
	}
	tell_record(record);
	if (plan->problem.code)
		return;
	tell_unknown_capabilities(plan);
	tell_postdeploy(plan, app);
	run_hook(plan, app, record, signals);
}

/* The one decision of this start: has the run succeeded or failed? */
static void decide_run(const struct plan *plan, const struct app *app, struct record_file *record,
		       int signals)
{
	const struct bundle *bundle = plan->bundle;
	struct await_outcome outcome;
	struct ready ready;
	char text[ERR_MSG_MAX];

	ready_make(bundle, plan->settings, &ready);
	if (ready.kind != READY_WHEN_EXECUTED && !ready.unusable.code) {
		tell_record(record);
		log_event(LOG_LEVEL_INFO, record->data.id, "waiting", "for %s",
			  ready_describe(&ready, text, sizeof(text)));
	}
	give_back_pages();
	await_ready(&ready, app, bundle->ns_listed[NS_PID] && !bundle->ns_has_path[NS_PID], signals,
		    &outcome);
	if (outcome.result == AWAIT_SUCCEEDED)
		app_is_ready(plan, app, record, signals, outcome.reason);
	else if (outcome.result == AWAIT_TOLD)
		told_to_leave(record, outcome.signal);
	else
		run_failed(plan, app, record, &outcome);
}

void supervise(const struct plan *plan, const struct app *app, struct record_file *record)
{
	struct err e = { 0 };
	int started, told = 0, signals = hook_signals(&e);

	if (signals < 0) {
		not_supervised(record, &e);
		return;
	}
	log_be_patient(LOG_PATIENCE_MS);
	if (!plan->problem.code)
		log_event(LOG_LEVEL_INFO, record->data.id, "waiting",
			  "for the application to start");
	records_prune(record->dir, RECORDS_KEPT);
	started = wait_started(app, signals, &told, &e);
	if (started < 0) {
		not_supervised(record, &e);
	} else if (told) {
		told_to_leave(record, told);
	} else if (plan->problem.code) {
		tell_problem(plan, app, record, started);
		/* Without settings nobody knows what to wait for. */
		if (started && plan->settings->ready_timeout_s)
			decide_run(plan, app, record, signals);
	} else if (!started) {
		app_ended_first(record);
	} else {
		record_file_mark(record, RECORD_EXEC);
		tell_author_refused(plan, app);
		if (plan->hook || plan->refused[POLICY_RUN_FAILED])
			decide_run(plan, app, record, signals);
		else
			tell_no_hook(record, RECORD_REFUSED, NULL);
	}
	tell_finish(app);
	records_prune(record->dir, RECORDS_KEPT);
}
