/* The log: the journal or syslog, and a file.  SPDX-License-Identifier: Apache-2.0
 *
 * A process has one log, so its state is static.  Logging never fails, and waits for the daemon
 * only where log_be_patient allows that.  A file on a disk that hangs can block: a process that the
 * hook or the runtime waits for does not log in the meantime.
 */
#ifndef ODH_LOG_H
#define ODH_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "oci/err.h"
#include "shim/base/log_daemon.h"

/* Names of the levels on the command line, in the order of the enum, NULL-terminated. */
extern const char *const log_level_names[];

struct log_options {
	const char *file; /* NULL = none */
	bool json;
	enum log_level level; /* messages above it are dropped */
};

/* Connect to the journal, or else to syslog (their absence is no error), and open the file for
 * appending, mode 0600.  Returns 0, or -1 and *e where the file cannot be used; the daemon is
 * used all the same. */
int log_open(const struct log_options *options, struct err *e);

/* Write one line.  id: the container, "-" where unknown; event: one of refused, waiting, ready,
 * started, ended, timed-out, not-started, abandoned, duplicate, output, error.  Control characters
 * in any of them are escaped.  Environment values must not be passed. */
void log_event(enum log_level level, const char *id, const char *event, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* log_event with a cause of len bytes, which may have any value.  Returns false where neither the
 * file nor the daemon took the line. */
bool log_bytes(enum log_level level, const char *id, const char *event, const char *cause,
	       size_t len);

/* For processes that nothing waits for: wait for a busy daemon, for at most ms milliseconds.  After
 * a wait in vain there are no more waits, until the daemon takes a line again. */
void log_be_patient(int ms);

/* For confined helpers, which move descriptors: those of the log, borrowed; -1 = none. */
enum { LOG_FDS = 2 };
void log_descriptors(int ret[LOG_FDS]);

/* The log's descriptors have these numbers from now on.  No new connection is made after that. */
void log_descriptors_moved(const int fds[LOG_FDS]);

#endif
