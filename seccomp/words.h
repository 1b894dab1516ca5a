/* The words of a seccomp profile.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_WORDS_H
#define ODH_WORDS_H

#include <stdint.h>

#include "oci/json.h"

enum word_kind {
	WORD_ACTION,   /* SCMP_ACT_*, without a number */
	WORD_OPERATOR, /* enum scmp_compare */
	WORD_ARCH,     /* SCMP_ARCH_* */
	WORD_FLAG /* SECCOMP_FILTER_FLAG_* for seccomp(2); 0 where it means nothing to a hook */
};

#define WORD_UNKNOWN 0xffffffff /* an architecture of the spec that this libseccomp lacks */

/* The string at node as the libseccomp's or kernel's value for that word.
 * Errors: EINVAL no string, or no such word; the message names the JSON path. */
int word_get(const struct json_node *node, enum word_kind kind, uint32_t *ret, struct err *e);

/* The first word of that value, for messages; "?" for none. */
const char *word_name(enum word_kind kind, uint32_t value);

/* Does the profile at node have only keys that the specification or the engines' own files know?
 * In a file that a person writes an unknown one is a slip that would leave a rule out.
 * Errors: EINVAL, the message names the key's place; another type than expected. */
int keys_check(const struct json_node *node, struct err *e);

#endif
