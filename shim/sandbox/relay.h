/* The relay: moves the hook's output to a place that the hook must not have open itself.
 * SPDX-License-Identifier: Apache-2.0
 *
 * It is a separate, confined process.  It never waits for the application or the log: what cannot
 * be written at once is dropped and counted.  It sends lines for the log to a second process, the
 * logger, so that a log that hangs does not stop the hook.
 */
#ifndef ODH_RELAY_H
#define ODH_RELAY_H

#include <stdint.h>
#include <sys/types.h>

#include "shim/app/stream.h"

#define RELAY_STREAMS 2 /* stdout, stderr */

#define HOOK_OUTPUT_MAX 4096 /* bytes of its output that are kept */

/* What relay and logger report; each writes only its own fields.  Not mapped in the hook. */
struct relay_report {
	uint64_t dropped;           /* bytes that the relay dropped */
	uint64_t unlogged;          /* bytes that no log took */
	uint64_t seen;              /* bytes; only counted in output mode "log" */
	char tail[HOOK_OUTPUT_MAX]; /* in that mode: byte n of the output, at n modulo the size */
};

struct relay_stream {
	int source; /* read end of the hook's pipe; -1 = this stream needs no relay */
	int target; /* -1 = nowhere: read and drop */
	enum stream_kind kind;
	bool lossless; /* wait for the target, which is our caller's and not the application's */
};

struct relay {
	struct relay_stream streams[RELAY_STREAMS];
	int logger; /* socket to the logger, non-blocking; -1 = the output is not logged */
	struct relay_report *report;
};

/* Move everything until both sources have ended.  Where the output is logged, its end is kept in
 * the report. */
void relay_run(struct relay *relay) __attribute__((noreturn));

/* Log the lines that the relay sends to source, with the container's id, until the relay ends. */
void relay_log(int source, const char *id, struct relay_report *report) __attribute__((noreturn));

/* The two ends of the socket between relay and logger.  Returns 0, or -1 and errno. */
int relay_socket(int *ret_relay, int *ret_logger);

/* Wait until relay and logger have ended (pids of our children; 0 = none).  Kill them if they take
 * longer than a second; with patient, only when a signal arrives.  signals: as for watcher_run.
 * A helper that hangs on a dead disk cannot be killed now, and is not waited for. */
enum { RELAY_HELPERS = 2 };
void relay_end(pid_t helpers[RELAY_HELPERS], int signals, bool patient);

/* Copy the kept end of the output, in order, to buf of HOOK_OUTPUT_MAX bytes.  Returns the
 * length. */
size_t relay_tail(const struct relay_report *report, char *buf);

#endif
