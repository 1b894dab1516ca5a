/* JSON from sources that are not trusted.  SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oci/cleanup.h"
#include "oci/json.h"
#include "oci/read.h"
#include "tests/unit/tap.h"

/* Parse text.  Returns the error's message, or "" where it is good; the document is kept. */
static const char *parse(const char *text, unsigned flags, struct json **doc)
{
	static struct err e;

	memset(&e, 0, sizeof(e));
	json_free(*doc);
	*doc = NULL;
	return json_parse(text, strlen(text), flags, doc, &e) < 0 ? e.msg : "";
}

static void refused(const char *text, unsigned flags, const char *reason)
{
	struct json *doc = NULL;
	const char *message = parse(text, flags, &doc);

	contains(message, reason, text);
	ok(!doc && !strchr(message, '\n'), "it is one line, and there is no document");
	json_free(doc);
}

static void test_documents(void)
{
	struct json *doc = NULL;

	is_string(parse("{\"a\": [1, true, null, \"x\"]}", 0, &doc), "", "a document");
	is_string(parse(" null\n", 0, &doc), "", "a value alone");
	refused("", 0, "not JSON");
	refused(" \n", 0, "not JSON");
	refused("{} {}", 0, "trailing garbage");
	refused("1 2", 0, "trailing garbage");
	refused("{}\n]", 0, "not JSON");
	refused("]]]][[[[", 0, "not JSON");
	refused("[1, 2", 0, "not JSON");
	refused("[1, 2}", 0, "not JSON");
	refused("{\"a\":}", 0, "not JSON");
	refused("{\"a\":1,}", 0, "not JSON");
	refused("{a: 1}", 0, "not JSON");
	refused("[01]", 0, "not JSON");
	refused("[+1]", 0, "not JSON");
	refused("[NaN]", 0, "not JSON");
	refused("['x']", 0, "not JSON");
	refused("\xef\xbb\xbf{}", 0, "not JSON");
	refused("\x1b[31m", 0, "not JSON");
	json_free(doc);
}

static void test_comments(void)
{
	struct json *doc = NULL;

	is_string(parse("{/* c */ \"a\": 1} // end", JSON_COMMENTS, &doc), "", "with comments");
	is_string(parse("// \" [[[\n{/* \" {{{ **/}", JSON_COMMENTS, &doc), "",
		  "quotes and brackets in comments");
	is_string(parse("{\"a\": \"/* no comment // \\\" */\"}", 0, &doc), "", "in a string");
	refused("{/* c */ \"a\": 1}", 0, "stray '/'");
	refused("{} // x", 0, "stray '/'");
	refused("{} /", JSON_COMMENTS, "stray '/'");
	refused("{} / /", JSON_COMMENTS, "stray '/'");
	refused("{} /* x", JSON_COMMENTS, "stray '/'");
	refused("{} /*/", JSON_COMMENTS, "stray '/'");
	refused("// nothing else", JSON_COMMENTS, "not JSON");
	json_free(doc);
}

static void test_strings(void)
{
	struct json *doc = NULL;
	struct err e = { 0 };

	is_string(parse("{\"a\":\"x\\\\u0000y\"}", 0, &doc), "",
		  "an escaped backslash before u0000");
	refused("{\"a\":\"x\\u0000y\"}", 0, "\\u0000");
	refused("{\"a\":\"x\\\\\\u0000y\"}", 0, "\\u0000");
	refused("{\"a\\u0000\":1}", 0, "\\u0000");
	refused("\"\\ud800\\u0000\"", 0, "\\u0000");
	refused("{\"a\":\"\\u000\"}", 0, "not JSON");
	refused("{\"a\":\"\\U0000\"}", 0, "not JSON");
	refused("{\"a\":\"\xff\"}", 0, "not JSON");
	refused("{\"a\":\"\xe9\"}", 0, "not JSON");
	refused("{\"a\":\"x\ny\"}", 0, "not JSON");
	refused("{\"a\":\"x", 0, "without end");
	refused("{\"a\":\"x\\", 0, "without end");
	refused("{\"a\":\"x\\\"", 0, "without end");
	json_free(doc);
	doc = NULL;
	ok(json_parse("{}\0{}", 5, 0, &doc, &e) < 0 && e.code == EINVAL, "a NUL byte: %s", e.msg);
	memset(&e, 0, sizeof(e));
	ok(json_parse("\"a\0b\"", 5, 0, &doc, &e) < 0, "in a string: %s", e.msg);
	memset(&e, 0, sizeof(e));
	ok(json_parse("{}", 3, 0, &doc, &e) < 0, "at the end: %s", e.msg);
}

