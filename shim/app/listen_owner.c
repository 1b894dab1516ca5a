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

#define FDS_MAX 4096        /* looked at of one process: what listens is among its first */
#define FDS_TOTAL_MAX 65536 /* of all of them: a container must not keep us busy */
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

/* The rest of the line of text that begins with "...:NAMES:", up to its end; NULL: there is none.
 */
static const char *cgroup_path(const char *text, const char *names, size_t names_len)
{
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		const char *colon;

		line += *line == '\n';
		colon = strchr(line, ':');
		if (colon && !strncmp(colon + 1, names, names_len) && colon[1 + names_len] == ':')
			return colon + 2 + names_len;
	}
	return NULL;
}

static bool same_line(const char *a, const char *b)
{
	size_t n = strcspn(a, "\n");

	return n == strcspn(b, "\n") && !memcmp(a, b, n);
}

bool owner_in_cgroup(const char *text, const char *of_app, const char *ours, bool *ret_usable)
{
	*ret_usable = false;
	for (const char *line = of_app; line && *line; line = strchr(line, '\n')) {
		const char *names, *path, *our_path, *their_path;
		size_t len, names_len;

		line += *line == '\n';
		names = strchr(line, ':');
		path = names ? strchr(names + 1, ':') : NULL;
		if (!path)
			continue;
		names_len = (size_t)(path++ - ++names);
		len = strcspn(path, "\n");
		our_path = cgroup_path(ours, names, names_len);
		if (len <= 1 || (our_path && same_line(path, our_path)))
			continue; /* the root's, or ours: nobody's in particular */
		*ret_usable = true;
		their_path = cgroup_path(text, names, names_len);
		if (their_path && !strncmp(their_path, path, len) &&
		    (their_path[len] == '/' || their_path[len] == '\n' || !their_path[len]))
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
	char path[32], text[1024];
	const char *end;
	int parent = 0;

	snprintf(path, sizeof(path), "%d/stat", pid);
	if (procfs_read(proc, path, text, sizeof(text)) < 0 || !(end = strrchr(text, ')')) ||
	    sscanf(end + 1, " %*c %d", &parent) != 1)
		return 0;
	return parent;
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
static bool is_member(const struct search *s, int proc, int dir, pid_t pid)
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

/* The links' text only: a file itself may be on a file system that the container made hang. */
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
	(void)take_fd(&fd); /* the list's */
	closedir(list);
}

static void look_at(struct search *s, int proc, const char *name)
{
	auto_fd dir = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat network;

	if (dir < 0 || fstatat(dir, "ns/net", &network, 0) < 0 || !same_file(&network, &s->network))
		return; /* gone, hidden from us, or elsewhere */
	if (is_member(s, proc, dir, atoi(name)))
		mark_sockets(s, dir);
	else
		s->out->shared = true;
}

/* What tells the container's processes from others. */
static int prepare(struct search *s)
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
	if (prepare(&s) == 0)
		while ((entry = readdir(proc)))
			if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
				look_at(&s, dirfd(proc), entry->d_name);
	closedir(proc);
	/* Alone in the namespace it can only be the application who listens. */
	for (size_t i = 0; !ret->shared && i < set->count; i++)
		ret->ours[i] = true;
}
