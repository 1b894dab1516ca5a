/* The verb check without a container: is this host ready for hooks?  SPDX-License-Identifier:
 * Apache-2.0 */
#ifndef ODH_CHECK_HOST_H
#define ODH_CHECK_HOST_H

#include <stdbool.h>

#include "shim/verbs/options.h"

/* Print what was found, one line each.  A line says what to do if something is not good.
 * Changes nothing, but runs the runtimes and engines that it finds with --version.
 * Returns whether hooks can run here. */
bool check_host(const struct options *o);

/* The parts of it that have files of their own.  They count what they find in tally, as
 * table_finding does. */

/* The runtimes and engines that are installed, and how each calls poststart. */
void check_runtimes(unsigned *tally);

/* The directories of hooks.d that podman and CRI-O read, and whether we are registered there. */
void check_hooks_d(unsigned *tally);

#endif
