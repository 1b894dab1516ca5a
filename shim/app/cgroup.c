/* The application's cgroups, and a child of them for the hook.  SPDX-License-Identifier: Apache-2.0
 */
#include "shim/app/cgroup.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "oci/cleanup.h"
#include "shim/base/host.h"
#include "shim/base/procfs.h"

#define REMOVE_TRIES 200
#define REMOVE_WAIT_MS 5

/* Is the word of n letters one of a comma-separated list? */
static bool in_list(const char *list, size_t len, const char *word, size_t n)
{
	for (const char *at = list, *end = list + len; at < end; at++) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		size_t item = (size_t)((comma ? comma : end) - at);

		if (item == n && !memcmp(at, word, n))
			return true;
		at += item;
	}
	return false;
}

/* mountinfo writes space, tab, newline and backslash as \OOO. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		unsigned c;

		if (from[0] == '\\' && sscanf(from + 1, "%3o", &c) == 1) {
			*to = (char)c;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* Where the line's hierarchy is mounted, by the text of /proc/self/mountinfo (proc(5)):
 * "ID PARENT DEV ROOT MOUNTPOINT OPTIONS [FIELDS] - TYPE SOURCE SUPEROPTIONS". */
static bool find_mount(const char *mountinfo, const struct cgroup_line *h, char *root, char *point)
{
	const char *comma = memchr(h->controllers, ',', h->controllers_len);
	size_t first = comma ? (size_t)(comma - h->controllers) : h->controllers_len;

	for (const char *line = mountinfo; line && *line; line = strchr(line, '\n')) {
		char type[32], options[512];
		const char *tail;

		line += *line == '\n';
		tail = strstr(line, " - ");
		if (!tail || sscanf(tail, " - %31s %*s %511s", type, options) != 2 ||
		    sscanf(line, "%*s %*s %*s %4095s %4095s", root, point) != 2)
			continue;
		if (!h->controllers_len
			    ? strcmp(type, "cgroup2") != 0
			    : strcmp(type, "cgroup") != 0 ||
				      !in_list(options, strlen(options), h->controllers, first))
			continue;
		unescape(root);
		unescape(point);
		return true;
	}
	return false;
}

static int open_dir(const struct cgroup_line *h, const char *mountinfo, struct err *e)
{
	char root[PATH_MAX], point[PATH_MAX], path[2 * PATH_MAX];
	const char *label = h->controllers_len ? h->controllers : "v2";
	int label_len = h->controllers_len ? (int)h->controllers_len : 2;
	size_t skip;
	struct statfs fs;
	auto_fd fd = -1;

	if (!find_mount(mountinfo, h, root, point))
		return err_set(e, ENOENT, "cgroup hierarchy '%.*s' is not mounted here", label_len,
			       label);
	skip = strcmp(root, "/") ? strlen(root) : 0; /* only a part of the hierarchy is mounted */
	if (h->path_len < skip || memcmp(h->path, root, skip) != 0 ||
	    (skip && h->path_len > skip && h->path[skip] != '/'))
		return err_set(e, ENOENT, "cgroup '%.*s' of hierarchy '%.*s' is not visible here",
			       (int)h->path_len, h->path, label_len, label);
	snprintf(path, sizeof(path), "%s%.*s", point, (int)(h->path_len - skip), h->path + skip);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_sys(e, errno, "open cgroup '%s'", path);
	if (fstatfs(fd, &fs) < 0 ||
	    (fs.f_type != CGROUP_SUPER_MAGIC && fs.f_type != CGROUP2_SUPER_MAGIC))
		return err_set(e, EINVAL, "'%s' is not in a cgroup file system", path);
	return take_fd(&fd);
}

static int plan_child(struct cgroup *cg, const char *members, int *parent, struct err *e)
{
	unsigned long long random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return err_sys(e, errno, "getrandom");
	snprintf(cg->name, sizeof(cg->name), "oci-deploy-hook-%016llx", random);
	cg->members = members;
	cg->parent = take_fd(parent);
	return 0;
}

static int add_join(struct cgroup *cg, int dir, const char *file, struct err *e)
{
	int fd;

	if (cg->join_count == CGROUP_HIERARCHIES_MAX)
		return err_set(e, E2BIG, "more than %d cgroup hierarchies", CGROUP_HIERARCHIES_MAX);
	fd = openat(dir, file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "open %s of a cgroup", file);
	cg->join[cg->join_count++] = fd;
	return 0;
}

static int add_hierarchy(struct cgroup *cg, const struct cgroup_line *h, const char *mountinfo,
			 bool with_child, struct err *e)
{
	/* In v1 a single thread joins twenty times faster by tasks than by cgroup.procs. */
	const char *members = h->controllers_len ? "tasks" : "cgroup.procs";
	auto_fd dir = open_dir(h, mountinfo, e);

	if (dir < 0)
		return -1;
	if (with_child)
		return plan_child(cg, members, &dir, e);
	if (add_join(cg, dir, members, e) < 0)
		return err_prefix(e, "%.*s", (int)h->path_len, h->path);
	return 0;
}

