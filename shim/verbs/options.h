/* The command line.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_OPTIONS_H
#define ODH_OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

#include "oci/err.h"
#include "shim/base/log.h"
#include "shim/verbs/terminal.h"

struct options {
	char **argv; /* main's */
	const char *config, *root;
	struct log_options log;
	bool help, version;
	pid_t pid;          /* 0 = not given */
	const char *bundle; /* NULL = not given, here and below */
	const char *verb;
	const char *operand; /* CONTAINER */
	bool all, json;
	bool has_timeout;
	int64_t timeout_s;        /* of wait */
	struct terminal terminal; /* main fills it; options_parse does not */
};

/* Parse the command line.  Options may stand before and after the verb.
 * Returns 0 and fills *ret, borrowing argv's strings, or -1 and *e (EINVAL). */
int options_parse(int argc, char *argv[], struct options *ret, struct err *e);

/* Print the options that every verb takes to stdout, for --help. */
void options_print_usage(void);

#endif
