/* Two processes behind one hook, each other's guard.  SPDX-License-Identifier: Apache-2.0
 *
 * The watcher is the hook's parent: it only polls and reaps.  The guard is the watcher's parent: it
 * logs, and may block.  If the watcher dies or is stopped, the guard kills the hook's tree; if the
 * guard dies, the watcher does.  So no hook runs unsupervised unless both are killed at once.
 */
#ifndef ODH_GUARD_H
#define ODH_GUARD_H

#include "shim/supervise/watcher.h"

struct guard_calls {
	/* in the guard, as soon as the hook is born; NULL = nobody wants to know */
	void (*started)(pid_t hook, void *context);
	/* in the watcher, once the hook is gone, where the guard is gone too; NULL likewise */
	void (*orphaned)(const struct hook_outcome *outcome, void *context);
	void *context;
};

/* Run the hook of s->plan as hook_run does, by a watcher, and be its guard.  signals: as for
 * hook_run; what comes there is passed on.  The hook's cgroup is removed.  Fills *ret, always. */
void guard_run(struct sandbox *s, unsigned timeout_s, int signals, const struct guard_calls *calls,
	       struct hook_outcome *ret);

#endif
