/* One start, drawn.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_TIMELINE_H
#define ODH_TIMELINE_H

#include "shim/record/records.h"
#include "shim/verbs/terminal.h"

/* Print all that is known of one start to stdout: the facts in words, the timeline, and the last
 * lines of the hook's output. */
void timeline_print(const struct seen_record *seen, const struct terminal *t);

#endif
