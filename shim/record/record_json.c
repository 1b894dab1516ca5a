/* The record of a start, as JSON.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/record/record_json.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "oci/cleanup.h"
#include "oci/json.h"
#include "oci/read.h"
#include "oci/state.h"
#include "shim/base/text.h"

#define PID_LIMIT 4194304                       /* 2^22, the kernel's limit: proc(5) pid_max */
#define MS_LIMIT INT64_C(253402300799999)       /* the end of the year 9999 */
#define OUTPUT_TEXT_MAX (3 * RECORD_OUTPUT_MAX) /* a byte that is not UTF-8 comes back as two */

static const char *const run_words[] = {
	[RECORD_PENDING] = "pending",
	[RECORD_RUN_SUCCEEDED] = "succeeded",
	[RECORD_RUN_FAILED] = "failed",
};

static const char *const hook_words[] = {
	[RECORD_NONE] = "none",           [RECORD_WAITING] = "waiting",
	[RECORD_RUNNING] = "running",     [RECORD_SUCCEEDED] = "succeeded",
	[RECORD_FAILED] = "failed",       [RECORD_TIMED_OUT] = "timed-out",
	[RECORD_ABANDONED] = "abandoned", [RECORD_REFUSED] = "refused",
};

static const char *const mark_words[] = {
	[RECORD_EXEC] = "exec",
	[RECORD_READY] = "ready",
	[RECORD_SPAWNED] = "spawned",
	[RECORD_ENDED] = "ended",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *record_hook_word(enum record_hook hook)
{
	return hook_words[hook];
}

const char *record_run_word(enum record_run run)
{
	return run_words[run];
}

char *record_time(int64_t time_ms, char *buf, size_t size)
{
	time_t seconds = time_ms / 1000;
	struct tm tm = { 0 };

	(void)gmtime_r(&seconds, &tm); /* cannot fail: years up to 9999 fit */
	snprintf(buf, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(time_ms % 1000));
	return buf;
}

/* --- written --- */

static void print_string(FILE *out, const char *key, const char *value)
{
	size_t size = 6 * strlen(value) + 8; /* \u00NN, the longest escape */
	auto_free char *text = malloc(size);

	/* Without memory the output stream fails too, and its fclose says so. */
	fprintf(out, ",\"%s\":\"%s\"", key, text ? text_json(text, size, value) : "");
}

static void print_process(FILE *out, const char *key, const struct process_id *process)
{
	fprintf(out, ",\"%s\":{\"pid\":%d,\"startTime\":%llu}", key, process->pid,
		(unsigned long long)process->start_time);
}

static void print_refused(FILE *out, const struct record *r)
{
	const char *comma = "";

	fprintf(out, ",\"refused\":[");
	for (size_t i = 0; i < POLICY_COUNT; i++)
		if (r->refused[i]) {
			fprintf(out, "%s\"%s\"", comma, policy[i].variable);
			comma = ",";
		}
	fprintf(out, "]");
}

static void print_marks(FILE *out, const struct record *r)
{
	const char *comma = "";

	fprintf(out, ",\"ms\":{");
	for (size_t i = 0; i < COUNT(mark_words); i++)
		if (r->marks_ms[i] >= 0) {
			fprintf(out, "%s\"%s\":%lld", comma, mark_words[i],
				(long long)r->marks_ms[i]);
			comma = ",";
		}
	fprintf(out, "}");
}

/* Skip the rest of a character whose first bytes were dropped. */
static const char *whole_characters(const char *text)
{
	for (int i = 0; i < 3 && (*text & 0xc0) == 0x80; i++)
		text++;
	return text;
}

/* All but the closing brace. */
static void print_members(const struct record *r, FILE *out)
{
	char time[40];

	fprintf(out, "{\"version\":%d", RECORD_VERSION);
	print_string(out, "id", r->id);
	fprintf(out, ",\"pid\":%d,\"startTime\":%llu", r->init.pid,
		(unsigned long long)r->init.start_time);
	print_string(out, "bundle", r->bundle);
	print_process(out, "supervisor", &r->supervisor);
	print_string(out, "boot", r->boot);
	fprintf(out, ",\"time\":\"%s\"", record_time(r->time_ms, time, sizeof(time)));
	fprintf(out, ",\"run\":\"%s\",\"hook\":\"%s\"", run_words[r->run], hook_words[r->hook]);
	if (r->exit_code >= 0)
		fprintf(out, ",\"exit\":%d", r->exit_code);
	if (r->signal)
		fprintf(out, ",\"signal\":%d", r->signal);
	if (r->reason[0])
		print_string(out, "reason", r->reason);
	print_refused(out, r);
	print_marks(out, r);
	if (r->stopped_ms >= 0)
		fprintf(out, ",\"stopped\":\"%s\"", record_time(r->stopped_ms, time, sizeof(time)));
	if (r->output)
		print_string(out, "output", whole_characters(r->output));
}

void record_print(const struct record *r, FILE *out)
{
	print_members(r, out);
	fprintf(out, "}");
}

void record_print_live(const struct record *r, bool live, FILE *out)
{
	print_members(r, out);
	fprintf(out, ",\"live\":%s}", live ? "true" : "false");
}

/* --- read back --- */

/* Read a string that must be there and have at most max bytes.  Returns 0, or -1 and *e. */
static int need_string(const struct json_node *obj, const char *key, size_t max, const char **ret,
		       struct err *e)
{
	int found = json_get_string(obj, key, ret, e);

	if (found == 0)
		return err_set(e, EINVAL, "%s: missing", key);
	if (found == 1 && strlen(*ret) > max)
		return err_set(e, ERANGE, "%s: longer than %zu bytes", key, max);
	return found < 0 ? -1 : 0;
}

static int parse_word(const struct json_node *obj, const char *key, const char *const words[],
		      size_t count, unsigned *ret, struct err *e)
{
	const char *word;

	if (need_string(obj, key, 64, &word, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(word, words[i])) {
			*ret = (unsigned)i;
			return 0;
		}
	return err_set(e, EINVAL, "%s: unknown word", key);
}

static int parse_process(const struct json_node *obj, struct process_id *ret, struct err *e)
{
	uint64_t pid = 0;

	if (json_get_uint(obj, "pid", PID_LIMIT, &pid, e) < 0 ||
	    json_get_uint(obj, "startTime", UINT64_MAX, &ret->start_time, e) < 0)
		return -1;
	if (!pid)
		return err_set(e, EINVAL, "pid: missing or 0");
	ret->pid = (pid_t)pid;
	return 0;
}

/* Parse RFC 3339 in the one form that record_time writes. */
static int parse_time(const char *text, int64_t *ret, struct err *e)
{
	struct tm tm = { 0 };
	char again[40];
	int ms;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &ms) != 7)
		return err_set(e, EINVAL, "time: expected YYYY-MM-DDThh:mm:ss.mmmZ");
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret = (int64_t)timegm(&tm) * 1000 + ms;
	if (*ret < 0 || *ret > MS_LIMIT || strcmp(record_time(*ret, again, sizeof(again)), text))
		return err_set(e, EINVAL, "time: no such time");
	return 0;
}