/* Exactly len bytes on the heap: the sanitizer sees whoever looks behind them. */
static void test_length(void)
{
	static const char *const texts[] = { "{}",   "\"\\",   "\"\\u000", "/", "/*", "//",
					     "[1]2", "[\"x\"", "123",      "",  "-",  "\"\\u0000" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t len = strlen(texts[i]);
		char *exact = malloc(len ? len : 1);
		struct json *doc = NULL;
		struct err e = { 0 };

		memcpy(exact, texts[i], len);
		ok((json_parse(exact, len, JSON_COMMENTS, &doc, &e) == 0) ==
			   (!strcmp(texts[i], "{}") || !strcmp(texts[i], "123")),
		   "%zu bytes without a NUL: %s", len, e.msg);
		json_free(doc);
		doc = NULL;
		memset(&e, 0, sizeof(e));
		free(exact);
	}
	struct json *doc = NULL;
	struct err e = { 0 };
	ok(json_parse("{}garbage", 2, 0, &doc, &e) == 0, "no more than len bytes are taken");
	json_free(doc);
}

static void test_depth(void)
{
	struct json *doc = NULL;
	char deep[2 * JSON_DEPTH_MAX + 8] = "";
	char *deeper = malloc(800001);

	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		deep[i] = '[', deep[JSON_DEPTH_MAX + i] = ']';
	is_string(parse(deep, 0, &doc), "", "as deep as may be");
	memmove(deep + JSON_DEPTH_MAX + 1, deep + JSON_DEPTH_MAX, JSON_DEPTH_MAX);
	deep[JSON_DEPTH_MAX] = '{';
	contains(parse(deep, 0, &doc), "nested deeper than 64", "one deeper, by a brace");
	memset(deeper, '[', 400000);
	memset(deeper + 400000, ']', 400000);
	deeper[800000] = '\0';
	contains(parse(deeper, 0, &doc), "nested deeper than 64", "400,000 brackets");
	deeper[0] = '"', deeper[799999] = '"';
	is_string(parse(deeper, 0, &doc), "", "in a string they do not count");
	free(deeper);
	json_free(doc);
}

static void test_numbers(void)
{
	struct json *doc = NULL;
	struct json_node root;
	struct err e = { 0 };
	uint64_t u = 1;
	int64_t i = 1;

	is_string(
		parse("{\"max\": 18446744073709551615, \"more\": 18446744073709551616, \"neg\": -1,"
		      "\"zero\": -0, \"frac\": 1.5, \"exp\": 1e3, \"min\": -9223372036854775808,"
		      "\"less\": -9223372036854775809, \"s\": \"1\"}",
		      0, &doc),
		"", "numbers");
	json_root(doc, &root);
	ok(json_get_uint(&root, "max", UINT64_MAX, &u, &e) == 1 && u == UINT64_MAX, "64 bits");
	ok(json_get_uint(&root, "zero", 5, &u, &e) == 1 && u == 0, "minus zero is zero");
	ok(json_get_int(&root, "min", INT64_MIN, INT64_MAX, &i, &e) == 1 && i == INT64_MIN,
	   "least");
	ok(json_get_uint(&root, "absent", 5, &u, &e) == 0 && !e.code, "an absent one is no error");
	static const struct {
		const char *key;
		int code;
	} bad[] = { { "more", ERANGE },
		    { "neg", ERANGE },
		    { "frac", EINVAL },
		    { "exp", EINVAL },
		    { "s", EINVAL } };
	for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++) {
		memset(&e, 0, sizeof(e));
		ok(json_get_uint(&root, bad[n].key, UINT64_MAX, &u, &e) < 0 &&
			   e.code == bad[n].code,
		   "%s is refused: %s", bad[n].key, e.msg);
	}
	memset(&e, 0, sizeof(e));
	ok(json_get_int(&root, "less", INT64_MIN, INT64_MAX, &i, &e) < 0 && e.code == ERANGE,
	   "less than the least: %s", e.msg);
	memset(&e, 0, sizeof(e));
	ok(json_get_uint(&root, "max", UINT64_MAX - 1, &u, &e) < 0 && e.code == ERANGE,
	   "out of range");
	is_string(e.msg,
		  "max: expected a whole number from 0 to 18446744073709551614, got "
		  "18446744073709551615",
		  "the message names path, expectation and value");
	json_free(doc);
}

