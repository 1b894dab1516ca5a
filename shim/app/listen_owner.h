/* Whose listening sockets are these?  SPDX-License-Identifier: Apache-2.0
 *
 * A network namespace may be shared: with the host, or by the containers of a pod.  Then only the
 * sockets that a process of this container holds are the application's.
 */
#ifndef ODH_OWNER_H
#define ODH_OWNER_H

#include "shim/app/listen.h"

struct owners {
	bool shared;              /* somebody else's process lives in the network namespace */
	bool ours[LISTENERS_MAX]; /* listener i is the application's */
};

/* Find out for each of the listeners.  A process is the container's if it is in the application's
 * cgroup or below (where that is not our own or the root), or in its pid namespace (own_pids:
 * config.json lists a new one), or, where there is neither, descends from it.
 * Looks at the processes of the namespace only, and at no file but by its link's text, so that
 * nothing of the container's can hold it up.  What it may not read counts as not ours. */
void owner_find(const struct app *app, bool own_pids, const struct listeners *set,
		struct owners *ret);

/* Is path the cgroup of the application, or below it?  Both are texts of /proc/PID/cgroup, ours
 * that of /proc/self/cgroup.  *ret_usable: the application has a cgroup of its own to tell by. */
bool owner_in_cgroup(const char *text, const char *of_app, const char *ours, bool *ret_usable);

#endif
