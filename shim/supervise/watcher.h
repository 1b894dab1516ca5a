/* The watcher: the hook's parent, which only polls and reaps.  SPDX-License-Identifier:
 * Apache-2.0 */
#ifndef ODH_WATCHER_H
#define ODH_WATCHER_H

#include "shim/sandbox/joiner.h"
#include "shim/supervise/outcome.h"

/* Run the hook of s->plan in s->app and wait for its end, for at most timeout_s seconds (then
 * SIGTERM to its whole tree, SIGKILL 5 s later).  signals: from watcher_signals; SIGTERM, SIGINT,
 * SIGHUP and SIGQUIT end the hook.  on_start is called as soon as the hook is born; it must not
 * block.  While the hook lives the caller's process only polls and reaps.  Fills *ret, always. */
void watcher_run(struct sandbox *s, unsigned timeout_s, int signals, void (*on_start)(pid_t hook),
		 struct outcome *ret);

/* Block SIGCHLD, SIGTERM, SIGINT, SIGHUP and SIGQUIT, and open a signalfd(2) for them.
 * Returns it (non-blocking, the caller's to close), or -1 and *e. */
int watcher_signals(struct err *e);

#endif
