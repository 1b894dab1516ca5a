/* The record of a start: what is known of it, in memory.  SPDX-License-Identifier: Apache-2.0
 *
 * It becomes JSON in record_json.h, a file with a lock in record_file.h, and one of many in
 * records.h, which reads all of them, and records_keep.h, which writes and removes them.
 */
#ifndef ODH_RECORD_H
#define ODH_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "oci/err.h"
#include "shim/base/procfs.h"
#include "shim/plan/policy.h"

#define RECORD_OUTPUT_MAX 4096 /* bytes of output that are kept, the last ones */
#define RECORD_REASON_MAX 384  /* bytes */

enum record_run { RECORD_PENDING, RECORD_RUN_SUCCEEDED, RECORD_RUN_FAILED };

enum record_hook {
	RECORD_NONE,    /* none will run: the application did not start, or did not get ready */
	RECORD_WAITING, /* for the application */
	RECORD_RUNNING,
	RECORD_SUCCEEDED, /* exit status 0 */
	RECORD_FAILED,    /* another status, a signal, not executed; or we could not run it */
	RECORD_TIMED_OUT,
	RECORD_ABANDONED, /* cut short: the supervisor or the application ended before it */
	RECORD_REFUSED,   /* only refused hooks are set */
};

/* Moments of a start, milliseconds since the call. */
enum record_mark {
	RECORD_EXEC,    /* the application has executed its program */
	RECORD_READY,   /* it is ready */
	RECORD_SPAWNED, /* the hook was born */
	RECORD_ENDED,   /* the hook has ended, or it was decided that none runs */
	RECORD_MARK_COUNT
};

struct record {
	char *id, *bundle;            /* owned */
	struct process_id init;       /* the container's */
	struct process_id supervisor; /* writes the record, and runs the hook */
	char boot[BOOT_ID_MAX];
	int64_t time_ms; /* of the call, since 1970 */
	enum record_run run;
	enum record_hook hook;
	int exit_code; /* -1 = none */
	int signal;    /* 0 = none */
	char reason[RECORD_REASON_MAX];
	bool refused[POLICY_COUNT];
	int64_t marks_ms[RECORD_MARK_COUNT]; /* -1 = not reached */
	int64_t stopped_ms; /* since 1970: when the container's end was seen; -1 = not yet */
	char *output;       /* owned; NULL = none was seen.  The bytes as they came, without NUL */
	size_t output_len;
};

/* No record yet: nothing is owned, nothing is known. */
#define RECORD_EMPTY                                                                               \
	((struct record){ .exit_code = -1,                                                         \
			  .marks_ms = { [0 ... RECORD_MARK_COUNT - 1] = -1 },                      \
			  .stopped_ms = -1 })

/* Begin the record of a call that comes now: the hook waits for the application, and no mark is
 * reached.  id, bundle: copied.  pid, start_time: of the container's init, in clock ticks since
 * boot.  Returns 0 and fills *ret (free with record_free), or -1 and *e: ENOMEM. */
int record_init(struct record *ret, const char *id, const char *bundle, pid_t pid,
		uint64_t start_time, struct err *e);

/* Free what r owns and make it RECORD_EMPTY.  Keeps errno. */
void record_free(struct record *r);

/* Hand over what r owns: it is RECORD_EMPTY afterwards.  Returns what it was. */
struct record take_record(struct record *r);

/* The mark was reached ms milliseconds after the call.  If it was reached before, nothing changes.
 */
void record_mark(struct record *r, enum record_mark mark, int64_t ms);

/* Set the hook's state, and the reason, which is copied (NULL: leave it as it is). */
void record_set(struct record *r, enum record_hook hook, const char *reason);

/* The hook has put out len more bytes: keep the last RECORD_OUTPUT_MAX of all that it put out.  NUL
 * bytes are left out: they mean nothing to a terminal.  Any other byte is fine, since it is escaped
 * when it is written or printed.  Without memory nothing is kept. */
void record_output(struct record *r, const char *bytes, size_t len);

/* Is the hook's state one that does not change any more? */
bool record_final(const struct record *r);

#define auto_record __attribute__((cleanup(record_free))) struct record

#endif
