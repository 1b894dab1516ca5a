/* What only a process itself can find out, asked in its place.  SPDX-License-Identifier: Apache-2.0
 *
 * The process is stopped, its filters are suspended (PTRACE_O_SUSPEND_SECCOMP), and it makes system
 * calls for us: at the instruction with which it made its last one, since it sleeps in the kernel.
 * Source: ptrace(2), keyctl(2), prctl(2). */
#include <errno.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/rights/rights.h"

#ifndef __x86_64__
#error "registers and the system call instruction are those of x86-64"
#endif

#define SESSION (-3) /* KEY_SPEC_SESSION_KEYRING */
#define RED_ZONE 128 /* below the stack pointer, in use */
#define SCRATCH 1024

static pid_t tracee;
static struct user_regs_struct before;

static void wait_stop(void)
{
	int status;

	if (waitpid(tracee, &status, __WALL) < 0)
		die("waitpid");
	if (!WIFSTOPPED(status)) {
		errno = ESRCH;
		die("the process has ended");
	}
}

static unsigned long scratch(void)
{
	return (before.rsp - RED_ZONE - SCRATCH) & ~15UL;
}

/* The result, or -1 and errno. */
static long call(long number, long a, long b, long c, long d)
{
	struct user_regs_struct regs = before;
	long result;

	regs.orig_rax = ~0UL; /* nothing to restart */
	regs.rax = (unsigned long)number;
	regs.rip = before.rip - 2;
	regs.rdi = (unsigned long)a;
	regs.rsi = (unsigned long)b;
	regs.rdx = (unsigned long)c;
	regs.r10 = (unsigned long)d;
	regs.r8 = regs.r9 = 0;
	if (ptrace(PTRACE_SETREGS, tracee, NULL, &regs) < 0 ||
	    ptrace(PTRACE_SINGLESTEP, tracee, NULL, NULL) < 0)
		die("ptrace");
	wait_stop();
	if (ptrace(PTRACE_GETREGS, tracee, NULL, &regs) < 0)
		die("ptrace");
	if (regs.rip != before.rip) {
		errno = EIO;
		die("the system call was not made");
	}
	result = (long)regs.rax;
	if (result < 0 && result > -4096) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

static void read_scratch(void *ret, size_t size)
{
	struct iovec local = { ret, size }, remote = { (void *)scratch(), size };

	if (process_vm_readv(tracee, &local, 1, &remote, 1, 0) != (ssize_t)size)
		die("process_vm_readv");
}

static void answer(FILE *out, const char *axis, long result)
{
	char value[32];

	snprintf(value, sizeof(value), "%ld", result);
	emit(out, axis, result < 0 ? strerrorname_np(errno) : value);
}

static void ask_attributes(FILE *out)
{
	static const struct {
		const char *axis;
		int option;
		bool by_pointer;
	} options[] = {
		{ "prctl securebits", PR_GET_SECUREBITS, false },
		{ "prctl keepcaps", PR_GET_KEEPCAPS, false },
		{ "prctl dumpable", PR_GET_DUMPABLE, false },
		{ "prctl timer slack", PR_GET_TIMERSLACK, false },
		{ "prctl io flusher", 58, false }, /* PR_GET_IO_FLUSHER */
		{ "prctl no huge pages", PR_GET_THP_DISABLE, false },
		{ "prctl memory fault", PR_MCE_KILL_GET, false },
		{ "prctl write or execute", 66, false }, /* PR_GET_MDWE */
		{ "prctl subreaper", PR_GET_CHILD_SUBREAPER, true },
		{ "prctl parent death", PR_GET_PDEATHSIG, true },
		{ "prctl time stamp counter", PR_GET_TSC, true },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		bool by_pointer = options[i].by_pointer;
		long result =
			call(SYS_prctl, options[i].option, by_pointer ? (long)scratch() : 0, 0, 0);
		int value;

		if (by_pointer && result >= 0) {
			read_scratch(&value, sizeof(value));
			result = value;
		}
		answer(out, options[i].axis, result);
	}
}

/* Its session keyring, and what is in it; the keyrings that only it has. */
static void ask_keyrings(FILE *out)
{
	long id = call(SYS_keyctl, KEYCTL_GET_KEYRING_ID, SESSION, 0, 0);
	long ours = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, SESSION, 0), bytes;
	char text[SCRATCH] = "";

	emit(out, "keyring session",
	     id < 0       ? strerrorname_np(errno)
	     : id == ours ? "the caller's"
			  : "its own");
	bytes = call(SYS_keyctl, KEYCTL_READ, SESSION, 0, 0);
	answer(out, "keyring session keys", bytes < 0 ? bytes : bytes / (long)sizeof(int32_t));
	if (call(SYS_keyctl, KEYCTL_DESCRIBE, SESSION, (long)scratch(), SCRATCH - 1) > 0)
		read_scratch(text, sizeof(text) - 1);
	emit(out, "keyring session description", text);
	answer(out, "keyring thread", call(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -1, 0, 0));
	answer(out, "keyring process", call(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -2, 0, 0));
}

static void dump_filters(FILE *out)
{
	struct programs p = { 0 };
	char *text;

	for (;; p.count++) {
		long len = ptrace(PTRACE_SECCOMP_GET_FILTER, tracee, (void *)(long)p.count, NULL);

		if (len < 0 && (errno == ENOENT || errno == EINVAL)) /* EINVAL: no filter at all */
			break;
		if (len < 0 || p.count == PROGRAMS_MAX)
			die("PTRACE_SECCOMP_GET_FILTER");
		p.list[p.count].len = (unsigned)len;
		p.list[p.count].insns = calloc((size_t)len, sizeof(struct sock_filter));
		if (!p.list[p.count].insns ||
		    ptrace(PTRACE_SECCOMP_GET_FILTER, tracee, (void *)(long)p.count,
			   p.list[p.count].insns) != len)
			die("PTRACE_SECCOMP_GET_FILTER");
	}
	text = programs_text(&p);
	emit(out, FILTERS_AXIS, text);
	free(text);
}

void ask(pid_t pid, FILE *out)
{
	tracee = pid;
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
		die("PTRACE_SEIZE");
	wait_stop();
	dump_filters(out);
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_SUSPEND_SECCOMP) < 0)
		die("PTRACE_O_SUSPEND_SECCOMP");
	if (ptrace(PTRACE_GETREGS, pid, NULL, &before) < 0)
		die("PTRACE_GETREGS");
	ask_attributes(out);
	ask_keyrings(out);
	if (ptrace(PTRACE_SETREGS, pid, NULL, &before) < 0 ||
	    ptrace(PTRACE_DETACH, pid, NULL, NULL) < 0)
		die("PTRACE_DETACH");
}
