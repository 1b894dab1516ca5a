/* What a joiner is told, and what comes back.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_SANDBOX_H
#define ODH_SANDBOX_H

#include "seccomp/filter.h"
#include "shim/app/app.h"
#include "shim/app/cgroup.h"
#include "shim/plan/plan.h"
#include "shim/sandbox/relay.h"

/* What the joiner tells its parent, in memory that both share.  A pipe would need a descriptor, and
 * a call that the container's profile may deny.  Not mapped in the hook. */
struct joiner_report {
	int step;    /* index of the last step that has begun */
	pid_t hook;  /* written by the kernel as the hook is born; 0 = it never was */
	pid_t relay; /* pids of the helpers, written by the kernel too; 0 = none */
	pid_t logger;
	bool cwd_pending; /* the working directory could not be entered as root */
	struct err error; /* of the step that failed; code 0 = none did */
};

/* What the hook's process tells before its exec.  It belongs to the container: hostile input. */
struct hook_report {
	int exec_errno; /* of execve; 0 = it was not called, or has succeeded */
	char at[24];    /* what failed before that; bounded, not always terminated */
};

struct report {
	struct joiner_report *joiner;
	struct hook_report *hook;
	struct relay_report *relay;
};

/* What a joiner is told.  All of it is borrowed. */
struct sandbox {
	const struct plan *plan;
	const struct app *app;
	struct cgroup *cgroup;
	const struct filter *own;
	const struct filter *container; /* len 0: the container has no profile */
	bool foreground;                /* output goes to our own stdout and stderr */
	struct report report;
	/* Overwrite what the caller still knows of the host; NULL = nothing */
	void (*forget)(void *context);
	void *context; /* of forget */
};

#endif
