/* The steps that enter the container: output, cgroup, namespaces, root, directory.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "oci/cleanup.h"
#include "shim/sandbox/relay.h"
#include "shim/sandbox/steps.h"
#include "shim/base/tools.h"

int step_parent_death(struct joiner *j, struct err *e)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return err_sys(e, errno, "prctl");
	if (getppid() != j->parent)
		return err_set(e, ECHILD, "the supervisor has ended");
	return 0;
}

/* Where does this stream of the hook go?  Returns the descriptor that the hook writes to.  If a
 * relay must write instead of it, returns -1 and fills *relay. */
static int choose_target(const struct joiner *j, int number, struct relay_stream *relay)
{
	int fd = -1;

	*relay = (struct relay_stream){ .source = -1, .target = -1, .kind = STREAM_NOWHERE };
	if (j->sandbox->foreground) {
		relay->target = number;
		relay->lossless = true;
		return -1;
	}
	if (j->sandbox->plan->settings->output != OUTPUT_CONTAINER)
		return -1;
	relay->kind = stream_open(j->sandbox->app, number, &fd);
	if (relay->kind == STREAM_DIRECT)
		return fd;
	relay->target = fd;
	return -1;
}

/* Clone a helper that is our parent's child, as the hook will be.  The kernel writes its pid to
 * *ret_pid, which the parent reads. */
static long clone_helper(pid_t *ret_pid)
{
	return syscall(SYS_clone, CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD, NULL, ret_pid, NULL,
		       NULL);
}

static int start_relay(struct joiner *j, struct relay_stream *streams, struct err *e)
{
	struct relay relay = { .logger = -1, .report = j->sandbox->report.relay };
	auto_fd relay_end = -1, logger_end = -1;
	long pid;

	memcpy(relay.streams, streams, sizeof(relay.streams));
	if (!j->sandbox->foreground && j->sandbox->plan->settings->output == OUTPUT_LOG) {
		if (relay_socket(&relay_end, &logger_end) < 0)
			return err_sys(e, errno, "socketpair");
		pid = clone_helper(&j->sandbox->report.joiner->logger);
		if (pid < 0)
			return err_sys(e, errno, "start the logger");
		if (pid == 0)
			relay_log(logger_end, j->sandbox->plan->state->id,
				  j->sandbox->report.relay);
		relay.logger = relay_end;
	}
	pid = clone_helper(&j->sandbox->report.joiner->relay);
	if (pid < 0)
		return err_sys(e, errno, "start the relay");
	if (pid == 0)
		relay_run(&relay);
	return 0;
}

/* Make these descriptors 0, 1 and 2, blocking, and open after an exec. */
static int place(const int fds[3], struct err *e)
{
	for (int i = 0; i < 3; i++) {
		int flags = fcntl(fds[i], F_GETFL);
		struct stat st;

		if (fstat(fds[i], &st) < 0 || flags < 0)
			return err_sys(e, errno, "the hook's descriptor %d", i);
		/* A regular file ignores O_NONBLOCK, and shares its flags with the application. */
		if (!S_ISREG(st.st_mode) && (flags & O_NONBLOCK) &&
		    fcntl(fds[i], F_SETFL, flags & ~O_NONBLOCK) < 0)
			return err_sys(e, errno, "the hook's descriptor %d", i);
		if (dup2(fds[i], i) < 0)
			return err_sys(e, errno, "dup2");
	}
	return 0;
}

