/* JSON from sources that are not trusted.  SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../oci/json.h"
#include "tap.h"

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

	contains(parse(text, flags, &doc), reason, text);
	json_free(doc);
}

static void test_documents(void)
{
	struct json *doc = NULL;
	char deep[2 * JSON_DEPTH_MAX + 8] = "";
	char *deeper = malloc(400001);

	is_string(parse("{\"a\": [1, true, null, \"x\"]}", 0, &doc), "", "a document");
	is_string(parse("{/* c */ \"a\": 1} // end", JSON_COMMENTS, &doc), "", "with comments");
	is_string(parse("{\"a\": \"/* no comment // \\\" */\"}", 0, &doc), "", "in a string");
	refused("{/* c */ \"a\": 1}", 0, "stray '/'");
	refused("{} // x", 0, "stray '/'");
	refused("{} /* x", JSON_COMMENTS, "stray '/'");
	refused("", 0, "not JSON");
	refused("{} {}", 0, "not JSON");
	refused("{\"a\":}", 0, "not JSON");
	refused("{\"a\":\"\xff\"}", 0, "not JSON");
	refused("{\"a\":\"x", 0, "without end");
	refused("{\"a\":\"x\\u0000y\"}", 0, "\\u0000");
	is_string(parse("{\"a\":\"x\\\\u0000y\"}", 0, &doc), "",
		  "an escaped backslash before u0000");
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		deep[i] = '[', deep[JSON_DEPTH_MAX + i] = ']';
	is_string(parse(deep, 0, &doc), "", "as deep as may be");
	memset(deeper, '[', 400000);
	deeper[400000] = '\0';
	contains(parse(deeper, 0, &doc), "nested deeper", "400,000 brackets");
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

static void test_members(void)
{
	struct json *doc = NULL;
	struct json_node root, list, item, node;
	struct err e = { 0 };
	const char *s;
	size_t count;
	bool b;

	is_string(parse("{\"p\": {\"list\": [\"x\", 2]}, \"two\": 1, \"\\u0074wo\": 2, \"n\": null,"
			"\"a\\nb\": 5}",
			0, &doc),
		  "", "members");
	json_root(doc, &root);
	ok(json_member(&root, "p", &node, &e) == 1 && json_member(&node, "list", &list, &e) == 1 &&
		   json_array(&list, &count, &e) == 0 && count == 2,
	   "an array in an object");
	json_item(&list, 1, &item);
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
		ok(json_read(fds[0], max, &text, &len, &e) == 0 && len == size && text[len] == 0,
		   "%zu bytes of at most %zu are read: %s", size, max, e.msg);
	else
		ok(json_read(fds[0], max, &text, &len, &e) < 0 && e.code == E2BIG,
		   "%zu bytes of at most %zu are too many", size, max);
	close(fds[0]);
	waitpid(pid, &status, 0);
	ok(status == 0, "and the writer was not cut off");
	free(text);
}

int main(void)
{
	char *text;
	size_t len;
	struct err e = { 0 };

	test_documents();
	test_numbers();
	test_members();
	test_read(0, 10, true);
	test_read(10, 10, true);
	test_read(11, 10, false);
	test_read(1024 * 1024, 1024 * 1024, true);
	test_read(3 * 1024 * 1024, 1024 * 1024, false);
	ok(json_read_file("/dev/null", 10, &text, &len, &e) < 0, "a device is no file: %s", e.msg);
	return done_testing();
}
