/* Compiled profiles, kept between starts.  SPDX-License-Identifier: Apache-2.0
 *
 * Compiling costs more than all the rest of a hook's start.  A file of DIR/cache holds the program
 * of one profile, and in front of it its key: everything that the program was made from.
 */
#ifndef ODH_CACHE_H
#define ODH_CACHE_H

#include "seccomp/cache_dir.h"
#include "seccomp/filter.h"

/* filter_compile, but from the cache where it has the program; otherwise it is put there.
 * dir: a directory that only we can write, or -1: no cache.  Whatever is wrong with the cache, its
 * directory or a file in it, is no error: the profile is compiled.  Only a regular file of ours
 * that nobody else may read or write is believed, only if it is whole and its key is this
 * profile's, byte for byte.  A new file appears by a rename; the oldest beyond CACHE_FILES_MAX go.
 * May block on the file system: not for a process that watches a hook.
 * Returns 0 and fills *ret (free with filter_free), or -1 and *e as filter_compile. */
int cache_compile(int dir, const struct profile *p, struct filter *ret, struct err *e);

#endif
