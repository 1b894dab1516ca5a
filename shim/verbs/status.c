/* The verb status: the records as a table, one in full, or as JSON.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "oci/cleanup.h"
#include "shim/base/clock.h"
#include "shim/record/record_json.h"
#include "shim/record/records.h"
#include "shim/verbs/record_words.h"
#include "shim/verbs/timeline.h"
#include "shim/verbs/verbs.h"

enum { SHORT_ID = 12, ID_WIDTH = 20, STARTED_WIDTH = 10, HOOK_WIDTH = 9, EXIT_WIDTH = 6 };
enum { TOOK_WIDTH = 6, REASON_MIN = 12, GAP = 2 };

/* --- the table --- */

/* Engines' ids have 64 hexadecimal digits, of which engines show the first twelve.  So do we. */
static void short_id(const char *id, char buf[ID_WIDTH + 1])
{
	bool engine = strlen(id) == 64 && strspn(id, "0123456789abcdef") == 64;

	(void)terminal_cell(buf, ID_WIDTH, id);
	if (engine)
		buf[SHORT_ID] = '\0';
}

/* Which starts are shown, in which columns, and how wide these are. */
struct view {
	const struct terminal *terminal;
	const char *id;                /* NULL = of every container */
	bool all;                      /* also of ended containers whose hook has ended */
	size_t id_width, reason_width; /* 0: no such column */
	bool started;
};

static bool is_shown(const struct seen_record *r, const struct view *v)
{
	if (v->id)
		return !strcmp(r->data.id, v->id);
	return v->all || r->live || !record_final(&r->data);
}

/* Choose the columns.  If they do not fit, the reason is left out first, then the age. */
static void fit(struct view *v, const struct record_list *list)
{
	const size_t rest = HOOK_WIDTH + EXIT_WIDTH + TOOK_WIDTH + 3 * GAP;
	size_t columns = v->terminal->columns, used;

	v->id_width = SHORT_ID;
	for (size_t i = 0; i < list->count; i++) {
		char id[ID_WIDTH + 1];

		short_id(list->items[i].data.id, id);
		if (is_shown(&list->items[i], v) && strlen(id) > v->id_width)
			v->id_width = strlen(id);
	}
	if (v->id_width + rest > columns)
		v->id_width = SHORT_ID;
	used = v->id_width + rest;
	v->started = used + GAP + STARTED_WIDTH <= columns;
	used += GAP + STARTED_WIDTH;
	v->reason_width = used + GAP + REASON_MIN <= columns ? columns - used - GAP : 0;
}

/* How long ago the start was.  Below a minute in whole seconds: "4s ago" is exact enough. */
static const char *age(const struct record *r, char buf[TERMINAL_DURATION_MAX + 8])
{
	char duration[TERMINAL_DURATION_MAX];
	int64_t ms = clock_realtime_ms() - r->time_ms;

	if (ms < 60000)
		snprintf(buf, TERMINAL_DURATION_MAX, "%ds ago", ms < 0 ? 0 : (int)(ms / 1000));
	else
		snprintf(buf, TERMINAL_DURATION_MAX + 8, "%s ago", terminal_duration(ms, duration));
	return buf;
}

static void print_row(const struct record *r, const struct view *v)
{
	char id[ID_WIDTH + 1], took[TERMINAL_DURATION_MAX], started[TERMINAL_DURATION_MAX + 8];
	char code[16], names[160], reason[512];

	short_id(r->id, id);
	if (strlen(id) > v->id_width)
		(void)terminal_cell(id, v->id_width, r->id);
	printf("%-*s", (int)v->id_width, id);
	if (v->started)
		printf("  %-*s", STARTED_WIDTH, age(r, started));
	printf("  %s%-*s%s", record_words_color(v->terminal, r->hook), HOOK_WIDTH,
	       record_hook_word(r->hook), terminal_plain(v->terminal));
	printf("  %-*s  %*s", EXIT_WIDTH, record_words_exit(r, code), TOOK_WIDTH,
	       terminal_duration(record_words_took_ms(r), took));
	if (v->reason_width && record_words_reason(r, names, sizeof(names))[0])
		printf("  %s", terminal_cell(reason, v->reason_width,
					     record_words_reason(r, names, sizeof(names))));
	printf("\n");
}

static void print_table(const struct record_list *list, struct view *v)
{
	fit(v, list);
	printf("%-*s", (int)v->id_width, "CONTAINER");
	if (v->started)
		printf("  %-*s", STARTED_WIDTH, "STARTED");
	printf("  %-*s  %-*s  %*s%s\n", HOOK_WIDTH, "HOOK", EXIT_WIDTH, "EXIT", TOOK_WIDTH, "TOOK",
	       v->reason_width ? "  REASON" : "");
	for (size_t i = 0; i < list->count; i++)
		if (is_shown(&list->items[i], v))
			print_row(&list->items[i].data, v);
}

static void print_json(const struct record_list *list, const struct view *v)
{
	const char *before = "[\n";

	for (size_t i = 0; i < list->count; i++)
		if (is_shown(&list->items[i], v)) {
			printf("%s", before);
			record_print_live(&list->items[i].data, list->items[i].live, stdout);
			before = ",\n";
		}
	printf("%s\n", before[0] == '[' ? "[]" : "\n]");
}

/* --- the verb --- */

static void print_one(const struct seen_record *r, const struct options *o)
{
	if (o->json) {
		record_print_live(&r->data, r->live, stdout);
		printf("\n");
	} else {
		timeline_print(r, &o->terminal);
	}
}

int verb_status(const struct options *o, struct err *e)
{
	struct view view = { .terminal = &o->terminal, .all = o->all };
	auto_seen_record one = SEEN_RECORD_EMPTY;
	auto_records list = { 0 };
	struct err why = { 0 };
	auto_fd dir = -1;

	if (o->operand) {
		if (records_find(o->root, o->operand, &one, &dir, e) < 0)
			return STATUS_FAILED;
		if (!o->all) {
			print_one(&one, o);
			return 0;
		}
		view.id = one.data.id; /* all of its starts */
	} else {
		dir = record_dir(o->root, false, &why);
	}
	if (dir < 0 && why.code != ENOENT) { /* ENOENT: no start was ever recorded */
		*e = why;
		return STATUS_FAILED;
	}
	if (dir >= 0 && records_list(dir, &list, e) < 0)
		return STATUS_FAILED;
	if (o->json)
		print_json(&list, &view);
	else
		print_table(&list, &view);
	if (list.unreadable) /* said on stderr; the status is 0, since all else was printed */
		(void)err_set(e, EIO, "%zu records cannot be read; the first: %s", list.unreadable,
			      list.error.msg);
	return 0;
}
