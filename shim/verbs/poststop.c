/* The verb poststop: a container has ended.  SPDX-License-Identifier: Apache-2.0
 *
 * Says so in the container's records, and removes records that are too many.
 */
#include <errno.h>
#include <unistd.h>

#include "oci/cleanup.h"
#include "oci/read.h"
#include "oci/state.h"
#include "shim/base/log.h"
#include "shim/record/record_file.h"
#include "shim/record/records_keep.h"
#include "shim/verbs/by_runtime.h"
#include "shim/verbs/verbs.h"

int verb_poststop(const struct options *o, struct err *e)
{
	auto_free char *text = NULL;
	size_t len = 0;
	auto_state state = { 0 };
	auto_fd records = -1;
	struct err unread = { 0 };

	/* The container is found by its id: podman's state does not name a process any more. */
	if (read_all(STDIN_FILENO, STATE_MAX, &text, &len, &unread) == 0)
		(void)state_parse(text, len, &state,
				  &unread); /* even after an error it may have the id */
	records = record_dir(o->root, false, e);
	if (records >= 0) {
		if (state.id && state.id[0])
			records_note_end(records, state.id);
		records_prune(records, RECORDS_KEPT);
	} else if (e->code != ENOENT) { /* ENOENT: no start was ever recorded */
		by_runtime_open_log(o);
		log_event(LOG_LEVEL_WARNING, state.id ? state.id : "-", "error", "%s", e->msg);
	}
	return 0;
}
