/* Which ports listen in the application's network namespace.  SPDX-License-Identifier: Apache-2.0
 *
 * Read from the kernel, without connecting to anything.
 */
#ifndef ODH_LISTEN_H
#define ODH_LISTEN_H

#include "shim/app/app.h"

#define LISTENERS_MAX 256

struct listener {
	bool v6;                   /* a socket bound to ::ffff:a.b.c.d counts as v4 */
	unsigned char address[16]; /* in network order; v4: the first 4 bytes */
	uint16_t port;
	uint64_t inode; /* /proc/PID/fd names it "socket:[INODE]" */
};

struct listeners {
	struct listener at[LISTENERS_MAX];
	size_t count;
	bool more; /* than there is room for */
};

/* List the TCP sockets that listen on port (0: on any).  diag: of network_open_diag, or -1: read
 * /proc/PID/net/tcp and tcp6 instead, which takes the kernel hundreds of times longer, since it
 * walks all connections of the host to find those of the namespace.
 * Returns 0 and fills *ret, or -1 and *e.  Errors: ESRCH it has ended; ENOENT the kernel cannot
 * list sockets by diag (use -1 from then on); others of recv and read. */
int listen_read(const struct app *app, int diag, uint16_t port, struct listeners *ret,
		struct err *e);

/* Parse one row of /proc/net/tcp, or of tcp6 (v6).  Returns 1 and fills *ret if it is a listening
 * socket, 0 if it is another socket, -1 if the text has another form.  Source: proc(5),
 * Documentation/networking/proc_net_tcp. */
int listen_parse_row(const char *row, bool v6, struct listener *ret);

/* Is it bound to 127.0.0.0/8 or ::1? */
bool listen_on_loopback(const struct listener *l);

/* Is it bound to all addresses, 0.0.0.0 or ::? */
bool listen_on_all(const struct listener *l);

#endif
