/* What runtimes and engines call.  SPDX-License-Identifier: Apache-2.0
 *
 * The runtime waits for this process: nothing here may block, and it always exits with 0.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "oci/cleanup.h"
#include "shim/base/log.h"
#include "shim/record/record_file.h"
#include "shim/record/records_keep.h"
#include "shim/base/seal.h"
#include "shim/supervise/supervise.h"
#include "shim/supervise/tell.h"
#include "shim/verbs/verbs.h"
#include "oci/read.h"

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
	(void)signal(SIGXFSZ, SIG_IGN); /* a caller's limit is to be an error of write */
	ignore_libcs_signals();
	seal_unblock_signals();
}

static void open_log(const struct options *o)
{
	struct err e = { 0 };

	if (log_open(&o->log, &e) < 0)
		log_event(LOG_LEVEL_WARNING, "-", "error", "%s", e.msg); /* to syslog */
}

/* Until our parent has claimed the start for us, or has left. */
static void await_claim(int claimed)
{
	char byte;

	while (read(claimed, &byte, 1) < 0 && errno == EINTR)
		; /* nothing is written */
}

/* In the child: nothing of our caller's is left. */
static void detach(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	seal_default_signals();
	(void)signal(SIGXFSZ, SIG_IGN); /* a caller's limit is to be an error of write */
	(void)setsid();                 /* a fresh child leads no group: cannot fail */
	(void)!chdir("/");              /* only so that the bundle's file system can be unmounted */
	for (int fd = 0; fd < 3; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			(void)close(fd); /* the runtime reads them to their end */
	cleanup_fd(&null);
}

static void become_supervisor(const struct plan *plan, const struct app *app,
			      struct record_file *record, int claimed)
{
	struct err e = { 0 };

	detach();
	await_claim(claimed);
	if (record_take(record, &e) == 0)
		supervise(plan, app, record);
	else if (e.code != ENOENT && e.code != EEXIST) /* nobody's: our parent has told it */
		log_event(LOG_LEVEL_ERROR, plan->state->id, "error", "no hook is run: %s", e.msg);
}

/* It goes on once we have closed *ret_claimed, or died: whether there is a claim, the record tells.
 */
static pid_t fork_supervisor(const struct plan *plan, const struct app *app,
			     struct record_file *record, int *ret_claimed, struct err *e)
{
	int ends[2];
	auto_fd reading = -1, writing = -1;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	reading = ends[0];
	writing = ends[1];
	pid = fork();
	if (pid < 0)
		return err_sys(e, errno, "fork");
	if (pid == 0) {
		cleanup_fd(&writing);
		become_supervisor(plan, app, record, reading);
		_exit(0);
	}
	*ret_claimed = take_fd(&writing);
	return pid;
}

static int prepare_record(const struct options *o, const struct plan *plan, const struct app *app,
			  struct record_file *ret, struct err *e)
{
	if (record_file_init(ret, plan->state->id, plan->state->bundle, app->pid, app->start_time,
			     e) < 0)
		return -1;
	memcpy(ret->data.refused, plan->refused, sizeof(ret->data.refused));
	if (!plan->hook)
		record_set(&ret->data, RECORD_REFUSED, NULL);
	if (plan->hook && plan->problem.code) {
		record_set(&ret->data, RECORD_FAILED, plan->problem.msg);
		record_file_mark(ret, RECORD_ENDED);
	}
	ret->dir = record_dir(o->root, true, e);
	return ret->dir < 0 ? -1 : 0;
}

/* Fork the supervisor, then claim the start for it: so the record names it from the beginning, and
 * the runtime waits for nobody but us. */
static int claim(const struct options *o, const struct plan *plan, const struct app *app,
		 struct record_file *record, int *ret_claimed, struct err *e)
{
	pid_t pid;

	if (prepare_record(o, plan, app, record, e) < 0)
		return -1;
	pid = fork_supervisor(plan, app, record, ret_claimed, e);
	return pid < 0 ? -1 : record_claim(record, pid, e);
}

/* Without a claim: a process that only tells the application's author, and keeps no record. */
static void tell_unclaimed(struct plan *plan, const struct app *app, struct record_file *record,
			   const struct err *e)
{
	plan_fail(plan, e);
	record->dir = -1;
	if (!record->data.id || fork() != 0)
		return;
	detach();
	supervise(plan, app, record);
	_exit(0);
}

/* Pin the application.  One that hides from a plain user is verified by the joiner all the same,
 * once it has started; the runtime does not wait for that. */
static int open_app(const struct plan *plan, struct app *ret, struct err *e)
{
	if (app_open(plan->state->pid, plan->bundle, ret, e) < 0)
		return -1;
	if (app_verify(ret, plan->bundle, e) < 0 && e->code != EACCES)
		return -1;
	memset(e, 0, sizeof(*e));
	return 0;
}

/* Pin the application, claim the start and leave a supervisor behind.  Where the plan has a
 * problem it only tells the application's author: that too is not for us to write. */
static int start_supervisor(const struct options *o, struct plan *plan, struct err *e)
{
	auto_app app = APP_EMPTY;
	auto_record_file record = RECORD_FILE_EMPTY;
	auto_fd claimed = -1;
	bool is_ours = open_app(plan, &app, e) == 0;
	int done = is_ours ? claim(o, plan, &app, &record, &claimed, e) : -1;
	auto_fd dir = record.dir;

	(void)dir; /* only to be closed */
	cleanup_fd(&claimed);
	if (done == 0 || e->code != EEXIST) /* whoever claimed it has told it */
		tell_log_refused(plan);
	if (done < 0 && is_ours && e->code != EEXIST)
		tell_unclaimed(plan, &app, &record, e);
	return done;
}

/* The part for which the program is sealed.  config: its text, which is freed. */
static int plan_and_start(const struct options *o, const struct state *state, char **config,
			  size_t len, struct err *e)
{
	auto_plan_source source = { 0 };
	auto_plan plan = { 0 };
	struct err unused = { 0 };
	int planned = plan_load_text(state, *config, len, o->config, &source, &plan, e);

	/* A supervisor may wait for days, and its hook's process is to hold nothing of the host. */
	cleanup_free(config);
	*config = NULL;
	if (plan.verdict == PLAN_NOTHING)
		return planned;
	if (planned == 0)
		return start_supervisor(o, &plan, e);
	(void)start_supervisor(o, &plan, &unused); /* it only tells; the first cause is logged */
	return -1;
}

static int start(const struct options *o, struct state *state, struct err *e)
{
	auto_free char *text = NULL, *config = NULL;
	size_t len, config_len;

	if (read_all(STDIN_FILENO, STATE_MAX, &text, &len, e) < 0)
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

	(void)read_all(STDIN_FILENO, STATE_MAX, &text, &len, &unread); /* for its writer's sake */
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
	size_t len = 0;
	auto_state state = { 0 };
	auto_fd records = -1;
	struct err unread = { 0 };

	/* By its id: podman's state names no process any more. */
	if (read_all(STDIN_FILENO, STATE_MAX, &text, &len, &unread) == 0)
		(void)state_parse(text, len, &state, &unread); /* the id is there all the same */
	records = record_dir(o->root, false, e);
	if (records >= 0) {
		if (state.id && state.id[0])
			records_note_end(records, state.id);
		records_prune(records, RECORDS_KEPT);
	} else if (e->code != ENOENT) { /* ENOENT: no start was ever recorded */
		open_log(o);
		log_event(LOG_LEVEL_WARNING, state.id ? state.id : "-", "error", "%s", e->msg);
	}
	return 0;
}
