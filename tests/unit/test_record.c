/* The record's text, written and read back; durations and cells.  SPDX-License-Identifier:
 * Apache-2.0
 */
#include <stdlib.h>

#include "shim/record/record_json.h"
#include "shim/verbs/terminal.h"
#include "tests/unit/tap.h"

static char *printed(const struct record *r)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	record_print(r, out);
	fclose(out);
	return text;
}

static void test_round_trip(void)
{
	struct record r, back = { 0 };
	struct err e = { 0 };
	char *first, *second;

	ok(record_init(&r, "a\"\\\n\033[31m\xc3\xa4\xc2\x9b", "/b/\x01", 42,
		       18446744073709551615ULL, &e) == 0,
	   "init");
	r.supervisor.pid = 7;
	r.supervisor.start_time = 8;
	r.run = RECORD_RUN_SUCCEEDED;
	record_set(&r, RECORD_FAILED, "why \"so\"");
	r.exit_code = 255;
	r.refused[POLICY_PRE_BUILD] = r.refused[POLICY_RUN_FAILED] = true;
	for (int i = 0; i < RECORD_MARK_COUNT; i++)
		r.marks_ms[i] = 10 * i;
	r.stopped_ms = r.time_ms + 5;
	record_output(&r, "out\n\0put", 8);
	first = printed(&r);
	ok(record_parse(first, strlen(first), &back, &e) == 0, "what is written can be read: %s",
	   e.msg);
	second = printed(&back);
	is_string(second, first, "and is the same");
	is_string(back.id, r.id, "the id is the same string");
	ok(back.init.start_time == r.init.start_time && back.exit_code == 255 &&
		   back.refused[POLICY_RUN_FAILED] && !back.refused[POLICY_PRE_RUN],
	   "numbers and names");
	is_string(back.output, "out\nput", "output, without NUL");
	free(first);
	free(second);
	record_free(&r);
	record_free(&back);
}

static void test_signal_and_nothing(void)
{
	struct record r, back = { 0 };
	struct err e = { 0 };
	char *text;

	(void)record_init(&r, "x", "/", 1, 1, &e);
	r.supervisor.pid = 1;
	r.signal = 11;
	text = printed(&r);
	ok(!strstr(text, "exit") && !strstr(text, "reason") && !strstr(text, "stopped") &&
		   !strstr(text, "output") && strstr(text, "\"ms\":{}"),
	   "what is not known is not there: %s", text);
	ok(record_parse(text, strlen(text), &back, &e) == 0 && back.exit_code == -1 &&
		   back.signal == 11 && back.stopped_ms == -1 && !back.output &&
		   back.marks_ms[RECORD_EXEC] == -1,
	   "and is not known when it is read");
	free(text);
	record_free(&r);
	record_free(&back);
}

static void test_live(void)
{
	struct record r, back = { 0 };
	struct err e = { 0 };
	char *text = NULL, *without;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)record_init(&r, "x", "/", 1, 1, &e);
	r.supervisor.pid = 1;
	without = printed(&r);
	record_print_live(&r, true, out);
	fclose(out);
	ok(!strstr(without, "live"), "a file does not tell whether init lives");
	ok(!strncmp(text, without, strlen(without) - 1) &&
		   !strcmp(text + strlen(without) - 1, ",\"live\":true}"),
	   "what readers print has that as its last member: %s", text);
	ok(record_parse(text, len, &back, &e) == 0, "which a parser passes over: %s", e.msg);
	free(without);
	free(text);
	record_free(&r);
	record_free(&back);
}

static void test_marks(void)
{
	struct record r = RECORD_EMPTY;

	record_mark(&r, RECORD_READY, 0);
	record_mark(&r, RECORD_READY, 7);
	ok(r.marks_ms[RECORD_READY] == 0 && r.marks_ms[RECORD_EXEC] == -1,
	   "a mark is where it was reached first");
	r.id = strdup("x");
	record_free(&r);
	ok(!r.id && r.exit_code == -1 && r.stopped_ms == -1 && r.marks_ms[RECORD_ENDED] == -1,
	   "what is freed is empty");
}

static void test_output(void)
{
	struct record r;
	struct err e = { 0 };
	char chunk[1000], *text;
	struct record back = { 0 };

	(void)record_init(&r, "x", "/", 1, 1, &e);
	r.supervisor.pid = 1;
	for (int i = 0; i < 26; i++) {
		memset(chunk, 'a' + i, sizeof(chunk));
		record_output(&r, chunk, sizeof(chunk));
	}
	ok(r.output_len == RECORD_OUTPUT_MAX && r.output[0] == 'v' && r.output[96] == 'w' &&
		   r.output[95] == 'v' && r.output[4095] == 'z',
	   "the last 4 KiB of all");
	for (int i = 0; i < 5000; i++)
		record_output(&r, i % 2 ? "\xff" : "\x80", 1); /* the longest when escaped */
	text = printed(&r);
	ok(record_parse(text, strlen(text), &back, &e) == 0, "bytes that are no UTF-8: %s", e.msg);
	ok(strlen(text) < RECORD_MAX, "and the file is not too long to be read back");
	free(text);
	record_free(&back);
	record_output(&r, "\xa4 end", 5);
	record_free(&r);
	(void)record_init(&r, "x", "/", 1, 1, &e);
	r.supervisor.pid = 1;
	record_output(&r, "\xa4 end", 5);
	text = printed(&r);
	contains(text, "\"output\":\" end\"", "the rest of a character that was cut is left out");
	free(text);
	record_free(&r);
}

