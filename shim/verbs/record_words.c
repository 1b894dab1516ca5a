/* What a record says, in words for people.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/verbs/record_words.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "shim/base/clock.h"
#include "shim/base/exit_status.h"

const char *record_words_exit(const struct record *r, char buf[16])
{
	const char *name = r->signal ? sigabbrev_np(r->signal) : NULL;

	if (name)
		snprintf(buf, 16, "%s", name);
	else if (r->signal)
		snprintf(buf, 16, "%d", STATUS_SIGNAL + r->signal);
	else if (r->exit_code >= 0)
		snprintf(buf, 16, "%d", r->exit_code);
	else
		snprintf(buf, 16, "-");
	return buf;
}

int64_t record_words_took_ms(const struct record *r)
{
	int64_t end = r->marks_ms[RECORD_ENDED];

	if (r->marks_ms[RECORD_SPAWNED] < 0)
		return -1;
	if (end < 0 && r->hook == RECORD_RUNNING)
		end = clock_realtime_ms() - r->time_ms;
	return end - r->marks_ms[RECORD_SPAWNED];
}

const char *record_words_reason(const struct record *r, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	if (r->reason[0])
		return r->reason;
	if (r->hook == RECORD_WAITING)
		return r->marks_ms[RECORD_EXEC] < 0 ? "for the application to start"
						    : "for the application to get ready";
	for (size_t i = 0; i < POLICY_COUNT && used < size; i++)
		if (r->refused[i])
			used += (size_t)snprintf(buf + used, size - used, "%s%s",
						 used ? ", " : "refused: ", policy[i].variable);
	return buf;
}

const char *record_words_color(const struct terminal *t, enum record_hook hook)
{
	static const char *const colors[] = {
		[RECORD_NONE] = "\033[2m",       [RECORD_WAITING] = "\033[33m",
		[RECORD_RUNNING] = "\033[36m",   [RECORD_SUCCEEDED] = "\033[32m",
		[RECORD_FAILED] = "\033[31m",    [RECORD_TIMED_OUT] = "\033[31m",
		[RECORD_ABANDONED] = "\033[31m", [RECORD_REFUSED] = "\033[2m",
	};

	return t->color ? colors[hook] : "";
}
