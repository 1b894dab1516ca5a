/* Exit statuses of run and wait.  SPDX-License-Identifier: Apache-2.0
 *
 * Source: oci-deploy-hook(8), EXIT STATUS.  They are those of timeout(1) and of the shell. */
#ifndef ODH_EXIT_STATUS_H
#define ODH_EXIT_STATUS_H

enum {
	EXIT_STATUS_TIMED_OUT = 124,
	EXIT_STATUS_FAILED = 125, /* we could not do it, or the command line is wrong */
	EXIT_STATUS_NOT_EXECUTABLE = 126,
	EXIT_STATUS_NOT_FOUND = 127,
	EXIT_STATUS_SIGNAL = 128, /* and the signal's number is added */
};

#endif
