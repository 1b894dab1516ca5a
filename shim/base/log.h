/* The log: the journal or syslog, and a file.  SPDX-License-Identifier: Apache-2.0
 *
 * The one global of the program is this sink.  Logging never fails, and never waits for the daemon
 * but where log_be_patient allows it; a file on a hung disk can block, so what the hook or the
 * runtime waits for does not log while they do.
 */
#ifndef ODH_LOG_H
#define ODH_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "oci/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

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

/* The same, the cause being any len bytes.  Returns false where nobody took the line. */
bool log_bytes(enum log_level level, const char *id, const char *event, const char *cause,
	       size_t len);

/* For processes that nothing waits for: a daemon that is busy is waited for, for at most that
 * time; after one such wait in vain no more, until it takes a line again. */
void log_be_patient(int ms);

/* For confined helpers: the log's descriptors (-1 = none), and where they are from now on. */
enum { LOG_FDS = 2 };
void log_descriptors(int ret[LOG_FDS]);
void log_descriptors_moved(const int fds[LOG_FDS]);

#endif
