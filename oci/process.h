/* config.json's "process", and the parsers of its parts.  SPDX-License-Identifier: Apache-2.0
 *
 * Source: OCI runtime-spec, config.md "Process".
 */
#ifndef ODH_PROCESS_H
#define ODH_PROCESS_H

#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "oci/err.h"
#include "oci/json.h"

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
	char **env; /* NULL-terminated, NAME=value; each name once, at its first place with its last
		     * value */
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

/* The number of the capability of that name ("CAP_KILL", in any case), or -1: libcap knows none. */
int capability_number(const char *name);

/* The name of a limit, "RLIMIT_NOFILE"; resource: 0 to RLIM_NLIMITS - 1. */
const char *limit_name(int resource);

/* --- for bundle_parse --- */

/* Parse the object process into *ret, which is zeroed.  What was filled on an error is freed by
 * bundle_free.  Errors: as bundle_parse. */
int process_parse(const struct json_node *node, struct process *ret, struct err *e);

/* Parse process.env (absent: none).  Each name once, with its last value at its first place; HOME=/
 * is added where there is no HOME. */
int environment_parse(const struct json_node *process, struct process *ret, struct err *e);

/* Parse scheduler, ioPriority and execCPUAffinity. */
int scheduling_parse(const struct json_node *process, struct process *ret, struct err *e);

#endif
