/* One start, drawn.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/verbs/timeline.h"

#include <string.h>

#include "shim/base/clock.h"
#include "shim/base/text.h"
#include "shim/record/record_json.h"
#include "shim/verbs/record_words.h"

enum { LABEL_WIDTH = 10, AT_WIDTH = 7, TOOK_WIDTH = 8, OUTPUT_LINES = 10 };

struct span {
	const char *label;
	int64_t from_ms, to_ms; /* since poststart was called; if equal, a moment is drawn */
	bool figure;            /* print how long it took, too */
};

struct chart {
	const struct record *record;
	const struct terminal *terminal;
	int64_t total_ms;
	size_t width;
};

/* Where a moment is drawn. */
static size_t column(const struct chart *c, int64_t ms)
{
	return c->total_ms ? (size_t)(ms * (int64_t)(c->width - 1) / c->total_ms) : 0;
}

static void draw(const struct chart *c, const struct span *span)
{
	const char *block = c->terminal->unicode ? "\u2588" : "#";
	char at[TERMINAL_DURATION_MAX], took[TERMINAL_DURATION_MAX];
	size_t from = column(c, span->from_ms), to = column(c, span->to_ms);

	printf("  %-*s %*s  ", LABEL_WIDTH - 2, span->label, AT_WIDTH,
	       terminal_duration(span->label[0] == 'h' ? span->from_ms : span->to_ms, at));
	for (size_t i = 0; i < from; i++)
		printf(" ");
	printf("%s", record_words_color(c->terminal, c->record->hook));
	if (span->from_ms == span->to_ms)
		printf("|");
	for (size_t i = from; span->from_ms != span->to_ms && i <= to; i++)
		printf("%s", block);
	printf("%s", terminal_plain(c->terminal));
	if (span->figure)
		printf(" %s", terminal_duration(span->to_ms - span->from_ms, took));
	printf("\n");
}

/* Draw all moments that the record has.  A span begins at the last moment that is known before
 * it. */
static void draw_all(const struct chart *c)
{
	const int64_t *at = c->record->marks_ms;
	int64_t last = 0;
	bool running = at[RECORD_ENDED] < 0;

	draw(c, &(struct span){ "called", 0, 0, false });
	if (at[RECORD_EXEC] >= 0) {
		draw(c, &(struct span){ "exec", 0, at[RECORD_EXEC], false });
		last = at[RECORD_EXEC];
	}
	if (at[RECORD_READY] >= last) {
		draw(c, &(struct span){ "ready", last, at[RECORD_READY], false });
		last = at[RECORD_READY];
	}
	if (at[RECORD_SPAWNED] >= last)
		draw(c, &(struct span){ "hook", at[RECORD_SPAWNED], c->total_ms, true });
	else if (running && c->record->hook == RECORD_WAITING)
		draw(c, &(struct span){ "waiting", last, c->total_ms, true });
	if (!running)
		draw(c, &(struct span){ "ended", at[RECORD_ENDED], at[RECORD_ENDED], false });
}

static void timeline(const struct record *r, const struct terminal *t)
{
	struct chart c = {
		.record = r,
		.terminal = t,
		.width = t->columns - LABEL_WIDTH - AT_WIDTH - TOOK_WIDTH - 4,
	};

	for (int i = 0; i < RECORD_MARK_COUNT; i++)
		if (r->marks_ms[i] > c.total_ms)
			c.total_ms = r->marks_ms[i];
	if (!record_final(r) && clock_realtime_ms() - r->time_ms > c.total_ms)
		c.total_ms = clock_realtime_ms() - r->time_ms; /* it has not ended */
	printf("\n");
	draw_all(&c);
}

static void row(const char *label, const char *text)
{
	char safe[6 * 1024];

	printf("%-*s %s\n", LABEL_WIDTH, label, text_escape(safe, sizeof(safe), text));
}

static void print_output(const char *output)
{
	const char *line = output + strlen(output);
	int lines = 0;

	if (line > output && line[-1] == '\n')
		line--;
	while (line > output && lines < OUTPUT_LINES) { /* back to where the last lines begin */
		if (line[-1] == '\n' && ++lines == OUTPUT_LINES)
			break;
		line--;
	}
	printf("\nlast output:\n");
	while (*line) {
		char text[4 * RECORD_OUTPUT_MAX], safe[5 * RECORD_OUTPUT_MAX];
		size_t len = strcspn(line, "\n");

		snprintf(text, sizeof(text), "%.*s", (int)len, line);
		printf("  %s\n", text_escape(safe, sizeof(safe), text));
		line += len + (line[len] == '\n');
	}
}

static void print_hook(const struct record *r, const struct terminal *t)
{
	char code[16] = "";

	printf("%-*s %s%s%s", LABEL_WIDTH, "hook", record_words_color(t, r->hook),
	       record_hook_word(r->hook), terminal_plain(t));
	if (r->signal)
		printf(", killed by signal %d (%s)", r->signal, record_words_exit(r, code));
	else if (r->exit_code >= 0)
		printf(", exit status %d", r->exit_code);
	printf("\n");
}

void timeline_print(const struct seen_record *seen, const struct terminal *t)
{
	const struct record *r = &seen->data;
	char time[40], ago[TERMINAL_DURATION_MAX], started[160], names[160];
	const char *reason = record_words_reason(r, names, sizeof(names));

	row("container", r->id);
	snprintf(started, sizeof(started), "%s, %s ago",
		 record_time(r->time_ms, time, sizeof(time)),
		 terminal_duration(clock_realtime_ms() - r->time_ms, ago));
	row("started", started);
	snprintf(started, sizeof(started), "pid %d%s", r->init.pid,
		 seen->live ? ", which lives" : ", which has ended");
	row("process", started);
	row("bundle", r->bundle);
	row("run", record_run_word(r->run));
	print_hook(r, t);
	if (reason[0] && reason != names)
		row(r->hook == RECORD_WAITING ? "waiting" : "reason", reason);
	for (size_t i = 0; i < POLICY_COUNT; i++)
		if (r->refused[i])
			printf("%-*s %s: %s\n", LABEL_WIDTH, "refused", policy[i].variable,
			       policy[i].advice);
	timeline(r, t);
	if (r->output && r->output[0])
		print_output(r->output);
}
