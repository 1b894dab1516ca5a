/* The application's cgroups, and a child of them for the hook.  SPDX-License-Identifier: Apache-2.0
 *
 * The hook lives in the application's cgroups, so that its limits hold, and in one fresh child of
 * them, so that its whole tree can be found and killed: in cgroup v2 where the application has a
 * cgroup of its own there, else in v1's freezer hierarchy.  Never a child of a cgroup that is ours
 * or the root: its limits are nobody's.  Then there is no child, and the tree is the hook's
 * session.
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
	int parent;          /* directory that the child belongs into; -1 = there is to be none */
	int child;           /* the child's directory; -1 = not made */
	const char *members; /* the child's file to join by */
	char name[40];       /* the child's name: oci-deploy-hook-RANDOM */
};

#define CGROUP_EMPTY ((struct cgroup){ .parent = -1, .child = -1 })

/* Find the application's cgroups and a name for the child.  Returns 0 and fills *ret, or -1 and *e.
 * Errors: ESRCH the application has ended, others of open; the message names the path. */
int cgroup_prepare(const struct app *app, struct cgroup *ret, struct err *e);

/* Make the child, if there is to be one.  Whoever calls this has somebody who would discard the
 * same cgroup in its place.  Returns 0, or -1 and *e: errors of mkdir and open. */
int cgroup_make(struct cgroup *cg, struct err *e);

/* Open the child that another process may have made.  Returns 0, or -1 if there is none. */
int cgroup_find(struct cgroup *cg);

/* Move the calling, single-threaded process into them.  Allocates and opens nothing.
 * Blocks for as long as a v1 cgroup is frozen. */
int cgroup_enter(const struct cgroup *cg, struct err *e);

/* Remove the child, whose processes must have ended, and close everything.  The kernel lets go of
 * the last of them a moment after its end, so this tries for up to a second.  A child that the
 * runtime has removed already is fine.  Returns 0, or -1 and errno. */
int cgroup_discard(struct cgroup *cg);

#endif
