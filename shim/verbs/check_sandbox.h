/* A hook's sandbox in words.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_DESCRIBE_H
#define ODH_DESCRIBE_H

#include "shim/plan/plan.h"

/* Print, for a plan with a hook, as whom it runs and with which rights, and what it has otherwise
 * than its application.  Returns whether all of that can be had on this host. */
bool describe_sandbox(const struct plan *plan);

#endif
