/* The application's network namespace.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/app/network.h"

#include <linux/netlink.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oci/cleanup.h"

int network_join(const struct app *app, struct err *e)
{
	int network = app_ns_differs(app, NS_NETWORK, e), user = app_ns_differs(app, NS_USER, e);

	if (network < 0 || user < 0)
		return -1;
	if (!network)
		return 0;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(e, errno, "non-dumpable");
	if (setns(app->pidfd, CLONE_NEWNET) == 0)
		return 0;
	/* A plain user has no right over the namespace, but owns the container's user namespace. */
	if (errno == EPERM && user && setns(app->pidfd, CLONE_NEWUSER | CLONE_NEWNET) == 0)
		return 0;
	return err_sys(e, errno, "enter the network namespace");
}

static int open_here(void)
{
	return socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
}

/* A child joins the namespace and opens the socket: it shares our table of descriptors. */
int network_open_diag(const struct app *app, struct err *e)
{
	int differs = app_ns_differs(app, NS_NETWORK, e), fd;
	siginfo_t info = { 0 };
	struct err unseen = { 0 };
	long child;

	if (differs < 0)
		return -1;
	if (!differs) {
		fd = open_here();
		return fd < 0 ? err_sys(e, errno, "netlink socket") : fd;
	}
	child = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	if (child < 0)
		return err_sys(e, errno, "clone");
	if (child == 0) {
		fd = network_join(app, &unseen) < 0 ? -1 : open_here();
		_exit(fd < 0 || fd > 254 ? 255 : fd); /* we have about a dozen descriptors */
	}
	while (waitid(P_PID, (id_t)child, &info, WEXITED) < 0 && errno == EINTR)
		;
	if (info.si_code != CLD_EXITED || info.si_status == 255)
		return err_set(e, EPROTONOSUPPORT, "no netlink socket in the network namespace");
	return info.si_status;
}
