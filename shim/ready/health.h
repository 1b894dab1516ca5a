/* Health checks: HTTP requests to the application.  SPDX-License-Identifier: Apache-2.0
 *
 * A separate process asks.  It is in the application's network namespace, and in no other namespace
 * of the application.  It drops its rights and loads a seccomp filter before it sends a byte.
 */
#ifndef ODH_HEALTH_H
#define ODH_HEALTH_H

#include "shim/app/listen.h"
#include "shim/ready/ready.h"

#define HEALTH_TRY_MS 5000     /* for one path, on all addresses together */
#define HEALTH_DRAIN_MS 500    /* for the body: its sender may not bear to be cut off */
#define HEALTH_HEADER_MAX 8192 /* bytes */
#define HEALTH_TARGETS_MAX 8   /* addresses that are tried, one after the other */

/* What became of the path that is asked.  The checking process writes it: it is hostile input. */
enum health_result {
	HEALTH_NOT_ASKED,
	HEALTH_NO_ANSWER, /* nothing yet, or not within HEALTH_TRY_MS */
	HEALTH_REFUSED,   /* no address could be connected to */
	HEALTH_CLOSED,    /* closed before a whole header */
	HEALTH_TOO_LARGE, /* a header of more than HEALTH_HEADER_MAX bytes */
	HEALTH_NO_HTTP,   /* something else than HTTP/1.x */
	HEALTH_STATUS,    /* answered with a status */
	HEALTH_CONFINED,  /* the process could not be confined, and has asked nothing */
	HEALTH_RESULTS,
};

/* In memory that the checking process shares with its parent. */
struct health_report {
	volatile int path; /* index of the path that it is at */
	volatile int result;
	volatile int status;
};

/* Ask every path until one does not answer with 200 to 299; redirects are not followed.
 * set: where the port listens.  shared: other containers' processes use the network namespace too.
 * report: shared memory.
 * Returns the pid of the checking process, a child that dies with its parent and ends by itself,
 * with 0 where all have answered so; or -1 and *e. */
pid_t health_start(const struct app *app, const struct ready *ready, const struct listeners *set,
		   bool shared, struct health_report *report, struct err *e);

/* What the report says, in words: "CC_HEALTH_CHECK_PATH_1 answered 503 on port 8080". */
const char *health_describe(const struct ready *ready, const struct health_report *report,
			    char *buf, size_t size);

/* Read what has been received of an answer, len bytes in text, NUL-terminated.
 * Returns 1 and *ret_status (200 to 999) once the header is whole, 0 while more is needed, -1 where
 * it is no HTTP/1.x answer.  Interim answers (1xx) are skipped.  Source: RFC 9112. */
int health_parse(const char *text, size_t len, int *ret_status);

#endif