int step_output(struct joiner *j, struct err *e)
{
	struct relay_stream relays[RELAY_STREAMS];
	int fds[3] = { -1, -1, -1 }, empty[2];
	bool relayed = false;

	if (pipe2(empty, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	(void)close(empty[1]); /* so stdin is at its end; /dev/null is a file of the host */
	fds[0] = empty[0];
	for (int i = 0; i < RELAY_STREAMS; i++) {
		int both[2];

		fds[1 + i] = choose_target(j, STDOUT_FILENO + i, &relays[i]);
		if (fds[1 + i] >= 0)
			continue;
		if (pipe2(both, O_CLOEXEC) < 0)
			return err_sys(e, errno, "pipe");
		relays[i].source = both[0];
		fds[1 + i] = both[1];
		relayed = true;
	}
	if (relayed && start_relay(j, relays, e) < 0)
		return -1;
	/* The hook must not be able to write into the relay's report. */
	if (munmap(j->sandbox->report.relay, sizeof(*j->sandbox->report.relay)) < 0)
		return err_sys(e, errno, "munmap");
	return place(fds, e);
}

int step_tools(struct joiner *j, struct err *e)
{
	const char *dir = j->sandbox->plan->settings->tools;

	return dir ? tools_open(dir, &j->tools, e) : 0;
}

int step_cgroup(struct joiner *j, struct err *e)
{
	return cgroup_enter(j->sandbox->cgroup, e);
}

int step_non_dumpable(struct joiner *j, struct err *e)
{
	(void)j;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(e, errno, "prctl");
	return 0;
}

/* Join all namespaces by one call, but for those that are ours already: to join one's own user
 * namespace again fails with EINVAL (setns(2)). */
int step_namespaces(struct joiner *j, struct err *e)
{
	int flags = 0;

	if (app_verify_patiently(j->sandbox->app, j->sandbox->plan->bundle, e) < 0)
		return -1;
	for (int kind = 0; kind < NS_COUNT; kind++) {
		int differs = app_ns_differs(j->sandbox->app, (enum ns_kind)kind, e);

		if (differs < 0)
			return -1;
		if (differs)
			flags |= ns_table[kind].flag;
	}
	if (!(flags & CLONE_NEWNS))
		return err_set(e, EPERM, "the application has no mount namespace of its own");
	if (setns(j->sandbox->app->pidfd, flags) < 0)
		return err_sys(e, errno, "setns");
	return 0;
}

/* Is the root the one that config.json names?  This alone proves that we are in the container.  A
 * mount namespace that differs from ours proves nothing, since ours may be a private one. */
int step_root(struct joiner *j, struct err *e)
{
	struct stat st;

	if (stat("/", &st) < 0)
		return err_sys(e, errno, "stat the root directory");
	if (st.st_dev != j->sandbox->app->root_dev || st.st_ino != j->sandbox->app->root_ino)
		return err_set(
			e, EPERM,
			"the root directory of pid %d is not the root.path of config.json: a "
			"sandboxed runtime, or a state that is not this container's",
			j->sandbox->app->pid);
	return 0;
}

/* Where there are tools, the hook has a mount namespace of its own from here on. */
int step_tools_mount(struct joiner *j, struct err *e)
{
	return j->sandbox->plan->settings->tools ? tools_mount(j->tools, e) : 0;
}

/* Close all descriptors before any path of the container is used, so that none can lead through
 * /proc/self/fd to one of ours. */
int step_descriptors(struct joiner *j, struct err *e)
{
	(void)j;
	if (close_range(3, ~0U, 0) < 0)
		return err_sys(e, errno, "close_range");
	return 0;
}

/* getcwd(2) says "(unreachable)..." where the directory is outside of the root (CVE-2024-21626). */
static int confirm_directory(struct err *e)
{
	char path[PATH_MAX];

	if (syscall(SYS_getcwd, path, sizeof(path)) < 0)
		return err_sys(e, errno, "getcwd");
	if (path[0] != '/')
		return err_set(e, EPERM, "the working directory is outside of the container");
	return 0;
}

int step_directory(struct joiner *j, struct err *e)
{
	const char *cwd = j->sandbox->plan->bundle->process.cwd;

	j->sandbox->report.joiner->cwd_pending = false;
	if (chdir(cwd) < 0) {
		if (errno != EACCES && errno != EPERM)
			return err_sys(e, errno, "enter the working directory '%s'", cwd);
		j->sandbox->report.joiner->cwd_pending =
			true; /* root may lack a right that the application's user has */
		return chdir("/") < 0 ? err_sys(e, errno, "enter '/'") : 0;
	}
	return confirm_directory(e);
}

int step_directory_again(struct joiner *j, struct err *e)
{
	const char *cwd = j->sandbox->plan->bundle->process.cwd;

	if (j->sandbox->report.joiner->cwd_pending && chdir(cwd) < 0)
		return err_sys(e, errno, "enter the working directory '%s'", cwd);
	return confirm_directory(e);
}
