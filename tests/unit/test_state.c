/* The state that a runtime writes.  SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "oci/state.h"
#include "tests/unit/tap.h"

#define GOOD "\"id\": \"c\", \"bundle\": \"/b\""

static struct err error; /* of the last load */

/* Parse text over what s holds.  Returns the error's message, or "" where it is good. */
static const char *load(const char *text, struct state *s)
{
	memset(&error, 0, sizeof(error));
	return state_parse(text, strlen(text), s, &error) < 0 ? error.msg : "";
}

static void refused(const char *text, int code, const char *reason)
{
	struct state s = { 0 };

	contains(load(text, &s), reason, text);
	ok(error.code == code, "its code is %d: %d", code, error.code);
	ok(!strncmp(error.msg, "state: ", 7), "it names the state");
	ok(!s.bundle && !s.status && !s.pid && !s.foreign, "nothing but the id may be there");
	state_free(&s);
}

static void test_good(void)
{
	struct state s = { 0 };

	is_string(load("{\"ociVersion\": \"1.0\", \"id\": \"c\", \"status\": \"running\", \"pid\": "
		       "42,"
		       "\"bundle\": \"/b\", \"root\": 7, \"annotations\": {\"x\": \"y\"}}",
		       &s),
		  "", "a state, with members that nobody asked for");
	is_string(s.id, "c", "id");
	is_string(s.bundle, "/b", "bundle");
	is_string(s.status, "running", "status");
	ok(s.pid == 42 && !s.foreign, "pid, and a usual init");
	is_string(load("{" GOOD "}", &s), "", "the least that there may be, over an earlier one");
	is_string(s.status, "", "status is \"\"");
	ok(s.pid == 0, "pid is 0");
	is_string(load("{" GOOD ", \"pid\": null, \"status\": null, \"annotations\": null}", &s),
		  "", "null is absent");
	is_string(
		load("{\"id\":\"a\\/b \\u00e9\\n\",\n\t\"bundle\":\"\\/b\",\"pid\":4194304}\n", &s),
		"", "prettified, with escapes, and the greatest pid");
	is_string(s.id, "a/b \xc3\xa9\n", "an id of any characters");
	ok(s.pid == 4194304, "pid");
	state_free(&s);
	state_free(&s);
	ok(!s.id && !s.bundle && !s.status, "may be freed twice");
}

static void test_types(void)
{
	refused("", EINVAL, "not JSON");
	refused("[]", EINVAL, "the document: expected an object");
	refused("\"id\"", EINVAL, "expected an object");
	refused("null", EINVAL, "expected an object");
	refused("{" GOOD "} {" GOOD "}", EINVAL, "trailing garbage");
	refused("{" GOOD "} // comment", EINVAL, "not JSON");
	refused("{\"bundle\": \"/b\"}", EINVAL, "id: missing");
	refused("{\"id\": \"\", \"bundle\": \"/b\"}", EINVAL, "id: missing or empty");
	refused("{\"id\": null, \"bundle\": \"/b\"}", EINVAL, "id: missing");
	refused("{\"id\": 7, \"bundle\": \"/b\"}", EINVAL, "id: expected a string");
	refused("{\"id\": \"c\"}", EINVAL, "bundle: expected an absolute path");
	refused("{\"id\": \"c\", \"bundle\": \"b\"}", EINVAL, "bundle: expected an absolute path");
	refused("{\"id\": \"c\", \"bundle\": [\"/b\"]}", EINVAL, "bundle: expected a string");
	refused("{" GOOD ", \"status\": 1}", EINVAL, "status: expected a string");
	refused("{" GOOD ", \"annotations\": []}", EINVAL, "annotations: expected an object");
	refused("{" GOOD ", \"annotations\": \"x\"}", EINVAL, "annotations: expected an object");
}

static void test_pid(void)
{
	refused("{" GOOD ", \"pid\": -1}", ERANGE,
		"pid: expected a whole number from 0 to 4194304, got -1");
	refused("{" GOOD ", \"pid\": 4194305}", ERANGE, "got 4194305");
	refused("{" GOOD ", \"pid\": 4294967338}", ERANGE, "got 4294967338");
	refused("{" GOOD ", \"pid\": 18446744073709551658}", ERANGE, "pid: expected");
	refused("{" GOOD ", \"pid\": 1.5}", EINVAL, "got 1.5");
	refused("{" GOOD ", \"pid\": 1e3}", EINVAL, "got 1e3");
	refused("{" GOOD ", \"pid\": \"42\"}", EINVAL, "got \"42\"");
	refused("{" GOOD ", \"pid\": [42]}", EINVAL, "got an array");
	refused("{" GOOD ", \"pid\": true}", EINVAL, "got true");
}

