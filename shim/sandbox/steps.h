/* What the joiner's steps share, and the steps.  SPDX-License-Identifier: Apache-2.0
 *
 * A step that takes a privilege compares first: what is already so counts as done.  Each returns 0,
 * or -1 and *e, and then the hook does not run.  Their order, and why, is the table in sandbox.c.
 */
#ifndef ODH_STEPS_H
#define ODH_STEPS_H

#include "seccomp/filter.h"
#include "shim/sandbox/joiner.h"

/* inherit.c: what a process is born with, set while we are still a process of the host */
int step_oom_score(struct sandbox *s, struct err *e);
int step_scheduler(struct sandbox *s, struct err *e);
int step_io_priority(struct sandbox *s, struct err *e);
int step_affinity(struct sandbox *s, struct err *e);
int step_limits(struct sandbox *s, struct err *e);
int step_keyring(struct sandbox *s, struct err *e);
int step_memory(struct sandbox *s, struct err *e);
int step_label(struct sandbox *s, struct err *e);
int step_open_files(struct sandbox *s, struct err *e);
int step_umask(struct sandbox *s, struct err *e);
int step_personality(struct sandbox *s, struct err *e);

/* join.c: into the container */
int step_parent_death(struct sandbox *s, struct err *e);
int step_output(struct sandbox *s, struct err *e);
int step_tools(struct sandbox *s, struct err *e);
int step_cgroup(struct sandbox *s, struct err *e);
int step_non_dumpable(struct sandbox *s, struct err *e);
int step_namespaces(struct sandbox *s, struct err *e);
int step_root(struct sandbox *s, struct err *e);
int step_tools_mount(struct sandbox *s, struct err *e);
int step_descriptors(struct sandbox *s, struct err *e);
int step_directory(struct sandbox *s, struct err *e);
int step_directory_again(struct sandbox *s, struct err *e);

/* drop.c: to the hook's rights */
int step_bounding(struct sandbox *s, struct err *e);
int step_compare_groups(struct sandbox *s, struct err *e);
int step_groups(struct sandbox *s, struct err *e);
int step_gid(struct sandbox *s, struct err *e);
int step_uid(struct sandbox *s, struct err *e);
int step_capabilities(struct sandbox *s, struct err *e);
int step_no_new_privs(struct sandbox *s, struct err *e);
int step_confirm(struct sandbox *s, struct err *e);
int step_own_filter(struct sandbox *s, struct err *e);
int step_container_filter(struct sandbox *s, struct err *e);

#endif
