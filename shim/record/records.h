/* The records of all starts: read and judged.  SPDX-License-Identifier: Apache-2.0
 *
 * A record tells what its writer knew.  Readers add what only they can know: does the container's
 * init live, and is a supervisor that has not written the end still there?  It is where it holds
 * the record's lock, or a process with its pid and start time lives.
 */
#ifndef ODH_RECORDS_H
#define ODH_RECORDS_H

#include "shim/record/record_file.h"

/* A record as a reader sees it. */
struct seen_record {
	struct record data; /* judged: where the supervisor is gone, the hook is abandoned */
	bool live;          /* the container's init lives */
};

#define SEEN_RECORD_EMPTY ((struct seen_record){ .data = RECORD_EMPTY })

/* Free what r owns and make it SEEN_RECORD_EMPTY.  Keeps errno. */
void seen_record_free(struct seen_record *r);

/* Read the file of that name in dir, which is borrowed, and judge the record: without its
 * supervisor the hook is abandoned, with a reason.  Returns 0 and fills *ret (free with
 * seen_record_free), or -1 and *e.  Errors: ENOENT; record_read_fd's. */
int records_read(int dir, const char *name, struct seen_record *ret, struct err *e);

/* Lock the file of that name and judge the record in the same way, to write it where its supervisor
 * is gone.  dir is borrowed for as long as *ret lives.  Returns 0 and fills *ret (free with
 * record_file_free), or -1 and *e.  Errors: EAGAIN it has a supervisor; record_lock's. */
int records_own(int dir, const char *name, struct record_file *ret, struct err *e);

struct record_list {
	struct seen_record *items; /* the newest first */
	size_t count;
	size_t unreadable; /* how many files could not be read */
	struct err error;  /* why the first of them could not */
};

/* Read all records in dir, which is borrowed.  Returns 0 and fills *ret (free with records_free),
 * or -1 and *e: the directory cannot be read, ENOMEM. */
int records_list(int dir, struct record_list *ret, struct err *e);
void records_free(struct record_list *list);

/* Find the newest record of the container with that id; if there is none, of the only container
 * whose id begins so.  root: the directory, as record_dir takes it.  ret_dir: NULL, or where to put
 * the open directory, which is the caller's to close.  Returns 0 and fills *ret (free with
 * seen_record_free), or -1 and *e.  Errors: ENOENT there is none; EINVAL more than one container's
 * id begins so; record_dir's, records_list's. */
int records_find(const char *root, const char *container, struct seen_record *ret, int *ret_dir,
		 struct err *e);

#define auto_seen_record __attribute__((cleanup(seen_record_free))) struct seen_record
#define auto_records __attribute__((cleanup(records_free))) struct record_list

#endif
