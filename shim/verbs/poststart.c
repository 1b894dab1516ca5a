/* The verb poststart: a container is about to start, or has just started.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The runtime waits for this process, so nothing here may block.  What takes time is done by the
 * supervisor that it leaves behind.  Its exit status is always 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "oci/cleanup.h"
#include "oci/read.h"
#include "shim/base/log.h"
#include "shim/base/seal.h"
#include "shim/record/record_file.h"
#include "shim/record/records_keep.h"
#include "shim/supervise/supervise.h"
#include "shim/supervise/tell.h"
#include "shim/verbs/by_runtime.h"
#include "shim/verbs/verbs.h"

/* Wait until our parent has claimed the start for us, or has ended without: either way its end of
 * the pipe is closed. */
static void await_claim(int claimed)
{
	char byte;

	while (read(claimed, &byte, 1) < 0 && errno == EINTR)
		; /* nobody writes to it: only its end is waited for */
}

/* In the child: give up all that we have from our caller. */
static void detach(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	seal_default_signals();
	(void)signal(SIGXFSZ, SIG_IGN); /* beyond the caller's limit, write fails */
	(void)setsid();                 /* cannot fail: a new child leads no group */
	(void)!chdir("/");              /* if it fails, the bundle's file system stays busy */
	for (int fd = 0; fd < 3; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			(void)close(fd); /* the runtime may read them to their end */
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
	else if (e.code != ENOENT && e.code != EEXIST) /* these two our parent logs */
		log_event(LOG_LEVEL_ERROR, plan->state->id, "error", "no hook is run: %s", e.msg);
}

/* The supervisor waits until we close *ret_claimed, or end.  Then it sees in the record whether the
 * start was claimed for it.  Returns its pid, or -1 and *e. */
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

static int fill_record(const struct options *o, const struct plan *plan, const struct app *app,
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

/* Fork the supervisor, then claim the start for it.  In this order the record names the supervisor
 * from the beginning, and the runtime waits for this process only. */
static int claim(const struct options *o, const struct plan *plan, const struct app *app,
		 struct record_file *record, int *ret_claimed, struct err *e)
{
	pid_t pid;

	if (fill_record(o, plan, app, record, e) < 0)
		return -1;
	pid = fork_supervisor(plan, app, record, ret_claimed, e);
	return pid < 0 ? -1 : record_claim(record, pid, e);
}

/* The start could not be claimed, because of *e.  Leave a process behind that only tells the
 * application's author, and keeps no record. */
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

/* Pin the application.  A plain user cannot look at every application before its exec (EACCES).
 * That is no error here, since the runtime should not wait: the joiner verifies the application
 * again in any case, once it has started. */
static int open_app(const struct plan *plan, struct app *ret, struct err *e)
{
	if (app_open(plan->state->pid, plan->bundle, ret, e) < 0)
		return -1;
	if (app_verify(ret, plan->bundle, e) < 0 && e->code != EACCES)
		return -1;
	memset(e, 0, sizeof(*e));
	return 0;
}

/* Pin the application, claim the start and leave a supervisor behind.  If the plan has a problem,
 * the supervisor only tells the application's author, once the application has started. */
static int start_supervisor(const struct options *o, struct plan *plan, struct err *e)
{
	auto_app app = APP_EMPTY;
	auto_record_file record = RECORD_FILE_EMPTY;
	auto_fd claimed = -1;
	bool is_ours = open_app(plan, &app, e) == 0;
	int done = is_ours ? claim(o, plan, &app, &record, &claimed, e) : -1;
	auto_fd dir = record.dir;

	(void)dir; /* closes the record directory at the end */
	cleanup_fd(&claimed);
	if (done == 0 || e->code != EEXIST) /* EEXIST: whoever claimed it has logged them */
		tell_log_refused(plan);
	if (done < 0 && is_ours && e->code != EEXIST)
		tell_unclaimed(plan, &app, &record, e);
	return done;
}

/* From here on the program is sealed: this leaves processes behind that enter the container.
 * config: its text, which is freed. */
static int plan_and_start(const struct options *o, const struct state *state, char **config,
			  size_t len, struct err *e)
{
	auto_plan_source source = { 0 };
	auto_plan plan = { 0 };
	struct err unused = { 0 };
	int planned = plan_load_text(state, *config, len, o->config, &source, &plan, e);

	/* A supervisor may wait for days with this in its memory, and the hook begins as a copy of
	 * the supervisor: it must hold nothing of the host. */
	cleanup_free(config);
	*config = NULL;
	if (plan.verdict == PLAN_NOTHING)
		return planned;
	if (planned == 0)
		return start_supervisor(o, &plan, e);
	/* That one only tells the author.  Our caller logs *e, the first cause. */
	(void)start_supervisor(o, &plan, &unused);
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
	/* The first time this does not return: main begins again, sealed, with the same stdin. */
	if (seal(o->argv, text, len, e) < 0)
		return err_prefix(e, "seal");
	by_runtime_open_log(o);
	cleanup_free(&text);
	text = NULL;
	return plan_and_start(o, state, &config, config_len, e);
}

static void log_no_hook(const struct options *o, const char *id, const struct err *e)
{
	by_runtime_open_log(o);
	if (e->code == EEXIST)
		log_event(LOG_LEVEL_INFO, id, "duplicate",
			  "this start is taken care of already: is the hook registered twice?");
	else if (e->code == ESRCH)
		log_event(LOG_LEVEL_INFO, id, "not-started", "%s", e->msg);
	else
		log_event(LOG_LEVEL_ERROR, id, "error", "no hook is run: %s", e->msg);
}

int verb_poststart(const struct options *o, struct err *e)
{
	auto_state state = { 0 };

	if (start(o, &state, e) < 0)
		log_no_hook(o, state.id && *state.id ? state.id : "-", e);
	return 0;
}
