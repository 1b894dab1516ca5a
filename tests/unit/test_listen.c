/* Which ports listen, and whose they are.  SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/app/network.h"
#include "shim/app/listen_owner.h"
#include "tests/unit/tap.h"

#define REST                                                                                       \
	" 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0000000000000000 100 0 0 "  \
	"10 0"
#define ANY6 "00000000000000000000000000000000"

/* Network order as this machine would print it is only known for little-endian ones. */
static void rows(void)
{
	static const struct {
		const char *row;
		bool v6;
		int result;
		const char *address;
		unsigned port;
	} table[] = {
		{ "   0: 0100007F:1F90 00000000:0000 0A" REST, false, 1, "127.0.0.1", 8080 },
		{ "  12: 00000000:0050 00000000:0000 0A" REST, false, 1, "0.0.0.0", 80 },
		{ "   1: 0A01A8C0:FFFF 00000000:0000 0A" REST, false, 1, "192.168.1.10", 65535 },
		{ "   1: 0100007F:1F90 0100007F:0050 01" REST, false, 0, "", 0 },
		{ "   1: 0100007F:0000 00000000:0000 0A" REST, false, 0, "", 0 },
		{ "   0: " ANY6 ":1F90 " ANY6 ":0000 0A" REST, true, 1, "::", 8080 },
		{ "   0: 00000000000000000000000001000000:1F90 " ANY6 ":0000 0A" REST, true, 1,
		  "::1", 8080 },
		{ "   0: B80D0120000000000000000001000000:1F90 " ANY6 ":0000 0A" REST, true, 1,
		  "2001:db8::1", 8080 },
		{ "   0: 0000000000000000FFFF00000100007F:1F90 " ANY6 ":0000 0A" REST, true, 1,
		  "127.0.0.1", 8080 },
		{ "   0: " ANY6 ":1F90 " ANY6 ":0000 06" REST, true, 0, "", 0 },
		/* garbage */
		{ "", false, -1, "", 0 },
		{ "\n", true, -1, "", 0 },
		{ "  sl  local_address rem_address   st tx_queue", false, -1, "", 0 },
		{ "   0: 0100007F:1F90 00000000:0000", false, -1, "", 0 },
		{ "   0: 0100007F:1F90 00000000:0000 0A", false, -1, "", 0 },
		{ "   0: 0100007F:1F90 00000000:0000 ZZ" REST, false, -1, "", 0 },
		{ "   0: 0100007F:1F90 00000000:0000 0A" REST, true, -1, "", 0 },
		{ "   0: " ANY6 ":1F90 " ANY6 ":0000 0A" REST, false, -1, "", 0 },
		{ "%s%n: %s:%s \xff\xff", false, -1, "", 0 },
		{ "99999999999999999999999: -1:-1 -1:-1 -1", false, -1, "", 0 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct listener l = { 0 };
		char address[INET6_ADDRSTRLEN] = "";
		int result = listen_parse_row(table[i].row, table[i].v6, &l);

		if (result == 1)
			inet_ntop(l.v6 ? AF_INET6 : AF_INET, l.address, address, sizeof(address));
		ok(result == table[i].result && !strcmp(address, table[i].address) &&
			   l.port == table[i].port && (result != 1 || l.inode == 4242),
		   "row %zu: %d %s %u %llu", i, result, address, l.port,
		   (unsigned long long)l.inode);
	}
}

static void addresses(void)
{
	static const struct {
		const char *text;
		bool loopback, all;
	} table[] = {
		{ "0.0.0.0", false, true },     { "127.0.0.1", true, false },
		{ "127.9.9.9", true, false },   { "128.0.0.1", false, false },
		{ "10.0.0.127", false, false }, { "::", false, true },
		{ "::1", true, false },         { "::2", false, false },
		{ "fe80::1", false, false },    { "7f00::1", false, false },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct listener l = { .v6 = strchr(table[i].text, ':') != NULL };

		inet_pton(l.v6 ? AF_INET6 : AF_INET, table[i].text, l.address);
		ok(listen_on_loopback(&l) == table[i].loopback && listen_on_all(&l) == table[i].all,
		   "%s", table[i].text);
	}
}

static int listen_at(const char *text, unsigned short port)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	bool is_v6 = strchr(text, ':');
	int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0), on = 1;

	inet_pton(is_v6 ? AF_INET6 : AF_INET, text,
		  is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (bind(fd, is_v6 ? (void *)&v6 : (void *)&v4, is_v6 ? sizeof(v6) : sizeof(v4)) < 0 ||
	    listen(fd, 1) < 0)
		return -1;
	return fd;
}

static int by_inode(const void *a, const void *b)
{
	const struct listener *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

static bool same_set(struct listeners *a, struct listeners *b)
{
	qsort(a->at, a->count, sizeof(a->at[0]), by_inode);
	qsort(b->at, b->count, sizeof(b->at[0]), by_inode);
	if (a->count != b->count || a->more != b->more)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->at[i].v6 != b->at[i].v6 || a->at[i].port != b->at[i].port ||
		    a->at[i].inode != b->at[i].inode ||
		    memcmp(a->at[i].address, b->at[i].address, 16) != 0)
			return false;
	return true;
}