static void test_ranges(void)
{
	static const struct {
		const char *text;
		int64_t min, max;
		int code;
	} cases[] = {
		{ "-20", -20, 19, 0 },
		{ "19", -20, 19, 0 },
		{ "-21", -20, 19, ERANGE },
		{ "20", -20, 19, ERANGE },
		{ "9223372036854775807", INT64_MIN, INT64_MAX, 0 },
		{ "9223372036854775808", INT64_MIN, INT64_MAX, ERANGE },
		{ "18446744073709551615", INT64_MIN, INT64_MAX, ERANGE },
		{ "-18446744073709551617", INT64_MIN, INT64_MAX, ERANGE },
		{ "27670116110564327424", INT64_MIN, INT64_MAX, ERANGE }, /* 2^63 after wrapping */
		{ "-27670116110564327424", INT64_MIN, INT64_MAX, ERANGE },
		{ "100000000000000000000000000000000000000", INT64_MIN, INT64_MAX, ERANGE },
		{ "100000000000000000000000000000000000000.5", INT64_MIN, INT64_MAX, EINVAL },
		{ "1E2", -20, 19, EINVAL },
		{ "1.0", -20, 19, EINVAL },
		{ "true", -20, 19, EINVAL },
		{ "\"1\"", -20, 19, EINVAL },
		{ "[1]", -20, 19, EINVAL },
	};

	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct json *doc = NULL;
		struct json_node root;
		struct err e = { 0 };
		int64_t value = 77;
		int result;

		is_string(parse(cases[n].text, 0, &doc), "", cases[n].text);
		json_root(doc, &root);
		result = json_int(&root, cases[n].min, cases[n].max, &value, &e);
		ok(e.code == cases[n].code && result == (e.code ? -1 : 0), "code %d: %s", e.code,
		   e.msg);
		ok(e.code ? value == 77 : value == strtoll(cases[n].text, NULL, 10), "value");
		json_free(doc);
	}
}

static void test_members(void)
{
	struct json *doc = NULL;
	struct json_node root, item = { 0 }, node;
	struct json_array list;
	struct err e = { 0 };
	const char *s;
	bool b;

	is_string(parse("{\"p\": {\"list\": [\"x\", 2]}, \"two\": 1, \"\\u0074wo\": 2, \"n\": null,"
			"\"a\\nb\": 5}",
			0, &doc),
		  "", "members");
	json_root(doc, &root);
	ok(json_member(&root, "p", &node, &e) == 1 &&
		   json_get_array(&node, "list", &list, &e) == 1 && list.count == 2,
	   "an array in an object");
	while (json_next(&list, &item))
		;
	is_string(item.path, "p.list[1]", "the path of an item");
	ok(json_string(&item, &s, &e) < 0, "a number is no string");
	is_string(e.msg, "p.list[1]: expected a string", "says so");
	memset(&e, 0, sizeof(e));
	ok(json_member(&root, "n", &node, &e) == 0, "null is absent");
	ok(json_member(&root, "two", &node, &e) < 0 && e.code == EINVAL, "a key twice: %s", e.msg);
	memset(&e, 0, sizeof(e));
	ok(json_get_bool(&root, "a\nb", &b, &e) < 0 && !strchr(e.msg, '\n'),
	   "no newline of a key in a message");
	memset(&e, 0, sizeof(e));
	ok(json_member(&item, "x", &node, &e) < 0, "a number has no members");
	json_free(doc);
}

