/* Which ports listen in the application's network namespace.  SPDX-License-Identifier: Apache-2.0
 */
#include "shim/app/listen.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "oci/cleanup.h"

#define STATE_LISTEN 0x0A /* TCP_LISTEN, include/net/tcp_states.h */
#define FORGED_MAX 1000   /* messages of processes that are dropped before we give up */
#define ROW_BYTES 512     /* of /proc/net/tcp6: about 180 are used */

static const unsigned char mapped_v4[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
static const unsigned char zero[16];

bool listen_on_loopback(const struct listener *l)
{
	return l->v6 ? !memcmp(l->address, &in6addr_loopback, 16) : l->address[0] == 127;
}

bool listen_on_all(const struct listener *l)
{
	return !memcmp(l->address, zero, l->v6 ? 16 : 4);
}

static void set_address(struct listener *l, bool v6, const void *bytes)
{
	memset(l->address, 0, sizeof(l->address));
	memcpy(l->address, bytes, v6 ? 16 : 4);
	l->v6 = v6;
	if (v6 && !memcmp(l->address, mapped_v4, sizeof(mapped_v4))) {
		memmove(l->address, l->address + 12, 4);
		memset(l->address + 4, 0, 12);
		l->v6 = false;
	}
}

static void add(struct listeners *set, uint16_t port, const struct listener *l)
{
	if (port && l->port != port)
		return;
	if (set->count == LISTENERS_MAX)
		set->more = true;
	else
		set->at[set->count++] = *l;
}

/* --- /proc/PID/net/tcp --- */

int listen_parse_row(const char *row, bool v6, struct listener *ret)
{
	unsigned words[4] = { 0 }, port, state;
	unsigned long long inode;
	int used = -1, n;

	/* The words of an address are printed as numbers of the machine's own byte order. */
	if (v6)
		n = sscanf(row, " %*u: %8x%8x%8x%8x:%4x %*8x%*8x%*8x%*8x:%*4x %2x%n", &words[0],
			   &words[1], &words[2], &words[3], &port, &state, &used);
	else
		n = sscanf(row, " %*u: %8x:%4x %*8x:%*4x %2x%n", &words[0], &port, &state, &used);
	if (n != (v6 ? 6 : 3) || used < 0 ||
	    sscanf(row + used, " %*x:%*x %*x:%*x %*x %*u %*d %llu", &inode) != 1)
		return -1;
	if (state != STATE_LISTEN || !port)
		return 0;
	set_address(ret, v6, words);
	ret->port = (uint16_t)port;
	ret->inode = inode;
	return 1;
}

static int read_table(const struct app *app, bool v6, uint16_t port, struct listeners *set,
		      struct err *e)
{
	const char *path = v6 ? "net/tcp6" : "net/tcp";
	auto_fd fd = openat(app->proc, path, O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char row[ROW_BYTES];
	struct listener l;

	if (!file && errno == ENOENT && v6)
		return 0; /* a kernel without IPv6 */
	if (!file)
		return err_sys(e, errno == ENOENT ? ESRCH : errno, "open /proc/PID/%s", path);
	(void)take_fd(&fd);
	if (fgets(row, sizeof(row), file)) /* the names of the columns */
		while (fgets(row, sizeof(row), file)) {
			int kind = listen_parse_row(row, v6, &l);

			if (kind == 0)
				break; /* the kernel lists those that listen first */
			if (kind > 0)
				add(set, port, &l);
		}
	fclose(file);
	return 0;
}

/* --- sock_diag(7) --- */

static int ask_sock_diag(int diag, bool v6, uint16_t port, struct err *e)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 body;
	} request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.body = { .sdiag_family = v6 ? AF_INET6 : AF_INET,
			  .sdiag_protocol = IPPROTO_TCP,
			  .idiag_states = 1U << STATE_LISTEN,
			  .id.idiag_sport = htons(port) },
	};
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (sendto(diag, &request, sizeof(request), 0, (struct sockaddr *)&kernel, sizeof(kernel)) <
	    0)
		return err_sys(e, errno, "ask for listening sockets");
	return 0;
}

/* One answer.  1 more follow, 0 it was the last, -1 and *e. */
static int take_message(const struct nlmsghdr *header, bool v6, uint16_t port,
			struct listeners *set, struct err *e)
{
	const struct inet_diag_msg *row = NLMSG_DATA(header);
	const struct nlmsgerr *error = NLMSG_DATA(header);
	struct listener l;

	if (header->nlmsg_type == NLMSG_DONE)
		return 0;
	if (header->nlmsg_type == NLMSG_ERROR) {
		if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*error)) || error->error >= 0 ||
		    error->error < -4095)
			return err_set(e, EPROTO, "list listening sockets: no error number");
		if (v6 && error->error == -ENOENT)
			return 0; /* a kernel without IPv6 */
		return err_sys(e, -error->error, "list listening sockets");
	}
	if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    header->nlmsg_len < NLMSG_LENGTH(sizeof(*row)))
		return 1;
	set_address(&l, v6, row->id.idiag_src);
	l.port = ntohs(row->id.idiag_sport);
	l.inode = row->idiag_inode;
	add(set, port, &l);
	return 1;
}

/* The next message of the kernel's.  Whoever has CAP_NET_ADMIN in the network namespace can send to
 * this socket too: what comes from a process is dropped.  Returns its length, or -1 and *e. */
static ssize_t receive(int diag, void *buf, size_t size, struct err *e)
{
	for (int dropped = 0; dropped < FORGED_MAX; dropped++) {
		struct sockaddr_nl from = { 0 };
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(diag, buf, size, 0, (struct sockaddr *)&from, &len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_sys(e, n ? errno : EPROTO, "list listening sockets");
		if (len == sizeof(from) && from.nl_family == AF_NETLINK && from.nl_pid == 0)
			return n;
	}
	return err_set(e, EPROTO, "list listening sockets: a process sends answers of its own");
}

static int read_diag(int diag, bool v6, uint16_t port, struct listeners *set, struct err *e)
{
	union {
		char bytes[16384];
		struct nlmsghdr header; /* gives the buffer its alignment */
	} answer;

	if (ask_sock_diag(diag, v6, port, e) < 0)
		return -1;
	for (;;) {
		ssize_t n = receive(diag, &answer, sizeof(answer), e);
		int more = 1;

		if (n < 0)
			return -1;
		for (struct nlmsghdr *at = &answer.header; more == 1 && NLMSG_OK(at, n);
		     at = NLMSG_NEXT(at, n))
			more = take_message(at, v6, port, set, e);
		if (more <= 0)
			return more;
	}
}

int listen_read(const struct app *app, int diag, uint16_t port, struct listeners *ret,
		struct err *e)
{
	ret->count = 0;
	ret->more = false;
	for (int v6 = 0; v6 < 2; v6++)
		if ((diag < 0 ? read_table(app, v6, port, ret, e)
			      : read_diag(diag, v6, port, ret, e)) < 0)
			return -1;
	return 0;
}
