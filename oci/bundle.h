/* The part of a bundle's config.json that joining needs.  SPDX-License-Identifier: Apache-2.0
 *
 * Source: OCI runtime-spec, config.md and config-linux.md.
 */
#ifndef ODH_BUNDLE_H
#define ODH_BUNDLE_H

#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "oci/err.h"
#include "oci/json.h"

#define BUNDLE_MAX (16 * 1024 * 1024) /* bytes of config.json */

enum ns_kind { /* in the order of the kernel's documentation; the table is in bundle.c */
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

enum cap_set_kind {
	CAPS_BOUNDING,
	CAPS_EFFECTIVE,
	CAPS_PERMITTED,
	CAPS_INHERITABLE,
	CAPS_AMBIENT,
	CAPS_COUNT
};

struct limit {
	int resource; /* RLIMIT_* */
	struct rlimit value;
};

struct scheduler { /* sched_setattr(2) */
	uint32_t policy;
	int32_t nice;
	uint32_t priority;
	uint64_t flags, runtime, deadline, period;
};

struct process {
	uid_t uid;
	gid_t gid;
	mode_t umask; /* 0022 where config.json has none, as runc and crun */
	gid_t *groups;
	size_t group_count;
	char **env; /* NULL-terminated, NAME=value, each name once: its last value; in first order
		     */
	size_t env_count;
	char *cwd;                 /* absolute */
	uint64_t caps[CAPS_COUNT]; /* bit n = capability n */
	char *caps_unknown; /* names that libcap or this kernel lacks, ", " between; or NULL */
	struct limit *limits;
	size_t limit_count;
	bool no_new_privs;
	char *apparmor_profile; /* NULL = none asked for */
	char *selinux_label;    /* owned; NULL = none */
	bool has_scheduler;
	struct scheduler scheduler;
	bool has_io_priority;
	int io_priority; /* as ioprio_set(2) takes it: class << 13 | level */
	bool has_affinity;
	cpu_set_t affinity; /* execCPUAffinity: final, or initial where only that is given */
};

struct bundle {
	char *root_path; /* absolute, if the bundle directory is given so */
	struct process process;
	bool has_personality;
	unsigned long personality;  /* PER_LINUX or PER_LINUX32 */
	bool ns_listed[NS_COUNT];   /* named in linux.namespaces */
	bool ns_has_path[NS_COUNT]; /* and with a path */
	bool foreign;               /* as in struct state, from config.json's own annotations */
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

/* Free the parsed text, into which only seccomp points: that is absent afterwards. */
void bundle_drop_document(struct bundle *b);

/* The number of the capability of that name ("CAP_KILL", in any case), or -1: libcap knows none. */
int capability_number(const char *name);

/* The name of a limit, "RLIMIT_NOFILE"; resource: 0 to RLIM_NLIMITS - 1. */
const char *limit_name(int resource);

/* The value of NAME in the environment, borrowed, or NULL. */
const char *bundle_env(const struct bundle *b, const char *name);

#define auto_bundle __attribute__((cleanup(bundle_free))) struct bundle

#endif
