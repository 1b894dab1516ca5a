/* The part of a bundle's config.json that joining needs.  SPDX-License-Identifier: Apache-2.0
 *
 * Source: OCI runtime-spec, config.md and config-linux.md.
 */
#ifndef ODH_BUNDLE_H
#define ODH_BUNDLE_H

#include "oci/err.h"
#include "oci/json.h"
#include "oci/process.h"

#define BUNDLE_MAX (16 * 1024 * 1024) /* bytes of config.json */

enum ns_kind { /* in any order: setns joins all at once; the table is in bundle.c */
	       NS_USER,
	       NS_MOUNT,
	       NS_PID,
	       NS_NETWORK,
	       NS_IPC,
	       NS_UTS,
	       NS_CGROUP,
	       NS_TIME,
	       NS_COUNT
};

struct ns_info {
	const char *oci;  /* "network": the name in config.json */
	const char *proc; /* "net": the name in /proc/PID/ns */
	int flag;         /* CLONE_NEWNET */
};
extern const struct ns_info ns_table[NS_COUNT];

struct bundle {
	char *root_path; /* absolute, if the path of the bundle directory is */
	struct process process;
	bool has_personality;
	unsigned long personality;  /* PER_LINUX or PER_LINUX32 */
	bool ns_listed[NS_COUNT];   /* named in linux.namespaces */
	bool ns_has_path[NS_COUNT]; /* and with a path */
	bool foreign;               /* init never execs in the usual way: see struct state */
	struct json *doc;           /* what seccomp points into */
	struct json_node seccomp;   /* linux.seccomp; value NULL where absent */
};

/* Read DIR/config.json whole.  *ret_text is the caller's to free.
 * Errors: ENOENT, E2BIG over BUNDLE_MAX, EINVAL no regular file. */
int bundle_read(const char *dir, char **ret_text, size_t *ret_len, struct err *e);

/* Parse the text of dir's config.json.  Returns 0 and fills *ret (free with bundle_free), or -1.
 * Everything is checked: types, ranges, absolute cwd, NAME=value.  uid and gid 4294967295 are
 * refused (setresuid reads that as "leave it").  Errors: EINVAL, ERANGE, ENOMEM; the message
 * names config.json and the path in it. */
int bundle_parse(const char *dir, const char *text, size_t len, struct bundle *ret, struct err *e);
void bundle_free(struct bundle *b);

/* Free the parsed text.  Only seccomp points into it, and is absent afterwards. */
void bundle_drop_document(struct bundle *b);

/* The value of NAME in the environment, borrowed, or NULL. */
const char *bundle_env(const struct bundle *b, const char *name);

#define auto_bundle __attribute__((cleanup(bundle_free))) struct bundle

#endif
