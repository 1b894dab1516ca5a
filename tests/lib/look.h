/* A process, as the container's /proc shows it.  SPDX-License-Identifier: Apache-2.0
 *
 * For programs that look at the hook from inside the container: each function returns 1 if it has
 * seen more than a hook may have, and tells it on stdout.
 */
#ifndef TESTS_LOOK_H
#define TESTS_LOOK_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t look_mask; /* the capabilities that a hook may have */

static void violation(const char *when, int pid, const char *what, const char *value)
{
	printf("%s: process %d: %s %s\n", when, pid, what, value);
	fflush(stdout);
}

static int check_status(int pid, const char *when)
{
	char path[64], line[256];
	uint64_t value;
	int bad = 0, lines = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	if (!file)
		return 0; /* ended */
	while (fgets(line, sizeof(line), file)) {
		char key[32];

		if (sscanf(line, "%31[^:]: %lx", key, &value) != 2)
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (!strcmp(key, "CapPrm") || !strcmp(key, "CapEff") || !strcmp(key, "CapBnd")) {
			bad |= (value & ~look_mask) != 0;
		} else if (!strcmp(key, "CapInh") || !strcmp(key, "CapAmb")) {
			bad |= value != 0;
		} else if (!strcmp(key, "NoNewPrivs")) {
			bad |= value != 1;
		} else if (!strcmp(key, "Seccomp")) {
			bad |= value != 2;
		} else {
			continue;
		}
		lines++;
		if (bad) {
			violation(when, pid, "status", line);
			break;
		}
	}
	fclose(file);
	return bad || lines != 7;
}

static int check_fds(int pid, const char *when)
{
	char path[64], link[256];
	int bad = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		return 0;
	for (const struct dirent *entry; (entry = readdir(dir));) {
		ssize_t n;

		if (entry->d_name[0] == '.' || atoi(entry->d_name) <= 2)
			continue;
		n = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
		link[n < 0 ? 0 : n] = '\0';
		violation(when, pid, "has a descriptor of", link);
		bad = 1;
	}
	closedir(dir);
	return bad;
}

/* A copy in memory that is sealed may be opened for writing, and cannot be written. */
static int is_sealed(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);

	if (fd >= 0)
		close(fd);
	return seals >= 0 && (seals & F_SEAL_WRITE) && (seals & F_SEAL_SEAL);
}

/* Writable, apart from being busy: that is what a later open for writing would meet.  path: of the
 * process's exe, or of our own descriptor of it. */
static int look_at_exe(int pid, const char *path, const char *when)
{
	if ((access(path, W_OK) < 0 && (errno == EROFS || errno == ENOENT)) || is_sealed(path))
		return 0;
	violation(when, pid, "its program can be opened for writing", "");
	return 1;
}

/* Its rights and its descriptors. */
static int look_at(int pid, const char *when)
{
	return check_status(pid, when) | check_fds(pid, when);
}

#endif
