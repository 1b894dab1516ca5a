/* What poststart and poststop have in common: a runtime or an engine calls them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The caller may end the container if we fail, and may put what we print into the container's
 * output.  So these verbs exit with 0 whatever happens, print nothing, and only log.
 */
#ifndef ODH_BY_RUNTIME_H
#define ODH_BY_RUNTIME_H

#include "shim/verbs/options.h"

/* Unblock the signals that seal_reset has blocked, and exit with status 0 at every signal that
 * would end this process. */
void by_runtime_always_exit_0(void);

/* Open the log that the command line names.  If that fails, a line in syslog says so, and the log
 * goes there alone. */
void by_runtime_open_log(const struct options *o);

/* The command line cannot be parsed, because of *e: read stdin to its end, so that its writer is
 * not stopped by a closed pipe, and log *e. */
void by_runtime_log_usage(const struct options *o, const struct err *e);

#endif
