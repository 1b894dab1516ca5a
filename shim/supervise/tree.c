/* The hook's whole process tree: found and killed.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/supervise/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#include "oci/cleanup.h"
#include "shim/base/host.h"
#include "shim/base/procfs.h"

static bool in_session(const struct tree *tree, int pid)
{
	char path[48];
	struct proc_stat proc;
	struct stat ns;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (proc_stat_read(AT_FDCWD, path, &proc) < 0 || proc.session != tree->leader)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	return stat(path, &ns) == 0 && ns.st_ino == tree->pid_ns;
}

/* The kernel has just listed pid in cgroup.procs.  If /proc cannot confirm it, that list counts. */
static bool in_cgroup(const struct tree *tree, int pid)
{
	auto_free char *text = NULL;
	char path[48];
	struct err e = { 0 };

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	if (procfs_read_all(AT_FDCWD, path, &text, &e) < 0)
		return e.code != ENOENT && e.code != ESRCH;
	return strstr(text, tree->cgroup->name);
}

/* Is pid of the tree now, and alive?  Asked after its pidfd was opened, so that a number that was
 * given to another process in between is never signalled.  Its end is
 * seen by the pidfd and not by the state Z: the main thread may have ended before the others. */
static bool is_member(const struct tree *tree, int pid, int pidfd)
{
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };

	if (poll(&ended, 1, 0) != 0)
		return false;
	return tree->cgroup->parent < 0 ? in_session(tree, pid) : in_cgroup(tree, pid);
}

static int signal_member(const struct tree *tree, int pid, int sig)
{
	auto_fd pidfd = pidfd_open(pid, 0);

	if (pidfd < 0 || !is_member(tree, pid, pidfd))
		return 0;
	(void)pidfd_send_signal(pidfd, sig, NULL, 0); /* it may have ended meanwhile */
	return 1;
}

static int signal_cgroup(const struct tree *tree, int sig)
{
	auto_fd fd = openat(tree->cgroup->child, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *procs = fd < 0 ? NULL : fdopen(fd, "r");
	int pid, found = 0;

	if (!procs)
		return 0; /* the runtime has removed it: empty */
	(void)take_fd(&fd);
	while (fscanf(procs, "%d", &pid) == 1)
		found += signal_member(tree, pid, sig);
	fclose(procs);
	return found;
}

static int signal_session(const struct tree *tree, int sig)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int found = 0;

	if (!proc)
		return 0;
	while ((entry = readdir(proc))) {
		int pid = atoi(entry->d_name);

		if (pid > 0 && in_session(tree, pid))
			found += signal_member(tree, pid, sig);
	}
	closedir(proc);
	return found;
}

int tree_signal(const struct tree *tree, int sig)
{
	if (tree->cgroup->parent < 0)
		return tree->leader > 0 ? signal_session(tree, sig) : 0;
	if (sig == SIGKILL && procfs_write(tree->cgroup->child, "cgroup.kill", "1") == 0)
		return signal_cgroup(tree, 0);
	return signal_cgroup(tree, sig);
}
