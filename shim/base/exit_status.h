/* What an exit status says about a hook.  SPDX-License-Identifier: Apache-2.0
 *
 * The verbs run and wait end with these; a hook's own status is handed on as it is.  They are those
 * of a shell and of timeout(1).
 * Source: oci-deploy-hook(8), "EXIT STATUS".
 */
#ifndef ODH_EXIT_STATUS_H
#define ODH_EXIT_STATUS_H

enum {
	STATUS_TIMED_OUT = 124,      /* the hook's time was over */
	STATUS_FAILED = 125,         /* ours: no hook ran, or the command line is wrong */
	STATUS_NOT_EXECUTABLE = 126, /* the shell is there, but cannot be executed */
	STATUS_NOT_FOUND = 127,      /* there is no shell */
	STATUS_SIGNAL = 128,         /* plus n: signal n killed the hook */
};

#endif
