/* How much a profile allows, for people.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_COUNT_H
#define ODH_COUNT_H

#include "seccomp/profile.h"

struct profile_count {
	unsigned known;       /* calls of this machine that libseccomp knows */
	unsigned allowed;     /* of these, allowed with any arguments */
	unsigned conditional; /* of the rest, allowed with some arguments only */
};

/* Count the calls that p allows (SCMP_ACT_LOG allows too). */
void profile_count(const struct profile *p, struct profile_count *ret);

#endif
