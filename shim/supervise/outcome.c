/* How a start can end: one table.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/supervise/outcome.h"

#include <stdio.h>
#include <string.h>

#include "shim/base/clock.h"
#include "shim/base/exit_status.h"
#include "shim/sandbox/lines.h"

const struct ending_row endings[ENDING_COUNT] = {
	[ENDING_UNSUPERVISED] = {
		.words = "{why}",
		.level = LOG_LEVEL_ERROR,
		.event = "error",
		.hook = RECORD_FAILED,
		.run_status = STATUS_FAILED,
		.wait_status = STATUS_FAILED,
	},
	[ENDING_SUPERVISOR_ENDED] = {
		.words = "the supervisor was ended by signal {value}",
		.level = LOG_LEVEL_WARNING,
		.event = "abandoned",
		.hook = RECORD_ABANDONED,
		.run_status = STATUS_FAILED,
		.wait_status = STATUS_FAILED,
	},
	[ENDING_NOT_STARTED] = {
		.words = "the application ended first",
		.level = LOG_LEVEL_INFO,
		.event = "not-started",
		.hook = RECORD_NONE,
		.run_failed = true,
		.app_ended = true,
		.keeps_problem = true,
		.run_status = STATUS_FAILED,
		.wait_status = STATUS_FAILED,
	},
	[ENDING_ENDED_UNREADY] = {
		.words = "{why}",
		.level = LOG_LEVEL_INFO,
		.event = "not-started",
		.hook = RECORD_NONE,
		.run_failed = true,
		.app_ended = true,
		.keeps_problem = true,
		.run_status = STATUS_FAILED,
		.wait_status = STATUS_FAILED,
	},
	[ENDING_NOT_READY] = {
		.words = "{why}",
		.level = LOG_LEVEL_WARNING,
		.event = "not-started",
		.hook = RECORD_NONE,
		.log_prefix = "the run has failed: ",
		.run_failed = true,
		.tell_author = true,
		.author_prefix = "not run: ",
		.keeps_problem = true,
		.run_status = STATUS_FAILED,
		.wait_status = STATUS_FAILED,
	},
	[ENDING_ONLY_REFUSED] = {
		.words = "",
		.hook = RECORD_REFUSED,
		.no_reason = true,
		.keeps_problem = true,
		.run_status = STATUS_FAILED,
		.wait_status = STATUS_FAILED,
	},
	[ENDING_APP_ENDED_FIRST] = {
		.words = "the application ended first",
		.level = LOG_LEVEL_INFO,
		.event = "not-started",
		.hook = RECORD_NONE,
		.app_ended = true,
		.run_status = STATUS_FAILED,
		.wait_status = STATUS_FAILED,
	},
	[ENDING_NOT_RUN] = {
		.words = "the hook was not run: {why}",
		.level = LOG_LEVEL_ERROR,
		.event = "error",
		.hook = RECORD_FAILED,
		.tell_author = true,
		.run_status = STATUS_FAILED,
		.wait_status = STATUS_FAILED,
	},
	[ENDING_NOT_EXECUTED] = {
		.words = "exit status {value}: {why}",
		.level = LOG_LEVEL_WARNING,
		.event = "ended",
		.hook = RECORD_FAILED,
		.tell_author = true,
		.run_status = ENDING_VALUE,
		.wait_status = ENDING_VALUE,
	},
	[ENDING_SUCCEEDED] = {
		.words = "exit status 0",
		.level = LOG_LEVEL_INFO,
		.event = "ended",
		.hook = RECORD_SUCCEEDED,
		.no_reason = true,
		.run_status = ENDING_VALUE,
		.wait_status = ENDING_VALUE,
	},
	[ENDING_EXITED] = {
		.words = "exit status {value}",
		.level = LOG_LEVEL_WARNING,
		.event = "ended",
		.hook = RECORD_FAILED,
		.no_reason = true,
		.tell_author = true,
		.run_status = ENDING_VALUE,
		.wait_status = ENDING_VALUE,
	},
	[ENDING_KILLED] = {
		.words = "killed by signal {value}",
		.level = LOG_LEVEL_WARNING,
		.event = "ended",
		.hook = RECORD_FAILED,
		.tell_author = true,
		.run_status = ENDING_SIGNAL,
		.wait_status = ENDING_SIGNAL,
	},
	[ENDING_TIMED_OUT] = {
		.words = "killed after {value} s (the setting 'timeout')",
		.level = LOG_LEVEL_WARNING,
		.event = "timed-out",
		.hook = RECORD_TIMED_OUT,
		.tell_author = true,
		.run_status = STATUS_TIMED_OUT,
		.wait_status = STATUS_TIMED_OUT,
	},
	[ENDING_INTERRUPTED] = {
		.words = "killed, the supervisor got signal {value}",
		.level = LOG_LEVEL_WARNING,
		.event = "abandoned",
		.hook = RECORD_ABANDONED,
		.tell_author = true,
		.run_status = ENDING_SIGNAL,
		.wait_status = STATUS_FAILED,
	},
	[ENDING_APP_ENDED] = {
		.words = "the application ended while the hook ran",
		.level = LOG_LEVEL_INFO,
		.event = "ended",
		.hook = RECORD_ABANDONED,
		.app_ended = true,
		.run_status = STATUS_FAILED,
		.wait_status = STATUS_FAILED,
	},
};

const char *outcome_words(const struct outcome *outcome, const char *prefix, char *buf, size_t size)
{
	const char *words = endings[outcome->ending].words;
	size_t used = (size_t)snprintf(buf, size, "%s", prefix ? prefix : "");

	while (*words && used < size) {
		size_t plain = strcspn(words, "{");

		used += (size_t)snprintf(buf + used, size - used, "%.*s", (int)plain, words);
		words += plain;
		if (!*words || used >= size)
			break;
		if (!strncmp(words, "{value}", strlen("{value}")))
			used += (size_t)snprintf(buf + used, size - used, "%d", outcome->value);
		else
			used += (size_t)snprintf(buf + used, size - used, "%s", outcome->error.msg);
		words += strcspn(words, "}");
		words += *words == '}';
	}
	return buf;
}

bool outcome_dropped(const struct outcome *outcome, const struct plan *plan, char *buf, size_t size)
{
	unsigned long long bytes = outcome->dropped;

	if (!bytes || plan->settings->output == OUTPUT_NONE)
		return false;
	if (plan->settings->output == OUTPUT_LOG)
		snprintf(buf, size,
			 "%llu bytes of output were not logged: at most %d lines a second and %d "
			 "KiB in all are, as fast as the log takes them",
			 bytes, LINES_PER_SECOND, LINES_SUM_MAX / 1024);
	else
		snprintf(buf, size, "%llu bytes of output had nowhere to go", bytes);
	return true;
}

void outcome_record(const struct outcome *outcome, const struct plan *plan,
		    struct record_file *file)
{
	const struct ending_row *row = &endings[outcome->ending];
	struct record *record = &file->data;
	char words[RECORD_REASON_MAX];
	const char *reason = NULL;

	if (!row->no_reason)
		reason = outcome_words(outcome, NULL, words, sizeof(words));
	else if (outcome->leftovers)
		reason = "what it left behind was killed";
	if (!plan->problem.code || !row->keeps_problem)
		record_set(record, plan->hook ? row->hook : RECORD_REFUSED, reason);
	record_file_mark(file, RECORD_ENDED);
	if (row->run_failed)
		record->run = RECORD_RUN_FAILED;
	if (row->app_ended)
		record->stopped_ms = clock_realtime_ms();
	if (row->wait_status == ENDING_VALUE)
		record->exit_code = outcome->value;
	if (row->wait_status == ENDING_SIGNAL)
		record->signal = outcome->value;
	if (outcome->output_len)
		record_output(record, outcome->output, outcome->output_len);
}

int outcome_run_status(const struct outcome *outcome)
{
	int status = endings[outcome->ending].run_status;

	if (status == ENDING_VALUE)
		return outcome->value;
	return status == ENDING_SIGNAL ? STATUS_SIGNAL + outcome->value : status;
}

int outcome_wait_status(const struct record *record)
{
	bool has_run = record->hook == RECORD_SUCCEEDED || record->hook == RECORD_FAILED;

	if (has_run && record->exit_code >= 0)
		return record->exit_code;
	if (has_run && record->signal)
		return STATUS_SIGNAL + record->signal;
	return record->hook == RECORD_TIMED_OUT ? STATUS_TIMED_OUT : STATUS_FAILED;
}
