/* Refuses text that yajl must never see.  Only for json.c.  SPDX-License-Identifier: Apache-2.0
 *
 * yajl's tree parser recurses once for each level of nesting, and cuts a string at \u0000.
 */
#ifndef ODH_JSON_CHECK_H
#define ODH_JSON_CHECK_H

#include <stddef.h>

#include "oci/err.h"

#define JSON_DEPTH_MAX 64

enum { JSON_COMMENTS = 1 }; /* flag of json_parse: allow C and C++ comments */

/* Look through len bytes of JSON text before it is parsed.  flags: as for json_parse.
 * Returns 0, or -1 and *e (EINVAL): a NUL byte, \u0000, a string or comment without end, a comment
 * where none is allowed, or nested deeper than JSON_DEPTH_MAX. */
int json_check_text(const char *text, size_t len, unsigned flags, struct err *e);

#endif
