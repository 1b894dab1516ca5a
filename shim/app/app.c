/* The application: the container's init, pinned.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/app/app.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "oci/cleanup.h"
#include "shim/base/host.h"
#include "shim/base/procfs.h"

#define ENDING_MS 1000
#define HIDDEN_MAX_MS 1000 /* after that it is another user's process */
#define LOOK_AGAIN_MS 2

bool app_ended(const struct app *app)
{
	struct pollfd pfd = { .fd = app->pidfd, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1;
}

bool app_ending(const struct app *app)
{
	struct pollfd pfd = { .fd = app->pidfd, .events = POLLIN };
	struct proc_stat stat;

	if (proc_stat_read(app->proc, "stat", &stat) < 0)
		return app_ended(app);
	return poll(&pfd, 1, stat.flags & PROC_EXITING ? ENDING_MS : 0) == 1;
}

/* Does the process live, while /proc does not show it to us?  It is so for a plain user where /proc
 * is mounted with hidepid, proc(5).  /proc is asked first: a process that lives afterwards lived
 * then. */
static bool hidden(const struct app *app)
{
	char path[32];
	struct proc_stat stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", app->pid);
	if (proc_stat_read(AT_FDCWD, path, &stat) == 0)
		return false;
	return (errno == ENOENT || errno == EPERM || errno == EACCES) && !app_ended(app);
}

/* ENOENT and ESRCH mean that the process is gone, unless /proc only hides it; the rest is an error.
 */
static int gone_or(const struct app *app, struct err *e, int code, const char *what)
{
	if (hidden(app))
		return err_set(e, EACCES,
			       "pid %d lives, but /proc hides it from uid %u: mount /proc without "
			       "hidepid, or with gid= for a group of this user's",
			       app->pid, geteuid());
	if (code == ENOENT || code == ESRCH)
		return err_set(e, ESRCH, "the application has ended already");
	return err_sys(e, code, "%s", what);
}

static int check_pid(pid_t pid, struct err *e)
{
	if (pid <= 0)
		return err_set(e, EINVAL, "the state names no pid");
	if (pid == 1)
		return err_set(e, EINVAL, "pid 1 is this host's init, not a container's");
	if (pid == getpid() || pid == getppid())
		return err_set(e, EINVAL, "pid %d is not a container's, but our own side's", pid);
	return 0;
}

static int pin(pid_t pid, struct app *app, struct err *e)
{
	char path[32];
	struct proc_stat stat;

	app->pid = pid;
	app->pidfd = pidfd_open(pid, 0);
	if (app->pidfd < 0 && errno == EINVAL)
		return err_set(e, EINVAL, "pid %d is a thread, not a process", pid);
	if (app->pidfd < 0)
		return errno == ESRCH ? err_set(e, ESRCH, "the application has ended already")
				      : err_sys(e, errno, "pidfd_open");
	snprintf(path, sizeof(path), "/proc/%d", pid);
	app->proc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (app->proc < 0)
		return gone_or(app, e, errno, path);
	if (proc_stat_read(app->proc, "stat", &stat) < 0)
		return gone_or(app, e, errno, "read /proc/PID/stat");
	/* Both descriptors are open.  If the pidfd's process still lives, the other is its too. */
	if (app_ended(app))
		return err_set(e, ESRCH, "the application has ended already");
	if (stat.flags & PROC_KTHREAD)
		return err_set(e, EINVAL, "pid %d is a kernel thread, not a container's", pid);
	app->start_time = stat.start_time;
	return 0;
}

int app_open(pid_t pid, const struct bundle *bundle, struct app *ret, struct err *e)
{
	auto_app app = APP_EMPTY;
	auto_fd root = -1;
	struct stat st;

	if (host_check_kernel(e) < 0 || check_pid(pid, e) < 0 || pin(pid, &app, e) < 0)
		return -1;
	root = open(bundle->root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || fstat(root, &st) < 0)
		return err_sys(e, errno, "config.json: root.path '%s'", bundle->root_path);
	app.root_dev = st.st_dev;
	app.root_ino = st.st_ino;
	*ret = app;
	app.pidfd = app.proc = -1;
	return 0;
}

void app_close(struct app *app)
{
	cleanup_fd(&app->pidfd);
	cleanup_fd(&app->proc);
}

int app_ns_differs(const struct app *app, enum ns_kind kind, struct err *e)
{
	char path[48];
	struct stat theirs, ours;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_table[kind].proc);
	if (stat(path, &ours) < 0) {
		if (errno == ENOENT)
			return 0; /* the kernel has no namespaces of this kind */
		return err_sys(e, errno, "stat '%s'", path);
	}
	snprintf(path, sizeof(path), "ns/%s", ns_table[kind].proc);
	if (fstatat(app->proc, path, &theirs, 0) < 0) /* an ending process has none any more */
		return gone_or(app, e, errno, path);
	return theirs.st_ino != ours.st_ino || theirs.st_dev != ours.st_dev;
}

ino_t app_pid_ns(const struct app *app)
{
	struct stat st;

	return fstatat(app->proc, "ns/pid", &st, 0) < 0 ? 0 : st.st_ino;
}

int app_verify(const struct app *app, const struct bundle *bundle, struct err *e)
{
	struct proc_stat stat;

	if (proc_stat_read(app->proc, "stat", &stat) < 0)
		return gone_or(app, e, errno, "read /proc/PID/stat");
	if (stat.start_time != app->start_time)
		return err_set(e, ESRCH, "pid %d is another process now", app->pid);
	for (int kind = 0; kind < NS_COUNT; kind++) {
		int differs;

		if (!bundle->ns_listed[kind] || bundle->ns_has_path[kind])
			continue;
		differs = app_ns_differs(app, (enum ns_kind)kind, e);
		if (differs < 0)
			return -1;
		if (!differs)
			return err_set(e, EPERM,
				       "pid %d is not a container of this bundle: its %s namespace "
				       "is the host's, config.json lists a new one",
				       app->pid, ns_table[kind].oci);
	}
	return 0;
}

int app_verify_patiently(const struct app *app, const struct bundle *bundle, struct err *e)
{
	for (int waited_ms = 0; app_verify(app, bundle, e) < 0; waited_ms += LOOK_AGAIN_MS) {
		if (e->code != EACCES || waited_ms >= HIDDEN_MAX_MS)
			return -1;
		memset(e, 0, sizeof(*e));
		(void)poll(NULL, 0, LOOK_AGAIN_MS);
	}
	return 0;
}

int app_started(const struct app *app, struct err *e)
{
	struct proc_stat stat;

	if (proc_stat_read(app->proc, "stat", &stat) < 0)
		return gone_or(app, e, errno, "read /proc/PID/stat");
	return !(stat.flags & PROC_FORKNOEXEC);
}
