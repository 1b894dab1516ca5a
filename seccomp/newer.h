/* Calls that are newer than a profile.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_NEWER_H
#define ODH_NEWER_H

#include <linux/filter.h>

#include "seccomp/profile.h"

#define NEWER_INSNS_MAX 256

/* Who wrote a list of permitted calls did not mean to forbid those of a later kernel: a program
 * that tries one of them first expects ENOSYS, and gives up at EPERM.  So runc answers ENOSYS to
 * all with a higher number than the highest that the profile names, per architecture that it names,
 * unless its default action lets calls through (ALLOW, LOG, TRACE).  crun does not.  We do so only
 * where the default is an error, so that no hook has more than crun's application.  Returns the
 * number of instructions, at most NEWER_INSNS_MAX, that do so in front of the profile's program;
 * they go on to it for all other calls. Source: runc 1.1.5, measured: filters dumped from its
 * containers. */
size_t newer_calls(const struct profile *p, struct sock_filter *ret);

#endif
