/* What kind of host, and which part of it, we run on.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "oci/cleanup.h"
#include "oci/json.h"

/* bytes; the mountinfo of a host with thousands of containers is megabytes */
#define PROC_FILE_MAX (64 * 1024 * 1024)

#define OVERFLOW_UID 65534

ssize_t host_read(int dir, const char *path, char *buf, size_t size)
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

int host_read_all(int dir, const char *path, char **ret, struct err *e)
{
	auto_fd fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	size_t len;

	if (fd < 0)
		return err_sys(e, errno, "open '%s'", path);
	if (json_read(fd, PROC_FILE_MAX, ret, &len, e) < 0)
		return err_prefix(e, "%s", path);
	return 0;
}

int host_write(int dir, const char *path, const char *text)
{
	auto_fd fd = openat(dir, path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	return write(fd, text, strlen(text)) < 0 ? -1 : 0;
}

/* The line of uid_map that maps uid 0: 1 and its numbers, or 0 where there is none. */
static int root_mapping(unsigned *ret_outside, unsigned *ret_count)
{
	char map[8192];
	unsigned inside;

	if (host_read(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) < 0)
		return 0;
	for (const char *line = map; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%u %u %u", &inside, ret_outside, ret_count) == 3 && inside == 0)
			return 1;
	}
	return 0;
}

static bool in_user_namespace(void)
{
	unsigned outside = 0, count = 0;

	return !root_mapping(&outside, &count) || outside != 0 || count != 4294967295U;
}

bool host_rootless(void)
{
	return geteuid() != 0 || in_user_namespace();
}

bool host_owned_by_root(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid() ||
	       (st->st_uid == OVERFLOW_UID && in_user_namespace());
}

int host_check_kernel(struct err *e)
{
	struct utsname name = { 0 };
	unsigned major = 0, minor = 0;

	(void)uname(&name); /* cannot fail */
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2 || major < 5 ||
	    (major == 5 && minor < 14))
		return err_set(e, ENOSYS, "this kernel is %.40s; a hook needs 5.14 or later",
			       name.release);
	return 0;
}

void host_default_root(char *buf, size_t size)
{
	unsigned outside = 0, count = 0;

	if (!host_rootless())
		snprintf(buf, size, "/run/oci-deploy-hook");
	else if (geteuid() == 0 && root_mapping(&outside, &count))
		snprintf(buf, size, "/run/user/%u/oci-deploy-hook", outside);
	else
		snprintf(buf, size, "/run/user/%u/oci-deploy-hook", geteuid());
}
