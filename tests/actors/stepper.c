/* Our own processes, stopped or killed at any of their system calls.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	stepper kill ROLE N COMMAND...         SIGKILL at the role's N-th system call
 *	stepper term ROLE N COMMAND...         SIGTERM there, counted from its main on
 *	stepper stop ROLE N COMMAND...         SIGSTOP there, then all are let go
 *	stepper observe PID MASK COMMAND...    read /proc inside the container of PID
 *
 * Equal calls in a row count as one.  term prints how the role has ended, stop its pid.  observe
 * looks at every system call of joiner and hook, from setns to execve.
 *
 * COMMAND is poststart; the processes that it starts are named as they are born: poststart, guard,
 * watcher, joiner, hook, each the first child of the one before.  But the guard has other children
 * before its watcher, which is the one that calls setsid; its calls count from there on.  kill,
 * term and observe return once all of them have ended.
 *
 * Exit status: 0; 3 if the role has ended before its N-th call; 1 if observe has seen what must not
 * be seen (told on stdout); 2 for trouble of our own.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/look.h"

#define OPTIONS                                                                                    \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |  \
	 PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)
#define TRACED_MAX 512

enum role { POSTSTART, GUARD, WATCHER, JOINER, HOOK, OTHER };
static const char *const roles[] = { "poststart", "guard", "watcher", "joiner", "hook" };

static struct traced {
	pid_t pid;
	enum role role;
	long calls;
	uint64_t last_call;
	bool in_main;  /* of the program that it executed first */
	bool of_guard; /* its child: the watcher, or another */
	bool joined;   /* it has called setns */
	bool known;    /* its parent has told us what it is */
	bool held;     /* it has stopped before that */
	bool gone;
} traced[TRACED_MAX];
static int traced_count;

static enum { KILL, TERM, STOP, OBSERVE } mode;
static enum role target;
static long target_call;
static bool done;

static pid_t container;
static long seen_before, seen_after;
static bool violated, hook_born;

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "stepper: %s: %s\n", what, strerror(errno));
	exit(2);
}

static struct traced *find(pid_t pid)
{
	for (int i = traced_count - 1; i >= 0; i--)
		if (traced[i].pid == pid && !traced[i].gone)
			return &traced[i];
	if (traced_count == TRACED_MAX) {
		errno = E2BIG;
		die("processes");
	}
	traced[traced_count] = (struct traced){ .pid = pid, .role = OTHER };
	return &traced[traced_count++];
}

static bool is_wanted(const struct traced *t)
{
	if (t->of_guard && t->role == OTHER) /* until it is known what it is */
		return !done;
	if (mode == OBSERVE)
		return t->role == JOINER || t->role == HOOK;
	return t->role == target && !done;
}

static void let_go(struct traced *t, int sig)
{
	/* ESRCH: it was killed meanwhile, and will be waited for. */
	if (ptrace(is_wanted(t) ? PTRACE_SYSCALL : PTRACE_CONT, t->pid, 0, sig) < 0 &&
	    errno != ESRCH)
		die("ptrace continue");
}

static bool is_taken(enum role role)
{
	for (int i = 0; i < traced_count; i++)
		if (traced[i].role == role)
			return true;
	return false;
}

/* A child is born.  Which one, says who bears it: the joiner's clone is the hook. */
static void born(const struct traced *parent, pid_t pid)
{
	struct traced *child = find(pid);

	child->known = true;
	child->of_guard = parent->role == GUARD;
	if (parent->role < HOOK && child->role == OTHER && !child->of_guard &&
	    !is_taken(parent->role + 1))
		child->role = parent->role + 1;
	hook_born |= child->role == HOOK;
	if (child->held)
		let_go(child, 0);
}

/* --- observe: what the container's /proc shows --- */

/* In the container's pid and mount namespaces, with every capability.  Returns what main would. */
static int look(bool born_already, const char *when)
{
	DIR *proc = opendir("/proc");
	char exe[64];
	int bad = 0, others = 0;

	if (!proc)
		return 2;
	for (const struct dirent *entry; (entry = readdir(proc));) {
		int pid = atoi(entry->d_name);

		if (pid <= 1 || pid == getpid())
			continue;
		others++;
		if (born_already) {
			snprintf(exe, sizeof(exe), "/proc/%d/exe", pid);
			bad |= look_at(pid, when) | look_at_exe(pid, exe, when);
		} else {
			violation(when, pid, "is visible before the clone", "");
			bad = 1;
		}
	}
	closedir(proc);
	if (born_already && others != 1) {
		violation(when, 0,
			  "processes beside the application:", others ? "several" : "none");
		bad = 1;
	}
	return bad;
}

static void observe(bool born_already, const char *when)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		int pidfd = (int)syscall(SYS_pidfd_open, container, 0);
		pid_t inside;

		if (pidfd < 0 || setns(pidfd, CLONE_NEWPID | CLONE_NEWNS) < 0)
			_exit(2);
		inside = fork();
		if (inside == 0)
			_exit(look(born_already, when));
		if (inside < 0 || waitpid(inside, &status, 0) < 0 || !WIFEXITED(status))
			_exit(2);
		_exit(WEXITSTATUS(status));
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) {
		errno = EIO;
		die("look into the container");
	}
	violated |= WEXITSTATUS(status) == 1;
	*(born_already ? &seen_after : &seen_before) += 1;
}

