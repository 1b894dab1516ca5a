/* The outcome of a hook in words, as a log event and as an exit status.
 * SPDX-License-Identifier: Apache-2.0 */
#include "shim/supervise/outcome.h"

#include <stdio.h>

#include "shim/sandbox/lines.h"
#include "shim/base/clock.h"

static const struct outcome_kind succeeded = { LOG_LEVEL_INFO, "ended", false };

static const struct outcome_kind kinds[] = {
	[HOOK_EXITED] = { LOG_LEVEL_WARNING, "ended", true }, /* with a status other than 0 */
	[HOOK_KILLED] = { LOG_LEVEL_WARNING, "ended", true },
	[HOOK_NOT_EXECUTED] = { LOG_LEVEL_WARNING, "ended", true },
	[HOOK_TIMED_OUT] = { LOG_LEVEL_WARNING, "timed-out", true },
	[HOOK_INTERRUPTED] = { LOG_LEVEL_WARNING, "abandoned", true },
	[HOOK_APP_ENDED] = { LOG_LEVEL_INFO, "not-started", false },
	[HOOK_FAILED] = { LOG_LEVEL_ERROR, "error", true },
};

const struct outcome_kind *outcome_describe(const struct hook_outcome *outcome,
					    const struct plan *plan, char *buf, size_t size)
{
	switch (outcome->result) {
	case HOOK_EXITED:
		snprintf(buf, size, "exit status %d", outcome->value);
		return outcome->value ? &kinds[HOOK_EXITED] : &succeeded;
	case HOOK_KILLED:
		snprintf(buf, size, "killed by signal %d", outcome->value);
		break;
	case HOOK_NOT_EXECUTED:
		snprintf(buf, size, "exit status %d: %s", outcome->value, outcome->error.msg);
		break;
	case HOOK_TIMED_OUT:
		snprintf(buf, size, "killed after %u s (the setting 'timeout')",
			 plan->settings->timeout_s);
		break;
	case HOOK_INTERRUPTED:
		snprintf(buf, size, "killed, the supervisor got signal %d", outcome->value);
		break;
	case HOOK_APP_ENDED:
		snprintf(buf, size,
			 outcome->pid ? "the application ended while the hook ran"
				      : "the application ended first");
		return outcome->pid ? &succeeded : &kinds[HOOK_APP_ENDED];
	case HOOK_FAILED:
		snprintf(buf, size, "the hook was not run: %s", outcome->error.msg);
		break;
	}
	return &kinds[outcome->result];
}

bool outcome_dropped(const struct hook_outcome *outcome, const struct plan *plan, char *buf,
		     size_t size)
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

static enum record_hook hook_state(const struct hook_outcome *outcome)
{
	switch (outcome->result) {
	case HOOK_EXITED:
		return outcome->value ? RECORD_FAILED : RECORD_SUCCEEDED;
	case HOOK_TIMED_OUT:
		return RECORD_TIMED_OUT;
	case HOOK_INTERRUPTED:
		return RECORD_ABANDONED;
	case HOOK_APP_ENDED:
		return outcome->pid ? RECORD_ABANDONED : RECORD_NONE;
	case HOOK_KILLED:
	case HOOK_NOT_EXECUTED:
	case HOOK_FAILED:
		break;
	}
	return RECORD_FAILED;
}

void outcome_record(const struct hook_outcome *outcome, const char *text,
		    struct record_file *record)
{
	/* A status says all; the reason is for what it does not say. */
	const char *reason = outcome->result != HOOK_EXITED ? text
			     : outcome->leftovers           ? "what it left behind was killed"
							    : NULL;

	record_set(&record->data, hook_state(outcome), reason);
	record_file_mark(record, RECORD_ENDED);
	if (outcome->result == HOOK_EXITED || outcome->result == HOOK_NOT_EXECUTED)
		record->data.exit_code = outcome->value;
	if (outcome->result == HOOK_KILLED)
		record->data.signal = outcome->value;
	if (outcome->result == HOOK_APP_ENDED)
		record->data.stopped_ms = clock_realtime_ms();
	if (outcome->output_len)
		record_output(&record->data, outcome->output, outcome->output_len);
}

int outcome_exit_status(const struct hook_outcome *outcome)
{
	switch (outcome->result) {
	case HOOK_EXITED:
	case HOOK_NOT_EXECUTED:
		return outcome->value;
	case HOOK_KILLED:
	case HOOK_INTERRUPTED:
		return 128 + outcome->value;
	case HOOK_TIMED_OUT:
		return 124;
	case HOOK_APP_ENDED:
	case HOOK_FAILED:
		break;
	}
	return 125;
}
