/* A seccomp profile in OCI JSON, as a checked struct.  SPDX-License-Identifier: Apache-2.0
 *
 * Source: OCI runtime-spec, config-linux.md "Seccomp".
 */
#ifndef ODH_PROFILE_H
#define ODH_PROFILE_H

#include <seccomp.h>
#include <stdint.h>

#include "oci/json.h"

#define PROFILE_SYSCALLS_MAX 4096  /* names in all rules together */
#define PROFILE_ARGS_MAX 6         /* of a call */
#define PROFILE_CONDITIONS_MAX 256 /* of a rule */

struct profile_rule {
	char **names;
	size_t name_count;
	uint32_t action; /* SCMP_ACT_*, errno included */
	struct scmp_arg_cmp *args;
	unsigned arg_count;
};

struct profile {
	uint32_t default_action;
	uint32_t *archs; /* SCMP_ARCH_*; the native one is always added */
	size_t arch_count;
	unsigned flags; /* SECCOMP_FILTER_FLAG_* for seccomp(2): LOG, SPEC_ALLOW */
	struct profile_rule *rules;
	size_t rule_count;
};

/* Check the profile at node and copy it.  Returns 0 and fills *ret (free with profile_free).
 * Errors: EINVAL, ERANGE, E2BIG, ENOMEM; the message names the JSON path.  ENOTSUP for what is
 * valid but cannot be given to a hook (SCMP_ACT_NOTIFY: there is no listener for it). */
int profile_parse(const struct json_node *node, struct profile *ret, struct err *e);
void profile_free(struct profile *p);

/* Add to p the architectures that other names. */
int profile_add_archs(struct profile *p, const struct profile *other, struct err *e);

#define auto_profile __attribute__((cleanup(profile_free))) struct profile

#endif
