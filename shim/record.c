/* The claim of a start: at most one run each.  SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../oci/cleanup.h"
#include "../oci/state.h"
#include "host.h"
#include "text.h"

int record_dir(const char *path, bool make, struct err *e)
{
	char standard[PATH_MAX];
	auto_fd fd = -1;
	struct stat st;

	if (!path) {
		host_default_root(standard, sizeof(standard));
		path = standard;
	}
	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "make the record directory '%s'", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, errno, "open the record directory '%s'", path);
	if (st.st_uid != geteuid())
		return err_set(e, EPERM, "the record directory '%s' is owned by uid %u, not by us",
			       path, st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, EPERM,
			       "the record directory '%s' has mode %04o, others can write it: "
			       "chmod go-w",
			       path, st.st_mode & 07777);
	return take_fd(&fd);
}

static void claim_name(char *buf, size_t size, pid_t pid, uint64_t start_time)
{
	snprintf(buf, size, "%d-%llu.json", pid, (unsigned long long)start_time);
}

static int write_claim(int fd, const struct app *app, const char *id, const char *bundle)
{
	char text[8 * STATE_ID_MAX + 8 * PATH_MAX], quoted_id[6 * STATE_ID_MAX + 8];
	char quoted_bundle[6 * PATH_MAX];
	int n = snprintf(text, sizeof(text),
			 "{\"version\":1,\"id\":\"%s\",\"pid\":%d,\"startTime\":%llu,"
			 "\"bundle\":\"%s\"}\n",
			 text_json(quoted_id, sizeof(quoted_id), id), app->pid,
			 (unsigned long long)app->start_time,
			 text_json(quoted_bundle, sizeof(quoted_bundle), bundle));
	ssize_t written = write(fd, text, (size_t)n);

	if (written < 0)
		return -1;
	if (written != n) {
		errno = ENOSPC;
		return -1;
	}
	return 0;
}

int record_claim(int dir, const struct app *app, const char *id, const char *bundle, struct err *e)
{
	char name[64];
	auto_fd fd = -1;

	claim_name(name, sizeof(name), app->pid, app->start_time);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, errno, "claim this start by the record '%s'", name);
	if (write_claim(fd, app, id, bundle) < 0) {
		(void)err_sys(e, errno, "write the record '%s'", name);
		(void)unlinkat(dir, name, 0); /* an empty one would only be swept later */
		return -1;
	}
	return 0;
}

/* A zombie has ended, but not one whose main thread only left the others behind: the pidfd knows.
 */
static bool process_ended(pid_t pid)
{
	auto_fd fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return fd < 0 ? errno == ESRCH : poll(&pfd, 1, 0) == 1;
}

/* Is name a claim, and its process gone?  Any other file is not ours to remove. */
static bool claim_is_dead(const char *name)
{
	char path[64], again[64];
	int pid;
	unsigned long long start_time;
	struct proc_stat stat;

	if (sscanf(name, "%d-%llu.json", &pid, &start_time) != 2)
		return false;
	claim_name(again, sizeof(again), pid, start_time);
	if (strcmp(name, again))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (proc_stat_read(AT_FDCWD, path, &stat) < 0)
		return errno == ENOENT || errno == ESRCH;
	return stat.start_time != start_time || process_ended(pid);
}

void record_sweep(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!entries) {
		cleanup_fd(&fd);
		return;
	}
	while ((entry = readdir(entries)))
		if (claim_is_dead(entry->d_name))
			(void)unlinkat(dir, entry->d_name, 0); /* another sweep may be faster */
	closedir(entries);
}
