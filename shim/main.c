/* oci-deploy-hook: deployment hooks for OCI containers.  SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shim/sandbox/fault.h"
#include "shim/sandbox/joiner.h"
#include "shim/base/seal.h"
#include "shim/base/text.h"
#include "shim/verbs/by_runtime.h"
#include "shim/verbs/verbs.h"

static const char usage[] =
	"usage: oci-deploy-hook [OPTION]... VERB ...\n"
	"\n"
	"Called by the runtime or engine, with the container's state on stdin; exit status 0:\n"
	"  poststart                     run CC_RUN_SUCCEEDED_HOOK once the application has "
	"started\n"
	"  poststop                      clear away what was kept of the container's start\n"
	"\n"
	"Called by people:\n"
	"  status [--all] [--json] [CONTAINER]\n"
	"                                what became of the hooks; of one start, its timeline\n"
	"  wait [--timeout S] CONTAINER  until the hook has ended; exit status as of run, 125 too\n"
	"                                if none runs, or not within S seconds\n"
	"  check                         is this host ready? what is found, and what to do\n"
	"  check --bundle DIR | CONTAINER\n"
	"                                what would run, as whom, with which rights; exit status\n"
	"                                of both: 0 a hook would run, 1 none would, 2 bad input\n"
	"  run --pid PID --bundle DIR | run CONTAINER\n"
	"                                run the hook now, in the foreground; exit status: the\n"
	"                                hook's, 128+N by signal N, 124 timed out, 125 we failed,\n"
	"                                126 not executable, 127 not found\n"
	"\n"
	"Options:\n"
	"  --config FILE                 settings (default /etc/oci-deploy-hook.json)\n"
	"  --root DIR                    records (default /run/oci-deploy-hook)\n"
	"  --log FILE                    log to FILE besides syslog\n"
	"  --log-format text|json        form of that file\n"
	"  --log-level error|warning|info|debug\n"
	"  --help, --version\n";

static const struct verb {
	const char *name;
	int (*run)(const struct options *o, struct err *e);
	bool by_runtime;
} verbs[] = {
	{ "poststart", verb_poststart, true }, { "poststop", verb_poststop, true },
	{ "status", verb_status, false },      { "wait", verb_wait, false },
	{ "check", verb_check, false },        { "run", verb_run, false },
};

static void complain(const struct err *e)
{
	char text[2 * ERR_MSG_MAX];

	fprintf(stderr, "oci-deploy-hook: %s\n", text_escape(text, sizeof(text), e->msg));
}

/* Whoever asked must know if the answer did not get through. */
static int flush_stdout(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "oci-deploy-hook: write to stdout: %s\n", strerrordesc_np(errno));
	return STATUS_FAILED;
}

static const struct verb *find_verb(const struct options *o, struct err *e)
{
	if (!o->verb) {
		(void)err_set(e, EINVAL, "a verb is missing: see --help");
		return NULL;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(o->verb, verbs[i].name))
			return &verbs[i];
	(void)err_set(e, EINVAL, "unknown verb '%s': see --help", o->verb);
	return NULL;
}

#ifdef STEP_FAULTS
static int list_steps(void)
{
	for (int i = 0; sandbox_step_name(i); i++)
		puts(sandbox_step_name(i));
	return 0;
}
#endif

static int serve_people(int argc, char *argv[], const struct terminal *terminal)
{
	struct options o = { 0 };
	struct err e = { 0 };
	const struct verb *verb;
	int status;

	seal_unblock_signals();
	if (options_parse(argc, argv, &o, &e) < 0) {
		complain(&e);
		return STATUS_FAILED;
	}
#ifdef STEP_FAULTS
	if (sandbox_fault && !strcmp(sandbox_fault, "list"))
		return list_steps();
#endif
	if (o.help || o.version) {
		(void)fputs(o.help ? usage : "oci-deploy-hook " VERSION "\n", stdout);
		return flush_stdout(0);
	}
	o.terminal = *terminal;
	verb = find_verb(&o, &e);
	status = verb ? verb->run(&o, &e) : STATUS_FAILED;
	if (e.code)
		complain(&e);
	return flush_stdout(status);
}

/* Whatever happens, the runtime gets 0, and no word on its stdout and stderr. */
static int serve_runtime(int argc, char *argv[])
{
	struct options o = { 0 };
	struct err e = { 0 };
	const struct verb *verb;

	by_runtime_always_exit_0();
	if (options_parse(argc, argv, &o, &e) < 0 || !(verb = find_verb(&o, &e)) ||
	    !verb->by_runtime)
		by_runtime_log_usage(&o, &e);
	else
		(void)verb->run(&o, &e);
	return 0;
}

int main(int argc, char *argv[])
{
	bool by_runtime = options_called_by_runtime(argc, argv);
	struct terminal terminal = { 0 };

	if (!by_runtime)
		terminal_look(&terminal); /* as long as there is an environment */
	seal_reset(argv);
	return by_runtime ? serve_runtime(argc, argv) : serve_people(argc, argv, &terminal);
}
