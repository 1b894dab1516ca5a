/* The verb run: the hook now, in the foreground.  SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oci/cleanup.h"
#include "shim/base/seal.h"
#include "shim/record/record_file.h"
#include "shim/record/records.h"
#include "shim/supervise/guard.h"
#include "shim/verbs/verbs.h"

static int run_planned(const struct plan *plan, const struct app *app, const char *root,
		       struct err *e)
{
	struct outcome outcome;
	char text[ERR_MSG_MAX + 64];
	struct err none = { 0 };
	auto_fd records = record_dir(root, true, &none); /* without it, nothing is cached */
	struct guard guard = { .plan = plan, .app = app, .cache = records, .foreground = true };

	guard.signals = watcher_signals(e);
	if (guard.signals < 0)
		return STATUS_FAILED;
	guard_run(&guard, &outcome);
	if (outcome.ending != ENDING_SUCCEEDED && outcome.ending != ENDING_EXITED)
		(void)err_set(e, ECANCELED, "%s",
			      outcome_words(&outcome, NULL, text, sizeof(text)));
	return outcome_run_status(&outcome);
}

/* start_time: of the container's init, so that no other process with its pid is taken for it;
 * 0 = not known. */
static int plan_and_run(const struct options *o, const struct state *state, uint64_t start_time,
			struct err *e)
{
	auto_plan_source source = { 0 };
	auto_plan plan = { 0 };
	auto_app app = APP_EMPTY;
	struct err none = { 0 };

	if (plan_load(state, o->config, &source, &plan, e) < 0)
		return STATUS_FAILED;
	if (plan.verdict != PLAN_RUN) {
		(void)err_set(e, ENOENT, "%s",
			      source.settings.enabled ? "config.json sets no CC_RUN_SUCCEEDED_HOOK"
						      : "hooks are disabled by the settings");
		return STATUS_FAILED;
	}
	if (app_open(state->pid, &source.bundle, &app, e) < 0 ||
	    app_verify_patiently(&app, &source.bundle, e) < 0)
		return STATUS_FAILED;
	if (start_time && app.start_time != start_time) {
		(void)err_set(e, ESRCH, "the container has ended: pid %d is another process now",
			      app.pid);
		return STATUS_FAILED;
	}
	if (app_started(&app, &none) != 1) {
		(void)err_set(e, EAGAIN, "the application of pid %d has not started yet", app.pid);
		return STATUS_FAILED;
	}
	return run_planned(&plan, &app, o->root, e);
}

/* The container is named: the record of its start has its bundle and its init. */
static int run_container(const struct options *o, struct err *e)
{
	auto_seen_record r = SEEN_RECORD_EMPTY;
	struct state state = { .status = (char *)"" };

	if (records_find(o->root, o->operand, &r, NULL, e) < 0)
		return STATUS_FAILED;
	if (!r.live) {
		(void)err_set(e, ESRCH, "the container '%.64s' has ended", r.data.id);
		return STATUS_FAILED;
	}
	state.id = r.data.id;
	state.bundle = r.data.bundle;
	state.pid = r.data.init.pid;
	return plan_and_run(o, &state, r.data.init.start_time, e);
}

/* Bundle and init are named. */
static int run_process(const struct options *o, struct err *e)
{
	auto_free char *bundle = realpath(o->bundle, NULL);
	struct state state = { .pid = o->pid, .status = (char *)"" };

	if (!bundle) {
		(void)err_sys(e, errno, "--bundle '%s'", o->bundle);
		return STATUS_FAILED;
	}
	state.bundle = bundle;
	state.id = strrchr(bundle, '/') + 1;
	return plan_and_run(o, &state, 0, e);
}

int verb_run(const struct options *o, struct err *e)
{
	bool by_record = o->operand && !o->pid && !o->bundle;

	if (!by_record && (!o->pid || !o->bundle || o->operand)) {
		(void)err_set(e, EINVAL, "run needs --pid PID and --bundle DIR, or CONTAINER");
		return STATUS_FAILED;
	}
	if (seal(o->argv, NULL, 0, e) < 0) {
		(void)err_prefix(e, "seal");
		return STATUS_FAILED;
	}
	return by_record ? run_container(o, e) : run_process(o, e);
}
