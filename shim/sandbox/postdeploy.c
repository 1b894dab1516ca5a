/* hooks.postDeploy of clevercloud/docker.json, which is deprecated.  SPDX-License-Identifier:
 * Apache-2.0 */
#include "shim/sandbox/postdeploy.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "oci/cleanup.h"
#include "shim/sandbox/fault.h"
#include "shim/sandbox/steps.h"
#include "shim/base/procfs.h"

#ifdef STEP_FAULTS
#define WAIT_MS 20000 /* a test looks at the stopped process meanwhile */
#else
#define WAIT_MS 1000 /* the file may be on a file system of the container's that hangs */
#endif
#define PROC_FD 3
#define FOUND 1 /* exit status; anything else: not found */

/* What reading and yajl need. */
static char *parser_calls[] = { "read",    "brk",   "mmap", "munmap",     "mremap",      "mmap2",
				"madvise", "close", "exit", "exit_group", "rt_sigreturn" };

static int compile(struct filter *ret, struct err *e)
{
	struct profile_rule rule = {
		.names = parser_calls,
		.name_count = sizeof(parser_calls) / sizeof(parser_calls[0]),
		.action = SCMP_ACT_ALLOW,
	};
	struct profile profile = {
		.default_action = SCMP_ACT_KILL_PROCESS,
		.rules = &rule,
		.rule_count = 1,
	};

	return filter_compile(&profile, ret, e);
}

/* The caller's stdin, stdout and stderr may be files of the operator. */
static int drop_stdio(struct err *e)
{
	auto_fd null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			return err_sys(e, errno, "/dev/null");
	return 0;
}

/* Close all descriptors but 0-2 and the host's /proc/self/fd, which becomes PROC_FD. */
static int keep_only(int proc, struct err *e)
{
	if (proc != PROC_FD && dup2(proc, PROC_FD) < 0)
		return err_sys(e, errno, "dup2");
	if (close_range(PROC_FD + 1, ~0U, 0) < 0)
		return err_sys(e, errno, "close_range");
	return 0;
}

/* Enter the container by the joiner's own steps, in its order (joiner.c has the reasons), and keep
 * no capability at all. */
static int enter(struct joiner *j, struct err *e)
{
	int proc = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (proc < 0)
		return err_sys(e, errno, "open /proc/self/fd");
	if (step_parent_death(j, e) < 0 || drop_stdio(e) < 0 || step_compare_groups(j, e) < 0 ||
	    step_non_dumpable(j, e) < 0 || step_namespaces(j, e) < 0 || step_root(j, e) < 0 ||
	    keep_only(proc, e) < 0 || step_bounding(j, e) < 0 || step_groups(j, e) < 0 ||
	    step_gid(j, e) < 0 || step_uid(j, e) < 0 || step_parent_death(j, e) < 0 ||
	    step_capabilities(j, e) < 0 || step_no_new_privs(j, e) < 0)
		return -1;
	return step_confirm(j, e);
}

#ifdef STEP_FAULTS
/* Stop when all rights are dropped; or make a call that the filter forbids. */
static void break_for_test(bool filtered)
{
	if (!filtered && sandbox_fault && !strcmp(sandbox_fault, "stop:postDeploy"))
		(void)raise(SIGSTOP);
	if (filtered && sandbox_fault && !strcmp(sandbox_fault, "fail:postDeploy"))
		(void)getppid();
}
#else
static void break_for_test(bool filtered)
{
	(void)filtered;
}
#endif

/* A path that the container has chosen.  No magic link of its procfs is followed, so that none can
 * lead through a descriptor of ours (CVE-2024-21626). */
static int open_inside(const char *path, uint64_t flags)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | flags,
		.resolve = RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

static bool enter_directory(const char *path)
{
	auto_fd fd = open_inside(path, O_DIRECTORY);
	char seen[PATH_MAX];

	return fd >= 0 && fchdir(fd) == 0 && syscall(SYS_getcwd, seen, sizeof(seen)) > 0 &&
	       seen[0] == '/';
}

/* Open the file below the working directory for reading, if it is a regular one.  It is looked at
 * before it is opened, since opening a device can do something.  Its name is used only once. */
static int open_file(void)
{
	auto_fd found = open_inside(POSTDEPLOY_FILE, 0);
	char name[16];
	struct stat st;

	if (found < 0 || fstat(found, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > POSTDEPLOY_MAX)
		return -1;
	snprintf(name, sizeof(name), "%d", found);
	return openat(PROC_FD, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static bool has_hook(const char *text, size_t len)
{
	auto_json *doc = NULL;
	struct json_node root, hooks, hook;
	struct err e = { 0 };

	if (json_parse(text, len, JSON_COMMENTS, &doc, &e) < 0)
		return false;
	json_root(doc, &root);
	return json_member(&root, "hooks", &hooks, &e) == 1 &&
	       json_member(&hooks, "postDeploy", &hook, &e) == 1;
}

static bool read_and_parse(int fd)
{
	static char text[POSTDEPLOY_MAX + 1];
	size_t used = 0;

	while (used < sizeof(text)) {
		ssize_t n = read(fd, text + used, sizeof(text) - used);

		if (n < 0)
			return false;
		if (n == 0) {
			text[used] = '\0';
			return has_hook(text, used);
		}
		used += (size_t)n;
	}
	return false;
}

__attribute__((noreturn)) static void look(const struct plan *plan, const struct app *app,
					   pid_t supervisor)
{
	/* A plan without the capabilities that a hook keeps. */
	struct plan none = { .bundle = plan->bundle, .settings = plan->settings };
	const struct sandbox sandbox = { .plan = &none, .app = app };
	struct joiner joiner = { .sandbox = &sandbox, .parent = supervisor };
	auto_filter filter = { 0 };
	struct err e = { 0 };
	int files[2] = { -1, -1 };

	if (compile(&filter, &e) < 0 || enter(&joiner, &e) < 0)
		_exit(0);
	if (enter_directory(plan->bundle->process.cwd))
		files[0] = open_file();
	if (enter_directory("/"))
		files[1] = open_file();
	(void)close(PROC_FD);
	break_for_test(false);
	if (filter_load(&filter, &e) < 0)
		_exit(0);
	break_for_test(true);
	for (int i = 0; i < 2; i++)
		if (files[i] >= 0 && read_and_parse(files[i]))
			_exit(FOUND);
	_exit(0);
}

bool postdeploy_found(const struct plan *plan, const struct app *app)
{
	pid_t supervisor = getpid(), pid = fork();
	auto_fd pidfd = -1;
	struct pollfd pfd = { .events = POLLIN };
	int status = 0;

	if (pid < 0)
		return false;
	if (pid == 0)
		look(plan, app, supervisor);
	pfd.fd = pidfd = pidfd_open(pid, 0);
	if (pidfd < 0 || poll(&pfd, 1, WAIT_MS) != 1) {
		(void)kill(pid, SIGKILL); /* ours, not reaped yet: the pid is right */
		(void)waitpid(pid, NULL,
			      WNOHANG); /* if it cannot die now, nobody waits for it then */
		return false;
	}
	return waitpid(pid, &status, WNOHANG) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == FOUND;
}
