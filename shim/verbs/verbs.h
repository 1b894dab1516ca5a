/* The verbs of the command line.  SPDX-License-Identifier: Apache-2.0
 *
 * Each returns the program's exit status, see oci-deploy-hook(8), and fills *e where there is
 * something to say about it on stderr.
 */
#ifndef ODH_VERBS_H
#define ODH_VERBS_H

#include "shim/base/exit_status.h"
#include "shim/verbs/options.h"

/* What check ends with, besides STATUS_FAILED. */
enum {
	STATUS_HOOK_RUNS = 0, /* without a container: nothing on this host is BAD */
	STATUS_NO_HOOK = 1,
	STATUS_BAD_INPUT = 2,
};

int verb_poststart(const struct options *o, struct err *e);
int verb_poststop(const struct options *o, struct err *e);
int verb_run(const struct options *o, struct err *e);
int verb_status(const struct options *o, struct err *e);
int verb_wait(const struct options *o, struct err *e);
int verb_check(const struct options *o, struct err *e);

#endif
