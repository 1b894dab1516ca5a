/* One record's file, its lock and its claim.  SPDX-License-Identifier: Apache-2.0
 *
 * A file PID-STARTTIME.json in the record directory; the container's id is only inside.  Whoever
 * creates it runs the hook, so there is at most one run for each start.  It appears, and changes,
 * as a whole: it is written to a temporary file, which is then renamed.  The first rename happens
 * only where no file has the name yet: RENAME_NOREPLACE is as exclusive as O_EXCL, and never shows
 * half a record.
 *
 * A lock (fcntl(2), F_SETLK) that children do not inherit shows that the supervisor lives.  A
 * rename puts another file in place, so the new file is locked before it takes the name, and the
 * old one is closed afterwards: the file of that name is locked at every moment.  The second sign
 * of life is a process with the supervisor's pid and start time.  Readers believe either
 * (records.h).
 *
 * The kernel drops such a lock when the process closes *any* descriptor of the file: a supervisor
 * must never read its own record.
 *
 * Writing may block, so the process that watches a living hook must not do it.
 */
#ifndef ODH_RECORD_FILE_H
#define ODH_RECORD_FILE_H

#include <stdio.h>

#include "shim/record/record.h"

/* A record in the hands of the process that writes it. */
struct record_file {
	struct record data;
	int dir;           /* the record directory, borrowed; -1 = no file is written */
	int lock;          /* the record's file, open and locked; owned; -1 = not locked by us */
	int64_t called_ms; /* when the call came, of clock_boottime_ms: marks are counted from it */
};

#define RECORD_FILE_EMPTY ((struct record_file){ .data = RECORD_EMPTY, .dir = -1, .lock = -1 })

/* Begin the record of a call that comes now (record_init), in memory only: dir and lock are -1.
 * Returns 0 and fills *ret (free with record_file_free), or -1 and *e: ENOMEM. */
int record_file_init(struct record_file *ret, const char *id, const char *bundle, pid_t pid,
		     uint64_t start_time, struct err *e);

/* Free what r owns, which unlocks the file, and make it RECORD_FILE_EMPTY.  Keeps errno. */
void record_file_free(struct record_file *r);

/* Hand over what r owns: it is RECORD_FILE_EMPTY afterwards.  Returns what it was. */
struct record_file take_record_file(struct record_file *r);

/* The mark is reached now.  If it was reached before, nothing changes.  In memory only. */
void record_file_mark(struct record_file *r, enum record_mark mark);

/* Open the record directory.  make: create it where it is missing (mode 0700; its parent must
 * exist).  path: NULL = host_default_root.  Returns a descriptor, the caller's to close, or -1 and
 * *e.  Errors: ENOENT; EPERM it is not ours, or others can write it; ENOTDIR; ELOOP it is a
 * symbolic link; others of mkdir and open. */
int record_dir(const char *path, bool make, struct err *e);

enum record_put {
	RECORD_NEW = RENAME_NOREPLACE, /* only where there is none; the file is not locked */
	RECORD_REPLACE = 0,            /* the file is locked before it takes the name */
};

/* Write the record to a temporary file and give that the record's name.
 * Returns its descriptor, the caller's to close, or -1 and *e: then what was in place is still
 * there.  Errors: ENOSPC, EDQUOT the disk is full (records_keep.h makes room); EEXIST with
 * RECORD_NEW; others of open, write, fcntl and rename; ENOMEM. */
int record_put(const struct record_file *r, enum record_put how, struct err *e);

/* For the supervisor: lock the record that was claimed for this process (record_claim).  A reader
 * may hold the lock for a moment, so this waits for up to 5 seconds.  Returns 0, or -1 and *e.
 * Errors: ENOENT the start was not claimed; EEXIST another supervisor has it; EAGAIN it stayed
 * locked; record_parse's. */
int record_take(struct record_file *r, struct err *e);

/* Lock the file of that name in dir, which is borrowed for as long as *ret lives, and read it,
 * to write it where its supervisor is gone.  Returns 0 and fills *ret (free with record_file_free),
 * or -1 and *e.  Errors: EAGAIN it has a supervisor, or is just being replaced; ENOENT;
 * record_parse's. */
int record_lock(int dir, const char *name, struct record_file *ret, struct err *e);

#define auto_record_file __attribute__((cleanup(record_file_free))) struct record_file

#endif
