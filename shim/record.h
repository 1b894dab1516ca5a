/* The claim of a start: at most one run each.  SPDX-License-Identifier: Apache-2.0
 *
 * A claim is a file PID-STARTTIME.json in the record directory.  Whoever creates it runs the hook;
 * everybody else finds it there.  The container's id is only inside.
 */
#ifndef ODH_RECORD_H
#define ODH_RECORD_H

#include "../oci/err.h"
#include "app.h"

/* Open the record directory; make: create it where it is missing (mode 0700; its parent must
 * exist). path: NULL = host_default_root.  Returns a descriptor, or -1 and *e. Errors: ENOENT,
 * EPERM not ours or writable by others, ENOTDIR, ELOOP a symbolic link. */
int record_dir(const char *path, bool make, struct err *e);

/* Claim this start of the container id.  Returns 0, or -1 and *e.
 * Errors: EEXIST somebody has it; ENOSPC, EROFS and others of open and write. */
int record_claim(int dir, const struct app *app, const char *id, const char *bundle, struct err *e);

/* Remove the claims of processes that are gone. */
void record_sweep(int dir);

#endif
