/* The snapshot of a process, from the host's /proc.  SPDX-License-Identifier: Apache-2.0
 *
 * Whatever the kernel tells of a process's rights and identity is written down; what of it must be
 * the same in two processes is axes.c's business.  What cannot be read has its error's name as its
 * value. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "oci/read.h"

#include "tests/rights/rights.h"

#define FILE_MAX (1024 * 1024)

static int proc; /* /proc/PID */

void emit(FILE *out, const char *axis, const char *value)
{
	fprintf(out, "%s\t", axis);
	for (const char *s = value; *s; s++) {
		if (*s == '\\' || *s == '\n' || *s == '\t')
			fprintf(out, "\\%c", *s == '\n' ? 'n' : *s == '\t' ? 't' : '\\');
		else
			putc(*s, out);
	}
	putc('\n', out);
}

__attribute__((format(printf, 3, 4))) static void emit_value(FILE *out, const char *axis,
							     const char *fmt, ...)
{
	char value[8192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	emit(out, axis, value);
}

/* Whole and NUL-terminated, to be freed; NULL and errno. */
static char *text_of(const char *path, size_t *ret_size)
{
	int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : calloc(1, FILE_MAX);
	size_t size = 0;
	ssize_t n = -1;

	while (text && size < FILE_MAX - 1 && (n = read(fd, text + size, FILE_MAX - 1 - size)) > 0)
		size += (size_t)n;
	if (text && n < 0) {
		free(text);
		text = NULL;
	}
	if (fd >= 0) {
		int saved = errno;

		close(fd);
		errno = saved;
	}
	if (ret_size)
		*ret_size = size;
	return text;
}

static void take_file(FILE *out, const char *path, const char *axis)
{
	size_t size;
	char *text = text_of(path, &size);

	if (text && size && text[size - 1] == '\n')
		text[size - 1] = '\0';
	emit(out, axis, text ? text : strerrorname_np(errno));
	free(text);
}

/* "KEY:   VALUE" */
static void take_status(FILE *out)
{
	char *text = text_of("status", NULL), *save = NULL, axis[128];

	if (!text)
		die("status");
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, ':');

		if (!value)
			die("status");
		*value++ = '\0';
		value += strspn(value, " \t");
		for (char *end = value + strlen(value); end > value && end[-1] == ' ';)
			*--end = '\0';
		snprintf(axis, sizeof(axis), "status %s", line);
		emit(out, axis, value);
	}
	free(text);
}

/* Columns of a fixed width, a heading above. */
static void take_limits(FILE *out)
{
	char *text = text_of("limits", NULL), *save = NULL, axis[64];

	if (!text || !strtok_r(text, "\n", &save))
		die("limits");
	for (char *line; (line = strtok_r(NULL, "\n", &save));) {
		char soft[32], hard[32];

		if (strlen(line) < 27 || sscanf(line + 26, "%31s %31s", soft, hard) != 2)
			die("limits");
		line[25] = '\0';
		for (char *end = line + strlen(line); end > line && end[-1] == ' ';)
			*--end = '\0';
		snprintf(axis, sizeof(axis), "limit %s", line);
		emit_value(out, axis, "%s %s", soft, hard);
	}
	free(text);
}

/* "NUMBER:CONTROLLERS:PATH" */
static void take_cgroups(FILE *out)
{
	char *text = text_of("cgroup", NULL), *save = NULL, axis[256];

	if (!text)
		die("cgroup");
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *name = strchr(line, ':'), *path = name ? strchr(name + 1, ':') : NULL;

		if (!path)
			die("cgroup");
		*path++ = '\0';
		snprintf(axis, sizeof(axis), "cgroup %s", name[1] ? name + 1 : "v2");
		emit(out, axis, path);
	}
	free(text);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void take_environment(FILE *out)
{
	size_t size, count = 0;
	char *text = text_of("environ", &size), *list[4096];

	if (!text)
		die("environ");
	for (char *s = text; s < text + size && count < 4096; s += strlen(s) + 1)
		list[count++] = s;
	qsort(list, count, sizeof(*list), compare_strings);
	for (size_t i = 0; i < count; i++) {
		char *value = strchr(list[i], '='), axis[256];

		if (!value)
			continue;
		*value++ = '\0';
		snprintf(axis, sizeof(axis), "env %s", list[i]);
		emit(out, axis, value);
	}
	free(text);
}

