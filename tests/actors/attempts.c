/* What the hook's own seccomp profile forbids, attempted.  SPDX-License-Identifier: Apache-2.0
 *
 *   attempts WHO          print "WHO NAME: SEEN WANTED" for each row of the table
 *
 * SEEN is the name of an error or signal, or "done"; WANTED is what a hook must see.  Arguments are
 * such that the kernel, if it is reached at all, does no harm, and gives another answer than the
 * one that is wanted: so a process without filter, but with all capabilities, shows the difference.
 */
#include <asm/ioctls.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#define HIGH (0x5aL << 32)              /* above the 32 bits that the kernel looks at */
#define NO_TYPE (SOCK_STREAM | 1 << 30) /* EINVAL, before the kernel looks for the family */
#define NO_FD (-1L)
#define BAD 1L /* an address */
#define ADDRESS(object) ((long)&(object))

static struct timex clock_read;                  /* modes 0 */
static struct timeval bad_time = { 0, -1 };      /* EINVAL */
static struct timespec bad_timespec = { 0, -1 }; /* EINVAL too */

static const struct attempt {
	const char *what;
	int wanted; /* an error, -SIGNAL, or 0 for done */
	long call;
	long args[6];
} attempts[] = {
	/* mounts */
	{ "mount", EPERM, SYS_mount, { BAD, BAD } },
	{ "umount2", EPERM, SYS_umount2, { BAD } },
	{ "pivot_root", EPERM, SYS_pivot_root, { BAD, BAD } },
	{ "chroot", EPERM, SYS_chroot, { BAD } },
	{ "open_tree", EPERM, SYS_open_tree, { NO_FD, BAD } },
	{ "open_tree, cloned", EPERM, SYS_open_tree, { NO_FD, BAD, 1 } },
	{ "move_mount", EPERM, SYS_move_mount, { NO_FD, BAD, NO_FD, BAD } },
	{ "fsopen", EPERM, SYS_fsopen, { BAD } },
	{ "fsconfig", EPERM, SYS_fsconfig, { NO_FD, 99 } },
	{ "fsmount", EPERM, SYS_fsmount, { NO_FD } },
	{ "fspick", EPERM, SYS_fspick, { NO_FD, BAD } },
	{ "mount_setattr", EPERM, SYS_mount_setattr, { NO_FD, BAD } },
	/* namespaces */
	{ "setns", EPERM, SYS_setns, { NO_FD } },
	{ "unshare", EPERM, SYS_unshare, { CLONE_FS } },
	{ "unshare, time", EPERM, SYS_unshare, { 0x80 } },
	{ "unshare, user", EPERM, SYS_unshare, { CLONE_NEWUSER } },
	{ "clone, mount", EPERM, SYS_clone, { CLONE_NEWNS | SIGCHLD } },
	{ "clone, cgroup", EPERM, SYS_clone, { CLONE_NEWCGROUP | SIGCHLD } },
	{ "clone, uts", EPERM, SYS_clone, { CLONE_NEWUTS | SIGCHLD } },
	{ "clone, ipc", EPERM, SYS_clone, { CLONE_NEWIPC | SIGCHLD } },
	{ "clone, user", EPERM, SYS_clone, { CLONE_NEWUSER | SIGCHLD } },
	{ "clone, pid", EPERM, SYS_clone, { CLONE_NEWPID | SIGCHLD } },
	{ "clone, net", EPERM, SYS_clone, { CLONE_NEWNET | SIGCHLD } },
	{ "clone, net, high bits", EPERM, SYS_clone, { HIGH | CLONE_NEWNET | SIGCHLD } },
	{ "clone, time", EPERM, SYS_clone, { 0x80 } },
	{ "clone", 0, SYS_clone, { SIGCHLD } },
	{ "clone3", ENOSYS, SYS_clone3, { BAD, 0 } },
	/* other processes */
	{ "ptrace", EPERM, SYS_ptrace, { PTRACE_TRACEME } },
	{ "process_vm_readv", EPERM, SYS_process_vm_readv, { -1, BAD, 0, BAD, 0, -1 } },
	{ "process_vm_writev", EPERM, SYS_process_vm_writev, { -1, BAD, 0, BAD, 0, -1 } },
	{ "process_madvise", EPERM, SYS_process_madvise, { NO_FD, BAD, 1, 0, -1 } },
	{ "pidfd_getfd", EPERM, SYS_pidfd_getfd, { NO_FD } },
	{ "kcmp", EPERM, SYS_kcmp, { -1, -1, 99 } },
	/* large parts of the kernel */
	{ "bpf", EPERM, SYS_bpf, { -1 } },
	{ "perf_event_open", EPERM, SYS_perf_event_open, { BAD } },
	{ "userfaultfd", EPERM, SYS_userfaultfd, { 1 << 30 } },
	{ "io_uring_setup", EPERM, SYS_io_uring_setup, { 1, BAD } },
	{ "io_uring_enter", EPERM, SYS_io_uring_enter, { NO_FD } },
	{ "io_uring_register", EPERM, SYS_io_uring_register, { NO_FD } },
	{ "fanotify_init", EPERM, SYS_fanotify_init, { -1 } },
	/* keys */
	{ "keyctl", EPERM, SYS_keyctl, { -1 } },
	{ "add_key", EPERM, SYS_add_key, { BAD } },
	{ "request_key", EPERM, SYS_request_key, { BAD } },
	/* the machine */
	{ "kexec_load", EPERM, SYS_kexec_load, { 0, 0, 0, 1 << 20 } },
#ifdef SYS_kexec_file_load
	{ "kexec_file_load", EPERM, SYS_kexec_file_load, { NO_FD, NO_FD, 0, 0, -1 } },
#endif
	{ "init_module", EPERM, SYS_init_module, { BAD, 1, BAD } },
	{ "finit_module", EPERM, SYS_finit_module, { NO_FD, BAD, -1 } },
	{ "delete_module", EPERM, SYS_delete_module, { BAD } },
	{ "swapon", EPERM, SYS_swapon, { BAD, -1 } },
	{ "swapoff", EPERM, SYS_swapoff, { BAD } },
	{ "reboot", EPERM, SYS_reboot, { 0 } },
	{ "quotactl", EPERM, SYS_quotactl, { -1, BAD } },
	{ "quotactl_fd", EPERM, SYS_quotactl_fd, { NO_FD, -1 } },
	{ "acct", EPERM, SYS_acct, { BAD } },
	{ "syslog", EPERM, SYS_syslog, { -1 } },
	{ "sethostname", EPERM, SYS_sethostname, { BAD, -1 } },
	{ "open_by_handle_at", EPERM, SYS_open_by_handle_at, { NO_FD, BAD } },
	{ "settimeofday", EPERM, SYS_settimeofday, { ADDRESS(bad_time) } },
	{ "clock_settime", EPERM, SYS_clock_settime, { 0, ADDRESS(bad_timespec) } },
	{ "adjtimex", EPERM, SYS_adjtimex, { ADDRESS(clock_read) } },
	{ "clock_adjtime", EPERM, SYS_clock_adjtime, { 0, ADDRESS(clock_read) } },
	/* personality */
	{ "personality, no random addresses", EPERM, SYS_personality, { 0x40000 } },
	{ "personality, high bits", EPERM, SYS_personality, { HIGH | 0x40000 } },
	{ "personality, read implies exec", EPERM, SYS_personality, { 0x400000 } },
	{ "personality, SVR4", EPERM, SYS_personality, { 1 } },
	{ "personality, 32 bits", 0, SYS_personality, { 8 } },
	{ "personality, asked", 0, SYS_personality, { 0xffffffff } },
	/* terminals */
	{ "TIOCSTI", EPERM, SYS_ioctl, { NO_FD, TIOCSTI, BAD } },
	{ "TIOCSTI, high bits", EPERM, SYS_ioctl, { NO_FD, HIGH | TIOCSTI, BAD } },
	{ "TIOCLINUX", EPERM, SYS_ioctl, { NO_FD, 0x541c, BAD } },
	{ "TIOCLINUX, high bits", EPERM, SYS_ioctl, { NO_FD, 0xffffffffL << 32 | 0x541c, BAD } },
	/* sockets */
	{ "AF_KEY", EAFNOSUPPORT, SYS_socket, { AF_KEY, NO_TYPE } },
	{ "AF_PACKET", EAFNOSUPPORT, SYS_socket, { AF_PACKET, NO_TYPE } },
	{ "AF_PACKET, high bits", EAFNOSUPPORT, SYS_socket, { HIGH | AF_PACKET, NO_TYPE } },
	{ "AF_PACKET, for real", EAFNOSUPPORT, SYS_socket, { AF_PACKET, SOCK_RAW } },
	{ "AF_ALG", EAFNOSUPPORT, SYS_socket, { AF_ALG, NO_TYPE } },
	{ "AF_VSOCK", EAFNOSUPPORT, SYS_socket, { AF_VSOCK, NO_TYPE } },
	{ "AF_VSOCK, high bits", EAFNOSUPPORT, SYS_socket, { HIGH | AF_VSOCK, NO_TYPE } },
	{ "AF_BLUETOOTH", EAFNOSUPPORT, SYS_socket, { AF_BLUETOOTH, NO_TYPE } },
	{ "AF_TIPC", EAFNOSUPPORT, SYS_socket, { AF_TIPC, NO_TYPE } },
	{ "AF_TIPC, a pair", EAFNOSUPPORT, SYS_socketpair, { AF_TIPC, NO_TYPE } },
	{ "NETLINK_AUDIT", EPROTONOSUPPORT, SYS_socket, { AF_NETLINK, NO_TYPE, 9 } },
	{ "NETLINK_NETFILTER", EPROTONOSUPPORT, SYS_socket, { AF_NETLINK, NO_TYPE, 12 } },
	{ "NETLINK_ROUTE", 0, SYS_socket, { AF_NETLINK, SOCK_RAW, 0 } },
	{ "AF_UNIX", 0, SYS_socket, { AF_UNIX, SOCK_STREAM } },
	{ "AF_INET, high bits", 0, SYS_socket, { HIGH | AF_INET, SOCK_DGRAM } },
/* another architecture */
#ifdef __x86_64__
	{ "x32", -SIGSYS, 1L << 30 | SYS_getpid, { 0 } },
#endif
};

