/* The verb status: the records as a table, one in full, or as JSON.
 * SPDX-License-Identifier: Apache-2.0 */
#include "status.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "../oci/cleanup.h"
#include "records.h"
#include "verbs.h"

enum { STATUS_FAILED = 125 };
enum { SHORT_ID = 12, ID_WIDTH = 20, STARTED_WIDTH = 10, HOOK_WIDTH = 9, EXIT_WIDTH = 5 };
enum { TOOK_WIDTH = 6, REASON_MIN = 10 };

const char *status_exit(const struct record *r, char buf[16])
{
	const char *name = r->signal ? sigabbrev_np(r->signal) : NULL;

	if (name)
		snprintf(buf, 16, "%s", name);
	else if (r->signal)
		snprintf(buf, 16, "%d", 128 + r->signal);
	else if (r->exit_code >= 0)
		snprintf(buf, 16, "%d", r->exit_code);
	else
		snprintf(buf, 16, "-");
	return buf;
}

int64_t status_took_ms(const struct record *r)
{
	int64_t end = r->marks_ms[RECORD_ENDED];

	if (r->marks_ms[RECORD_SPAWNED] < 0)
		return -1;
	if (end < 0 && r->hook == RECORD_RUNNING)
		end = record_now() - r->time_ms;
	return end - r->marks_ms[RECORD_SPAWNED];
}

const char *status_reason(const struct record *r, char *buf, size_t size)
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

/* --- the table --- */

/* Of the engines' 64 hexadecimal digits the first twelve, as they show them. */
static void short_id(const char *id, char buf[ID_WIDTH + 1])
{
	bool engine = strlen(id) == 64 && strspn(id, "0123456789abcdef") == 64;

	(void)terminal_cell(buf, ID_WIDTH, id);
	if (engine)
		buf[SHORT_ID] = '\0';
}

/* Of an unfinished or living container; the others are told by --all. */
static bool of_interest(const struct record *r, const struct options *o)
{
	return o->all || r->live || !record_final(r);
}

static bool is_wanted(const struct record *r, const struct options *o)
{
	return o->operand ? !strncmp(r->id, o->operand, strlen(o->operand)) : of_interest(r, o);
}

static void print_row(const struct record *r, int id_width, const struct terminal *t)
{
	char id[ID_WIDTH + 1], ago[TERMINAL_DURATION_MAX], took[TERMINAL_DURATION_MAX];
	char started[TERMINAL_DURATION_MAX + 8], code[16], names[160], reason[512];
	size_t others = (size_t)id_width + STARTED_WIDTH + HOOK_WIDTH + EXIT_WIDTH + TOOK_WIDTH + 10;
	size_t left = t->columns > others + REASON_MIN ? t->columns - others : REASON_MIN;
	int64_t age = record_now() - r->time_ms;

	short_id(r->id, id);
	/* Whole seconds: nobody wants to know "4.3s ago". */
	snprintf(started, sizeof(started), "%s ago",
		 age < 1000    ? "0s"
		 : age < 60000 ? (snprintf(ago, sizeof(ago), "%ds", (int)(age / 1000)), ago)
			       : terminal_duration(age, ago));
	printf("%-*s  %-*s  %s%-*s%s  %-*s  %*s  %s\n", id_width, id, STARTED_WIDTH, started,
	       terminal_color(t, r->hook), HOOK_WIDTH, record_hook_word(r->hook), terminal_plain(t),
	       EXIT_WIDTH, status_exit(r, code), TOOK_WIDTH,
	       terminal_duration(status_took_ms(r), took),
	       terminal_cell(reason, left, status_reason(r, names, sizeof(names))));
}

static void print_table(const struct record_list *list, const struct options *o)
{
	const struct terminal *t = &o->terminal;
	int id_width = SHORT_ID;

	for (size_t i = 0; i < list->count; i++) {
		char id[ID_WIDTH + 1];

		short_id(list->items[i].id, id);
		if (is_wanted(&list->items[i], o) && (int)strlen(id) > id_width)
			id_width = (int)strlen(id);
	}
	printf("%-*s  %-*s  %-*s  %-*s  %*s  %s\n", id_width, "CONTAINER", STARTED_WIDTH, "STARTED",
	       HOOK_WIDTH, "HOOK", EXIT_WIDTH, "EXIT", TOOK_WIDTH, "TOOK", "REASON");
	for (size_t i = 0; i < list->count; i++)
		if (is_wanted(&list->items[i], o))
			print_row(&list->items[i], id_width, t);
}

static void print_json(const struct record_list *list, const struct options *o)
{
	const char *before = "[\n";

	for (size_t i = 0; i < list->count; i++)
		if (is_wanted(&list->items[i], o)) {
			printf("%s", before);
			record_print(&list->items[i], stdout);
			before = ",\n";
		}
	printf("%s\n", before[0] == '[' ? "[]" : "\n]");
}

/* --- the verb --- */

static int status_one(const struct options *o, struct err *e)
{
	auto_record r = { .lock = -1 };

	if (records_find(o->root, o->operand, &r, NULL, e) < 0)
		return STATUS_FAILED;
	if (o->json) {
		record_print(&r, stdout);
		printf("\n");
	} else {
		timeline_print(&r, &o->terminal);
	}
	return 0;
}

int verb_status(const struct options *o, struct err *e)
{
	auto_records list = { 0 };
	struct err why = { 0 };
	auto_fd dir = -1;

	if (o->operand && !o->all)
		return status_one(o, e);
	if (o->operand) { /* all starts of one container */
		auto_record one = { .lock = -1 };

		if (records_find(o->root, o->operand, &one, &dir, e) < 0)
			return STATUS_FAILED;
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
		print_json(&list, o);
	else
		print_table(&list, o);
	if (list.unreadable) /* told, but the others are right */
		(void)err_set(e, EIO, "%zu records cannot be read; the first: %s", list.unreadable,
			      list.error.msg);
	return 0;
}
