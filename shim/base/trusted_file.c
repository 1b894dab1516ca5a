/* Files that only the operator can have written.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/trusted_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "oci/cleanup.h"
#include "oci/read.h"
#include "shim/base/host.h"

int read_trusted_file(const char *path, size_t max, char **ret_text, size_t *ret_len, struct err *e)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return err_sys(e, errno, "open '%s'", path);
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "stat '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s: not a regular file", path);
	if (!host_owned_by_root(&st))
		return err_set(e, EPERM, "%s: owned by uid %u, must be owned by root", path,
			       st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, EPERM, "%s: mode %04o lets others write it: chmod go-w", path,
			       st.st_mode & 07777);
	if (read_all(fd, max, ret_text, ret_len, e) < 0)
		return err_prefix(e, "%s", path);
	return 0;
}
