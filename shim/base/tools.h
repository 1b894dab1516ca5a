/* The operator's tools: a directory of the host that hooks see, and nobody else of the container.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Where: an empty directory that the kernel keeps in every procfs, for the one file system that is
 * mounted there on NFS servers.  Nothing is written to the image for it, so that it works in a
 * read-only and in an empty one, and nothing of the container's is covered.
 */
#ifndef ODH_TOOLS_H
#define ODH_TOOLS_H

#include "oci/err.h"

#define TOOLS_PLACE "/proc/fs/nfsd"
#define TOOLS_BIN TOOLS_PLACE "/bin"

/* Is dir fit to be given to hooks?  A directory with bin/ and an executable bin/sh in it, none of
 * which leads out of it by a symbolic link; root's, written by nobody else, open to every user.
 * Returns 0, or -1 and *e: the message names setting, path and reason. */
int tools_check(const char *dir, struct err *e);

/* Check dir and make a detached copy of its mounts: read-only, nosuid, nodev, locked so that
 * nobody can take that back.  Forks.  *ret_fd: close-on-exec, the caller's.
 * Errors: tools_check's; EPERM, ENOSPC the host allows no user namespace. */
int tools_open(const char *dir, int *ret_fd, struct err *e);

/* Give this process a mount namespace of its own, from which nothing comes back, and put the copy
 * at TOOLS_PLACE in it.  For a process in the container that may mount there. */
int tools_mount(int fd, struct err *e);

#endif
