/* Faults in steps, for tests.  SPDX-License-Identifier: Apache-2.0
 *
 * Only test builds (STEP_FAULTS) know --fault.  In the real program nothing of this is left.
 */
#ifndef ODH_FAULT_H
#define ODH_FAULT_H

#include "oci/err.h"

#ifdef STEP_FAULTS
/* "fail:STEP" makes that step fail, "stop:STEP" stops the process before it.  "list" is no fault:
 * verbs.c prints the steps for it.  NULL = no fault. */
extern const char *sandbox_fault;

/* Call it before each step.  Where the fault is "stop" of this step, it returns once the process
 * goes on.  Returns 0, or -1 and *e (EIO) where the step shall fail. */
int inject_fault(const char *step, struct err *e);
#else
static inline int inject_fault(const char *step, struct err *e)
{
	(void)step;
	(void)e;
	return 0;
}
#endif

#endif