/* What reads differently to different readers. */
static void test_ambiguous(void)
{
	refused("{" GOOD ", \"pid\": 1, \"pid\": 2}", EINVAL, "pid: the key is there twice");
	refused("{" GOOD ", \"\\u0070id\": 1, \"pid\": 2}", EINVAL, "pid: the key is there twice");
	refused("{" GOOD ", \"\\u0069d\": \"d\"}", EINVAL, "id: the key is there twice");
	refused("{" GOOD ", \"bundle\": null}", EINVAL, "bundle: the key is there twice");
	refused("{\"id\": \"c\\u0000d\", \"bundle\": \"/b\"}", EINVAL, "\\u0000");
	refused("{\"id\": \"c\", \"bundle\": \"/b\\u0000/../c\"}", EINVAL, "\\u0000");
	refused("{" GOOD ", \"p\\u0000id\": 1}", EINVAL, "\\u0000");
}

static void test_foreign(void)
{
	struct state s = { 0 };

	is_string(load("{" GOOD ", \"annotations\": {\"run.oci.handler\": \"wasm\"}}", &s), "",
		  "handler");
	ok(s.foreign, "is foreign");
	is_string(load("{" GOOD ", \"annotations\": {\"module.wasm.image/variant\": \"compat\"}}",
		       &s),
		  "", "a wasm image");
	ok(s.foreign, "is foreign");
	is_string(load("{" GOOD ", \"annotations\": {\"run.oci.handlers\": \"wasm\"}}", &s), "",
		  "another annotation");
	ok(!s.foreign, "is not");
	state_free(&s);
	refused("{" GOOD ", \"annotations\": {\"run.oci.handler\": \"a\", "
		"\"run.oci\\u002ehandler\": \"b\"}}",
		EINVAL, "there twice");
}

static void test_annotations_alone(void)
{
	static const char text[] = "{\"usual\": {\"x\": \"y\"}, \"none\": 7}";
	struct json *doc = NULL;
	struct json_node root, node;
	struct err e = { 0 };
	bool foreign = true;

	if (json_parse(text, strlen(text), 0, &doc, &e) < 0)
		exit(1);
	json_root(doc, &root);
	ok(json_member(&root, "usual", &node, &e) == 1 &&
		   !annotations_foreign(&node, &foreign, &e) && !foreign,
	   "usual ones are written as usual");
	ok(json_member(&root, "none", &node, &e) == 1 &&
		   annotations_foreign(&node, &foreign, &e) < 0 && e.code == EINVAL,
	   "no object: %s", e.msg);
	json_free(doc);
}

/* An id of n characters. */
static const char *load_long_id(size_t n, struct state *s)
{
	char text[STATE_ID_MAX + 64] = "{\"bundle\": \"/b\", \"id\": \"";
	size_t used = strlen(text);

	memset(text + used, 'x', n);
	memcpy(text + used + n, "\"}", 3);
	return load(text, s);
}

static void test_limits(void)
{
	struct state s = { 0 };
	size_t size = 400000;
	char *deep = malloc(size + 64);

	is_string(load_long_id(STATE_ID_MAX, &s), "", "the longest id");
	contains(load_long_id(STATE_ID_MAX + 1, &s), "state: id: longer than 1024 bytes",
		 "a longer one");
	ok(error.code == E2BIG, "E2BIG");
	state_free(&s);
	memcpy(deep, "{\"annotations\": ", 16);
	memset(deep + 16, '[', size);
	deep[16 + size] = '\0';
	contains(load(deep, &s), "state: nested deeper than 64", "400,000 brackets");
	free(deep);
}

/* What the caller's message can call the container. */
static void test_id_on_error(void)
{
	struct state s = { 0 };

	contains(load("{" GOOD ", \"pid\": -1}", &s), "pid: expected", "a bad pid");
	is_string(s.id, "c", "leaves the id");
	contains(load("{\"id\": \"d\", \"bundle\": 7}", &s), "bundle",
		 "another state with an error");
	is_string(s.id, "d", "leaves its own");
	contains(load("{", &s), "not JSON", "and one that is no JSON");
	is_string(s.id, NULL, "leaves none");
	state_free(&s);
}

int main(void)
{
	test_good();
	test_types();
	test_pid();
	test_ambiguous();
	test_foreign();
	test_annotations_alone();
	test_limits();
	test_id_on_error();
	return done_testing();
}