static int parse_marks(const struct json_node *root, struct record *r, struct err *e)
{
	struct json_node marks;
	int found = json_member(root, "ms", &marks, e);

	for (size_t i = 0; i < COUNT(mark_words); i++) {
		r->marks_ms[i] = -1;
		if (found == 1 &&
		    json_get_int(&marks, mark_words[i], 0, MS_LIMIT, &r->marks_ms[i], e) < 0)
			return -1;
	}
	return found < 0 ? -1 : 0;
}

/* Names that this version does not know are left out. */
static int parse_refused(const struct json_node *root, struct record *r, struct err *e)
{
	struct json_array list;
	struct json_node item;
	const char *name;

	if (json_get_array(root, "refused", &list, e) < 0)
		return -1;
	while (json_next(&list, &item)) {
		if (json_string(&item, &name, e) < 0)
			return -1;
		for (size_t rule = 0; rule < POLICY_COUNT; rule++)
			if (!strcmp(name, policy[rule].variable))
				r->refused[rule] = true;
	}
	return 0;
}

static int parse_end(const struct json_node *root, struct record *r, struct err *e)
{
	int64_t code = -1, sig = 0;
	const char *reason = "", *output = NULL, *stopped = NULL;

	if (json_get_int(root, "exit", 0, 255, &code, e) < 0 ||
	    json_get_int(root, "signal", 1, 64, &sig, e) < 0 ||
	    json_get_string(root, "reason", &reason, e) < 0 ||
	    json_get_string(root, "output", &output, e) < 0 ||
	    json_get_string(root, "stopped", &stopped, e) < 0 ||
	    (stopped && parse_time(stopped, &r->stopped_ms, e) < 0))
		return -1;
	r->exit_code = (int)code;
	r->signal = (int)sig;
	snprintf(r->reason, sizeof(r->reason), "%s", reason);
	if (!output)
		return 0;
	if (strlen(output) > OUTPUT_TEXT_MAX)
		return err_set(e, ERANGE, "output: longer than %d bytes", OUTPUT_TEXT_MAX);
	r->output = strdup(output);
	if (!r->output)
		return err_sys(e, ENOMEM, "output");
	r->output_len = strlen(output);
	return 0;
}

