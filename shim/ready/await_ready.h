/* Waiting until the run has succeeded or failed.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_AWAIT_H
#define ODH_AWAIT_H

#include "shim/app/app.h"
#include "shim/ready/ready.h"

enum await_result {
	AWAIT_SUCCEEDED,
	AWAIT_FAILED, /* not ready in time, or it can never be */
	AWAIT_APP_ENDED,
	AWAIT_TOLD, /* by a signal, to leave: there is no decision */
};

struct await_outcome {
	enum await_result result;
	int signal;               /* with AWAIT_TOLD */
	char reason[ERR_MSG_MAX]; /* what was waited for and what was seen, in words */
};

/* Wait for ready.  The application has started; private_pid_ns: config.json lists a new pid
 * namespace. signals: of watcher_signals.  Polls, and has at most one child, which is reaped on
 * return. Never fails: what goes wrong on the way is a reason not to be ready. */
void await_ready(const struct ready *ready, const struct app *app, bool private_pid_ns, int signals,
		 struct await_outcome *ret);

#endif