/* What text is, asked for as a number. */
static void is_described(const char *text, const char *got)
{
	struct json *doc = NULL;
	struct json_node root;
	struct err e = { 0 };
	uint64_t u;

	is_string(parse(text, 0, &doc), "", text);
	json_root(doc, &root);
	ok(json_uint(&root, 5, &u, &e) < 0 && e.code == (*text == '1' ? ERANGE : EINVAL),
	   "refused");
	contains(e.msg, got, "and described");
	json_free(doc);
}

static void test_types(void)
{
	struct json *doc = NULL;
	struct json_node root;
	struct json_array list;
	struct err e = { 0 };
	const char *s;
	size_t count;
	bool b;

	is_described("\"abc\"", "the document: expected a whole number from 0 to 5, got \"abc\"");
	is_described("\"a\\nb\\u001b\\u007f\"", "got \"a?b??\"");
	is_described("\"0123456789012345678901234567890123456789\"",
		     "got \"01234567890123456789012345678901\"");
	is_described("1000", "got 1000");
	is_described("{}", "got an object");
	is_described("[]", "got an array");
	is_described("null", "got null");
	is_described("false", "got false");
	is_string(parse("7", 0, &doc), "", "a number");
	json_root(doc, &root);
	ok(json_string(&root, &s, &e) < 0 && e.code == EINVAL, "is no string: %s", e.msg);
	memset(&e, 0, sizeof(e));
	ok(json_bool(&root, &b, &e) < 0 && e.code == EINVAL, "is no boolean: %s", e.msg);
	memset(&e, 0, sizeof(e));
	ok(json_array(&root, &list, &e) < 0 && e.code == EINVAL, "is no array: %s", e.msg);
	memset(&e, 0, sizeof(e));
	ok(json_object(&root, &count, &e) < 0 && e.code == EINVAL, "is no object: %s", e.msg);
	json_free(doc);
}

static void test_paths(void)
{
	struct json *doc = NULL;
	struct json_node node, next;
	struct json_array list;
	struct err e = { 0 };
	const char *key;
	char text[2000] = "";
	bool cut = true;

	is_string(parse("[{\"a\\n\\u001b[31m\": 1, \"x\\ny\": 2, \"x\\ny\": 3}]", 0, &doc), "",
		  "keys with control characters");
	json_root(doc, &node);
	ok(json_array(&node, &list, &e) == 0 && json_next(&list, &next), "its item");
	is_string(next.path, "[0]", "an item of the root");
	ok(!json_next(&list, &node), "there is no other");
	json_pair(&next, 0, &key, &node);
	is_string(node.path, "[0].a??[31m", "in a path they are replaced");
	is_string(key, "a\n\x1b[31m", "in the key they are not");
	ok(json_member(&next, "x\ny", &node, &e) < 0, "a key twice");
	is_string(e.msg, "[0].x?y: the key is there twice", "nor are they in a message");
	for (int i = 0; i < 20; i++)
		strcat(text, "{\"0123456789012345678901234567890123456789\":[");
	for (int i = 0; i < 20; i++)
		strcat(text, "]}");
	is_string(parse(text, 0, &doc), "", "a path that is too long");
	json_root(doc, &node);
	for (int i = 0; i < 19; i++) {
		json_pair(&node, 0, &key, &next);
		cut &= strlen(next.path) < JSON_PATH_MAX;
		cut &= json_array(&next, &list, &e) == 0 && json_next(&list, &node);
		cut &= strlen(node.path) < JSON_PATH_MAX;
	}
	ok(cut, "is cut");
	is_string(node.path + strlen(node.path) - 3, "[0]", "and still ends in which item");
	json_free(doc);
}

