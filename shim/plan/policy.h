/* The rule: which deployment hooks a Docker-type application has.  SPDX-License-Identifier:
 * Apache-2.0
 *
 * The application's image is built from a Dockerfile.  What the build hooks do belongs there, what
 * the pre-run hook does into the entrypoint, and a failed run is seen in the engine's events.  Only
 * the run-succeeded hook is left.
 */
#ifndef ODH_POLICY_H
#define ODH_POLICY_H

#include <stdbool.h>
#include <stddef.h>

enum {
	POLICY_PRE_BUILD,
	POLICY_POST_BUILD,
	POLICY_PRE_RUN,
	POLICY_RUN_SUCCEEDED,
	POLICY_RUN_FAILED,
	POLICY_COUNT
};

struct rule {
	const char *variable; /* of the application's environment */
	const char *phase;    /* when the platform runs it for other types of application */
	bool runs;            /* false: refused for Docker applications */
	const char *advice;   /* where it is refused: what to do instead */
};
extern const struct rule policy[POLICY_COUNT];

/* May config.json's text set one of the variables?  False is certain; true must be looked into.
 * Reads the raw bytes: a name spelt with JSON escapes counts. */
bool policy_mentioned(const char *text, size_t len);

#endif
