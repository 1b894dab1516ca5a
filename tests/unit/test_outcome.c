/* The table of endings: whole, and the same for run, wait and the record.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "shim/base/exit_status.h"
#include "shim/supervise/outcome.h"
#include "tests/unit/tap.h"

static const char *const events[] = { "ended", "timed-out", "not-started", "abandoned", "error" };

static bool is_event(const char *event)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (!strcmp(events[i], event))
			return true;
	return false;
}

static int expected(int status, int value)
{
	return status == ENDING_VALUE    ? value
	       : status == ENDING_SIGNAL ? STATUS_SIGNAL + value
					 : status;
}

/* What the record keeps of an ending tells wait the status that the table promises. */
static void test_row(enum ending ending)
{
	const struct ending_row *row = &endings[ending];
	struct settings settings = { 0 };
	struct plan plan = { .hook = "true", .verdict = PLAN_RUN, .settings = &settings };
	struct outcome outcome = { .ending = ending, .value = ending == ENDING_SUCCEEDED ? 0 : 7 };
	auto_record_file file = RECORD_FILE_EMPTY;
	char words[ERR_MSG_MAX];
	struct err e = { 0 };

	(void)err_set(&outcome.error, ECANCELED, "the {value} cause");
	ok(row->words && row->run_status && row->wait_status, "row %d is there", ending);
	ok(!row->event || is_event(row->event), "its event is one of the log's");
	(void)outcome_words(&outcome, NULL, words, sizeof(words));
	ok(!strstr(row->words, "{why}") == !strstr(words, "the {value} cause"), "its words: %s",
	   words);
	ok(record_file_init(&file, "id", "/bundle", 2, 3, &e) == 0, "a record");
	outcome_record(&outcome, &plan, &file);
	ok(file.data.hook == row->hook && record_final(&file.data), "its state is final");
	ok(outcome_wait_status(&file.data) == expected(row->wait_status, outcome.value),
	   "wait exits with %d", outcome_wait_status(&file.data));
	ok(outcome_run_status(&outcome) == expected(row->run_status, outcome.value),
	   "run exits with %d", outcome_run_status(&outcome));
	ok(row->no_reason == !file.data.reason[0], "its reason: %s", file.data.reason);
	ok((file.data.run == RECORD_RUN_FAILED) == row->run_failed, "whether the run has failed");
	ok((file.data.stopped_ms >= 0) == row->app_ended, "whether the application has ended");
}

/* The reason that poststart has recorded is not lost to a later one. */
static void test_problem(void)
{
	struct settings settings = { 0 };
	struct plan plan = { .hook = "true",
			     .verdict = PLAN_TELL,
			     .settings = &settings,
			     .problem = { .code = EPERM, .msg = "first" } };
	struct outcome outcome = { .ending = ENDING_NOT_STARTED };
	auto_record_file file = RECORD_FILE_EMPTY;
	struct err e = { 0 };

	ok(record_file_init(&file, "id", "/bundle", 2, 3, &e) == 0, "a record");
	record_set(&file.data, RECORD_FAILED, "first");
	outcome_record(&outcome, &plan, &file);
	ok(file.data.hook == RECORD_FAILED && !strcmp(file.data.reason, "first"),
	   "keeps its reason");
	ok(file.data.run == RECORD_RUN_FAILED, "and the run has failed");
	outcome = (struct outcome){ .ending = ENDING_SUPERVISOR_ENDED, .value = 15 };
	outcome_record(&outcome, &plan, &file);
	ok(file.data.hook == RECORD_ABANDONED && strstr(file.data.reason, "signal 15"),
	   "but what ended the supervisor is told as in the log");
	outcome = (struct outcome){ .ending = ENDING_NOT_STARTED };
	plan = (struct plan){ .verdict = PLAN_TELL, .settings = &settings };
	record_set(&file.data, RECORD_REFUSED, NULL);
	outcome_record(&outcome, &plan, &file);
	ok(file.data.hook == RECORD_REFUSED, "what is only refused stays refused");
	ok(strcmp(file.data.reason, "the application ended first") == 0, "and has a reason");
}

/* A cut, and a message that has braces of its own. */
static void test_words(void)
{
	struct outcome outcome = { .ending = ENDING_NOT_EXECUTED, .value = 127 };
	char buf[24];

	(void)err_set(&outcome.error, ENOENT, "{why}");
	ok(!strcmp(outcome_words(&outcome, NULL, buf, sizeof(buf)), "exit status 127: {why}"),
	   "braces in a message stay: %s", buf);
	ok(!strcmp(outcome_words(&outcome, "prefix", buf, 10), "prefixexi"), "cut: %s", buf);
	ok(!strcmp(outcome_words(&outcome, "prefix", buf, 4), "pre"), "cut in the prefix: %s", buf);
	ok(!strcmp(outcome_words(&outcome, NULL, buf, 14), "exit status 1"), "cut in the value: %s",
	   buf);
}

int main(void)
{
	for (int i = 0; i < ENDING_COUNT; i++)
		test_row((enum ending)i);
	test_problem();
	test_words();
	return done_testing();
}
