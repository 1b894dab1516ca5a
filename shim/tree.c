/* The hook's whole process tree: found and killed.  SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "../oci/cleanup.h"
#include "host.h"

/* Is pid of the tree now?  Asked after its pidfd was opened, so that a number that was given to
 * another process in between is never signalled. */
static bool is_member(const struct tree *tree, int pid)
{
	char path[48], text[8192];
	struct proc_stat stat;

	if (tree->cgroup->parent < 0) {
		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		return proc_stat_read(AT_FDCWD, path, &stat) == 0 && stat.session == tree->leader &&
		       stat.state != 'Z';
	}
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	return host_read(AT_FDCWD, path, text, sizeof(text)) >= 0 &&
	       strstr(text, tree->cgroup->name);
}

static int signal_member(const struct tree *tree, int pid, int sig)
{
	auto_fd pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd < 0 || !is_member(tree, pid))
		return 0;
	(void)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0); /* gone is as good */
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

		if (pid > 0)
			found += signal_member(tree, pid, sig);
	}
	closedir(proc);
	return found;
}

int tree_signal(const struct tree *tree, int sig)
{
	if (tree->cgroup->parent < 0)
		return tree->leader > 0 ? signal_session(tree, sig) : 0;
	if (sig == SIGKILL && host_write(tree->cgroup->child, "cgroup.kill", "1") == 0)
		return signal_cgroup(tree, 0);
	return signal_cgroup(tree, sig);
}
