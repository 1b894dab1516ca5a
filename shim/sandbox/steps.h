/* What the joiner's steps share, and the steps.  SPDX-License-Identifier: Apache-2.0
 *
 * A step that needs a privilege to change something compares first: if nothing is to be changed, it
 * is done.  Each returns 0, or -1 and *e, and then the hook does not run.  The table in joiner.c
 * has their order and its reasons.
 */
#ifndef ODH_STEPS_H
#define ODH_STEPS_H

#include <sys/resource.h>

#include "shim/sandbox/sandbox.h"

/* A joiner: what it was told, and what one step leaves for another. */
struct joiner {
	const struct sandbox *sandbox;
	pid_t parent;                 /* the process that has forked it */
	int tools;                    /* tools, tools mount: their detached mount */
	uint64_t bounding, effective; /* bounding set, capabilities, confirm: those in force */
	bool groups_match;            /* before the join, our groups were the application's ... */
	bool groups_kept;             /* ... so they stay where they cannot be set */
	struct rlimit open_files;     /* limits, open files: RLIMIT_NOFILE of the hook */
};

/* inherit.c: what a program inherits, set while we are still a process of the host */
int step_oom_score(struct joiner *j, struct err *e);
int step_scheduler(struct joiner *j, struct err *e);
int step_io_priority(struct joiner *j, struct err *e);
int step_affinity(struct joiner *j, struct err *e);
int step_limits(struct joiner *j, struct err *e);
int step_keyring(struct joiner *j, struct err *e);
int step_memory(struct joiner *j, struct err *e);
int step_label(struct joiner *j, struct err *e);
int step_open_files(struct joiner *j, struct err *e);
int step_umask(struct joiner *j, struct err *e);
int step_personality(struct joiner *j, struct err *e);

/* join.c: into the container */
int step_parent_death(struct joiner *j, struct err *e);
int step_output(struct joiner *j, struct err *e);
int step_tools(struct joiner *j, struct err *e);
int step_cgroup(struct joiner *j, struct err *e);
int step_non_dumpable(struct joiner *j, struct err *e);
int step_namespaces(struct joiner *j, struct err *e);
int step_root(struct joiner *j, struct err *e);
int step_tools_mount(struct joiner *j, struct err *e);
int step_descriptors(struct joiner *j, struct err *e);
int step_directory(struct joiner *j, struct err *e);
int step_directory_again(struct joiner *j, struct err *e);

/* drop.c: giving up rights */
int step_bounding(struct joiner *j, struct err *e);
int step_compare_groups(struct joiner *j, struct err *e);
int step_groups(struct joiner *j, struct err *e);
int step_gid(struct joiner *j, struct err *e);
int step_uid(struct joiner *j, struct err *e);
int step_capabilities(struct joiner *j, struct err *e);
int step_no_new_privs(struct joiner *j, struct err *e);
int step_confirm(struct joiner *j, struct err *e);
int step_own_filter(struct joiner *j, struct err *e);
int step_container_filter(struct joiner *j, struct err *e);

#endif
