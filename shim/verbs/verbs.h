/* The verbs of the command line.  SPDX-License-Identifier: Apache-2.0
 *
 * To add one: a file of its own with its function, a declaration below, and a row in verbs.c.  The
 * row is all that main and --help know of it.
 */
#ifndef ODH_VERBS_H
#define ODH_VERBS_H

#include <stdbool.h>

#include "shim/base/exit_status.h"
#include "shim/verbs/options.h"

/* What check ends with, besides STATUS_FAILED. */
enum {
	STATUS_HOOK_RUNS = 0, /* without a container: nothing on this host is BAD */
	STATUS_NO_HOOK = 1,
	STATUS_BAD_INPUT = 2,
};

enum { VERB_FORMS = 2 };

struct verb {
	const char *name;
	/* Returns the program's exit status, see oci-deploy-hook(8).  Fills *e if there is
	 * something to say about it on stderr. */
	int (*run)(const struct options *o, struct err *e);
	bool by_runtime; /* called by a runtime or engine: exit status 0, nothing is printed */
	/* How it is called.  words: the options and operands that it takes, as --help shows them;
	 * "" = none.  text: what it does then, with '\n' between lines; NULL = no such form. */
	struct {
		const char *words, *text;
	} forms[VERB_FORMS];
};

/* One row for each verb, in the order of --help.  The last row has no name. */
extern const struct verb verbs[];

/* The verb that the command line names.  Returns its row, or NULL and *e (EINVAL). */
const struct verb *verbs_find(const struct options *o, struct err *e);

/* Does the command line name a verb that runtimes call?  If it cannot be parsed: is any word of it
 * one?  Then the exit status is 0, whatever the rest of the words is. */
bool verbs_called_by_runtime(int argc, char *argv[]);

/* Print what --help says to stdout. */
void verbs_print_usage(void);

int verb_poststart(const struct options *o, struct err *e);
int verb_poststop(const struct options *o, struct err *e);
int verb_run(const struct options *o, struct err *e);
int verb_status(const struct options *o, struct err *e);
int verb_wait(const struct options *o, struct err *e);
int verb_check(const struct options *o, struct err *e);

#endif
