/* Helpers that hold descriptors of the application.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_CONFINE_H
#define ODH_CONFINE_H

#include "oci/err.h"

/* Give up everything but the count descriptors in fds (changed to where they are moved: 3, 4, ..):
 * ids (65534 where we may), capabilities, all other descriptors but 0-2, and by seccomp every call
 * but reading, writing, polling and leaving.  For a process that is about to read or write for the
 * application; it dies with its parent.  Returns 0, or -1 and *e: then it must exit. */
int confine_helper(int *fds, int count, struct err *e);

/* The same without any descriptor, for a process that is about to be a TCP client. */
int confine_client(struct err *e);

#endif