/* Real sockets of our own, listed both ways. */
static void both_ways(const struct app *self)
{
	static struct listeners diag, table;
	struct err e = { 0 };
	int fd = network_open_diag(self, &e);

	if (fd < 0 && e.code == EPROTONOSUPPORT) /* the file serves for both then */
		skip("sock_diag", "no such netlink socket");
	else
		ok(fd >= 0, "sock_diag: %s", e.msg);
	ok(listen_at("0.0.0.0", 1080) >= 0 && listen_at("::1", 1080) >= 0 &&
		   listen_at("::ffff:127.0.0.1", 1081) >= 0 && listen_at("127.0.0.1", 1082) >= 0,
	   "four sockets listen");
	for (unsigned short port = 0; port < 1083;
	     port = port ? (unsigned short)(port + 1) : 1079) {
		ok(listen_read(self, fd, port, &diag, &e) == 0 &&
			   listen_read(self, -1, port, &table, &e) == 0 && same_set(&diag, &table),
		   "port %u: %zu by sock_diag, %zu by /proc: %s", port, diag.count, table.count,
		   e.msg);
		ok(port != 0 || diag.count == 4, "all of them, where no port is named");
		ok(port != 1080 || diag.count == 2, "those of the port, where one is");
	}
	for (int i = 0; i < LISTENERS_MAX; i++)
		if (listen_at("127.0.0.1", 1090) < 0)
			ok(false, "one more socket");
	ok(listen_read(self, fd, 0, &diag, &e) == 0 && diag.more && diag.count == LISTENERS_MAX,
	   "more than fit: %zu", diag.count);
	ok(listen_read(self, -1, 0, &table, &e) == 0 && table.more && table.count == LISTENERS_MAX,
	   "more than fit by /proc: %zu", table.count);
	ok(listen_read(self, fd, 1081, &diag, &e) == 0 && diag.count == 1, "and then fewer again");
}

/* Somebody else in the network namespace answers in the kernel's place. */
static void forged_answers(const struct app *self)
{
	static struct listeners found;
	struct {
		struct nlmsghdr header;
		struct inet_diag_msg row;
		struct nlmsghdr done;
	} forged = { .header = { .nlmsg_len = NLMSG_LENGTH(sizeof(forged.row)),
				 .nlmsg_type = SOCK_DIAG_BY_FAMILY },
		     .row = { .id.idiag_sport = htons(1099) },
		     .done = { .nlmsg_len = NLMSG_LENGTH(0), .nlmsg_type = NLMSG_DONE } };
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(to);
	struct err e = { 0 };
	int fd = network_open_diag(self, &e),
	    forger = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_SOCK_DIAG);

	if (fd < 0) {
		skip("a forged answer", "no netlink socket");
		return;
	}
	ok(listen_read(self, fd, 1099, &found, &e) == 0 && found.count == 0, "nobody listens");
	getsockname(fd, (struct sockaddr *)&to, &len); /* it has an address since then */
	ok(to.nl_pid != 0, "the socket has an address");
	ok(sendto(forger, &forged, sizeof(forged), 0, (struct sockaddr *)&to, sizeof(to)) > 0,
	   "a process sends an answer");
	ok(listen_read(self, fd, 1099, &found, &e) == 0 && found.count == 0,
	   "which does not count: %zu, %s", found.count, e.msg);
	close(fd);
	close(forger);
}

static void cgroups(void)
{
	static const char ours[] = "2:freezer:/user\n1:name=systemd:/\n0::/user\n";
	static const char app[] = "2:freezer:/user\n1:name=systemd:/\n0::/pod/c1\n";
	bool usable;

	ok(owner_in_cgroup(app, app, ours, &usable) && usable, "the application's own");
	ok(owner_in_cgroup("2:freezer:/user\n0::/pod/c1/child\n", app, ours, &usable), "below it");
	ok(!owner_in_cgroup("2:freezer:/user\n0::/pod/c10\n", app, ours, &usable), "a longer name");
	ok(!owner_in_cgroup("2:freezer:/user\n0::/pod\n", app, ours, &usable), "above it");
	ok(!owner_in_cgroup(ours, app, ours, &usable), "ours, which is the application's in v1");
	ok(!owner_in_cgroup(ours, ours, ours, &usable) && !usable, "no cgroup of its own");
	ok(!owner_in_cgroup("", "", "", &usable) && !usable, "no cgroups at all");
	ok(!owner_in_cgroup("0", "0:\n:\n::\n", ours, &usable) && !usable, "garbage");
	ok(owner_in_cgroup("0\n0:\n7:x:\n0::/pod/c1", "0\n\n0::/pod/c1", ours, &usable) && usable,
	   "garbage before it, and no newline at the end");
	ok(!owner_in_cgroup("1:name=systemd:/pod/c1\n", app, ours, &usable) && usable,
	   "the same path in another hierarchy");
}

static void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ok(ioctl(fd, SIOCSIFFLAGS, &lo) == 0, "loopback is up");
	close(fd);
}

int main(void)
{
	struct app self = { .pid = getpid() };

	rows();
	addresses();
	cgroups();
	/* A network of our own, so that nobody else listens there. */
	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		printf("# no network namespace here\n");
	self.pidfd = (int)syscall(SYS_pidfd_open, self.pid, 0);
	self.proc = open("/proc/self", O_RDONLY | O_DIRECTORY);
	loopback_up();
	forged_answers(&self);
	both_ways(&self);
	return done_testing();
}
