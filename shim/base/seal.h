/* Our own program, out of a container's reach.  SPDX-License-Identifier: Apache-2.0
 *
 * A process that enters a container can be asked there for the program it runs, /proc/PID/exe, and
 * that file opened for writing: the host's binary (CVE-2019-5736).  So before a container is
 * touched, the program is executed again from a read-only, detached mount of itself; where mounts
 * are not allowed, from a sealed copy in memory.
 */
#ifndef ODH_SEAL_H
#define ODH_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "oci/err.h"

/* Make sure that this process runs sealed.  argv: as main got it.  input: what the sealed program
 * is to find on its stdin (len bytes), or NULL to leave stdin alone.
 * Returns 0 where it is sealed already; -1 and *e where it cannot be.  Else does not return: main
 * begins again, with an empty environment but for one mark, which seal_reset removes. */
int seal(char *const argv[], const char *input, size_t len, struct err *e);

/* Is the mount allowed here (else it is the copy)?  Changes nothing. */
bool seal_can_mount(void);

/* For main, first of all.  Shed what a caller may have left us: signal dispositions, umask,
 * limits that are too low for us, environment, open descriptors; descriptors 0-2 are opened on
 * /dev/null where they are closed. All signals are blocked afterwards, until seal_unblock_signals.
 */
void seal_reset(char *argv[]);
void seal_unblock_signals(void);

/* Overwrite main's words, which everybody in a container can read in /proc: they name paths of the
 * host.  What points into them is empty afterwards. */
void seal_forget_words(void);

/* All signals to their default, those that libc keeps for itself included. */
void seal_default_signals(void);

#endif
