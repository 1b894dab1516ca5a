/* Our own program, out of a container's reach.  SPDX-License-Identifier: Apache-2.0
 *
 * A process that enters a container can be asked there for the program that it runs, /proc/PID/exe.
 * Two attacks begin with that file.  It can be opened for writing: then it is the host's binary
 * that is overwritten (CVE-2019-5736).  And it is on some file system: a container with
 * CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH can open any other file there by its handle
 * (open_by_handle_at(2)), so it must not be a file system of the host, whatever the flags of its
 * mount.  So before a container is touched, the program is executed again from a sealed copy in
 * memory.
 */
#ifndef ODH_SEAL_H
#define ODH_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "oci/err.h"

/* Make sure that this process runs sealed.  argv: as main got it.  input: len bytes that the sealed
 * program is to find on its stdin, or NULL to leave stdin alone.
 * Returns 0 where it is sealed already, or -1 and *e where it cannot be: EPERM it is still
 * writable; others of memfd_create and exec.  Else it does not return: main begins again, with an
 * environment of our own that seal_reset removes. */
int seal(char *const argv[], const char *input, size_t len, struct err *e);

/* Can a copy be made and sealed here?  Returns true, or false and *e.  Changes nothing. */
bool seal_can_copy(struct err *e);

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
