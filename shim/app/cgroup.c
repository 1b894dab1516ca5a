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

/* One hierarchy that the application is in: a line of /proc/PID/cgroup, cgroups(7). */
struct hierarchy {
	char *controllers; /* "cpu,cpuacct", "name=systemd"; "" = cgroup v2 */
	char *path;
};

/* The line's parts; the line is cut in place.  Returns false at a line of another form. */
static bool parse_line(char *line, struct hierarchy *ret)
{
	char *controllers = strchr(line, ':');
	char *path = controllers ? strchr(controllers + 1, ':') : NULL;

	if (!path)
		return false;
	*path++ = '\0';
	ret->controllers = controllers + 1;
	ret->path = path;
	return path[0] == '/';
}

/* Our own path in the same hierarchy, copied from text (/proc/self/cgroup), or "". */
static void own_path(const char *text, const char *controllers, char *buf, size_t size)
{
	size_t n = strlen(controllers);

	buf[0] = '\0';
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		const char *colon;

		line += *line == '\n';
		colon = strchr(line, ':');
		if (colon && !strncmp(colon + 1, controllers, n) && colon[1 + n] == ':') {
			snprintf(buf, size, "%.*s", (int)strcspn(colon + 2 + n, "\n"),
				 colon + 2 + n);
			return;
		}
	}
}

/* Is word one of a comma-separated list? */
static bool in_list(const char *list, const char *word, size_t n)
{
	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (!strncmp(list, word, n) && (list[n] == ',' || list[n] == '\0'))
			return true;
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

/* Where the hierarchy is mounted, by the text of /proc/self/mountinfo (proc(5)):
 * "ID PARENT DEV ROOT MOUNTPOINT OPTIONS [FIELDS] - TYPE SOURCE SUPEROPTIONS". */
static bool find_mount(const char *mountinfo, const char *controllers, char *root, char *point)
{
	size_t first = strcspn(controllers, ",");

	for (const char *line = mountinfo; line && *line; line = strchr(line, '\n')) {
		char type[32], options[512];
		const char *tail;

		line += *line == '\n';
		tail = strstr(line, " - ");
		if (!tail || sscanf(tail, " - %31s %*s %511s", type, options) != 2 ||
		    sscanf(line, "%*s %*s %*s %4095s %4095s", root, point) != 2)
			continue;
		if (!controllers[0]
			    ? strcmp(type, "cgroup2") != 0
			    : strcmp(type, "cgroup") != 0 || !in_list(options, controllers, first))
			continue;
		unescape(root);
		unescape(point);
		return true;
	}
	return false;
}

static int open_dir(const struct hierarchy *h, const char *mountinfo, struct err *e)
{
	char root[PATH_MAX], point[PATH_MAX], path[2 * PATH_MAX];
	const char *label = h->controllers[0] ? h->controllers : "v2";
	size_t skip;
	struct statfs fs;
	auto_fd fd = -1;

	if (!find_mount(mountinfo, h->controllers, root, point))
		return err_set(e, ENOENT, "cgroup hierarchy '%s' is not mounted here", label);
	skip = strcmp(root, "/") ? strlen(root) : 0; /* a part of the hierarchy is mounted */
	if (strncmp(h->path, root, skip) || (skip && h->path[skip] && h->path[skip] != '/'))
		return err_set(e, ENOENT, "cgroup '%s' of hierarchy '%s' is not visible here",
			       h->path, label);
	snprintf(path, sizeof(path), "%s%s", point, h->path + skip);
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

static int add_hierarchy(struct cgroup *cg, const struct hierarchy *h, const char *mountinfo,
			 bool with_child, struct err *e)
{
	/* Into v1 by tasks: twenty times faster than cgroup.procs for a single thread. */
	const char *members = h->controllers[0] ? "tasks" : "cgroup.procs";
	auto_fd dir = open_dir(h, mountinfo, e);

	if (dir < 0)
		return -1;
	if (with_child)
		return plan_child(cg, members, &dir, e);
	if (add_join(cg, dir, members, e) < 0)
		return err_prefix(e, "%s", h->path);
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
static bool is_own(const struct hierarchy *h, const char *ours)
{
	char path[PATH_MAX];

	own_path(ours, h->controllers, path, sizeof(path));
	return strcmp(h->path, path) && strcmp(h->path, "/");
}

/* The hierarchy that the child is made in: v2 first, for cgroup.kill, then the freezer. */
static const char *choose_child(const struct cgroup_texts *t, char *copy)
{
	const char *found = NULL;
	char *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct hierarchy h;

		if (!parse_line(line, &h) || !is_own(&h, t->ours))
			continue;
		if (!h.controllers[0])
			return "";
		if (in_list(h.controllers, "freezer", 7))
			found = "freezer";
	}
	return found;
}

static int add_all(const struct cgroup_texts *t, struct cgroup *cg, struct err *e)
{
	auto_free char *copy = strdup(t->theirs);
	const char *child;
	char *save = NULL;

	if (!copy)
		return err_sys(e, ENOMEM, "cgroups");
	child = choose_child(t, copy);
	for (char *line = strtok_r(t->theirs, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct hierarchy h;
		char ours[PATH_MAX];
		bool with_child;

		if (!parse_line(line, &h))
			return err_set(e, EPROTO, "/proc/PID/cgroup: unknown line '%s'", line);
		own_path(t->ours, h.controllers, ours, sizeof(ours));
		with_child = child && (child[0] ? in_list(h.controllers, child, strlen(child))
						: !h.controllers[0]);
		if (!with_child && !strcmp(h.path, ours))
			continue; /* we are there already */
		if (add_hierarchy(cg, &h, t->mountinfo, with_child, e) < 0)
			return -1;
	}
	return 0;
}

int cgroup_prepare(const struct app *app, struct cgroup *ret, struct err *e)
{
	__attribute__((cleanup(free_texts))) struct cgroup_texts texts = { 0 };
	struct cgroup cg = { .parent = -1, .child = -1 };

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
			e->code = ESRCH;   /* the runtime removes its cgroups under our hands */
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
