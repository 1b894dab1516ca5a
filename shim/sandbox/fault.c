/* Faults in steps, for tests.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/sandbox/fault.h"

#ifdef STEP_FAULTS

#include <errno.h>
#include <signal.h>
#include <string.h>

const char *sandbox_fault;

int inject_fault(const char *step, struct err *e)
{
	if (!sandbox_fault || strcmp(sandbox_fault + strlen("fail:"), step) != 0)
		return 0;
	if (!strncmp(sandbox_fault, "stop:", strlen("stop:")))
		return raise(SIGSTOP);
	return err_set(e, EIO, "failed by the test");
}

#endif
