/* Waiting until the run has succeeded or failed.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_AWAIT_READY_H
#define ODH_AWAIT_READY_H

#include "shim/app/app.h"
#include "shim/ready/ready.h"

enum await_result {
	AWAIT_SUCCEEDED,
	AWAIT_FAILED, /* not ready in time, or it can never be */
	AWAIT_APP_ENDED,
	AWAIT_TOLD, /* a signal told us to end: nothing is decided */
};

struct await_outcome {
	enum await_result result;
	int signal;               /* with AWAIT_TOLD */
	char reason[ERR_MSG_MAX]; /* what was waited for and what was seen, in words */
};

/* Wait until the application, which has started, is as ready describes it.  private_pid_ns:
 * config.json lists a new pid namespace.  signals: the descriptor that watcher_signals returned.
 * Polls, and has at most one child, which is reaped before this returns.  Never fails: what goes
 * wrong on the way makes the result AWAIT_FAILED, with the reason. */
void await_ready(const struct ready *ready, const struct app *app, bool private_pid_ns, int signals,
		 struct await_outcome *ret);

#endif
