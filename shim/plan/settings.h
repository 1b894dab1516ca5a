/* The operator's settings.  SPDX-License-Identifier: Apache-2.0  Source: oci-deploy-hook.json(5).
 */
#ifndef ODH_SETTINGS_H
#define ODH_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oci/err.h"
#include "shim/plan/settings_value.h"

#define SETTINGS_FILE "/etc/oci-deploy-hook.json"
#define SETTINGS_MAX (64 * 1024) /* bytes */

struct settings {
	bool enabled;
	unsigned timeout_s; /* of the hook */
	enum ready_mode ready;
	unsigned ready_timeout_s;
	enum output_mode output;
	uint64_t
		capabilities; /* the list that a hook's capabilities are cut to; bit n = number n */
	char *seccomp;        /* path of the hook's own profile; NULL = the built-in one */
	char *tools;          /* host directory; NULL = none */
	char **shell;         /* NULL-terminated, at least one; shell[0] absolute */
	char *runtime;
	bool from_file; /* false: there is no file, all are defaults */
	unsigned given; /* bit i: the file sets setting i of settings_get */
};

/* A setting in force, for people. */
struct setting {
	const char *key;
	bool from_file;   /* false: its default */
	char value[1024]; /* as it would stand in the file; "none" if NULL */
};

/* Describe setting i (0, 1, ...) of s.  Returns false after the last one.
 *	for (size_t i = 0; settings_get(&settings, i, &setting); i++) */
bool settings_get(const struct settings *s, size_t i, struct setting *ret);

/* Read and check the settings.  path: NULL = SETTINGS_FILE, which may be absent; a named file may
 * not.  Returns 0 and fills *ret (free with settings_free), or -1 and *e: the message names file,
 * key and reason.  Errors: EPERM owner or mode, EINVAL unknown key or wrong type, ERANGE. */
int settings_load(const char *path, struct settings *ret, struct err *e);
void settings_free(struct settings *s);

#define auto_settings __attribute__((cleanup(settings_free))) struct settings

#endif
