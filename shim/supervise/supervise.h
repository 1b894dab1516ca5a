/* The supervisor of one start.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_SUPERVISE_H
#define ODH_SUPERVISE_H

#include "shim/app/app.h"
#include "shim/plan/plan.h"
#include "shim/record/record_file.h"

/* Wait until the application has started, tell its author what is refused, run the hook, log how
 * it went, and keep the record, which this process owns.  This blocks for as long as all that
 * takes, so no other process may wait for the one that calls it. */
void supervise(const struct plan *plan, const struct app *app, struct record_file *record);

#endif
