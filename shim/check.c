/* The verb check: what would run in a container, or whether this host is ready.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads the bundle and the settings, touches no process and changes nothing.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../oci/cleanup.h"
#include "describe.h"
#include "examine.h"
#include "hook.h"
#include "records.h"
#include "table.h"
#include "tools.h"
#include "verbs.h"

enum { STATUS_RUNS = 0, STATUS_NONE = 1, STATUS_BAD_INPUT = 2 };

static void print_settings(const struct options *o, const struct settings *settings)
{
	struct setting setting;

	if (settings->from_file)
		table_row("settings", "%s", o->config ? o->config : SETTINGS_FILE);
	else
		table_row("settings", "defaults (%s does not exist)", SETTINGS_FILE);
	for (size_t i = 0; settings_get(settings, i, &setting); i++)
		table_row("", "%s: %s (%s)", setting.key, setting.value,
			  setting.from_file ? "from the file" : "default");
	if (settings->tools)
		table_row("tools", "%s, in " TOOLS_PLACE " of the hook alone", settings->tools);
}

static void print_plan(const struct options *o, const struct plan *plan)
{
	const struct rule *rule = &policy[POLICY_RUN_SUCCEEDED];

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
	if (plan->hook)
		describe_sandbox(plan);
	print_settings(o, plan->settings);
}

static int check(const struct options *o, const char *directory, struct err *e)
{
	auto_settings settings = { 0 };
	auto_bundle bundle = { 0 };
	auto_plan plan = { 0 };
	auto_filter own = { 0 }, container = { 0 };
	auto_free char *config = NULL;
	struct state state = { .id = (char *)"-",
			       .bundle = (char *)directory,
			       .status = (char *)"" };
	size_t len;

	if (settings_load(o->config, &settings, e) < 0 ||
	    bundle_read(directory, &config, &len, e) < 0 ||
	    bundle_parse(directory, config, len, &bundle, e) < 0 ||
	    plan_make(&state, &bundle, &settings, &plan, e) < 0 ||
	    (plan.hook && hook_filters(&plan, -1, &own, &container, e) < 0))
		return STATUS_BAD_INPUT;
	print_plan(o, &plan);
	return plan.hook ? STATUS_RUNS : STATUS_NONE;
}

int verb_check(const struct options *o, struct err *e)
{
	auto_free char *directory = NULL;

	if (o->operand && o->bundle) {
		(void)err_set(e, EINVAL, "check takes --bundle DIR, or CONTAINER, or nothing");
		return STATUS_BAD_INPUT;
	}
	if (o->operand)
		return records_bundle(o->root, o->operand, &directory, e) < 0
			       ? 125
			       : check(o, directory, e);
	if (!o->bundle)
		return examine_host(o) ? STATUS_RUNS : STATUS_NONE;
	directory = realpath(o->bundle, NULL);
	if (!directory) {
		(void)err_sys(e, errno, "--bundle '%s'", o->bundle);
		return STATUS_BAD_INPUT;
	}
	return check(o, directory, e);
}