static void observe_call(struct traced *t, const struct __ptrace_syscall_info *info)
{
	char when[64];

	if (info->op == PTRACE_SYSCALL_INFO_ENTRY && info->entry.nr == SYS_setns)
		t->joined = true;
	snprintf(when, sizeof(when), "%s, call %ld",
		 t->role == OTHER ? "another child" : roles[t->role], t->calls);
	if (t->role == HOOK)
		observe(true, when);
	else if (t->joined && !hook_born)
		observe(false, when);
}

/* --- tracing --- */

static void count_call(struct traced *t, uint64_t number)
{
	if (t->of_guard && t->role == OTHER && number == SYS_setsid && !is_taken(WATCHER))
		t->role = WATCHER;
	t->in_main |= number == SYS_rt_sigprocmask; /* its first call */
	if (t->of_guard && t->role == OTHER)
		return;
	if ((mode != TERM || t->in_main) && number != t->last_call)
		t->calls++;
	t->last_call = number;
}

static void at_call(struct traced *t)
{
	struct __ptrace_syscall_info info = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		count_call(t, info.entry.nr);
	if (mode == OBSERVE) {
		observe_call(t, &info);
	} else if (is_wanted(t) && t->calls == target_call) {
		done = true;
		if (mode != STOP && kill(t->pid, mode == KILL ? SIGKILL : SIGTERM) < 0)
			die("kill");
	}
}

/* The stopped one stays so, the others run on without us. */
static void detach_all(const struct traced *stopped)
{
	printf("%d\n", stopped->pid);
	fflush(stdout);
	ptrace(PTRACE_DETACH, stopped->pid, 0, SIGSTOP);
	for (int i = 0; i < traced_count; i++) {
		struct traced *t = &traced[i];
		int status;

		if (t == stopped || t->gone)
			continue;
		if (kill(t->pid, SIGSTOP) < 0 || waitpid(t->pid, &status, __WALL) < 0 ||
		    WIFEXITED(status) || WIFSIGNALED(status))
			continue;
		kill(t->pid, SIGCONT);
		ptrace(PTRACE_DETACH, t->pid, 0, 0);
	}
	exit(0);
}

static void at_stop(struct traced *t, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	unsigned long child;

	if (sig == (SIGTRAP | 0x80)) {
		at_call(t);
		if (done && mode == STOP && t->role == target)
			detach_all(t);
		sig = 0;
	} else if (event) {
		if (event != PTRACE_EVENT_EXEC && event != PTRACE_EVENT_STOP &&
		    ptrace(PTRACE_GETEVENTMSG, t->pid, 0, &child) == 0)
			born(t, (pid_t)child);
		/* The hook is the container's own program from here on. */
		if (event == PTRACE_EVENT_EXEC && t->role == HOOK && mode == OBSERVE)
			t->role = OTHER;
		sig = 0;
	} else if (sig == SIGSTOP) {
		sig = 0; /* how a new tracee reports */
		t->held = !t->known;
		if (t->held)
			return;
	}
	let_go(t, sig);
}

static void has_ended(struct traced *t, int status)
{
	t->gone = true;
	if (mode == TERM && t->role == target)
		printf("%s %d\n", WIFEXITED(status) ? "exit status" : "signal",
		       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

static void trace_all(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		struct traced *t;

		if (pid <= 0)
			continue;
		t = find(pid);
		if (WIFSTOPPED(status))
			at_stop(t, status);
		else
			has_ended(t, status);
	}
}

int main(int argc, char *argv[])
{
	int status;
	pid_t pid;

	if (argc < 5)
		die("arguments");
	mode = !strcmp(argv[1], "kill")   ? KILL
	       : !strcmp(argv[1], "term") ? TERM
	       : !strcmp(argv[1], "stop") ? STOP
					  : OBSERVE;
	if (mode == OBSERVE) {
		container = atoi(argv[2]);
		look_mask = strtoull(argv[3], NULL, 16);
	} else {
		while (target < OTHER && strcmp(argv[2], roles[target]))
			target++;
		target_call = atol(argv[3]);
	}
	pid = fork();
	if (pid == 0) {
		(void)ptrace(PTRACE_TRACEME, 0, 0, 0);
		(void)raise(SIGSTOP);
		execvp(argv[4], argv + 4);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		die("start");
	find(pid)->role = POSTSTART;
	find(pid)->known = true;
	if (ptrace(PTRACE_SETOPTIONS, pid, 0, OPTIONS) < 0)
		die("trace");
	let_go(find(pid), 0);
	trace_all();
	if (mode == OBSERVE) {
		printf("looked %ld times before the hook was born, %ld times until its exec\n",
		       seen_before, seen_after);
		return violated;
	}
	return done ? 0 : 3;
}
