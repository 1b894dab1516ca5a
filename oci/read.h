/* Files and descriptors, read whole and bounded.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_READ_H
#define ODH_READ_H

#include <stddef.h>

#include "oci/err.h"

/* Read fd to its end, always, so that no writer is left with SIGPIPE.
 * max: bytes accepted.  *ret_text: NUL-terminated, the caller's to free.
 * Errors: E2BIG more than max bytes (the rest is read and dropped), ENOMEM, or read's own. */
int read_all(int fd, size_t max, char **ret_text, size_t *ret_len, struct err *e);

/* Open path and read_all it.  Only a regular file is read.  Errors: as open, read_all; EINVAL. */
int read_file(const char *path, size_t max, char **ret_text, size_t *ret_len, struct err *e);

#endif
