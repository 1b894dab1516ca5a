/* The operator's tools: a directory of the host that hooks see, and no other process of the
 * container.  SPDX-License-Identifier: Apache-2.0
 *
 * They appear in an empty directory that the kernel has in every procfs, for a file system that NFS
 * servers mount there.  So nothing is written to the image, which may be read-only or empty, and
 * nothing of the container is covered.
 */
#ifndef ODH_TOOLS_H
#define ODH_TOOLS_H

#include "oci/err.h"

#define TOOLS_PLACE "/proc/fs/nfsd"
#define TOOLS_BIN TOOLS_PLACE "/bin"

/* Is dir fit to be given to hooks?  It must be a directory with bin/ and an executable bin/sh, none
 * of which leads out of it by a symbolic link.  Each of the three must belong to root, and be
 * writable by nobody else and usable by every user.  Returns 0, or -1 and *e, whose message names
 * setting, path and reason: EXDEV a link leads out; ENOTDIR, EINVAL wrong type; EPERM owner or
 * mode; EACCES not usable by all; others of openat2. */
int tools_check(const char *dir, struct err *e);

/* Check dir and make a detached copy of its mounts: read-only, nosuid and nodev, and locked so that
 * nobody can take these flags back.  Forks.  Returns 0 and *ret_fd, close-on-exec and the caller's,
 * or -1 and *e.  Errors: tools_check's; EPERM, ENOSPC the host allows no user namespace. */
int tools_open(const char *dir, int *ret_fd, struct err *e);

/* Give this process a mount namespace of its own, whose mounts do not reach any other, and mount
 * the copy fd, which is borrowed, at TOOLS_PLACE.  For a process in the container that may mount
 * there.  Returns 0, or -1 and *e: errors of unshare, mount and openat2. */
int tools_mount(int fd, struct err *e);

#endif
