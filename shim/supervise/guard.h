/* Two processes beside one hook, each other's guard.  SPDX-License-Identifier: Apache-2.0
 *
 * The watcher is the hook's parent: it only polls and reaps.  The guard is the watcher's parent: it
 * logs, and may block.  If the watcher dies or is stopped, the guard kills the hook's tree.  If the
 * guard dies, the kernel sends the watcher SIGTERM, and the watcher ends the hook.  So no hook runs
 * unsupervised unless both are killed at once.
 */
#ifndef ODH_GUARD_H
#define ODH_GUARD_H

#include "shim/supervise/watcher.h"

/* A hook that is to be run now, and who wants to know of it.  The calls may be NULL. */
struct guard {
	const struct plan *plan; /* with the verdict PLAN_RUN */
	const struct app *app;
	int cache;       /* the record directory, where compiled profiles are kept; -1 = none */
	int signals;     /* from watcher_signals; each signal is passed on to the watcher */
	bool foreground; /* the hook's output goes to our own stdout and stderr */
	/* In the guard, as soon as the hook is born.  by_session: it has no cgroup of its own, so
	 * its tree is killed by its session. */
	void (*started)(pid_t hook, bool by_session, void *context);
	/* In the watcher, once the hook is gone, where the guard is gone too. */
	void (*orphaned)(const struct outcome *outcome, void *context);
	/* In the joiner: overwrite what the caller knows of the host. */
	void (*forget)(void *context);
	void *context;
};

/* Compile the profiles, find the application's cgroups, run the hook by a watcher, and guard it.
 * The hook's cgroup is removed.  Fills *ret, always. */
void guard_run(const struct guard *guard, struct outcome *ret);

#endif
