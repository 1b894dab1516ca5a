/* What the kernel tells in procfs, and in other files that it makes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/procfs.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>

#include "oci/cleanup.h"
#include "oci/read.h"

/* bytes; the mountinfo of a host with thousands of containers is megabytes */
#define PROC_FILE_MAX (64 * 1024 * 1024)

ssize_t procfs_read(int dir, const char *path, char *buf, size_t size)
{
	auto_fd fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;

	if (fd < 0)
		return -1;
	while (used < size) {
		ssize_t n = read(fd, buf + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0) {
			buf[used] = '\0';
			return (ssize_t)used;
		}
		used += (size_t)n;
	}
	errno = EFBIG;
	return -1;
}

int procfs_read_all(int dir, const char *path, char **ret, struct err *e)
{
	auto_fd fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	size_t len;

	if (fd < 0)
		return err_sys(e, errno, "open '%s'", path);
	if (read_all(fd, PROC_FILE_MAX, ret, &len, e) < 0)
		return err_prefix(e, "%s", path);
	return 0;
}

int procfs_write(int dir, const char *path, const char *text)
{
	auto_fd fd = openat(dir, path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	return write(fd, text, strlen(text)) < 0 ? -1 : 0;
}

int proc_stat_read(int dir, const char *path, struct proc_stat *ret)
{
	char buf[1024];
	const char *p;
	int parent, session;
	unsigned long long start;

	if (procfs_read(dir, path, buf, sizeof(buf)) < 0)
		return -1;
	p = strrchr(buf, ')'); /* the name before it may have any letters */
	/* proc(5): state ppid pgrp session tty_nr tpgid flags, twelve more, starttime */
	if (!p || sscanf(p + 1,
			 " %c %d %*d %d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
			 "%*d %llu",
			 &ret->state, &parent, &session, &ret->flags, &start) != 5) {
		errno = EPROTO;
		return -1;
	}
	ret->parent = parent;
	ret->session = session;
	ret->start_time = start;
	return 0;
}

int process_id_of(pid_t pid, struct process_id *ret)
{
	char path[32];
	struct proc_stat stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (proc_stat_read(AT_FDCWD, path, &stat) < 0)
		return -1;
	ret->pid = pid;
	ret->start_time = stat.start_time;
	return 0;
}

/* Only the pidfd knows whether the process has ended: where only its main thread has left, stat
 * shows a zombie too. */
int process_id_open(const struct process_id *process, enum hidden hidden)
{
	auto_fd fd = pidfd_open(process->pid, 0);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct process_id now;

	if (fd < 0)
		return -1;
	if (process_id_of(process->pid, &now) < 0) {
		if (hidden == HIDDEN_IS_GONE ||
		    (errno != ENOENT && errno != EPERM && errno != EACCES))
			return -1;
		now = *process;
	}
	if (now.start_time != process->start_time || poll(&pfd, 1, 0) != 0)
		return -1;
	return take_fd(&fd);
}

bool process_id_lives(const struct process_id *process, enum hidden hidden)
{
	auto_fd fd = process_id_open(process, hidden);

	return fd >= 0;
}

void procfs_boot_id(char buf[BOOT_ID_MAX])
{
	ssize_t n = procfs_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", buf, BOOT_ID_MAX);

	buf[n < 0 ? 0 : strcspn(buf, "\n")] = '\0';
}

int procfs_cgroup_next(const char **at, struct cgroup_line *ret)
{
	const char *end, *colon;

	*at += strspn(*at, "\n");
	if (!**at)
		return 0;
	memset(ret, 0, sizeof(*ret));
	ret->line = *at;
	ret->len = strcspn(*at, "\n");
	end = *at += ret->len;
	ret->controllers = memchr(ret->line, ':', ret->len);
	if (!ret->controllers)
		return -1;
	ret->controllers++;
	colon = memchr(ret->controllers, ':', (size_t)(end - ret->controllers));
	if (!colon || colon[1] != '/')
		return -1;
	ret->controllers_len = (size_t)(colon - ret->controllers);
	ret->path = colon + 1;
	ret->path_len = (size_t)(end - ret->path);
	return 1;
}

bool procfs_cgroup_find(const char *text, const struct cgroup_line *line, struct cgroup_line *ret)
{
	for (int found; (found = procfs_cgroup_next(&text, ret)) != 0;)
		if (found > 0 && ret->controllers_len == line->controllers_len &&
		    !memcmp(ret->controllers, line->controllers, line->controllers_len))
			return true;
	return false;
}

bool procfs_cgroup_same_path(const struct cgroup_line *a, const struct cgroup_line *b)
{
	return a->path_len == b->path_len && !memcmp(a->path, b->path, a->path_len);
}
