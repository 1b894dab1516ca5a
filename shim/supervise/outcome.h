/* The outcome of a hook in words, as a log event and as an exit status.  SPDX-License-Identifier:
 * Apache-2.0 */
#ifndef ODH_OUTCOME_H
#define ODH_OUTCOME_H

#include "shim/supervise/watcher.h"
#include "shim/base/log.h"
#include "shim/record/record_file.h"

struct outcome_kind {
	enum log_level level;
	const char *event;
	bool tell_author; /* worth a line on the application's stderr */
};

/* Describe outcome in buf.  The kind is a row of a static table. */
const struct outcome_kind *outcome_describe(const struct hook_outcome *outcome,
					    const struct plan *plan, char *buf, size_t size);

/* Say in buf what became of output that was lost.  Returns false where none was, or none is wanted.
 */
bool outcome_dropped(const struct hook_outcome *outcome, const struct plan *plan, char *buf,
		     size_t size);

/* Put the outcome, and text that describes it, into the record. */
void outcome_record(const struct hook_outcome *outcome, const char *text,
		    struct record_file *record);

/* The exit status of the verb run. */
int outcome_exit_status(const struct hook_outcome *outcome);

#endif
