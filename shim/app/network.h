/* The application's network namespace.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_NETWORK_H
#define ODH_NETWORK_H

#include "shim/app/app.h"

/* Move the calling process, which must have one thread, into the application's network namespace,
 * if that is another one than ours.  The process is not dumpable afterwards.  A plain user enters
 * the container's user namespace as well.  For a child that drops its rights next.
 * Returns 0, or -1 and *e.  Errors: ESRCH the application has ended; those of setns(2). */
int network_join(const struct app *app, struct err *e);

/* Open a netlink socket in that namespace that lists sockets: sock_diag(7), close-on-exec and
 * non-blocking.  It keeps the namespace alive: close it once the application has ended.
 * Returns the descriptor, the caller's to close, or -1 and *e.  Errors: EPROTONOSUPPORT the kernel
 * has no such protocol, or the namespace cannot be entered; ESRCH; those of socket and clone. */
int network_open_diag(const struct app *app, struct err *e);

#endif
