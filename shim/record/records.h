/* The records of all starts: read and judged.  SPDX-License-Identifier: Apache-2.0
 *
 * A record tells what its writer knew.  Readers add what only they can know: does the container's
 * init live, and is a supervisor that has not written the end still there?  It is where it holds
 * the record's lock, or a process with its pid and start time lives.
 */
#ifndef ODH_RECORDS_H
#define ODH_RECORDS_H

#include "shim/record/record_file.h"
#include "shim/record/record_names.h"

/* Read the record of that name and judge it: without its supervisor it is abandoned, with a reason.
 * Returns 0 and fills *ret (free with record_free), or -1 and *e.  Errors: ENOENT, record_parse's.
 */
int records_read(int dir, const char *name, struct record *ret, struct err *e);

/* Lock the record of that name, judge it as records_read does, and hold the lock (record_lock).
 * Errors: EAGAIN it has a supervisor; record_lock's. */
int records_own(int dir, const char *name, struct record *ret, struct err *e);

struct record_list {
	struct record *items; /* the newest first */
	size_t count;
	size_t unreadable; /* files that could not be read; why, of the first, in error */
	struct err error;
};

/* Read all.  Returns 0 and fills *ret (free with records_free), or -1 and *e. */
int records_list(int dir, struct record_list *ret, struct err *e);
void records_free(struct record_list *list);

/* The newest record of the container with that id, or else with the only id that begins so.
 * root: as record_dir takes it.  *ret_dir: NULL, or the directory for the caller to close.
 * Returns 0 and fills *ret (free with record_free), or -1 and *e.
 * Errors: ENOENT none, EINVAL more than one, or an empty word; record_dir's. */
int records_find(const char *root, const char *container, struct record *ret, int *ret_dir,
		 struct err *e);

#define auto_records __attribute__((cleanup(records_free))) struct record_list

#endif
