/* A hook's sandbox in words.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/verbs/check_sandbox.h"

#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

#include "seccomp/count.h"
#include "shim/base/tools.h"
#include "shim/verbs/terminal.h"

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
	table_row("user", "uid %u, gid %u, groups%s, umask %04o", process->uid, process->gid,
		  process->group_count ? groups : " none", process->umask);
	table_row("directory", "%s", process->cwd);
}

static void print_capabilities(const struct plan *plan)
{
	const struct process *process = &plan->bundle->process;
	char names[1024];

	table_row("capabilities", "%s",
		  cap_names(process->uid ? 0 : plan->effective, names, sizeof(names)));
	table_row("  bounding", "%s", cap_names(plan->bounding, names, sizeof(names)));
	table_row("  dropped", "%s",
		  cap_names(process->caps[CAPS_BOUNDING] & ~plan->bounding, names, sizeof(names)));
	if (process->caps_unknown)
		table_row("  unknown", "%s", process->caps_unknown);
}

static void print_profile(const char *label, const char *whose, const struct profile *profile)
{
	struct profile_count count;

	profile_count(profile, &count);
	table_row(label, "%s: allows %u of %u calls, and %u by their arguments", whose,
		  count.allowed, count.known, count.conditional);
}

static void print_seccomp(const struct plan *plan)
{
	const char *file = plan->settings->seccomp;

	table_row("no_new_privs", "yes");
	print_profile("seccomp", file ? file : "the hook's own profile", &plan->own);
	if (plan->has_container_profile)
		print_profile("", "the container's profile", &plan->container);
	else
		table_row("", "the container has no profile");
}

/* The names of the namespaces that config.json lists, or of those that it does not list. */
static const char *ns_names(const struct bundle *bundle, bool listed, char *buf, size_t size)
{
	size_t used = 0;

	snprintf(buf, size, "none");
	for (int kind = 0; kind < NS_COUNT; kind++)
		if (bundle->ns_listed[kind] == listed && used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? " " : "",
						 ns_table[kind].oci);
	return buf;
}

static void print_namespaces(const struct bundle *bundle)
{
	char names[256];

	table_row("namespaces", "the container's: %s",
		  ns_names(bundle, true, names, sizeof(names)));
	table_row("", "the host's: %s", ns_names(bundle, false, names, sizeof(names)));
}

static const char *limit_text(rlim_t value, char *buf, size_t size)
{
	if (value == RLIM_INFINITY)
		return "unlimited";
	snprintf(buf, size, "%llu", (unsigned long long)value);
	return buf;
}

static void print_limits(const struct process *process)
{
	for (size_t i = 0; i < process->limit_count; i++) {
		const struct limit *limit = &process->limits[i];
		char soft[32], hard[32];

		table_row(i ? "" : "limits", "%s: soft %s, hard %s", limit_name(limit->resource),
			  limit_text(limit->value.rlim_cur, soft, sizeof(soft)),
			  limit_text(limit->value.rlim_max, hard, sizeof(hard)));
	}
	table_row(process->limit_count ? "" : "limits", "%s",
		  "others: as the application has them");
}

static void print_scheduling(const struct process *process)
{
	table_row("scheduling", "as the application has it%s",
		  process->has_scheduler || process->has_io_priority
			  ? ", whether or not its runtime does what config.json asks for"
			  : "");
	if (process->has_affinity)
		table_row("processors", "%d, by execCPUAffinity", CPU_COUNT(&process->affinity));
}

/* In what a hook differs from its application, in every container. */
static void print_differences(const struct plan *plan)
{
	table_row("differs", "from the application in:");
	table_row("", "capabilities: cut to the list above; none inheritable or ambient");
	if (!plan->bundle->process.no_new_privs)
		table_row("", "no_new_privs: set; the application lacks it");
	table_row("", "seccomp: the hook's own profile besides the container's");
	if (plan->settings->tools)
		table_row("", "mount namespace and PATH: with the setting tools, in " TOOLS_PLACE);
	table_row("", "cgroup: a child of the application's, where it has one of its own");
	table_row(
		"",
		"oom_score_adj 1000: it dies first; session and keyring: fresh; stdin: at its end");
}

/* Print the label, if there is one.  Returns whether this kernel can apply it.  If not, no hook
 * runs. */
static bool print_label(const char *what, const char *label, const char *file)
{
	bool can = access(file, W_OK) == 0;

	if (!label)
		return true;
	table_row(what, "%s%s", label, can ? "" : ": this kernel cannot apply it, so no hook runs");
	return can;
}

static bool print_labels(const struct process *process)
{
	bool apparmor = print_label("AppArmor", process->apparmor_profile,
				    "/proc/thread-self/attr/apparmor/exec");
	bool selinux = print_label("SELinux", process->selinux_label, "/sys/fs/selinux/enforce");

	return apparmor && selinux;
}

bool check_sandbox(const struct plan *plan)
{
	const struct process *process = &plan->bundle->process;
	bool can_run;

	print_user(process);
	print_capabilities(plan);
	print_seccomp(plan);
	print_namespaces(plan->bundle);
	print_limits(process);
	print_scheduling(process);
	can_run = print_labels(process);
	print_differences(plan);
	return can_run;
}