/* Give size bytes by a pipe.  Did the writer get rid of all of them? */
static void test_read(size_t size, size_t max, bool fits)
{
	int fds[2], status;
	char *text = NULL;
	size_t len = 0;
	struct err e = { 0 };
	pid_t pid;

	if (pipe(fds) < 0)
		exit(1);
	pid = fork();
	if (pid == 0) {
		static char block[4096];

		close(fds[0]);
		for (size_t left = size; left > 0;) {
			ssize_t n = write(fds[1], block, left < 4096 ? left : 4096);

			if (n < 0)
				_exit(1);
			left -= (size_t)n;
		}
		_exit(0);
	}
	close(fds[1]);
	if (fits)
		ok(read_all(fds[0], max, &text, &len, &e) == 0 && len == size && text[len] == 0,
		   "%zu bytes of at most %zu are read: %s", size, max, e.msg);
	else
		ok(read_all(fds[0], max, &text, &len, &e) < 0 && e.code == E2BIG,
		   "%zu bytes of at most %zu are too many", size, max);
	close(fds[0]);
	waitpid(pid, &status, 0);
	ok(status == 0, "and the writer was not cut off");
	free(text);
}

static void test_read_error(void)
{
	auto_fd fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err e = { 0 };
	char *text = NULL;
	size_t len = 7;

	ok(read_all(fd, 10, &text, &len, &e) < 0 && e.code == EISDIR, "an error of read: %s",
	   e.msg);
	ok(!text && len == 7, "nothing is written");
}

/* How reading path fails; 0 where it does not. */
static int file_error(const char *path, size_t max, const char *part)
{
	struct err e = { 0 };
	char *text = NULL;
	size_t len;

	if (read_file(path, max, &text, &len, &e) == 0)
		ok(!strcmp(text, "{}") && len == 2, "the file's text");
	else
		contains(e.msg, part, path);
	free(text);
	return e.code;
}

static void test_files(void)
{
	char dir[] = "/tmp/test_json.XXXXXX", path[600], longest[256];
	int fd;

	if (!mkdtemp(dir) || chdir(dir) < 0)
		exit(1);
	fd = open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ok(write(fd, "{}", 2) == 2 && close(fd) == 0, "a file");
	ok(file_error("file", 2, "") == 0, "is read");
	ok(file_error("file", 1, "more than 1 bytes") == E2BIG, "is too long");
	ok(mkfifo("fifo", 0600) == 0 && file_error("fifo", 9, "not a regular file") == EINVAL,
	   "a FIFO, at once");
	ok(symlink("fifo", "link") == 0 && file_error("link", 9, "not a regular file") == EINVAL,
	   "a link to it");
	ok(file_error(dir, 9, "not a regular file") == EINVAL, "a directory");
	ok(file_error("/dev/null", 9, "not a regular file") == EINVAL, "a device");
	ok(file_error("none", 9, "open 'none': No such file or directory") == ENOENT, "no file");
	memset(longest, 'x', 255);
	longest[255] = '\0';
	snprintf(path, sizeof(path), "%s/%s", dir, longest);
	ok(file_error(path, 9, "No such file or directory") == ENOENT,
	   "a long name leaves the cause");
	ok(!unlink("file") && !unlink("fifo") && !unlink("link") && !chdir("/") && !rmdir(dir),
	   "nothing is left");
}

int main(void)
{
	test_documents();
	test_comments();
	test_strings();
	test_length();
	test_depth();
	test_numbers();
	test_ranges();
	test_members();
	test_types();
	test_paths();
	test_read(0, 10, true);
	test_read(10, 10, true);
	test_read(11, 10, false);
	test_read(1024 * 1024, 1024 * 1024, true);
	test_read(3 * 1024 * 1024, 1024 * 1024, false);
	test_read_error();
	test_files();
	return done_testing();
}
