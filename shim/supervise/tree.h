/* The hook's whole process tree: found and killed.  SPDX-License-Identifier: Apache-2.0
 *
 * The tree is everything in the hook's cgroup; where it has none of its own, everything in its
 * session.  The application is in neither.
 */
#ifndef ODH_TREE_H
#define ODH_TREE_H

#include <stdbool.h>
#include <sys/types.h>

#include "shim/app/cgroup.h"

struct tree {
	const struct cgroup *cgroup;
	ino_t pid_ns; /* the application's pid namespace, of which they all are */
	pid_t leader; /* the hook's first process, which leads its session; 0 = none yet */
};

/* Send sig to every process of the tree.  Returns how many were found.  With SIGKILL the kernel's
 * cgroup.kill is used where there is one; else call it again until it returns 0. */
int tree_signal(const struct tree *tree, int sig);

#endif
