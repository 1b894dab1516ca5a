/* Whose listening sockets are these?  SPDX-License-Identifier: Apache-2.0 */
#include "shim/app/listen_owner.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "oci/cleanup.h"
#include "shim/base/host.h"
#include "shim/base/procfs.h"

#define FDS_MAX 4096        /* looked at in one process: listening sockets are among its first */
#define FDS_TOTAL_MAX 65536 /* in all of them: a container must not keep us busy */
#define CGROUP_BYTES 8192
#define ANCESTORS_MAX 64

struct search {
	const struct app *app;
	const struct listeners *set;
	struct owners *out;
	struct stat network, pids; /* the application's namespaces */
	bool own_pids, by_cgroup;
	char app_cgroup[CGROUP_BYTES], our_cgroup[CGROUP_BYTES];
	size_t fds_left;
};

/* Is the path of line that of cgroup, or below it? */
static bool is_in(const struct cgroup_line *line, const struct cgroup_line *cgroup)
{
	return line->path_len >= cgroup->path_len &&
	       !memcmp(line->path, cgroup->path, cgroup->path_len) &&
	       (line->path_len == cgroup->path_len || line->path[cgroup->path_len] == '/');
}

bool owner_in_cgroup(const char *text, const char *of_app, const char *ours, bool *ret_usable)
{
	struct cgroup_line app, found;

	*ret_usable = false;
	for (int kind; (kind = procfs_cgroup_next(&of_app, &app)) != 0;) {
		if (kind < 0 || app.path_len <= 1 ||
		    (procfs_cgroup_find(ours, &app, &found) &&
		     procfs_cgroup_same_path(&app, &found)))
			continue; /* the root's or ours, which tells nothing */
		*ret_usable = true;
		if (procfs_cgroup_find(text, &app, &found) && is_in(&found, &app))
			return true;
	}
	return false;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static pid_t parent_of(int proc, pid_t pid)
{
	char path[32];
	struct proc_stat stat;

	snprintf(path, sizeof(path), "%d/stat", pid);
	return proc_stat_read(proc, path, &stat) < 0 ? 0 : stat.parent;
}

static bool descends(const struct search *s, int proc, pid_t pid)
{
	for (int i = 0; i < ANCESTORS_MAX && pid > 1; i++) {
		pid = parent_of(proc, pid);
		if (pid == s->app->pid)
			return true;
	}
	return false;
}

/* dir: /proc/PID */
static bool in_container(const struct search *s, int proc, int dir, pid_t pid)
{
	char cgroup[CGROUP_BYTES];
	struct stat pids;
	bool usable;

	if (pid == s->app->pid)
		return true;
	if (s->own_pids && fstatat(dir, "ns/pid", &pids, 0) == 0 && same_file(&pids, &s->pids))
		return true;
	if (s->by_cgroup)
		return procfs_read(dir, "cgroup", cgroup, sizeof(cgroup)) >= 0 &&
		       owner_in_cgroup(cgroup, s->app_cgroup, s->our_cgroup, &usable);
	return !s->own_pids && descends(s, proc, pid);
}

/* Read only the text of the links: a file may be on a file system that the container made hang. */
static void mark_sockets(struct search *s, int dir)
{
	auto_fd fd = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!list)
		return;
	for (size_t i = 0; i < FDS_MAX && s->fds_left && (entry = readdir(list)); i++) {
		char link[64];
		unsigned long long inode;
		ssize_t n = readlinkat(dirfd(list), entry->d_name, link, sizeof(link) - 1);

		s->fds_left--;
		if (n <= 0)
			continue;
		link[n] = '\0';
		if (sscanf(link, "socket:[%llu]", &inode) != 1)
			continue;
		for (size_t j = 0; j < s->set->count; j++)
			if (s->set->at[j].inode == inode)
				s->out->ours[j] = true;
	}
	(void)take_fd(&fd); /* closedir closes it */
	closedir(list);
}

static void look_at(struct search *s, int proc, const char *name)
{
	auto_fd dir = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat network;

	if (dir < 0 || fstatat(dir, "ns/net", &network, 0) < 0 || !same_file(&network, &s->network))
		return; /* it has ended, hides from us, or is in another namespace */
	if (in_container(s, proc, dir, atoi(name)))
		mark_sockets(s, dir);
	else
		s->out->shared = true;
}

/* Find out by what the container's processes are told from others. */
static int start_search(struct search *s)
{
	bool usable = false;

	if (fstatat(s->app->proc, "ns/net", &s->network, 0) < 0 ||
	    fstatat(s->app->proc, "ns/pid", &s->pids, 0) < 0)
		return -1;
	if (procfs_read(s->app->proc, "cgroup", s->app_cgroup, CGROUP_BYTES) >= 0 &&
	    procfs_read(AT_FDCWD, "/proc/self/cgroup", s->our_cgroup, CGROUP_BYTES) >= 0)
		(void)owner_in_cgroup("", s->app_cgroup, s->our_cgroup, &usable);
	s->by_cgroup = usable;
	return 0;
}

void owner_find(const struct app *app, bool own_pids, const struct listeners *set,
		struct owners *ret)
{
	struct search s = {
		.app = app,
		.set = set,
		.out = ret,
		.own_pids = own_pids,
		.fds_left = FDS_TOTAL_MAX,
	};
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	memset(ret, 0, sizeof(*ret));
	if (!proc)
		return;
	if (start_search(&s) == 0)
		while ((entry = readdir(proc)))
			if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
				look_at(&s, dirfd(proc), entry->d_name);
	closedir(proc);
	/* Where no other process lives in the namespace, all listeners are the application's. */
	for (size_t i = 0; !ret->shared && i < set->count; i++)
		ret->ours[i] = true;
}
