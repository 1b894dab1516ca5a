/* What kind of host, and which part of it, we run on.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_HOST_H
#define ODH_HOST_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "oci/err.h"

/* Rootless: /proc/self/uid_map is not the identity map, or our euid is not 0. */
bool host_rootless(void);

/* The owner is root: uid 0, our own euid where rootless, or in a user namespace the overflow uid,
 * as which files of the host's root appear there. */
bool host_owned_by_root(const struct stat *st);

/* Is this kernel one that a hook can be run on, 5.14 or later?  Error: ENOSYS. */
int host_check_kernel(struct err *e);

/* Where records are kept by default: /run/oci-deploy-hook, rootless
 * /run/user/HOSTUID/oci-deploy-hook with HOSTUID from uid_map (never from the environment). */
void host_default_root(char *buf, size_t size);

#endif
