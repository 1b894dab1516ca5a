/* What poststart and poststop have in common.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/verbs/by_runtime.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oci/cleanup.h"
#include "oci/read.h"
#include "oci/state.h"
#include "shim/base/log.h"
#include "shim/base/seal.h"

static void leave_quietly(int sig)
{
	(void)sig;
	_exit(0);
}

/* glibc keeps the first real-time signals for itself, and its sigaction refuses them: so this goes
 * to the kernel directly. */
static void ignore_libcs_signals(void)
{
	/* the kernel's struct sigaction: a handler, flags, and so on */
	static const unsigned long ignore[8] = { (unsigned long)SIG_IGN };

	for (int sig = __SIGRTMIN; sig < SIGRTMIN; sig++)
		(void)syscall(SYS_rt_sigaction, sig, ignore, NULL, NSIG / 8);
}

void by_runtime_always_exit_0(void)
{
	/* These end no process by default, or cannot be caught. */
	static const int harmless[] = { SIGCHLD, SIGCONT, SIGURG,  SIGWINCH, SIGSTOP,
					SIGTSTP, SIGTTIN, SIGTTOU, SIGKILL };
	static char stack[16384]; /* for SIGSEGV when the usual one is full */
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = leave_quietly, .sa_flags = SA_ONSTACK };
	sigset_t fatal;

	(void)sigaltstack(&alternate, NULL);
	(void)sigfillset(&fatal);
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		(void)sigdelset(&fatal, harmless[i]);
	for (int sig = 1; sig < NSIG; sig++)
		if (sigismember(&fatal, sig) == 1)
			(void)sigaction(sig, &action, NULL);
	(void)signal(SIGXFSZ, SIG_IGN); /* beyond the caller's limit, write fails instead */
	ignore_libcs_signals();
	seal_unblock_signals();
}

void by_runtime_open_log(const struct options *o)
{
	struct err e = { 0 };

	if (log_open(&o->log, &e) < 0)
		log_event(LOG_LEVEL_WARNING, "-", "error", "%s", e.msg); /* to syslog */
}

void by_runtime_log_usage(const struct options *o, const struct err *e)
{
	auto_free char *text = NULL;
	size_t len;
	struct err unread = { 0 };

	(void)read_all(STDIN_FILENO, STATE_MAX, &text, &len,
		       &unread); /* so that its writer is not stopped */
	by_runtime_open_log(o);
	log_event(LOG_LEVEL_ERROR, "-", "error", "no hook is run: command line: %s", e->msg);
}
