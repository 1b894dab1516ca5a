/* Helpers that hold descriptors of the application.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/confine.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "oci/cleanup.h"
#include "seccomp/filter.h"
#include "shim/base/host.h"

#define NOBODY 65534
#define HELPER_FDS_MAX 6
#define MORE_RULES_MAX 4

static char *helper_calls[] = {
	"read",
	"write",
	"sendto",
	"poll",
	"ppoll",
	"exit",
	"exit_group",
	"close",
	"rt_sigreturn",
	"restart_syscall",
	"clock_gettime",
	"ppoll_time64",
	"send",
	/* of the log */
	"getpid",
	"rt_sigprocmask",
	"rt_sigtimedwait",
	"rt_sigtimedwait_time64",
};

static int move_descriptors(int *fds, int count, struct err *e)
{
	int copies[HELPER_FDS_MAX];

	for (int i = 0; i < count; i++) {
		copies[i] = -1;
		if (fds[i] >= 0 && (copies[i] = fcntl(fds[i], F_DUPFD, 16)) < 0)
			return err_sys(e, errno, "dup");
	}
	for (int i = 0; i < count; i++)
		if (copies[i] >= 0 && (fds[i] = dup2(copies[i], 3 + i)) < 0)
			return err_sys(e, errno, "dup2");
	for (int i = 0; i < count; i++)
		if (fds[i] < 0)
			(void)close(3 + i); /* no descriptor of ours belongs at that number */
	if (close_range(3U + (unsigned)count, ~0U, 0) < 0)
		return err_sys(e, errno, "close_range");
	return 0;
}

static int drop_rights(struct err *e)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };

	/* Rootless there may be no such id.  Our own id is then the plain user's, who has no more
	 * rights. */
	if (!host_rootless() && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
				 setresuid(NOBODY, NOBODY, NOBODY) < 0))
		return err_sys(e, errno, "become nobody");
	if (capset(&header, none) < 0)
		return err_sys(e, errno, "capset");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) /* no other process may take its descriptors */
		return err_sys(e, errno, "non-dumpable");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, errno, "no_new_privs");
	return 0;
}

/* Permit helper_calls, and what the count rules in more permit. */
static int load_helper_filter(const struct profile_rule *more, size_t count, struct err *e)
{
	struct profile_rule rules[1 + MORE_RULES_MAX] = { {
		.names = helper_calls,
		.name_count = sizeof(helper_calls) / sizeof(helper_calls[0]),
		.action = SCMP_ACT_ALLOW,
	} };
	struct profile profile = {
		.default_action = SCMP_ACT_KILL_PROCESS,
		.rules = rules,
		.rule_count = 1 + count,
	};
	auto_filter filter = { 0 };

	for (size_t i = 0; i < count; i++)
		rules[1 + i] = more[i];
	if (filter_compile(&profile, &filter, e) < 0)
		return -1;
	return filter_load(&filter, e);
}

static int confine(int *fds, int count, const struct profile_rule *more, size_t more_count,
		   struct err *e)
{
	signal(SIGPIPE, SIG_IGN);
	if (move_descriptors(fds, count, e) < 0 || drop_rights(e) < 0)
		return -1;
	/* After the ids: changing them clears it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_sys(e, errno, "parent-death signal");
	return load_helper_filter(more, more_count, e);
}

int confine_helper(int *fds, int count, struct err *e)
{
	return confine(fds, count, NULL, 0, e);
}

/* TCP sockets only.  Whom they may reach is not limited here, but by the network namespace. */
int confine_client(struct err *e)
{
	static char *socket_calls[] = { "socket" };
	static char *calls[] = { "connect", "getsockopt", "recvfrom", "recv" };
	static struct scmp_arg_cmp v4[] = {
		{ 0, SCMP_CMP_EQ, AF_INET, 0 },
		{ 1, SCMP_CMP_EQ, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0 },
	};
	static struct scmp_arg_cmp v6[] = {
		{ 0, SCMP_CMP_EQ, AF_INET6, 0 },
		{ 1, SCMP_CMP_EQ, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0 },
	};
	const struct profile_rule rules[] = {
		{ socket_calls, 1, SCMP_ACT_ALLOW, v4, 2 },
		{ socket_calls, 1, SCMP_ACT_ALLOW, v6, 2 },
		{ calls, sizeof(calls) / sizeof(calls[0]), SCMP_ACT_ALLOW, NULL, 0 },
	};

	return confine(NULL, 0, rules, sizeof(rules) / sizeof(rules[0]), e);
}
