/* The record of a start: what we keep of it, and its claim.  SPDX-License-Identifier: Apache-2.0
 *
 * A file PID-STARTTIME.json in the record directory; the container's id is only inside.  Whoever
 * brings it into being runs the hook: at most one run for each start.  It appears, and changes,
 * whole: written to a temporary file, then renamed, the first time only if there is none
 * (RENAME_NOREPLACE, which is as exclusive as O_EXCL, and never shows half a record).
 *
 * Its supervisor's life is shown by a lock (fcntl(2), F_SETLK) that children do not inherit.  Since
 * a rename puts another file in place, the new one is locked before it takes the name, and the old
 * one is closed after: the file of that name is locked at any moment.  The second witness is the
 * supervisor's pid with its start time: readers trust either (records.h).
 *
 * Such a lock goes when its process closes *any* descriptor of the file: a supervisor must never
 * read its own record.
 *
 * Writing may block, so the process that watches a living hook must not do it.
 * The schema: oci-deploy-hook-record(5).
 */
#ifndef ODH_RECORD_H
#define ODH_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "oci/err.h"
#include "shim/plan/policy.h"
#include "shim/base/procfs.h"

#define RECORD_VERSION 1
#define RECORD_MAX (256 * 1024) /* bytes of a file that is read back */
#define RECORD_OUTPUT_MAX 4096  /* bytes of output that are kept, the last ones */
#define RECORD_REASON_MAX 384   /* bytes */
#define RECORD_NAME_MAX 64      /* bytes of a file's name */

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
	char *id, *bundle;        /* owned */
	struct process_id init;   /* the container's */
	struct process_id keeper; /* the supervisor */
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

/* Open the record directory; make: create it where it is missing (mode 0700; its parent must
 * exist). path: NULL = host_default_root.  Returns a descriptor, or -1 and *e. Errors: ENOENT,
 * EPERM not ours or writable by others, ENOTDIR, ELOOP a symbolic link. */
int record_dir(const char *path, bool make, struct err *e);

/* Begin a record in memory: time is now, nothing is reached yet.  The strings are copied.
 * Returns 0 (free with record_free), or -1 and *e (ENOMEM). */
int record_init(struct record *ret, const char *id, const char *bundle, pid_t pid,
		uint64_t start_time, struct err *e);
void record_free(struct record *r);

/* Claim the start: bring the record into being in dir, with keeper as its supervisor (a child that
 * is to call record_take).  r->dir is set.  Where the disk is full, ended records make room.
 * Returns 0, or -1 and *e.  Errors: EEXIST somebody has it; ENOSPC, EROFS and others of open,
 * write and rename. */
int record_claim(struct record *r, int dir, pid_t keeper, struct err *e);

/* In the supervisor: lock the record that was claimed for us.
 * Returns 0, or -1 and *e: ENOENT nobody has claimed it, EEXIST somebody else has. */
int record_take(struct record *r, struct err *e);

/* Lock the record of that name and read it, to write it where its supervisor is gone.
 * Returns 0 and fills *ret (free with record_free, which unlocks), or -1 and *e: EAGAIN it has a
 * supervisor, or is just being written; ENOENT; record_parse's. */
int record_lock(int dir, const char *name, struct record *ret, struct err *e);

/* Replace the file by what is in memory, and hold its lock.  Returns 0, or -1 and *e: the old file
 * is still in place, and locked as before. */
int record_update(struct record *r, struct err *e);

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

/* The file's name, "PID-STARTTIME.json". */
void record_name(const struct record *r, char buf[RECORD_NAME_MAX]);

/* The words of the schema. */
const char *record_hook_word(enum record_hook hook);
const char *record_run_word(enum record_run run);

/* Milliseconds since 1970 as RFC 3339 in UTC, at least 32 bytes.  Returns buf. */
char *record_time(int64_t time_ms, char *buf, size_t size);

/* Write r as one JSON object to out, without a newline at its end. */
void record_print(const struct record *r, FILE *out);

/* Parse the text of a record.  Returns 0 and fills *ret (free with record_free), or -1 and *e.
 * Errors: EINVAL, ERANGE wrong type or value; ENOTSUP another version; ENOMEM. */
int record_parse(const char *text, size_t len, struct record *ret, struct err *e);

#define auto_record __attribute__((cleanup(record_free))) struct record

#endif
