/* A profile as a BPF program, compiled and loaded.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_FILTER_H
#define ODH_FILTER_H

#include <linux/filter.h>

#include "seccomp/profile.h"

struct filter {
	struct sock_filter *insns;
	unsigned short len; /* instructions; 0 = empty */
	unsigned flags;     /* for seccomp(2) */
};

/* Compile.  Calls that libseccomp does not know are left out, as by runc and crun.  Calls that are
 * newer than the profile answer ENOSYS, as with runc; newer.h tells when.  Returns 0 and fills *ret
 * (free with filter_free), or -1 and *e, which names the rule or the function that failed. */
int filter_compile(const struct profile *p, struct filter *ret, struct err *e);

/* Load the program into the calling thread, which must have no_new_privs or CAP_SYS_ADMIN.  This
 * allocates no memory and opens no file.  Errors: seccomp(2)'s own. */
int filter_load(const struct filter *f, struct err *e);
void filter_free(struct filter *f);

#define auto_filter __attribute__((cleanup(filter_free))) struct filter

/* The hook's own profile, seccomp/default.json, as it was when the program was built. */
extern const char default_profile[];
extern const size_t default_profile_len;

#endif