static int parse_version(const struct json_node *root, struct err *e)
{
	uint64_t version = 0;

	if (json_get_uint(root, "version", UINT64_MAX, &version, e) < 0)
		return -1;
	if (version != RECORD_VERSION)
		return err_set(e, ENOTSUP, "version: expected %d", RECORD_VERSION);
	return 0;
}

static int parse_start(const struct json_node *root, struct record *r, struct err *e)
{
	struct json_node supervisor;
	const char *id, *bundle, *boot, *time;

	if (parse_version(root, e) < 0 || need_string(root, "id", STATE_ID_MAX, &id, e) < 0 ||
	    need_string(root, "bundle", PATH_MAX, &bundle, e) < 0 ||
	    need_string(root, "boot", BOOT_ID_MAX - 1, &boot, e) < 0 ||
	    need_string(root, "time", 40, &time, e) < 0 || parse_time(time, &r->time_ms, e) < 0 ||
	    parse_process(root, &r->init, e) < 0)
		return -1;
	if (json_member(root, "supervisor", &supervisor, e) != 1)
		return err_set(e, EINVAL, "supervisor: missing");
	if (parse_process(&supervisor, &r->supervisor, e) < 0)
		return err_prefix(e, "supervisor");
	snprintf(r->boot, sizeof(r->boot), "%s", boot);
	r->id = strdup(id);
	r->bundle = strdup(bundle);
	return r->id && r->bundle ? 0 : err_sys(e, ENOMEM, "record");
}

int record_parse(const char *text, size_t len, struct record *ret, struct err *e)
{
	auto_json *doc = NULL;
	auto_record r = RECORD_EMPTY;
	struct json_node root;
	unsigned run = 0, hook = 0;

	if (json_parse(text, len, 0, &doc, e) < 0)
		return -1;
	json_root(doc, &root);
	if (parse_start(&root, &r, e) < 0 ||
	    parse_word(&root, "run", run_words, COUNT(run_words), &run, e) < 0 ||
	    parse_word(&root, "hook", hook_words, COUNT(hook_words), &hook, e) < 0 ||
	    parse_refused(&root, &r, e) < 0 || parse_marks(&root, &r, e) < 0 ||
	    parse_end(&root, &r, e) < 0)
		return -1;
	r.run = (enum record_run)run;
	r.hook = (enum record_hook)hook;
	*ret = take_record(&r);
	return 0;
}

int record_read_fd(int fd, struct record *ret, struct err *e)
{
	auto_free char *text = NULL;
	size_t len;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "no regular file");
	if (read_all(fd, RECORD_MAX, &text, &len, e) < 0)
		return -1;
	return record_parse(text, len, ret, e);
}
