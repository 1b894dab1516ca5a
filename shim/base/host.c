/* What kind of host, and which part of it, we run on.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "oci/cleanup.h"
#include "shim/base/procfs.h"

#define OVERFLOW_UID 65534

/* Find the line of uid_map that maps uid 0.  Returns 1 and fills both, or 0 where there is none. */
static int root_mapping(unsigned *ret_outside, unsigned *ret_count)
{
	char map[8192];
	unsigned inside;

	if (procfs_read(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) < 0)
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
