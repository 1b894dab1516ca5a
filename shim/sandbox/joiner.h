/* The joiner: from a process of the host to the hook.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_SANDBOX_H
#define ODH_SANDBOX_H

#include "seccomp/filter.h"
#include "shim/app/app.h"
#include "shim/app/cgroup.h"
#include "shim/plan/plan.h"

/* What the joiner tells the supervisor, in memory that both share: a pipe would need a call that
 * the container's profile may deny, and a descriptor.  Not mapped in the hook. */
struct joiner_report {
	int step;    /* index of the step that was begun last */
	pid_t hook;  /* written by the kernel as the hook is born; 0 = never was */
	pid_t relay; /* 0 = none; likewise */
	pid_t logger;
	bool cwd_pending; /* the working directory could not be entered as root */
	struct err error; /* of the step that failed; code 0 = none did */
};

/* What the hook tells before its exec.  Until then it belongs to the container: hostile input. */
struct hook_report {
	int exec_errno; /* execve's; 0 = not called, or it succeeded */
	char at[24];    /* what failed before; bounded, not always terminated */
};

#define HOOK_OUTPUT_MAX 4096 /* bytes of its output that are kept */

/* What relay and logger tell, each its own fields.  Not mapped in the hook. */
struct relay_report {
	uint64_t dropped;           /* bytes that the relay dropped */
	uint64_t unlogged;          /* bytes that no log took */
	uint64_t seen;              /* bytes; only in output mode "log", and so is the next */
	char tail[HOOK_OUTPUT_MAX]; /* a ring: byte n of the output is at n modulo its size */
};

struct report {
	struct joiner_report *joiner;
	struct hook_report *hook;
	struct relay_report *relay;
};

struct sandbox {
	const struct plan *plan;
	const struct app *app;
	struct cgroup *cgroup;
	const struct filter *own;
	const struct filter *container; /* len 0: the container has no profile */
	bool foreground;                /* output goes to our own stdout and stderr */
	pid_t supervisor;
	int tools; /* from step to step, where the settings name tools: their detached mount */
	uint64_t bounding, effective; /* the sets in force after the drop */
	bool groups_match;            /* our groups, before the join, were the application's */
	bool groups_kept;             /* and could not be set, so they stay */
	struct rlimit open_files;     /* RLIMIT_NOFILE of the hook */
	struct report report;
	/* Overwrite what the caller still knows of the host; NULL = nothing */
	void (*forget)(void *context);
	void *forget_context;
};

/* Map the report; once per supervisor.  Returns 0, or -1 and *e. */
int report_map(struct report *ret, struct err *e);

/* Run all the steps and become the hook's elder sibling.  For the process that the supervisor has
 * just forked; never returns.  The hook is the supervisor's child. */
void sandbox_enter(struct sandbox *s) __attribute__((noreturn));

/* The name of step i, for messages, or NULL behind the last. */
const char *sandbox_step_name(int i);

#endif
