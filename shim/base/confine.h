/* Helpers that hold descriptors of the application.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_CONFINE_H
#define ODH_CONFINE_H

#include "oci/err.h"

/* For a process that is about to read or write for the application: give up all rights that it does
 * not need.  It keeps descriptors 0-2 and the count descriptors in fds (-1 = none), which are moved
 * to 3, 4 and so on; fds is changed to that.  Its ids become 65534 where that is allowed, its
 * capabilities are dropped, and seccomp permits only to read, write, poll, log and exit.  It dies
 * with its parent.  Returns 0, or -1 and *e: then the process must exit. */
int confine_helper(int *fds, int count, struct err *e);

/* confine_helper without descriptors, for a process that is about to be a TCP client: it may also
 * open and connect TCP sockets.  Returns 0, or -1 and *e: then the process must exit. */
int confine_client(struct err *e);

#endif
