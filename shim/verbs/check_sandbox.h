/* A hook's sandbox in words.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_CHECK_SANDBOX_H
#define ODH_CHECK_SANDBOX_H

#include "shim/plan/plan.h"

/* plan: with a hook.  Print as whom it runs, with which rights, and in what it differs from its
 * application.  Returns whether this host can give it all of that. */
bool check_sandbox(const struct plan *plan);

#endif
