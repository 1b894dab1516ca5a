/* Calls that are newer than a profile.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_NEWER_H
#define ODH_NEWER_H

#include <linux/filter.h>

#include "seccomp/profile.h"

#define NEWER_INSNS_MAX 256

/* A profile that lists the permitted calls is not meant to forbid those of a later kernel.  A
 * program that tries such a call first expects ENOSYS, and gives up at EPERM.  So runc answers
 * ENOSYS to every call whose number is above the highest that the profile names, for each
 * architecture that it names, unless the default action lets calls through (ALLOW, LOG, TRACE).
 * crun does not.  We do so only where the default action is an error, so that no hook has more than
 * crun's application.  Writes the instructions for this to ret, at most NEWER_INSNS_MAX, and
 * returns their number.  They belong in front of the profile's program, which gets all other calls.
 * Source: runc 1.1.5, measured: filters dumped from its containers. */
size_t newer_calls(const struct profile *p, struct sock_filter *ret);

#endif
