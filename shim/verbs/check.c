/* The verb check: what would run in a container, or whether this host is ready.
 * SPDX-License-Identifier: Apache-2.0
 *
 * It reads the bundle and the settings, and changes nothing.  It touches no process, except that of
 * a container that is named.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oci/cleanup.h"
#include "shim/base/seal.h"
#include "shim/base/tools.h"
#include "shim/plan/plan.h"
#include "shim/ready/ready.h"
#include "shim/record/records.h"
#include "shim/sandbox/postdeploy.h"
#include "shim/verbs/check_host.h"
#include "shim/verbs/check_sandbox.h"
#include "shim/verbs/terminal.h"
#include "shim/verbs/verbs.h"

static void print_settings(const struct options *o, const struct settings *settings)
{
	struct setting setting;

	if (settings->from_file)
		table_row("settings", "%s", o->config ? o->config : SETTINGS_FILE);
	else
		table_row("settings", "defaults (%s does not exist)", SETTINGS_FILE);
	for (size_t i = 0; settings_get(settings, i, &setting); i++)
		table_row("", "%s: %s (%s)", setting.key,
			  setting.from_file || strcmp(setting.key, "seccomp") ? setting.value
									      : "built in",
			  setting.from_file ? "from the file" : "default");
	if (settings->tools)
		table_row("tools", "%s, in " TOOLS_PLACE " of the hook alone", settings->tools);
}

/* Print what the application has to do before its hook runs.  Returns whether that is possible. */
static bool print_ready(const struct plan *plan)
{
	struct ready ready;
	char text[ERR_MSG_MAX];

	ready_make(plan->bundle, plan->settings, &ready);
	if (ready.unusable.code)
		table_row("ready", "never, so no hook runs: %s", ready.unusable.msg);
	else
		table_row("ready", "waits for %s", ready_describe(&ready, text, sizeof(text)));
	return !ready.unusable.code;
}

/* Print all that the plan says.  Returns whether a hook would run. */
static bool print_plan(const struct options *o, const struct plan *plan)
{
	const struct rule *rule = &policy[POLICY_RUN_SUCCEEDED];
	bool can_run = false;

	if (!plan->settings->enabled)
		table_row("hook", "none runs: hooks are disabled by the settings");
	else if (plan->hook)
		table_row("hook", "%s runs %s (%zu bytes, by %s)", rule->variable, rule->phase,
			  strlen(plan->hook), plan->argv[0]);
	else
		table_row("hook", "none runs: %s is not set", rule->variable);
	for (size_t i = 0; i < POLICY_COUNT; i++)
		if (plan->refused[i])
			table_row("refused", "%s (%s): %s", policy[i].variable, policy[i].phase,
				  policy[i].advice);
	if (plan->hook) {
		can_run = print_ready(plan);
		can_run &= check_sandbox(plan);
	}
	print_settings(o, plan->settings);
	return can_run;
}

/* Print that the container's image has the deprecated file, if it has.  This can be seen only from
 * inside of a container that lives: a process without rights looks there. */
static void print_postdeploy(const struct plan *plan, const struct seen_record *r)
{
	auto_app app = APP_EMPTY;
	struct err e = { 0 };

	if (r->live && app_open(r->data.init.pid, plan->bundle, &app, &e) == 0 &&
	    app.start_time == r->data.init.start_time &&
	    app_verify_patiently(&app, plan->bundle, &e) == 0 && app_started(&app, &e) == 1 &&
	    postdeploy_found(plan, &app))
		table_row("refused", POSTDEPLOY_ADVICE);
}

/* r: the container's record, or NULL if only a bundle is named. */
static int check_bundle(const struct options *o, const char *directory, const struct seen_record *r,
			struct err *e)
{
	bool can_run;
	auto_plan_source source = { 0 };
	auto_plan plan = { 0 };
	auto_filter own = { 0 }, container = { 0 };
	struct state state = { .id = (char *)"-",
			       .bundle = (char *)directory,
			       .status = (char *)"" };

	if (plan_load(&state, o->config, &source, &plan, e) < 0 ||
	    (plan.verdict == PLAN_RUN && plan_compile(&plan, -1, &own, &container, e) < 0))
		return STATUS_BAD_INPUT;
	can_run = print_plan(o, &plan);
	if (r && plan.verdict == PLAN_RUN)
		print_postdeploy(&plan, r);
	return can_run ? STATUS_HOOK_RUNS : STATUS_NO_HOOK;
}

static int check_container(const struct options *o, struct err *e)
{
	auto_seen_record r = SEEN_RECORD_EMPTY;

	if (records_find(o->root, o->operand, &r, NULL, e) < 0)
		return STATUS_FAILED;
	if (seal(o->argv, NULL, 0, e) < 0) { /* a process of ours may enter the container */
		(void)err_prefix(e, "seal");
		return STATUS_FAILED;
	}
	return check_bundle(o, r.data.bundle, &r, e);
}

int verb_check(const struct options *o, struct err *e)
{
	auto_free char *directory = NULL;

	if (o->operand && o->bundle) {
		(void)err_set(e, EINVAL, "check takes --bundle DIR, or CONTAINER, or nothing");
		return STATUS_BAD_INPUT;
	}
	if (o->operand)
		return check_container(o, e);
	if (!o->bundle)
		return check_host(o) ? STATUS_HOOK_RUNS : STATUS_NO_HOOK;
	directory = realpath(o->bundle, NULL);
	if (!directory) {
		(void)err_sys(e, errno, "--bundle '%s'", o->bundle);
		return STATUS_BAD_INPUT;
	}
	return check_bundle(o, directory, NULL, e);
}
