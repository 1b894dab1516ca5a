/* The application's cgroups, and a child of them for the hook.  SPDX-License-Identifier: Apache-2.0
 *
 * The hook lives in the application's cgroups, so that its limits hold.  In one hierarchy it lives
 * in a fresh child of the application's cgroup, so that its whole tree can be found and killed: in
 * cgroup v2 where the application has a cgroup of its own there, else in v1's freezer hierarchy.
 * The child is never made in a cgroup that is ours too, nor in the root: those are not only the
 * application's.  Then there is no child, and the hook's session counts as its tree.
 */
#ifndef ODH_CGROUP_H
#define ODH_CGROUP_H

#include <limits.h>
#include <stdbool.h>

#include "shim/app/app.h"

#define CGROUP_HIERARCHIES_MAX 32

struct cgroup {
	int join[CGROUP_HIERARCHIES_MAX]; /* files to write "0" to: tasks or cgroup.procs */
	int join_count;
	int parent;          /* the directory to make the child in; -1 = no child is made */
	int child;           /* the child's directory; -1 = not made, or not opened */
	const char *members; /* the child's file to join by */
	char name[40];       /* the child's name: oci-deploy-hook-RANDOM */
};

#define CGROUP_EMPTY ((struct cgroup){ .parent = -1, .child = -1 })

/* Find the application's cgroups and choose a name for the child, which is not made yet.  Returns 0
 * and fills *ret (free with cgroup_discard), or -1 and *e.  Errors: ESRCH the application has
 * ended; ENOENT a hierarchy is not mounted here; others of open, the message names the path. */
int cgroup_prepare(const struct app *app, struct cgroup *ret, struct err *e);

/* Make the child, unless cg has none.  The caller may be killed at any moment, so another process
 * must hold the same cgroup, to discard it then.
 * Returns 0, or -1 and *e: errors of mkdir and open. */
int cgroup_make(struct cgroup *cg, struct err *e);

/* Open the child, which another process may have made.  Returns 0, or -1 if there is none. */
int cgroup_find(struct cgroup *cg);

/* Move the calling process, which must have one thread, into the cgroups.  Allocates and opens
 * nothing.  Blocks for as long as a v1 cgroup is frozen.  Returns 0, or -1 and *e, as write. */
int cgroup_enter(const struct cgroup *cg, struct err *e);

/* Remove the child, whose processes must have ended, and close all descriptors.  The kernel lets go
 * of a cgroup's last process a moment after that has ended, so this tries for up to a second.  It
 * is no error if the runtime has removed the child.  Returns 0, or -1 and errno. */
int cgroup_discard(struct cgroup *cg);

#endif
