/* Files that only the operator can have written.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_TRUSTED_FILE_H
#define ODH_TRUSTED_FILE_H

#include <stddef.h>

#include "oci/err.h"

/* Read a file of the operator's (settings, profile): a regular file whose owner is root (or, in a
 * user namespace, the overflow uid) and which neither group nor others may write.
 * Errors: EPERM, and read_all's.  *ret_text is the caller's to free. */
int read_trusted_file(const char *path, size_t max, char **ret_text, size_t *ret_len,
		      struct err *e);

#endif
