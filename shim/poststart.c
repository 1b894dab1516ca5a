/* What runtimes and engines call.  SPDX-License-Identifier: Apache-2.0
 *
 * The runtime waits for this process: nothing here may block, and it always exits with 0.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "../oci/cleanup.h"
#include "log.h"
#include "record.h"
#include "seal.h"
#include "supervise.h"
#include "verbs.h"

static void leave_quietly(int sig)
{
	(void)sig;
	_exit(0);
}

/* Those that libc keeps for itself, and so cannot be handled by its sigaction. */
static void ignore_libcs_signals(void)
{
	/* the kernel's struct sigaction: a handler, flags, and so on */
	static const unsigned long ignore[8] = { (unsigned long)SIG_IGN };

	for (int sig = __SIGRTMIN; sig < SIGRTMIN; sig++)
		(void)syscall(SYS_rt_sigaction, sig, ignore, NULL, NSIG / 8);
}

void poststart_guard(void)
{
	/* What ends no process by default, or cannot be caught. */
	static const int harmless[] = { SIGCHLD, SIGCONT, SIGURG,  SIGWINCH, SIGSTOP,
					SIGTSTP, SIGTTIN, SIGTTOU, SIGKILL };
	static char stack[16384]; /* an overflow of the usual one must be handled too */
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
	ignore_libcs_signals();
	seal_unblock_signals();
}

static void open_log(const struct options *o)
{
	struct err e = { 0 };

	if (log_open(&o->log, &e) < 0)
		log_event(LOG_LEVEL_WARNING, "-", "error", "%s", e.msg); /* to syslog */
}

static void become_supervisor(const struct plan *plan, const struct app *app, int records)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	seal_default_signals();
	(void)setsid();    /* a fresh child leads no group: cannot fail */
	(void)!chdir("/"); /* only so that the bundle's file system can be unmounted */
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	cleanup_fd(&null);
	supervise(plan, app, records);
}

/* Pin the application and claim its start.  Returns the record directory, or -1 and *e. */
static int claim(const struct options *o, const struct plan *plan, struct app *ret, struct err *e)
{
	auto_fd records = -1;

	if (app_open(plan->state->pid, plan->bundle, ret, e) < 0 ||
	    app_verify(ret, plan->bundle, e) < 0)
		return -1;
	records = record_dir(o->root, true, e);
	if (records < 0 || record_claim(records, ret, plan->state->id, plan->state->bundle, e) < 0)
		return -1;
	return take_fd(&records);
}

/* Claim the start and leave a supervisor behind. */
static int start_supervisor(const struct options *o, const struct plan *plan, struct err *e)
{
	auto_app app = { .pidfd = -1, .proc = -1 };
	auto_fd records = claim(o, plan, &app, e);
	pid_t pid;

	if (records >= 0 || e->code != EEXIST) /* whoever claimed it has told it */
		supervise_log_refused(plan);
	if (records < 0)
		return -1;
	pid = fork();
	if (pid < 0)
		return err_sys(e, errno, "fork");
	if (pid == 0) {
		become_supervisor(plan, &app, records);
		_exit(0);
	}
	return 0;
}

/* The part for which the program is sealed. */
static int plan_and_start(const struct options *o, const struct state *state, char **config,
			  size_t len, struct err *e)
{
	auto_settings settings = { 0 };
	auto_bundle bundle = { 0 };
	auto_plan plan = { 0 };

	if (settings_load(o->config, &settings, e) < 0 ||
	    bundle_parse(state->bundle, *config, len, &bundle, e) < 0 ||
	    plan_make(state, &bundle, &settings, &plan, e) < 0)
		return -1;
	/* A supervisor may wait for days, and its hook's process is to hold nothing of the host. */
	cleanup_free(config);
	*config = NULL;
	bundle_drop_document(&bundle);
	if (!plan.hook && !plan_refuses(&plan))
		return 0;
	return start_supervisor(o, &plan, e);
}

static int start(const struct options *o, struct state *state, struct err *e)
{
	auto_free char *text = NULL, *config = NULL;
	size_t len, config_len;

	if (json_read(STDIN_FILENO, STATE_MAX, &text, &len, e) < 0)
		return err_prefix(e, "state");
	if (state_parse(text, len, state, e) < 0 ||
	    bundle_read(state->bundle, &config, &config_len, e) < 0)
		return -1;
	if (!policy_mentioned(config, config_len))
		return 0;
	if (seal(o->argv, text, len, e) < 0)
		return err_prefix(e, "seal");
	open_log(o);
	cleanup_free(&text);
	text = NULL;
	return plan_and_start(o, state, &config, config_len, e);
}

static void log_no_hook(const struct options *o, const char *id, const struct err *e)
{
	open_log(o);
	if (e->code == EEXIST)
		log_event(LOG_LEVEL_INFO, id, "duplicate",
			  "this start is taken care of already: is the hook registered twice?");
	else if (e->code == ESRCH)
		log_event(LOG_LEVEL_INFO, id, "not-started", "%s", e->msg);
	else
		log_event(LOG_LEVEL_ERROR, id, "error", "no hook is run: %s", e->msg);
}

void poststart_usage(const struct options *o, const struct err *e)
{
	auto_free char *text = NULL;
	size_t len;
	struct err unread = { 0 };

	(void)json_read(STDIN_FILENO, STATE_MAX, &text, &len, &unread); /* for its writer's sake */
	open_log(o);
	log_event(LOG_LEVEL_ERROR, "-", "error", "no hook is run: command line: %s", e->msg);
}

int verb_poststart(const struct options *o, struct err *e)
{
	auto_state state = { 0 };

	if (start(o, &state, e) < 0)
		log_no_hook(o, state.id && *state.id ? state.id : "-", e);
	return 0;
}

int verb_poststop(const struct options *o, struct err *e)
{
	auto_free char *text = NULL;
	size_t len;
	auto_fd records = -1;

	/* Read only so that the caller can write it: podman's names no process any more. */
	(void)json_read(STDIN_FILENO, STATE_MAX, &text, &len, e);
	memset(e, 0, sizeof(*e));
	records = record_dir(o->root, false, e);
	if (records >= 0) {
		record_sweep(records);
	} else if (e->code != ENOENT) { /* ENOENT: no start was ever recorded */
		open_log(o);
		log_event(LOG_LEVEL_WARNING, "-", "error", "%s", e->msg);
	}
	return 0;
}
