/* The plan: everything that is decided before a process is touched.  SPDX-License-Identifier:
 * Apache-2.0
 *
 * A function of the container's state and config.json, of the operator's settings and of the files
 * that they name.
 */
#ifndef ODH_PLAN_H
#define ODH_PLAN_H

#include "oci/bundle.h"
#include "oci/state.h"
#include "seccomp/filter.h"
#include "seccomp/profile.h"
#include "shim/plan/policy.h"
#include "shim/plan/settings.h"

/* The input of the decision.  It owns what a plan points to. */
struct plan_source {
	struct settings settings; /* zeroed where they cannot be read */
	struct bundle bundle;
};
void plan_source_free(struct plan_source *source);

enum plan_verdict {
	PLAN_NOTHING, /* no variable is set, hooks are disabled, or there is nobody to be told */
	PLAN_TELL,    /* no hook runs; the application's author is told why */
	PLAN_RUN,     /* a hook runs, once the application is ready */
};

struct plan {
	enum plan_verdict verdict;
	bool awaits_ready;          /* a variable asks whether the run succeeds or fails */
	const char *hook;           /* the command that is set; NULL = none, or disabled hooks */
	bool refused[POLICY_COUNT]; /* the variable is set, but refused */
	struct err problem;         /* code other than 0: the hook must not run, and why */
	const struct state *state;
	const struct bundle *bundle;
	const struct settings *settings;

	/* with PLAN_RUN */
	char **argv;        /* the shell's words and the hook */
	char **env;         /* the application's; where there are tools, tools_env */
	char **tools_env;   /* owned; its other strings are the application's */
	char *tools_path;   /* "PATH=...", owned: the application's and the tools' bin */
	char *tools_shell;  /* executed where the image lacks argv[0]; owned, or NULL */
	uint64_t bounding;  /* container's bounding set, cut to the settings' list */
	uint64_t effective; /* container's effective set, cut to the list and to bounding */
	bool has_container_profile;
	struct profile own;
	struct profile container; /* with has_container_profile */
};

/* Read config.json in state->bundle and the settings (settings_path: NULL = SETTINGS_FILE), and
 * decide.  state and source, which is zeroed before, are borrowed and must outlive the plan.
 * Returns 0, or -1 and *e where the hook must not run, or nobody can know whether there is one.
 * *ret is filled in any case (free with plan_free): where the author of the hook is to be told
 * about the error, the verdict is PLAN_TELL.  Errors: ENOTSUP a container whose init never
 * executes the image's program, without a mount namespace of its own, or with a profile that
 * cannot be given to a hook; bundle_read's, bundle_parse's, settings_load's, profile_parse's,
 * read_trusted_file's and tools_check's. */
int plan_load(const struct state *state, const char *settings_path, struct plan_source *source,
	      struct plan *ret, struct err *e);

/* Does what plan_load does, from the text of config.json (len bytes). */
int plan_load_text(const struct state *state, const char *config, size_t len,
		   const char *settings_path, struct plan_source *source, struct plan *ret,
		   struct err *e);
void plan_free(struct plan *p);

/* It has turned out that the hook cannot run: its author is to be told.  The first problem wins. */
void plan_fail(struct plan *p, const struct err *problem);

/* Compile the plan's profiles, or take them from the cache.  cache: the record directory, where it
 * is kept; -1 = none.  May block on files, so not while a hook lives.
 * Returns 0 and fills both (free with filter_free), or -1 and *e. */
int plan_compile(const struct plan *plan, int cache, struct filter *ret_own,
		 struct filter *ret_container, struct err *e);

/* Can a hook be run by these settings: the hook's own profile compiles, the tools are there?
 * Returns 0, or -1 and *e: errors as of plan_load. */
int plan_check_settings(const struct settings *settings, struct err *e);

/* Is any variable set that is refused? */
bool plan_refuses(const struct plan *p);

#define auto_plan __attribute__((cleanup(plan_free))) struct plan
#define auto_plan_source __attribute__((cleanup(plan_source_free))) struct plan_source

#endif
