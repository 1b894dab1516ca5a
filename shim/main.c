/* oci-deploy-hook: deployment hooks for OCI containers.  SPDX-License-Identifier: Apache-2.0
 *
 * From the command line to a verb, and from its result to an exit status.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shim/base/seal.h"
#include "shim/base/text.h"
#include "shim/verbs/by_runtime.h"
#include "shim/verbs/verbs.h"

static void complain(const struct err *e)
{
	char text[2 * ERR_MSG_MAX];

	fprintf(stderr, "oci-deploy-hook: %s\n", text_escape(text, sizeof(text), e->msg));
}

/* An answer that could not be written is a failure, whatever the verb's own status is. */
static int flush_stdout(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "oci-deploy-hook: write to stdout: %s\n", strerrordesc_np(errno));
	return STATUS_FAILED;
}

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
	if (o.help || o.version) {
		if (o.help)
			verbs_print_usage();
		else
			puts("oci-deploy-hook " VERSION);
		return flush_stdout(0);
	}
	o.terminal = *terminal;
	verb = verbs_find(&o, &e);
	status = verb ? verb->run(&o, &e) : STATUS_FAILED;
	if (e.code)
		complain(&e);
	return flush_stdout(status);
}

/* Whatever happens, the runtime gets status 0, and nothing on its stdout and stderr. */
static int serve_runtime(int argc, char *argv[])
{
	struct options o = { 0 };
	struct err e = { 0 };
	const struct verb *verb;

	by_runtime_always_exit_0();
	if (options_parse(argc, argv, &o, &e) < 0 || !(verb = verbs_find(&o, &e)) ||
	    !verb->by_runtime)
		by_runtime_log_usage(&o, &e);
	else
		(void)verb->run(&o, &e);
	return 0;
}

int main(int argc, char *argv[])
{
	bool by_runtime = verbs_called_by_runtime(argc, argv);
	struct terminal terminal = { 0 };

	if (!by_runtime)
		terminal_look(&terminal); /* before seal_reset clears the environment */
	seal_reset(argv);
	return by_runtime ? serve_runtime(argc, argv) : serve_people(argc, argv, &terminal);
}
