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

	/* of a writer */
	int dir;           /* the record directory, borrowed; -1 = keep no record */
	int lock;          /* the file of that name, locked; -1 */
	int64_t called_ms; /* CLOCK_BOOTTIME */

	/* of a reader */
	bool judged; /* the next one is known */
	bool live;   /* the container's init lives */
};

/* Begin a record in memory: time is now, nothing is reached yet.  The strings are copied.
 * Returns 0 (free with record_free), or -1 and *e (ENOMEM). */
int record_init(struct record *ret, const char *id, const char *bundle, pid_t pid,
		uint64_t start_time, struct err *e);
void record_free(struct record *r);

/* The mark is reached now, unless it was before. */
void record_mark(struct record *r, enum record_mark mark);

/* Set the hook's state and the reason (NULL: leave it).  In memory only. */
void record_set(struct record *r, enum record_hook hook, const char *reason);

/* The hook has put out len bytes: keep the last RECORD_OUTPUT_MAX of all.  In memory only.  NUL
 * bytes, which say nothing to a terminal, are left out.  Any other byte is fine: it is escaped
 * where it is written or printed. */
void record_output(struct record *r, const char *bytes, size_t len);

/* Is it the last state that the hook can have? */
bool record_final(const struct record *r);

#define auto_record __attribute__((cleanup(record_free))) struct record

#endif
