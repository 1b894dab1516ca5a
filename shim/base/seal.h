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

/* Make sure that this process runs sealed.  argv: as main got it.  input: len bytes that the sealed
 * program is to find on its stdin, or NULL to leave stdin alone.
 * Returns 0 where it is sealed already, or -1 and *e where it cannot be: EPERM it is still
 * writable; others of mount and exec.  Else it does not return: main begins again, with an
 * environment of our own that seal_reset removes. */
int seal(char *const argv[], const char *input, size_t len, struct err *e);

/* Does seal use a mount here?  Where mounts are not allowed, it uses the copy.  Changes nothing. */
bool seal_can_mount(void);

/* For main, first of all: get rid of what a caller may have left us, that is signal dispositions,
 * umask, limits that are too low for us, environment and open descriptors.  Of descriptors 0-2
 * those that are closed are opened on /dev/null.  argv is kept for seal_forget_words.  All signals
 * are blocked afterwards. */
void seal_reset(char *argv[]);

/* Unblock all signals. */
void seal_unblock_signals(void);

/* Overwrite main's argv, which everybody in a container can read in /proc: it names paths of the
 * host.  Whatever points into it points to empty strings afterwards. */
void seal_forget_words(void);

/* Set all signals to their default, including those that libc keeps for itself. */
void seal_default_signals(void);

#endif
