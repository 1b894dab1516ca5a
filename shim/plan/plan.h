/* The plan: everything that is decided before a process is touched.  SPDX-License-Identifier:
 * Apache-2.0
 *
 * A pure function of the container's state and config.json and the operator's settings.
 */
#ifndef ODH_PLAN_H
#define ODH_PLAN_H

#include "oci/bundle.h"
#include "oci/state.h"
#include "seccomp/profile.h"
#include "shim/plan/policy.h"
#include "shim/plan/settings.h"

struct plan {
	const char *hook;           /* the command; NULL: none is set, or hooks are disabled */
	bool refused[POLICY_COUNT]; /* set, but not for Docker */
	char **argv;                /* the shell's words and the hook */
	char **env;                 /* the application's; where there are tools, tools_env */
	char **tools_env;           /* owned; its other strings are the application's */
	char *tools_path;           /* "PATH=...", owned: the application's and the tools' bin */
	char *tools_shell;          /* executed where the image lacks argv[0]; owned, or NULL */
	uint64_t bounding;          /* container's bounding set, cut to the settings' list */
	uint64_t effective;         /* container's effective set, cut to the list and to bounding */
	bool has_container_profile;
	struct profile own; /* only where hook is set; the same for the next */
	struct profile container;
	struct err problem; /* code other than 0: the hook must not run, and why */
	const struct state *state;
	const struct bundle *bundle;
	const struct settings *settings;
};

/* Decide.  The three inputs are borrowed and must outlive the plan.
 * Returns 0 and fills *ret (free with plan_free), or -1 and *e: the hook must not run.
 * Errors: ENOTSUP a container whose init never execs, without a mount namespace of its own, or
 * with a profile that cannot be given to a hook; profile_parse's and read_trusted_file's. */
int plan_make(const struct state *state, const struct bundle *bundle,
	      const struct settings *settings, struct plan *ret, struct err *e);

/* The plan where that has failed: nothing to run, but what there is to tell the author.  problem:
 * why.  The settings may be zeroed.  *ret as above. */
void plan_telling(const struct state *state, const struct bundle *bundle,
		  const struct settings *settings, const struct err *problem, struct plan *ret);
/* Can a hook be run by these settings: the hook's own profile compiles, the tools are there?
 * Errors: as plan_make. */
int plan_check_settings(const struct settings *settings, struct err *e);
void plan_free(struct plan *p);

/* Is there anything to tell to the application's author? */
bool plan_refuses(const struct plan *p);

#define auto_plan __attribute__((cleanup(plan_free))) struct plan

#endif
