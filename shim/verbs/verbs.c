/* The verbs of the command line: one row for each.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/verbs/verbs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shim/verbs/terminal.h"
#ifdef STEP_FAULTS
#include "shim/sandbox/fault.h"
#include "shim/sandbox/joiner.h"
#endif

const struct verb verbs[] = {
	{ .name = "poststart",
	  .run = verb_poststart,
	  .by_runtime = true,
	  .forms = { { "", "run CC_RUN_SUCCEEDED_HOOK once the application has started" } } },
	{ .name = "poststop",
	  .run = verb_poststop,
	  .by_runtime = true,
	  .forms = { { "", "clear away what was kept of the container's start" } } },
	{ .name = "status",
	  .run = verb_status,
	  .forms = { { "[--all] [--json] [CONTAINER]",
		       "what became of the hooks; of one start, its timeline" } } },
	{ .name = "wait",
	  .run = verb_wait,
	  .forms = { { "[--timeout S] CONTAINER",
		       "until the hook has ended; exit status as of run, 125 too\n"
		       "if none runs, or not within S seconds" } } },
	{ .name = "check",
	  .run = verb_check,
	  .forms = { { "", "is this host ready? what is found, and what to do" },
		     { "--bundle DIR | CONTAINER",
		       "what would run, as whom, with which rights; exit status\n"
		       "of both: 0 a hook would run, 1 none would, 2 bad input" } } },
	{ .name = "run",
	  .run = verb_run,
	  .forms = { { "--pid PID --bundle DIR | run CONTAINER",
		       "run the hook now, in the foreground; exit status: the\n"
		       "hook's, 128+N by signal N, 124 timed out, 125 we failed,\n"
		       "126 not executable, 127 not found" } } },
	{ .name = NULL },
};

static const struct verb *find(const char *name)
{
	for (const struct verb *v = verbs; v->name; v++)
		if (!strcmp(v->name, name))
			return v;
	return NULL;
}

#ifdef STEP_FAULTS
static int list_steps(const struct options *o, struct err *e)
{
	(void)o;
	(void)e;
	for (int i = 0; joiner_step_name(i); i++)
		puts(joiner_step_name(i));
	return 0;
}

/* --fault list, which only test builds know. */
static const struct verb step_lister = { .name = "list", .run = list_steps };
#endif

const struct verb *verbs_find(const struct options *o, struct err *e)
{
	const struct verb *found = o->verb ? find(o->verb) : NULL;

#ifdef STEP_FAULTS
	if (sandbox_fault && !strcmp(sandbox_fault, "list"))
		return &step_lister;
#endif
	if (!o->verb)
		(void)err_set(e, EINVAL, "a verb is missing: see --help");
	else if (!found)
		(void)err_set(e, EINVAL, "unknown verb '%s': see --help", o->verb);
	return found;
}

static bool is_by_runtime(const char *word)
{
	const struct verb *v = find(word);

	return v && v->by_runtime;
}

bool verbs_called_by_runtime(int argc, char *argv[])
{
	struct options o = { 0 };
	struct err e = { 0 };

	if (options_parse(argc, argv, &o, &e) == 0 && o.verb)
		return is_by_runtime(o.verb);
	for (int i = 1; i < argc; i++)
		if (is_by_runtime(argv[i]))
			return true;
	return false;
}

static void print_forms(bool by_runtime)
{
	for (const struct verb *v = verbs; v->name; v++)
		for (int i = 0; i < VERB_FORMS && v->forms[i].text; i++) {
			const char *words = v->forms[i].words;
			char call[80];

			if (v->by_runtime != by_runtime)
				continue;
			snprintf(call, sizeof(call), "%s%s%s", v->name, *words ? " " : "", words);
			table_usage(call, v->forms[i].text);
		}
}

void verbs_print_usage(void)
{
	puts("usage: oci-deploy-hook [OPTION]... VERB ...\n"
	     "\n"
	     "Called by the runtime or engine, with the container's state on stdin; exit status "
	     "0:");
	print_forms(true);
	puts("\nCalled by people:");
	print_forms(false);
	puts("\nOptions:");
	options_print_usage();
}
