/* The keys of a seccomp profile.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_KEYS_H
#define ODH_KEYS_H

#include "oci/json.h"

/* Does the profile at node have only keys that the specification or the engines' own files know?
 * In a file that a person writes an unknown one is a slip that would leave a rule out.
 * Errors: EINVAL, the message names the key's place; another type than expected. */
int keys_check(const struct json_node *node, struct err *e);

#endif
