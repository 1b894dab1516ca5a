/* What a supervisor tells: the log, the record, the application's author.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The author reads the application's own stderr, where the setting output is "container": one line
 * each, by confined children that nothing waits for.  A record that cannot be written is logged,
 * and changes nothing: the claim is made.
 */
#ifndef ODH_TELL_H
#define ODH_TELL_H

#include "shim/supervise/watcher.h"
#include "shim/record/record_file.h"

/* Log each refused hook; tell the author. */
void tell_log_refused(const struct plan *plan);
void tell_author_refused(const struct plan *plan, const struct app *app);

/* Tell the author what became of the hook. */
void tell_author(const struct plan *plan, const struct app *app, const char *what);

/* hooks.postDeploy is deprecated, so log it, and tell the author, only where it could be taken for
 * the hook that runs now. */
void tell_postdeploy(const struct plan *plan, const struct app *app);

/* Log the capabilities of the container that nobody here knows. */
void tell_unknown_capabilities(const struct plan *plan);

/* Write the record as it is. */
void tell_record(struct record_file *record);

/* The hook's end: into the record, the log, and to the author if it is worth a line. */
void tell_outcome(const struct plan *plan, const struct app *app, struct record_file *record,
		  const struct hook_outcome *outcome);

/* Into the record: no hook is run, because of reason (NULL: as told before).  One that is refused
 * stays refused. */
void tell_no_hook(struct record_file *record, enum record_hook hook, const char *reason);

/* We are about to leave, and our children die with us: let them finish, for a moment. */
void tell_finish(const struct app *app);

#endif