int cgroup_find(struct cgroup *cg)
{
	if (cg->child < 0 && cg->parent >= 0)
		cg->child = openat(cg->parent, cg->name,
				   O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return cg->child < 0 ? -1 : 0;
}

int cgroup_make(struct cgroup *cg, struct err *e)
{
	if (cg->parent < 0)
		return 0;
	if (mkdirat(cg->parent, cg->name, 0755) < 0)
		return err_sys(e, errno, "make a child of the application's cgroup");
	if (cgroup_find(cg) < 0)
		return err_sys(e, errno, "open cgroup '%s'", cg->name);
	return add_join(cg, cg->child, cg->members, e);
}

struct cgroup_texts {
	char *theirs;
	char *ours;
	char *mountinfo;
};

static void free_texts(struct cgroup_texts *t)
{
	free(t->theirs);
	free(t->ours);
	free(t->mountinfo);
}

/* Does the application have a cgroup of its own in this hierarchy? */
static bool is_own(const struct cgroup_line *h, const char *ours)
{
	struct cgroup_line our_line;

	return h->path_len > 1 &&
	       !(procfs_cgroup_find(ours, h, &our_line) && procfs_cgroup_same_path(h, &our_line));
}

static bool is_freezer(const struct cgroup_line *h)
{
	return in_list(h->controllers, h->controllers_len, "freezer", strlen("freezer"));
}

/* The hierarchy that the child is made in: v2 first, for cgroup.kill, then the freezer.  Returns
 * whether there is one. */
static bool choose_child(const struct cgroup_texts *t, struct cgroup_line *ret)
{
	const char *at = t->theirs;
	struct cgroup_line h;
	bool found = false;

	for (int kind; (kind = procfs_cgroup_next(&at, &h)) != 0;) {
		if (kind < 0 || !is_own(&h, t->ours))
			continue;
		if (!h.controllers_len || is_freezer(&h)) {
			*ret = h;
			found = true;
		}
		if (!h.controllers_len)
			break;
	}
	return found;
}

static int add_all(const struct cgroup_texts *t, struct cgroup *cg, struct err *e)
{
	const char *at = t->theirs;
	struct cgroup_line h, child, ours;
	bool has_child = choose_child(t, &child);

	for (int kind; (kind = procfs_cgroup_next(&at, &h)) != 0;) {
		bool with_child = has_child && h.line == child.line;

		if (kind < 0)
			return err_set(e, EPROTO, "/proc/PID/cgroup: unknown line '%.*s'",
				       (int)h.len, h.line);
		if (!with_child && procfs_cgroup_find(t->ours, &h, &ours) &&
		    procfs_cgroup_same_path(&h, &ours))
			continue; /* we are there already */
		if (add_hierarchy(cg, &h, t->mountinfo, with_child, e) < 0)
			return -1;
	}
	return 0;
}

int cgroup_prepare(const struct app *app, struct cgroup *ret, struct err *e)
{
	__attribute__((cleanup(free_texts))) struct cgroup_texts texts = { 0 };
	struct cgroup cg = CGROUP_EMPTY;

	if (procfs_read_all(app->proc, "cgroup", &texts.theirs, e) < 0) {
		if (app_ended(app))
			e->code = ESRCH;
		return -1;
	}
	if (procfs_read_all(AT_FDCWD, "/proc/self/cgroup", &texts.ours, e) < 0 ||
	    procfs_read_all(AT_FDCWD, "/proc/self/mountinfo", &texts.mountinfo, e) < 0)
		return -1;
	if (add_all(&texts, &cg, e) < 0) {
		if (app_ended(app))
			e->code = ESRCH;   /* the runtime removes its cgroups while we look */
		(void)cgroup_discard(&cg); /* the first cause is what counts */
		return -1;
	}
	*ret = cg;
	return 0;
}

int cgroup_enter(const struct cgroup *cg, struct err *e)
{
	for (int i = 0; i < cg->join_count; i++)
		if (write(cg->join[i], "0", 1) < 0)
			return err_sys(e, errno, "join the application's cgroup");
	return 0;
}

int cgroup_discard(struct cgroup *cg)
{
	int result = 0;

	cleanup_fd(&cg->child);
	for (int i = 0; i < cg->join_count; i++)
		cleanup_fd(&cg->join[i]);
	cg->join_count = 0;
	for (int tries = 0; cg->parent >= 0; tries++) {
		result = unlinkat(cg->parent, cg->name, AT_REMOVEDIR);
		if (result == 0 || errno != EBUSY || tries == REMOVE_TRIES)
			break;
		(void)poll(NULL, 0, REMOVE_WAIT_MS);
	}
	if (result < 0 && (errno == ENOENT || errno == ENODEV))
		result = 0;
	cleanup_fd(&cg->parent);
	return result;
}
