/* The directory of the cache: files that only we can have written.  SPDX-License-Identifier:
 * Apache-2.0
 *
 * Nothing here is an error of the program: a caller that gets -1 works without a cache.
 */
#ifndef ODH_CACHE_DIR_H
#define ODH_CACHE_DIR_H

#include <stddef.h>
#include <sys/uio.h>

#define CACHE_DIR "cache"
#define CACHE_FILES_MAX 64

/* Open dir/cache, made where it is missing.  Returns a descriptor, or -1: cannot be made or opened,
 * no directory, a symbolic link, not ours, or others may look into it. */
int cache_dir_open(int dir);

/* Read the file name whole.  *ret_text is the caller's to free.  Returns 0, or -1: there is none,
 * it is no regular file, it has a second name, it is not ours, others may read or write it, or it
 * is longer than any that we write. */
int cache_dir_read(int cache, const char *name, char **ret_text, size_t *ret_size);

/* Replace the file name by one with these contents, in one step: a process that has the old one
 * open goes on reading the old one.  Then remove the oldest files beyond CACHE_FILES_MAX. */
void cache_dir_write(int cache, const char *name, const struct iovec *parts, int count);

/* Remove all files of the cache below dir, to make room.  A cache only saves time. */
void cache_clear(int dir);

#endif
