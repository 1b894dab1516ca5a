/* What a supervisor tells: the log, the record, the application's author.
 * SPDX-License-Identifier: Apache-2.0 */
#include "shim/supervise/tell.h"

#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>

#include "shim/base/log.h"
#include "shim/sandbox/postdeploy.h"
#include "shim/app/stream.h"
#include "shim/base/text.h"
#include "shim/record/records_keep.h"

#define NOTICE_PREFIX "oci-deploy-hook: "

void tell_log_refused(const struct plan *plan)
{
	for (size_t i = 0; i < POLICY_COUNT; i++)
		if (plan->refused[i])
			log_event(LOG_LEVEL_WARNING, plan->state->id, "refused", "%s: %s",
				  policy[i].variable, policy[i].advice);
}

void tell_author_refused(const struct start *start)
{
	const struct plan *plan = start->plan;
	char text[POLICY_COUNT * 160] = "";
	size_t used = 0;

	if (plan->settings->output != OUTPUT_CONTAINER || !plan_refuses(plan))
		return;
	for (size_t i = 0; i < POLICY_COUNT; i++)
		if (plan->refused[i])
			used += (size_t)snprintf(text + used, sizeof(text) - used,
						 NOTICE_PREFIX
						 "%s is refused for Docker applications: %s\n",
						 policy[i].variable, policy[i].advice);
	(void)stream_notice(start->app, text);
}

void tell_postdeploy(const struct start *start)
{
	if (!postdeploy_found(start->plan, start->app))
		return;
	log_event(LOG_LEVEL_WARNING, start->plan->state->id, "refused", POSTDEPLOY_ADVICE);
	if (start->plan->settings->output == OUTPUT_CONTAINER)
		(void)stream_notice(start->app, NOTICE_PREFIX POSTDEPLOY_ADVICE "\n");
}

void tell_author(const struct start *start, const char *what)
{
	char text[ERR_MSG_MAX + 256], safe[ERR_MSG_MAX + 128];

	if (start->plan->settings->output != OUTPUT_CONTAINER)
		return;
	snprintf(text, sizeof(text), NOTICE_PREFIX "%s: %s\n",
		 policy[POLICY_RUN_SUCCEEDED].variable, text_escape(safe, sizeof(safe), what));
	(void)stream_notice(start->app, text);
}

void tell_wait_for_notices(const struct app *app)
{
	for (int waited_ms = 0, step_ms = 5; waited_ms < STREAM_NOTICE_MS; waited_ms += step_ms) {
		pid_t pid;

		do
			pid = waitpid(-1, NULL, WNOHANG);
		while (pid > 0);
		if (pid < 0 || app_ended(app))
			return; /* all have ended, or the application has: then no one reads */
		step_ms = step_ms < 100 ? 2 * step_ms : 100;
		(void)poll(NULL, 0, step_ms);
	}
}

void tell_unknown_capabilities(const struct plan *plan)
{
	const char *names = plan->bundle->process.caps_unknown;

	if (names)
		log_event(LOG_LEVEL_WARNING, plan->state->id, "ready",
			  "left out, no capability that this kernel and we know: %s", names);
}

void tell_record(struct record_file *record)
{
	struct err e = { 0 };

	if (record_update(record, &e) < 0)
		log_event(LOG_LEVEL_WARNING, record->data.id, "error", "%s", e.msg);
}

/* The run has failed, and a hook for that is set, which is refused: say so too. */
static const char *refused_run_failed(const struct start *start, const struct outcome *outcome)
{
	bool not_ready =
		outcome->ending == ENDING_NOT_READY || outcome->ending == ENDING_ENDED_UNREADY;

	return not_ready && start->plan->refused[POLICY_RUN_FAILED]
		       ? "; CC_RUN_FAILED_HOOK is refused for Docker applications"
		       : "";
}

void tell_outcome(const struct start *start, const struct outcome *outcome)
{
	const struct ending_row *row = &endings[outcome->ending];
	const struct plan *plan = start->plan;
	char text[ERR_MSG_MAX + 64], dropped[128];

	outcome_record(outcome, plan, start->record);
	tell_record(start->record);
	if (row->event)
		log_event(row->level, plan->state->id, row->event, "%s%s",
			  outcome_words(outcome, row->log_prefix, text, sizeof(text)),
			  refused_run_failed(start, outcome));
	if (outcome->leftovers)
		log_event(LOG_LEVEL_WARNING, plan->state->id, "ended",
			  "processes that the hook left behind were killed: hooks are no daemons");
	if (outcome_dropped(outcome, plan, dropped, sizeof(dropped)))
		log_event(LOG_LEVEL_WARNING, plan->state->id, "output", "%s", dropped);
	if (row->tell_author && plan->verdict == PLAN_RUN)
		tell_author(start, outcome_words(outcome, row->author_prefix, text, sizeof(text)));
}
