/* One run of the hook: born, watched, ended, its tree cleared away.  SPDX-License-Identifier:
 * Apache-2.0 */
#ifndef ODH_HOOK_H
#define ODH_HOOK_H

#include "shim/sandbox/joiner.h"

enum hook_result {
	HOOK_EXITED,       /* value: exit status */
	HOOK_KILLED,       /* value: signal */
	HOOK_NOT_EXECUTED, /* value: 126 or 127; why in error */
	HOOK_TIMED_OUT,
	HOOK_INTERRUPTED, /* value: the signal that we got */
	HOOK_APP_ENDED,   /* the application ended first: a normal outcome */
	HOOK_FAILED,      /* we could not; why in error */
};

struct hook_outcome {
	enum hook_result result;
	int value;
	pid_t pid;                    /* of the hook; 0 = never born */
	bool leftovers;               /* processes that it left behind were killed */
	uint64_t dropped;             /* bytes of output that did not get where they should */
	size_t output_len;            /* in output mode "log": the end of the output, any bytes */
	char output[HOOK_OUTPUT_MAX]; /* not terminated */
	struct err error;
};

/* Run the hook of s->plan in s->app and wait for its end, for at most timeout_s seconds (then
 * SIGTERM to its whole tree, SIGKILL 5 s later).  signals: a signalfd(2) with SIGCHLD, SIGTERM,
 * SIGINT, SIGHUP and SIGQUIT, all blocked in the caller; one of the last four ends the hook.
 * on_start is called as soon as the hook is born; it must not block.
 * While the hook lives the caller's process only polls and reaps.  Fills *ret, always. */
void hook_run(struct sandbox *s, unsigned timeout_s, int signals, void (*on_start)(pid_t hook),
	      struct hook_outcome *ret);

/* Compile the plan's two profiles, or take them from the cache in the record directory (-1: there
 * is none).  Not while a hook lives: may block on files.  Returns 0, or -1 and *e. */
int hook_filters(const struct plan *plan, int records, struct filter *ret_own,
		 struct filter *ret_container, struct err *e);

/* Block the five signals and open the signalfd.  Returns it, or -1 and *e. */
int hook_signals(struct err *e);

#endif
