/* The verb check without a container: is this host ready for hooks?  SPDX-License-Identifier:
 * Apache-2.0 */
#ifndef ODH_EXAMINE_H
#define ODH_EXAMINE_H

#include <stdbool.h>

#include "shim/verbs/options.h"

/* Print what was found, one line each, with what to do where something is not good.  Changes
 * nothing; runs the runtimes and engines that it finds with --version.
 * Returns whether hooks can run here. */
bool examine_host(const struct options *o);

/* Parts of it: the runtimes and engines that are installed, and how each calls poststart. */
void examine_programs(unsigned *tally);

/* The directories of hooks.d that podman and CRI-O read, and whether we are registered there. */
void examine_hooks(unsigned *tally);

#endif
