/* The container state that a runtime writes to a hook's stdin.  SPDX-License-Identifier: Apache-2.0
 *
 * Source: OCI runtime-spec, runtime.md "State".
 */
#ifndef ODH_STATE_H
#define ODH_STATE_H

#include <sys/types.h>

#include "oci/err.h"
#include "oci/json.h"

#define STATE_MAX (1024 * 1024) /* bytes */
#define STATE_ID_MAX 1024       /* bytes */

struct state {
	char *id;     /* never empty; any characters: escape it wherever it is printed */
	pid_t pid;    /* the container's init; 0 where the state names none */
	char *bundle; /* absolute */
	char *status; /* "" where absent */
	bool foreign; /* an annotation says that init never execs in the usual way (wasm, krun) */
};

/* Parse the state's text.  ret: zeroed or filled by an earlier call.  Returns 0 and fills *ret
 * (free with state_free, on errors too: the id may be there, for the message), or -1 and *e.
 * Errors: EINVAL wrong type, missing id or bundle, relative bundle; E2BIG id; ERANGE pid; ENOMEM.
 */
int state_parse(const char *text, size_t len, struct state *ret, struct err *e);
void state_free(struct state *s);

/* True where an annotations object names a handler whose init never execs in the usual way:
 * run.oci.handler, or module.wasm.image/variant (crun's wasm and krun).  Error: EINVAL no object.
 */
int annotations_foreign(const struct json_node *annotations, bool *ret, struct err *e);

#define auto_state __attribute__((cleanup(state_free))) struct state

#endif
