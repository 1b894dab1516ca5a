/* Whose listening sockets are these?  SPDX-License-Identifier: Apache-2.0
 *
 * A network namespace may be shared: with the host, or by the containers of a pod.  Then only the
 * sockets that a process of this container holds are the application's.
 */
#ifndef ODH_LISTEN_OWNER_H
#define ODH_LISTEN_OWNER_H

#include "shim/app/listen.h"

struct owners {
	bool shared; /* a process that is not the container's lives in the network namespace */
	bool ours[LISTENERS_MAX]; /* listener i is the application's */
};

/* Find out for each of the listeners in set whether it is the application's.  A process is the
 * container's if it is in the application's cgroup or below (where that is not our own or the
 * root), or in its pid namespace (own_pids: config.json lists a new one), or, where there is
 * neither, descends from it.  Looks only at processes in the application's network namespace, and
 * of their open files only at the text of the links, so that nothing in the container can make it
 * hang.  A process that it may not read counts as another's.  Fills *ret, always. */
void owner_find(const struct app *app, bool own_pids, const struct listeners *set,
		struct owners *ret);

/* Is a process in the application's cgroup, or below it?  text, of_app: what /proc/PID/cgroup says
 * for the process and for the application; ours: /proc/self/cgroup.  *ret_usable: the application
 * has a cgroup of its own, by which this can be told. */
bool owner_in_cgroup(const char *text, const char *of_app, const char *ours, bool *ret_usable);

#endif