#ifdef __x86_64__
enum { I386_GETPID = 20, I386_SOCKETCALL = 102 };

/* As a 32-bit program calls the kernel; any process may. */
static long i386(long call, long first)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(call), "b"(first), "c"(0) : "memory");
	errno = result < 0 ? (int)-result : 0;
	return result < 0 ? -1 : result;
}
#endif

static void show(const char *who, const char *what, int status, int wanted)
{
	const char *seen = WIFSIGNALED(status)   ? sigabbrev_np(WTERMSIG(status))
			   : WEXITSTATUS(status) ? strerrorname_np(WEXITSTATUS(status))
						 : "done";
	const char *due = wanted < 0 ? sigabbrev_np(-wanted)
			  : wanted   ? strerrorname_np(wanted)
				     : "done";

	printf("%s %s: %s %s\n", who, what, seen, due);
	fflush(stdout);
}

/* In a child, since some of it changes the process, or ends it. */
static void attempt(const char *who, const struct attempt *a)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		const long *v = a->args;
		long result = syscall(a->call, v[0], v[1], v[2], v[3], v[4], v[5]);

		_exit(result < 0 ? errno : 0); /* a child of clone comes here as well */
	}
	waitpid(pid, &status, 0);
	show(who, a->what, status, a->wanted);
}

#ifdef __x86_64__
static void attempt_i386(const char *who, const char *what, long call, long first, int wanted)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(i386(call, first) < 0 ? errno : 0);
	waitpid(pid, &status, 0);
	show(who, what, status, wanted);
}
#endif

int main(int argc, char *argv[])
{
	const char *who = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		attempt(who, &attempts[i]);
#ifdef __x86_64__
	attempt_i386(who, "i386", I386_GETPID, 0, -SIGSYS);
	attempt_i386(who, "i386 socketcall", I386_SOCKETCALL, 1, -SIGSYS);
#endif
	return 0;
}
