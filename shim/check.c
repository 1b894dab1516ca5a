/* The verb check: what would run.  SPDX-License-Identifier: Apache-2.0
 *
 * Reads the bundle and the settings, touches no process and changes nothing.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>

#include "../oci/cleanup.h"
#include "hook.h"
#include "records.h"
#include "text.h"
#include "verbs.h"

enum { STATUS_RUNS = 0, STATUS_NONE = 1, STATUS_BAD_INPUT = 2 };

__attribute__((format(printf, 2, 3))) static void row(const char *label, const char *fmt, ...)
{
	char value[2048], safe[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	printf("%-16s %s\n", label, text_escape(safe, sizeof(safe), value));
}

/* The names of the capabilities in set, without their prefix; "none" for none. */
static const char *cap_names(uint64_t set, char *buf, size_t size)
{
	size_t used = 0;

	snprintf(buf, size, "none");
	for (int cap = 0; cap < 64; cap++) {
		char *name;

		if (!(set >> cap & 1))
			continue;
		name = cap_to_name(cap);
		if (used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? " " : "",
						 name ? name + strlen("cap_") : "?");
		cap_free(name);
	}
	return buf;
}

static void print_user(const struct process *process)
{
	char groups[512] = "";
	size_t used = 0;

	for (size_t i = 0; i < process->group_count && used < sizeof(groups); i++)
		used += (size_t)snprintf(groups + used, sizeof(groups) - used, " %u",
					 process->groups[i]);
	row("user", "uid %u, gid %u, groups%s, umask %04o", process->uid, process->gid,
	    process->group_count ? groups : " none", process->umask);
	row("directory", "%s", process->cwd);
}

static void print_capabilities(const struct plan *plan)
{
	const struct process *process = &plan->bundle->process;
	char names[1024];

	row("capabilities", "%s",
	    cap_names(process->uid ? 0 : plan->effective, names, sizeof(names)));
	row("  bounding", "%s", cap_names(plan->bounding, names, sizeof(names)));
	row("  dropped", "%s",
	    cap_names(process->caps[CAPS_BOUNDING] & ~plan->bounding, names, sizeof(names)));
	if (process->caps_unknown)
		row("  unknown", "%s", process->caps_unknown);
}

static void print_seccomp(const struct plan *plan)
{
	const char *file = plan->settings->seccomp;

	row("no_new_privs", "yes");
	row("seccomp", "the hook's own profile (%s)", file ? file : "built in");
	if (plan->has_container_profile)
		row("", "the container's profile (%s all but %zu calls)",
		    plan->container.default_action == SCMP_ACT_ALLOW ? "allows" : "denies",
		    profile_exceptions(&plan->container));
	else
		row("", "the container has no profile");
}

static void print_namespaces(const struct bundle *bundle)
{
	char names[256] = "";
	size_t used = 0;

	for (int kind = 0; kind < NS_COUNT; kind++)
		if (bundle->ns_listed[kind] && used < sizeof(names))
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
						 used ? " " : "", ns_table[kind].oci);
	row("namespaces", "the application's: %s", names);
}

static void print_label(const struct process *process)
{
	if (process->apparmor_profile)
		row("AppArmor", "%s", process->apparmor_profile);
	if (process->selinux_label)
		row("SELinux", "%s", process->selinux_label);
}

static void print_settings(const struct options *o, const struct settings *settings)
{
	static const char *const outputs[] = { "container", "log", "none" };

	if (settings->from_file)
		row("settings", "%s", o->config ? o->config : SETTINGS_FILE);
	else
		row("settings", "defaults (%s does not exist)", SETTINGS_FILE);
	row("  timeout", "%u s", settings->timeout_s);
	row("  output", "%s%s", outputs[settings->output],
	    settings->output == OUTPUT_LOG ? ": not available yet, output is dropped" : "");
	if (settings->ready != READY_EXEC)
		row("  ready", "exec: ports and health checks are not waited for yet (for %u s)",
		    settings->ready_timeout_s);
	row("  runtime", "%s: for a wrapper, which is not available yet", settings->runtime);
	if (settings->tools)
		row("  tools", "%s: not available yet", settings->tools);
}

static void print_plan(const struct options *o, const struct plan *plan)
{
	const struct rule *rule = &policy[POLICY_RUN_SUCCEEDED];

	if (!plan->settings->enabled)
		row("hook", "none runs: hooks are disabled by the settings");
	else if (plan->hook)
		row("hook", "%s runs %s (%zu bytes, by %s)", rule->variable, rule->phase,
		    strlen(plan->hook), plan->argv[0]);
	else
		row("hook", "none runs: %s is not set", rule->variable);
	for (size_t i = 0; i < POLICY_COUNT; i++)
		if (plan->refused[i])
			row("refused", "%s (%s): %s", policy[i].variable, policy[i].phase,
			    policy[i].advice);
	if (plan->hook) {
		print_user(&plan->bundle->process);
		print_capabilities(plan);
		print_seccomp(plan);
		print_namespaces(plan->bundle);
		print_label(&plan->bundle->process);
	}
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
	    (plan.hook && hook_filters(&plan, &own, &container, e) < 0))
		return STATUS_BAD_INPUT;
	print_plan(o, &plan);
	return plan.hook ? STATUS_RUNS : STATUS_NONE;
}

int verb_check(const struct options *o, struct err *e)
{
	auto_free char *directory = NULL;

	if (o->operand && !o->bundle)
		return records_bundle(o->root, o->operand, &directory, e) < 0
			       ? 125
			       : check(o, directory, e);
	if (!o->bundle || o->operand) {
		(void)err_set(e, EINVAL, "check needs --bundle DIR, or CONTAINER");
		return STATUS_BAD_INPUT;
	}
	directory = realpath(o->bundle, NULL);
	if (!directory) {
		(void)err_sys(e, errno, "--bundle '%s'", o->bundle);
		return STATUS_BAD_INPUT;
	}
	return check(o, directory, e);
}
