/* Files that only the operator can have written.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_TRUSTED_FILE_H
#define ODH_TRUSTED_FILE_H

#include <stddef.h>

#include "oci/err.h"

/* Read a file of the operator, as settings and profiles are: a regular file that root owns
 * (host_owned_by_root) and neither group nor others may write.  max: bytes accepted.
 * Returns 0 and fills *ret_text, NUL-terminated and the caller's to free, and *ret_len, or -1 and
 * *e.  Errors: EPERM owner or mode; EINVAL no regular file; those of open, and read_all's. */
int read_trusted_file(const char *path, size_t max, char **ret_text, size_t *ret_len,
		      struct err *e);

#endif
