/* Which records are written, kept and removed.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_RECORDS_KEEP_H
#define ODH_RECORDS_KEEP_H

#include "shim/record/record_file.h"

#define RECORDS_KEPT 256 /* records of ended containers */

/* Claim the start: create the record's file in r->dir, with the process supervisor (a child that is
 * going to call record_take) as its supervisor.  A file of the same name from an earlier boot is
 * another start's and is replaced.  Where the disk is full, the cache of compiled profiles and the
 * records of ended containers make room.  Returns 0, or -1 and *e.  Errors: EEXIST another process
 * has claimed it; record_put's. */
int record_claim(struct record_file *r, pid_t supervisor, struct err *e);

/* Replace the file by what is in memory and hold its lock.  A full disk is treated as in
 * record_claim.  Does nothing where no file is written (r->dir is -1).  Returns 0, or -1 and *e:
 * the old file is still in place, and locked as before. */
int record_update(struct record_file *r, struct err *e);

/* The container of that id has ended: write so into its records.  Those that have a supervisor are
 * left to it.  An init that is still dying is waited for, for up to half a second in all. */
void records_note_end(int dir, const char *id);

/* Of the records whose container's init is gone, leave the keep last written ones and remove the
 * others.  Temporary files whose writer is gone are removed too. */
void records_prune(int dir, size_t keep);

#endif
