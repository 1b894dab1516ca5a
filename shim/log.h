/* The log: syslog and a file.  SPDX-License-Identifier: Apache-2.0
 *
 * The one global of the program is this sink.  Logging never fails and never blocks on syslog; a
 * file on a hung disk can block, so the watcher of a living hook does not log.
 */
#ifndef ODH_LOG_H
#define ODH_LOG_H

#include <stdbool.h>

#include "../oci/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Names of the levels on the command line, in the order of the enum, NULL-terminated. */
extern const char *const log_level_names[];

struct log_options {
	const char *file; /* NULL = none */
	bool json;
	enum log_level level; /* messages above it are dropped */
};

/* Connect to syslog (its absence is no error) and open the file for appending, mode 0600.
 * Returns 0, or -1 and *e where the file cannot be used; syslog works all the same. */
int log_open(const struct log_options *options, struct err *e);

/* Write one line.  id: the container, "-" where unknown; event: one of refused, waiting, ready,
 * started, ended, timed-out, not-started, abandoned, duplicate, error.  Control characters in any
 * of them are escaped.  Environment values must not be passed. */
void log_event(enum log_level level, const char *id, const char *event, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
