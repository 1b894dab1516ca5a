/* What is waited for after a start: when has the run succeeded?  SPDX-License-Identifier:
 * Apache-2.0
 *
 * A pure function of config.json's environment and the operator's settings.
 */
#ifndef ODH_READY_H
#define ODH_READY_H

#include "oci/bundle.h"
#include "shim/plan/settings.h"

#define READY_PATHS_MAX 7       /* CC_HEALTH_CHECK_PATH and _0 to _5 */
#define READY_PATH_BYTES 1024   /* the longest path of a health check */
#define READY_PORT_DEFAULT 8080 /* where the environment names none */

enum ready_kind {
	READY_WHEN_EXECUTED,  /* the image's program was executed: nothing else is waited for */
	READY_WHEN_LISTENING, /* the port listens */
	READY_WHEN_ANSWERING, /* the port listens, and every path answers 200-299 on it */
};

struct ready_path {
	const char *variable; /* for messages: its value is never printed */
	const char *path;     /* checked: "/...", printable ASCII without blanks */
};

struct ready {
	enum ready_kind kind;
	uint16_t port;
	struct ready_path paths[READY_PATHS_MAX];
	size_t path_count;
	unsigned timeout_s;
	struct err unusable; /* code other than 0: a variable is wrong, the run can never succeed */
};

/* Decide what is waited for.  Strings are borrowed from bundle. */
void ready_make(const struct bundle *bundle, const struct settings *settings, struct ready *ret);

/* What is waited for, to stand after "waits for": "port 8080 to listen, for at most 180 s".
 * Returns buf. */
const char *ready_describe(const struct ready *ready, char *buf, size_t size);

#endif
