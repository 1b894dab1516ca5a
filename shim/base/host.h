/* What kind of host, and which part of it, we run on.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_HOST_H
#define ODH_HOST_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "oci/err.h"

/* Are we rootless?  We are if /proc/self/uid_map is not the identity map, or our euid is not 0. */
bool host_rootless(void);

/* Is the file's owner root?  Root is uid 0, or our own euid, or in a user namespace the overflow
 * uid, which stands there for the host's root. */
bool host_owned_by_root(const struct stat *st);

/* Can this kernel run a hook: is it 5.14 or later?  Returns 0, or -1 and *e: ENOSYS. */
int host_check_kernel(struct err *e);

/* Write to buf, of size bytes, where records are kept by default: /run/oci-deploy-hook, rootless
 * /run/user/HOSTUID/oci-deploy-hook with HOSTUID from uid_map, never from the environment. */
void host_default_root(char *buf, size_t size);

#endif
