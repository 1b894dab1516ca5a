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
	int (*run)(struct joiner *j, struct err *e);
};

static const struct step steps[] = {
	{ "parent-death signal", step_parent_death }, /* first: nothing may outlive the watcher */
	{ "output", step_output }, /* reads the application's /proc, on the host's side */
	{ "tools", step_tools },   /* opens a path of the host, and forks */
	{ "oom_score_adj",
	  step_oom_score },              /* before "non-dumpable", which closes the file to us */
	{ "scheduler", step_scheduler }, /* real time needs the initial user namespace */
	{ "io priority", step_io_priority }, /* real time needs the initial user namespace */
	{ "cgroup", step_cgroup },           /* the host's cgroup files are still open */
	{ "cpu affinity", step_affinity },   /* after the cgroup: joining a cpuset changes it */
	{ "personality", step_personality }, /* reads the application's /proc */
	{ "session keyring", step_keyring }, /* before the ids change, as in runc */
	{ "security label", step_label },    /* needs the host's /proc, not a container's */
	{ "the application's groups",
	  step_compare_groups },               /* seen from one user namespace until the join */
	{ "memory", step_memory },             /* before the limits, which may shrink the stack */
	{ "limits", step_limits },             /* raising needs the initial user namespace; after
						  the others, since a limit may forbid them */
	{ "non-dumpable", step_non_dumpable }, /* after the join the container could trace us */
	{ "namespaces", step_namespaces },     /* only our child enters the pid namespace */
	{ "root", step_root },                 /* before any path of the container is used */
	{ "tools mount", step_tools_mount },   /* before "descriptors" closes the tools' one */
	{ "descriptors", step_descriptors },   /* before a path could lead to one: CVE-2024-21626 */
	{ "open files", step_open_files },     /* this limit could forbid earlier steps */
	{ "working directory", step_directory }, /* as root, which may enter what a user may not */
	{ "umask", step_umask },
	{ "bounding set", step_bounding }, /* needs CAP_SETPCAP */
	{ "groups", step_groups },         /* needs CAP_SETGID */
	{ "gid", step_gid },               /* needs CAP_SETGID */
	{ "uid", step_uid },               /* needs CAP_SETUID, and clears a user's capabilities */
	{ "working directory again",
	  step_directory_again }, /* as the user, who may enter what root may not */
	{ "capabilities", step_capabilities },
	{ "parent-death signal again", step_parent_death }, /* changing the ids has cleared it */
	{ "no_new_privs", step_no_new_privs },              /* loading filters needs it */
	{ "confirm", step_confirm },       /* before the filters, which may deny to read it back */
	{ "own filter", step_own_filter }, /* permits loading the next one */
	{ "container's filter", step_container_filter }, /* last: it may deny all of the above */
	{ "clone", NULL }, /* the hook is born; nothing is left to drop */
};
enum { STEP_COUNT = sizeof(steps) / sizeof(steps[0]) };

const char *joiner_step_name(int i)
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

/* The hook's process: execute its program, or report why not.  From its birth on this process
 * belongs to the container. */
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
		(void)syscall(SYS_exit, status); /* the container's profile may deny one of them */
		__builtin_trap();
	}
}

/* Returns 0, or -1 and *e, the error of the step that the report names. */
static int run_steps(struct joiner *j, struct joiner_report *report, struct err *e)
{
	for (int i = 0; i < STEP_COUNT; i++) {
		report->step = i;
		if (inject_fault(steps[i].name, e) < 0 || (steps[i].run && steps[i].run(j, e) < 0))
			return -1;
	}
	return 0;
}

void joiner_run(const struct sandbox *sandbox, pid_t parent)
{
	struct joiner j = { .sandbox = sandbox, .parent = parent };
	struct joiner_report *report = sandbox->report.joiner;
	struct err e = { 0 };
	/* The hook sees a parent in another pid namespace as pid 0. */
	int differs = app_ns_differs(sandbox->app, NS_PID, &e);
	pid_t parent_seen = differs ? 0 : parent;
	long pid;

	/* The hook must not inherit the page from which its parent reads its pid. */
	if (madvise(report, (size_t)sysconf(_SC_PAGESIZE), MADV_DONTFORK) < 0)
		(void)err_sys(&e, errno, "madvise");
	if (e.code || run_steps(&j, report, &e) < 0) {
		report->error = e;
		leave(1);
	}
	seal_forget_words();
	/* The kernel writes the pid before the hook runs. */
	pid = syscall(SYS_clone, CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD, NULL, &report->hook,
		      NULL, NULL);
	if (pid == 0)
		become_hook(sandbox, parent_seen);
	if (pid < 0) {
		(void)err_sys(&report->error, errno, "clone");
		leave(1);
	}
	leave(0);
}
