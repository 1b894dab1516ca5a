/* The supervisor of one start.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_SUPERVISE_H
#define ODH_SUPERVISE_H

#include "app.h"
#include "plan.h"

/* Wait until the application has started, tell its author what is refused, run the hook, log how
 * it went.  For a process of its own that nobody waits for.  records: the record directory. */
void supervise(const struct plan *plan, const struct app *app, int records);

/* Log every refused hook of the plan. */
void supervise_log_refused(const struct plan *plan);

#endif