#define START "{\"version\":1,\"id\":\"x\",\"pid\":1,\"startTime\":2,\"bundle\":\"/b\","
#define SUPERVISOR "\"supervisor\":{\"pid\":3,\"startTime\":4},\"boot\":\"b\","
#define TIME "\"time\":\"2026-01-02T03:04:05.678Z\","
#define STATES "\"run\":\"pending\",\"hook\":\"waiting\""

static const struct {
	const char *text, *complaint;
} bad[] = {
	{ "", "" },
	{ "[]", "" },
	{ "{}", "version" },
	{ "{\"version\":2}", "version" },
	{ "{\"version\":1,\"id\":7}", "id" },
	{ START TIME STATES "}", "boot" },
	{ START "\"boot\":\"b\"," TIME STATES "}", "supervisor" },
	{ START SUPERVISOR STATES "}", "time" },
	{ START SUPERVISOR TIME "\"run\":\"pending\"}", "hook" },
	{ START SUPERVISOR TIME "\"run\":\"perhaps\",\"hook\":\"none\"}", "run" },
	{ START SUPERVISOR TIME "\"run\":\"failed\",\"hook\":\"sleeping\"}", "hook" },
	{ START SUPERVISOR TIME STATES ",\"exit\":256}", "exit" },
	{ START SUPERVISOR TIME STATES ",\"exit\":-1}", "exit" },
	{ START SUPERVISOR TIME STATES ",\"signal\":65}", "signal" },
	{ START SUPERVISOR TIME STATES ",\"signal\":0}", "signal" },
	{ START SUPERVISOR TIME STATES ",\"reason\":[]}", "reason" },
	{ START SUPERVISOR TIME STATES ",\"refused\":{}}", "refused" },
	{ START SUPERVISOR TIME STATES ",\"refused\":[1]}", "refused" },
	{ START SUPERVISOR TIME STATES ",\"ms\":{\"exec\":-1}}", "exec" },
	{ START SUPERVISOR TIME STATES ",\"ms\":[]}", "ms" },
	{ START SUPERVISOR TIME STATES ",\"stopped\":\"yesterday\"}", "time" },
	{ START SUPERVISOR "\"time\":\"2026-13-02T03:04:05.678Z\"," STATES "}", "time" },
	{ START SUPERVISOR "\"time\":\"2026-01-02T03:04:05.678Zx\"," STATES "}", "time" },
	{ START SUPERVISOR "\"time\":\"0000-01-02T03:04:05.678Z\"," STATES "}", "time" },
	{ START SUPERVISOR "\"time\":\"9999-99-99T99:99:99.999Z\"," STATES "}", "time" },
	{ "{\"version\":1,\"id\":\"x\",\"pid\":0,\"startTime\":2,\"bundle\":\"/b\"," SUPERVISOR TIME
		  STATES "}",
	  "pid" },
	{ "{\"version\":1,\"id\":\"x\",\"pid\":4194305,\"startTime\":2,\"bundle\":\"/"
	  "b\"," SUPERVISOR TIME STATES "}",
	  "pid" },
	{ START SUPERVISOR TIME STATES ",\"id\":\"y\"}", "id" },
};

static void test_bad(void)
{
	static const char good[] =
		START SUPERVISOR TIME STATES ",\"refused\":[\"LATER\"],\"later\":1}";
	struct record r = { 0 };
	struct err e = { 0 };

	ok(record_parse(good, strlen(good), &r, &e) == 0,
	   "names that are not known yet are no error: %s", e.msg);
	record_free(&r);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&e, 0, sizeof(e));
		ok(record_parse(bad[i].text, strlen(bad[i].text), &r, &e) < 0 && e.code &&
			   strstr(e.msg, bad[i].complaint),
		   "refused: %s: %s", bad[i].text, e.msg);
	}
}

static void test_terminal(void)
{
	static const struct {
		int64_t ms;
		const char *text;
	} durations[] = {
		{ -1, "-" },
		{ 0, "0ms" },
		{ 999, "999ms" },
		{ 1000, "1.0s" },
		{ 59999, "59.9s" },
		{ 60000, "1m00s" },
		{ 3599999, "59m59s" },
		{ 3600000, "1h00m" },
		{ 86399999, "23h59m" },
		{ 86400000, "1d00h" },
		{ 8640000000, "100d00h" },
	};
	char buf[32], cell[32];

	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++)
		is_string(terminal_duration(durations[i].ms, buf), durations[i].text, "a duration");
	is_string(terminal_cell(cell, 12, "short"), "short", "a cell");
	is_string(terminal_cell(cell, 12, "0123456789ab"), "0123456789ab", "one that just fits");
	is_string(terminal_cell(cell, 12, "0123456789abc"), "012345678...", "one that is cut");
	is_string(terminal_cell(cell, 12, "a\nb\xc3\xa4"), "a\\x0ab?", "a column a byte");
}

int main(void)
{
	test_round_trip();
	test_signal_and_nothing();
	test_live();
	test_marks();
	test_output();
	test_bad();
	test_terminal();
	return done_testing();
}
