/* Compiled profiles, kept between starts.  SPDX-License-Identifier: Apache-2.0
 *
 * Compiling costs more than all the rest of a hook's start.  A file of DIR/cache holds the program
 * of one profile, and in front of it its key: everything that the program was made from.
 */
#ifndef ODH_CACHE_H
#define ODH_CACHE_H

#include "seccomp/cache_dir.h"
#include "seccomp/filter.h"

/* Do what filter_compile does, but take the program from the cache if it is there, and put it there
 * if it is not.  dir: a directory that only we can write, or -1: no cache.  If something is wrong
 * with the cache, that is no error: the profile is compiled.  A file is used only if it is a
 * regular file of ours that others may neither read nor write, is whole, and has this profile's
 * key, byte for byte.  A new file appears by a rename; the oldest beyond CACHE_FILES_MAX go.
 * This may block on the file system, so a process that watches a hook must not call it.
 * Returns 0 and fills *ret (free with filter_free), or -1 and *e as filter_compile. */
int cache_compile(int dir, const struct profile *p, struct filter *ret, struct err *e);

#endif
