/* The verb run: the hook now, in the foreground.  SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../oci/cleanup.h"
#include "guard.h"
#include "outcome.h"
#include "seal.h"
#include "verbs.h"

#define STATUS_FAILED 125

static int run_planned(const struct plan *plan, const struct app *app, struct err *e)
{
	auto_filter own = { 0 }, container = { 0 };
	struct cgroup cgroup = { .parent = -1, .child = -1 };
	struct guard_calls nobody = { 0 };
	struct hook_outcome outcome;
	struct sandbox sandbox = {
		.plan = plan,
		.app = app,
		.cgroup = &cgroup,
		.own = &own,
		.container = &container,
		.foreground = true,
	};
	char text[ERR_MSG_MAX + 64];
	int signals = hook_signals(e);

	if (signals < 0 || hook_filters(plan, &own, &container, e) < 0 ||
	    report_map(&sandbox.report, e) < 0 || cgroup_prepare(app, &cgroup, e) < 0)
		return STATUS_FAILED;
	guard_run(&sandbox, plan->settings->timeout_s, signals, &nobody, &outcome);
	(void)outcome_describe(&outcome, plan, text, sizeof(text));
	if (outcome.result != HOOK_EXITED)
		(void)err_set(e, ECANCELED, "%s", text);
	return outcome_exit_status(&outcome);
}

static int prepare_and_run(const struct options *o, const struct state *state, struct err *e)
{
	auto_settings settings = { 0 };
	auto_bundle bundle = { 0 };
	auto_plan plan = { 0 };
	auto_app app = { .pidfd = -1, .proc = -1 };
	auto_free char *config = NULL;
	struct err none = { 0 };
	size_t len;

	if (settings_load(o->config, &settings, e) < 0 ||
	    bundle_read(state->bundle, &config, &len, e) < 0 ||
	    bundle_parse(state->bundle, config, len, &bundle, e) < 0 ||
	    plan_make(state, &bundle, &settings, &plan, e) < 0)
		return STATUS_FAILED;
	cleanup_free(&config); /* the hook's process is to hold nothing of the host */
	config = NULL;
	bundle_drop_document(&bundle);
	if (!plan.hook) {
		(void)err_set(e, ENOENT, "%s",
			      settings.enabled ? "config.json sets no CC_RUN_SUCCEEDED_HOOK"
					       : "hooks are disabled by the settings");
		return STATUS_FAILED;
	}
	if (app_open(state->pid, &bundle, &app, e) < 0 || app_verify(&app, &bundle, e) < 0)
		return STATUS_FAILED;
	if (app_started(&app, &none) != 1) {
		(void)err_set(e, EAGAIN, "the application of pid %d has not started yet", app.pid);
		return STATUS_FAILED;
	}
	return run_planned(&plan, &app, e);
}

int verb_run(const struct options *o, struct err *e)
{
	auto_free char *bundle = NULL;
	struct state state = { .pid = o->pid, .status = (char *)"" };

	if (!o->pid || !o->bundle || o->operand) {
		(void)err_set(e, EINVAL, "run needs --pid PID and --bundle DIR");
		return STATUS_FAILED;
	}
	bundle = realpath(o->bundle, NULL);
	if (!bundle) {
		(void)err_sys(e, errno, "--bundle '%s'", o->bundle);
		return STATUS_FAILED;
	}
	if (seal(o->argv, NULL, 0, e) < 0) {
		(void)err_prefix(e, "seal");
		return STATUS_FAILED;
	}
	state.bundle = bundle;
	state.id = strrchr(bundle, '/') + 1;
	return prepare_and_run(o, &state, e);
}
