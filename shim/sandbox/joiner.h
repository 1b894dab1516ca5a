/* The joiner: from a process of the host to the hook.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_JOINER_H
#define ODH_JOINER_H

#include "shim/sandbox/sandbox.h"

/* Map the memory of the report.  A guard does this once.  Returns 0, or -1 and *e. */
int report_map(struct report *ret, struct err *e);

/* Run all steps, then clone the hook with CLONE_PARENT, so that parent, the process that has just
 * forked this one, is the hook's parent too.  Never returns. */
void joiner_run(const struct sandbox *sandbox, pid_t parent) __attribute__((noreturn));

/* The name of step i, for messages, or NULL after the last one. */
const char *joiner_step_name(int i);

#endif
