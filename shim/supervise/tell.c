/* What a supervisor tells: the log, the record, the application's author.
 * SPDX-License-Identifier: Apache-2.0 */
#include "shim/supervise/tell.h"

#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>

#include "shim/base/log.h"
#include "shim/record/records_keep.h"
#include "shim/supervise/outcome.h"
#include "shim/sandbox/postdeploy.h"
#include "shim/app/stream.h"
#include "shim/base/text.h"

#define NOTICE_PREFIX "oci-deploy-hook: "

void tell_log_refused(const struct plan *plan)
{
	for (size_t i = 0; i < POLICY_COUNT; i++)
		if (plan->refused[i])
			log_event(LOG_LEVEL_WARNING, plan->state->id, "refused", "%s: %s",
				  policy[i].variable, policy[i].advice);
}

void tell_author_refused(const struct plan *plan, const struct app *app)
{
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
	(void)stream_notice(app, text);
}

void tell_postdeploy(const struct plan *plan, const struct app *app)
{
	if (!postdeploy_found(plan, app))
		return;
	log_event(LOG_LEVEL_WARNING, plan->state->id, "refused", POSTDEPLOY_ADVICE);
	if (plan->settings->output == OUTPUT_CONTAINER)
		(void)stream_notice(app, NOTICE_PREFIX POSTDEPLOY_ADVICE "\n");
}

void tell_author(const struct plan *plan, const struct app *app, const char *what)
{
	char text[ERR_MSG_MAX + 256], safe[ERR_MSG_MAX + 128];

	if (plan->settings->output != OUTPUT_CONTAINER)
		return;
	snprintf(text, sizeof(text), NOTICE_PREFIX "%s: %s\n",
		 policy[POLICY_RUN_SUCCEEDED].variable, text_escape(safe, sizeof(safe), what));
	(void)stream_notice(app, text);
}

void tell_finish(const struct app *app)
{
	for (int waited_ms = 0, step_ms = 5; waited_ms < STREAM_NOTICE_MS; waited_ms += step_ms) {
		pid_t pid;

		do
			pid = waitpid(-1, NULL, WNOHANG);
		while (pid > 0);
		if (pid < 0 || app_ended(app))
			return; /* there is none any more, or nobody to read what they write */
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

void tell_outcome(const struct plan *plan, const struct app *app, struct record_file *record,
		  const struct hook_outcome *outcome)
{
	char text[ERR_MSG_MAX + 64], text_dropped[128];
	const struct outcome_kind *kind = outcome_describe(outcome, plan, text, sizeof(text));

	outcome_record(outcome, text, record);
	tell_record(record);
	log_event(kind->level, plan->state->id, kind->event, "%s", text);
	if (outcome->leftovers)
		log_event(LOG_LEVEL_WARNING, plan->state->id, "ended",
			  "processes that the hook left behind were killed: hooks are no daemons");
	if (outcome_dropped(outcome, plan, text_dropped, sizeof(text_dropped)))
		log_event(LOG_LEVEL_WARNING, plan->state->id, "output", "%s", text_dropped);
	if (kind->tell_author)
		tell_author(plan, app, text);
}

void tell_no_hook(struct record_file *record, enum record_hook hook, const char *reason)
{
	record_set(&record->data, record->data.hook == RECORD_REFUSED ? RECORD_REFUSED : hook,
		   reason);
	record_file_mark(record, RECORD_ENDED);
	tell_record(record);
}
