/* The supervisor of one start.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/supervise/supervise.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shim/base/log.h"
#include "shim/ready/await_exec.h"
#include "shim/ready/await_ready.h"
#include "shim/record/record_names.h"
#include "shim/record/records.h"
#include "shim/record/records_keep.h"
#include "shim/supervise/guard.h"
#include "shim/supervise/tell.h"

#define LOG_PATIENCE_MS 100 /* of a busy log; a wait for it delays only what we do next */

/* --- the guard's calls --- */

static void hook_started(pid_t hook, bool by_session, void *context)
{
	const struct start *start = context;

	record_file_mark(start->record, RECORD_SPAWNED);
	record_set(&start->record->data, RECORD_RUNNING, NULL);
	tell_record(start->record);
	log_event(LOG_LEVEL_INFO, start->plan->state->id, "started", "hook pid %d%s", hook,
		  by_session ? "; no cgroup of its own here: it is killed by its session" : "");
}

/* This runs in the watcher.  Its guard is gone, and what the guard knew of the record: so read the
 * file and take it over. */
static void hook_orphaned(const struct outcome *outcome, void *context)
{
	const struct start *guards = context;
	auto_record_file record = RECORD_FILE_EMPTY;
	const struct start start = { guards->plan, guards->app, &record };
	char name[RECORD_NAME_MAX];
	struct err e = { 0 };

	record_name(&guards->record->data.init, name);
	if (records_own(guards->record->dir, name, &record, &e) < 0)
		log_event(LOG_LEVEL_WARNING, guards->plan->state->id, "error", "%s", e.msg);
	tell_outcome(&start, outcome);
}

/* This runs in the joiner. */
static void forget_record(void *context)
{
	const struct start *start = context;

	char *bundle = start->record->data.bundle;

	explicit_bzero(bundle, strlen(bundle));
}

static void run_hook(const struct start *start, int signals)
{
	const struct guard guard = {
		.plan = start->plan,
		.app = start->app,
		.cache = start->record->dir,
		.signals = signals,
		.started = hook_started,
		.orphaned = hook_orphaned,
		.forget = forget_record,
		.context = (void *)start, /* which none of them writes */
	};
	struct outcome outcome;

	guard_run(&guard, &outcome);
	tell_outcome(start, &outcome);
}

/* --- a start, from the fork of the supervisor to the end --- */

static void end(const struct start *start, enum ending ending, int value, const char *why)
{
	struct outcome outcome = { .ending = ending, .value = value };

	if (why)
		(void)err_set(&outcome.error, ECANCELED, "%s", why);
	tell_outcome(start, &outcome);
}

static void app_is_ready(const struct start *start, int signals, const char *reason)
{
	start->record->data.run = RECORD_RUN_SUCCEEDED;
	record_file_mark(start->record, RECORD_READY);
	log_event(LOG_LEVEL_INFO, start->record->data.id, "ready", "%s", reason);
	if (start->plan->verdict != PLAN_RUN) {
		end(start, ENDING_ONLY_REFUSED, 0, NULL);
		return;
	}
	tell_record(start->record);
	tell_unknown_capabilities(start->plan);
	tell_postdeploy(start);
	run_hook(start, signals);
}

/* The one decision of this start: has the run succeeded or failed? */
static void decide_run(const struct start *start, int signals)
{
	const struct bundle *bundle = start->plan->bundle;
	struct await_outcome outcome;
	struct ready ready;
	char text[ERR_MSG_MAX];

	ready_make(bundle, start->plan->settings, &ready);
	if (ready.kind != READY_WHEN_EXECUTED && !ready.unusable.code) {
		tell_record(start->record);
		log_event(LOG_LEVEL_INFO, start->record->data.id, "waiting", "for %s",
			  ready_describe(&ready, text, sizeof(text)));
	}
	give_back_pages();
	await_ready(&ready, start->app, bundle->ns_listed[NS_PID] && !bundle->ns_has_path[NS_PID],
		    signals, &outcome);
	switch (outcome.result) {
	case AWAIT_SUCCEEDED:
		app_is_ready(start, signals, outcome.reason);
		break;
	case AWAIT_FAILED:
		end(start, ENDING_NOT_READY, 0, outcome.reason);
		break;
	case AWAIT_APP_ENDED:
		end(start, ENDING_ENDED_UNREADY, 0, outcome.reason);
		break;
	case AWAIT_TOLD:
		end(start, ENDING_SUPERVISOR_ENDED, outcome.signal, NULL);
		break;
	}
}

static void app_has_started(const struct start *start, int signals)
{
	const struct plan *plan = start->plan;
	char text[ERR_MSG_MAX + 64];

	record_file_mark(start->record, RECORD_EXEC);
	if (plan->problem.code)
		tell_record(start->record); /* poststart has logged and recorded the problem */
	tell_author_refused(start);
	if (plan->problem.code && plan->hook) {
		snprintf(text, sizeof(text), "the hook was not run: %s", plan->problem.msg);
		tell_author(start, text);
	}
	if (plan->awaits_ready)
		decide_run(start, signals);
	else
		end(start, ENDING_ONLY_REFUSED, 0, NULL);
}

static void wait_and_run(const struct start *start, int signals)
{
	struct err e = { 0 };
	int sig = 0, started = await_exec(start->app, signals, &sig, &e);

	if (started < 0)
		end(start, ENDING_UNSUPERVISED, 0, e.msg);
	else if (sig)
		end(start, ENDING_SUPERVISOR_ENDED, sig, NULL);
	else if (!started)
		end(start, ENDING_NOT_STARTED, 0, NULL);
	else
		app_has_started(start, signals);
}

void supervise(const struct plan *plan, const struct app *app, struct record_file *record)
{
	const struct start start = { plan, app, record };
	struct err e = { 0 };
	int signals = watcher_signals(&e);

	if (signals < 0) {
		end(&start, ENDING_UNSUPERVISED, 0, e.msg);
		return;
	}
	log_be_patient(LOG_PATIENCE_MS);
	if (!plan->problem.code)
		log_event(LOG_LEVEL_INFO, record->data.id, "waiting",
			  "for the application to start");
	records_prune(record->dir, RECORDS_KEPT);
	wait_and_run(&start, signals);
	tell_wait_for_notices(app);
	records_prune(record->dir, RECORDS_KEPT);
}
