/* The words of a seccomp profile.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_WORDS_H
#define ODH_WORDS_H

#include <stdint.h>

#include "oci/json.h"

enum word_kind {
	WORD_ACTION,   /* SCMP_ACT_*, without a number */
	WORD_OPERATOR, /* enum scmp_compare */
	WORD_ARCH,     /* SCMP_ARCH_* */
	WORD_FLAG      /* SECCOMP_FILTER_FLAG_* for seccomp(2); 0 where a hook has no use for it */
};

#define WORD_UNKNOWN 0xffffffff /* no architecture has this value */

/* The number that libseccomp or the kernel has for the word at node.  *ret is WORD_UNKNOWN for an
 * architecture that the specification has and this libseccomp has not.
 * Returns 0, or -1 and *e.
 * Errors: EINVAL not a string, or no such word; the message names the JSON path. */
int word_get(const struct json_node *node, enum word_kind kind, uint32_t *ret, struct err *e);

/* The first word that has this value, for messages; "?" if none has. */
const char *word_name(enum word_kind kind, uint32_t value);

/* Check that the profile at node has no other keys than those of the specification and of the
 * engines' own files.  For files that people write: a misspelt key there would leave a rule out.
 * Returns 0, or -1 and *e.  Errors: EINVAL an unknown key, or a value of the wrong type; the
 * message names the JSON path. */
int keys_check(const struct json_node *node, struct err *e);

#endif
