/* The application's network namespace.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_NETWORK_H
#define ODH_NETWORK_H

#include "shim/app/app.h"

/* Move the calling, single-threaded process into it, if it is another one than ours; it is
 * non-dumpable afterwards.  A plain user enters the container's user namespace on the way.
 * For a child that drops its rights next.  Errors: ESRCH ended, setns(2)'s own. */
int network_join(const struct app *app, struct err *e);

/* A netlink socket in it that lists sockets: sock_diag(7), close-on-exec and non-blocking.
 * It keeps the namespace alive: close it once the application has ended.
 * Returns the descriptor, or -1 and *e: the kernel has no such protocol, and errors as above. */
int network_open_diag(const struct app *app, struct err *e);

#endif
