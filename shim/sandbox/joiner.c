/* The joiner: from a process of the host to the hook.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/sandbox/joiner.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "oci/cleanup.h"
#include "shim/base/seal.h"
#include "shim/sandbox/fault.h"
#include "shim/sandbox/steps.h"

struct step {
	const char *name;
	int (*run)(struct sandbox *s, struct err *e);
};

static const struct step steps[] = {
	{ "parent-death signal", step_parent_death }, /* first: nothing runs without supervisor */
	{ "output", step_output },           /* reads the application's /proc, on the host's side */
	{ "tools", step_tools },             /* by a path of the host; forks */
	{ "oom_score_adj", step_oom_score }, /* before non-dumpable, which takes the file away */
	{ "scheduler", step_scheduler },     /* real time needs the initial user namespace */
	{ "io priority", step_io_priority }, /* likewise */
	{ "cgroup", step_cgroup },           /* while the host's cgroup files are open */
	{ "cpu affinity", step_affinity },   /* after the cgroup: joining a cpuset sets it anew */
	{ "personality", step_personality }, /* reads the application's /proc */
	{ "session keyring", step_keyring }, /* before the ids, as runc */
	{ "security label", step_label },    /* through the host's /proc, not a container's */
	{ "the application's groups", step_compare_groups }, /* seen from one user namespace */
	{ "memory", step_memory },             /* before the limits, which may cut the stack */
	{ "limits", step_limits },             /* raising needs the initial user namespace; last of
						  these, since it may forbid them */
	{ "non-dumpable", step_non_dumpable }, /* from here on the container could see us */
	{ "namespaces", step_namespaces },     /* pid is for our child only */
	{ "root", step_root },                 /* before any path of the container is used */
	{ "tools mount",
	  step_tools_mount }, /* the tools are a descriptor still; no link is followed */
	{ "descriptors", step_descriptors },     /* before any path, likewise: CVE-2024-21626 */
	{ "open files", step_open_files },       /* its limit: could forbid the steps before */
	{ "working directory", step_directory }, /* as root: the application's user may not */
	{ "umask", step_umask },
	{ "bounding set", step_bounding }, /* needs CAP_SETPCAP */
	{ "groups", step_groups },         /* needs CAP_SETGID */
	{ "gid", step_gid },               /* likewise */
	{ "uid", step_uid },               /* needs CAP_SETUID; takes a user's capabilities */
	{ "working directory again", step_directory_again }, /* as the user: root may not */
	{ "capabilities", step_capabilities },
	{ "parent-death signal again", step_parent_death }, /* the ids' change has cleared it */
	{ "no_new_privs", step_no_new_privs },              /* the filters need it */
	{ "confirm", step_confirm },                     /* reads all of it back, needs getters */
	{ "own filter", step_own_filter },               /* permits to load the next */
	{ "container's filter", step_container_filter }, /* last: may deny all of the above */
	{ "clone", NULL },                               /* the hook: nothing is left to drop */
};
enum { STEP_COUNT = sizeof(steps) / sizeof(steps[0]) };

const char *sandbox_step_name(int i)
{
	return i >= 0 && i < STEP_COUNT ? steps[i].name : NULL;
}

int report_map(struct report *ret, struct err *e)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *joiner = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	void *hook = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	void *relay = mmap(NULL, sizeof(*ret->relay), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (joiner == MAP_FAILED || hook == MAP_FAILED || relay == MAP_FAILED)
		return err_sys(e, errno, "map the report");
	ret->joiner = joiner;
	ret->hook = hook;
	ret->relay = relay;
	return 0;
}

/* Becomes the hook's program, or says why not.  From its birth this process belongs to the
 * container. */
__attribute__((noreturn)) static void become_hook(const struct sandbox *s, pid_t parent_seen)
{
	struct hook_report *report = s->report.hook;
	const char *failed = NULL;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		failed = "parent-death signal";
	else if (getppid() != parent_seen)
		failed = "supervisor has ended";
	else if (setsid() < 0)
		failed = "setsid";
	if (failed) {
		strncpy(report->at, failed, sizeof(report->at) - 1);
		report->exec_errno = errno;
		_exit(125);
	}
	(void)execve(s->plan->argv[0], s->plan->argv, s->plan->env);
	if ((errno == ENOENT || errno == ENOTDIR) && s->plan->tools_shell)
		(void)execve(s->plan->tools_shell, s->plan->argv, s->plan->env);
	report->exec_errno = errno;
	_exit(errno == ENOENT ? 127 : 126);
}

__attribute__((noreturn)) static void leave(int status)
{
	for (;;) {
		(void)syscall(SYS_exit_group, status);
		(void)syscall(SYS_exit, status); /* the container's profile may deny either */
		__builtin_trap();
	}
}

void sandbox_enter(struct sandbox *s)
{
	struct joiner_report *report = s->report.joiner;
	struct err e = { 0 };
	/* A supervisor outside of the hook's pid namespace is seen as 0 from inside. */
	int differs = app_ns_differs(s->app, NS_PID, &e);
	pid_t parent_seen = differs ? 0 : s->supervisor;
	long pid;

	/* The hook must not be able to write what the supervisor believes of its pid. */
	if (madvise(report, (size_t)sysconf(_SC_PAGESIZE), MADV_DONTFORK) < 0)
		(void)err_sys(&e, errno, "madvise");
	for (int i = 0; i < STEP_COUNT && !e.code; i++) {
		report->step = i;
		if (inject_fault(steps[i].name, &e) == 0 && steps[i].run)
			(void)steps[i].run(s, &e);
	}
	if (e.code) {
		report->error = e;
		leave(1);
	}
	seal_forget_words();
	/* CLONE_PARENT: the supervisor reaps it.  The pid is written before it runs. */
	pid = syscall(SYS_clone, CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD, NULL, &report->hook,
		      NULL, NULL);
	if (pid == 0)
		become_hook(s, parent_seen);
	if (pid < 0) {
		(void)err_sys(&report->error, errno, "clone");
		leave(1);
	}
	leave(0);
}
