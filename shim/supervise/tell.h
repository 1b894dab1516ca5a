/* What a supervisor tells: the log, the record, the application's author.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The author reads the application's own stderr, where the setting output is "container".  A
 * confined child writes each line.  The supervisor waits for it only before it ends itself.  If a
 * record cannot be written, that is logged, and the hook runs all the same: the start is claimed.
 */
#ifndef ODH_TELL_H
#define ODH_TELL_H

#include "shim/record/record_file.h"
#include "shim/supervise/outcome.h"

/* One start of a container, as its supervisor knows it. */
struct start {
	const struct plan *plan;
	const struct app *app;
	struct record_file *record;
};

/* Log each refused hook; tell the author of each. */
void tell_log_refused(const struct plan *plan);
void tell_author_refused(const struct start *start);

/* Tell the author what became of the hook. */
void tell_author(const struct start *start, const char *what);

/* hooks.postDeploy is deprecated.  Log that it is refused, and tell the author, only where it could
 * be taken for the hook that runs now. */
void tell_postdeploy(const struct start *start);

/* Log the capabilities of the container that this kernel or this program does not know. */
void tell_unknown_capabilities(const struct plan *plan);

/* Write the record as it is. */
void tell_record(struct record_file *record);

/* How the start has ended: put it into the record, the log, and tell the author, as the table in
 * outcome.c says. */
void tell_outcome(const struct start *start, const struct outcome *outcome);

/* This process is about to leave, and its children die with it: let them write what they have to
 * tell the author, for at most STREAM_NOTICE_MS. */
void tell_wait_for_notices(const struct app *app);

#endif
