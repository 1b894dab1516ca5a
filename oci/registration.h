/* A file of hooks.d, by which podman and CRI-O learn of a hook.  SPDX-License-Identifier:
 * Apache-2.0
 *
 * Source: oci-hooks(5), schema 1.0.0.
 */
#ifndef ODH_REGISTRATION_H
#define ODH_REGISTRATION_H

#include "oci/err.h"
#include "oci/json.h"

#define REGISTRATION_MAX (1024 * 1024) /* bytes */

enum registration_stage { REGISTRATION_POSTSTART, REGISTRATION_POSTSTOP, REGISTRATION_STAGES };

/* The runtime-spec's names of the two stages, which are also our verbs. */
extern const char *const registration_stage_names[REGISTRATION_STAGES];

struct registration {
	char *path;                       /* the program, absolute */
	bool stages[REGISTRATION_STAGES]; /* called in these; others are not kept */
	bool verbs[REGISTRATION_STAGES];  /* the verb is one of the program's arguments */
	bool always;                      /* for every container, not only for some */
	bool has_timeout;
};

/* Parse a file's text by the rules of version 1.0.0, as strictly as the engines, which refuse every
 * start while a file breaks these rules.  For a file of another version, path is NULL.
 * Returns 0 and fills *ret (free with registration_free), or -1 and *e: EINVAL, ERANGE, ENOMEM. */
int registration_parse(const char *text, size_t len, struct registration *ret, struct err *e);
void registration_free(struct registration *r);

#define auto_registration __attribute__((cleanup(registration_free))) struct registration

#endif