/* What a link of /proc/PID names, and which inode it is. */
static void take_link(FILE *out, const char *path, const char *axis, const char *more)
{
	char target[4096] = "";
	struct stat st;

	if (readlinkat(proc, path, target, sizeof(target) - 1) < 0)
		emit(out, axis, strerrorname_np(errno));
	else if (fstatat(proc, path, &st, 0) < 0)
		emit_value(out, axis, "%s %s", target, strerrorname_np(errno));
	else
		emit_value(out, axis, "%s %u:%u:%lu%s", target, major(st.st_dev), minor(st.st_dev),
			   st.st_ino, more);
}

/* Call function for each name in a directory of /proc/PID; none if there is no such directory. */
static void each(FILE *out, const char *directory,
		 void (*function)(FILE *out, const char *path, const char *name))
{
	int fd = openat(proc, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char path[512];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		function(out, path, entry->d_name);
	}
	if (dir)
		closedir(dir);
}

static void take_namespace(FILE *out, const char *path, const char *name)
{
	char axis[300], target[256] = "";

	snprintf(axis, sizeof(axis), "ns %s", name);
	if (readlinkat(proc, path, target, sizeof(target) - 1) < 0)
		emit(out, axis, strerrorname_np(errno));
	else
		emit(out, axis, target);
}

/* "LINK DEVICE:INODE ACCESS", ACCESS as open(2) has it: 0 read, 1 write, 2 both. */
static void take_descriptor(FILE *out, const char *path, const char *name)
{
	char axis[300], info[512], more[32] = " ?", *text, *flags;

	snprintf(axis, sizeof(axis), "fd %s", name);
	snprintf(info, sizeof(info), "fdinfo/%s", name);
	text = text_of(info, NULL);
	flags = text ? strstr(text, "flags:") : NULL;
	if (flags)
		snprintf(more, sizeof(more), " %lo", strtoul(flags + 6, NULL, 8) & 3);
	take_link(out, path, axis, more);
	free(text);
}

static void take_attr(FILE *out, const char *path, const char *name)
{
	struct stat st;

	(void)name;
	if (fstatat(proc, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
		each(out, path, take_attr); /* attr/apparmor, attr/smack */
	else
		take_file(out, path, path);
}

struct attr { /* sched_setattr(2) */
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static void take_scheduling(pid_t pid, FILE *out)
{
	struct attr a = { 0 };
	cpu_set_t set;

	if (syscall(SYS_sched_getattr, pid, &a, sizeof(a), 0) < 0)
		die("sched_getattr");
	emit_value(out, "sched policy", "%u %lu", a.policy, a.flags);
	emit_value(out, "sched nice", "%d", a.nice);
	emit_value(out, "sched priority", "%u", a.priority);
	emit_value(out, "sched deadline", "%lu %lu %lu", a.runtime, a.deadline, a.period);
	emit_value(out, "sched io priority", "%lx", syscall(SYS_ioprio_get, 1, pid));
	if (sched_getaffinity(pid, sizeof(set), &set) < 0)
		die("sched_getaffinity");
	emit_value(out, "sched cpus", "%d", CPU_COUNT(&set));
}

static void take_terminal(FILE *out)
{
	char *text = text_of("stat", NULL), *s = text ? strrchr(text, ')') : NULL;
	int terminal;

	if (!s || sscanf(s, ") %*c %*d %*d %*d %d", &terminal) != 1)
		die("stat");
	emit_value(out, "terminal", "%d", terminal);
	free(text);
}

void take(pid_t pid, FILE *out)
{
	static const char *const files[] = {
		"oom_score_adj", "personality", "loginuid",       "sessionid",  "coredump_filter",
		"timerslack_ns", "uid_map",     "gid_map",        "projid_map", "setgroups",
		"comm",          "cmdline",     "timens_offsets",
	};
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	proc = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		die(path);
	take_status(out);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		take_file(out, files[i], files[i]);
	take_limits(out);
	take_cgroups(out);
	take_environment(out);
	each(out, "ns", take_namespace);
	each(out, "fd", take_descriptor);
	each(out, "attr", take_attr);
	take_link(out, "root", "root", "");
	take_link(out, "cwd", "cwd", "");
	take_link(out, "exe", "exe", "");
	take_scheduling(pid, out);
	take_terminal(out);
	ask(pid, out);
}
