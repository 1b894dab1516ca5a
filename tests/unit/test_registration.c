/* Files of hooks.d.  SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "oci/registration.h"
#include "tests/unit/tap.h"

#define HOOK "\"hook\":{\"path\":\"/bin/x\"}"
#define REST "\"when\":{\"always\":true},\"stages\":[\"poststart\"]"

static const struct {
	const char *text, *complaint; /* NULL = good */
} cases[] = {
	{ "{\"version\":\"1.0.0\"," HOOK "," REST "}", NULL },
	{ "{\"version\":\"1.0.0\"," HOOK ",\"when\":{\"commands\":[\"a\"]},\"stages\":[]}", NULL },
	{ "{\"version\":\"0.1.0\",\"hook\":\"/bin/x\",\"stages\":[\"prestart\"]}", NULL },
	{ "{\"version\":\"1.0.0\",", "" },
	{ "[]", "expected an object" },
	{ "{" HOOK "," REST "}", "version: missing" },
	{ "{\"version\":1," HOOK "," REST "}", "version: " },
	{ "{\"version\":\"1.0.0\"," REST "}", "hook: missing" },
	{ "{\"version\":\"1.0.0\",\"hook\":{}," REST "}", "hook.path: " },
	{ "{\"version\":\"1.0.0\",\"hook\":{\"path\":\"x\"}," REST "}", "hook.path: " },
	{ "{\"version\":\"1.0.0\",\"hook\":{\"path\":\"/x\",\"args\":\"a\"}," REST "}",
	  "hook.args: " },
	{ "{\"version\":\"1.0.0\",\"hook\":{\"path\":\"/x\",\"env\":[1]}," REST "}",
	  "hook.env[0]" },
	{ "{\"version\":\"1.0.0\",\"hook\":{\"path\":\"/x\",\"timeout\":-1}," REST "}",
	  "hook.timeout: " },
	{ "{\"version\":\"1.0.0\"," HOOK ",\"when\":{\"always\":1},\"stages\":[]}",
	  "when.always: " },
	{ "{\"version\":\"1.0.0\"," HOOK ",\"when\":1,\"stages\":[]}", "when: " },
	{ "{\"version\":\"1.0.0\"," HOOK "}", "stages: missing" },
	{ "{\"version\":\"1.0.0\"," HOOK ",\"stages\":[\"poststrat\"]}",
	  "\"poststrat\" is no stage" },
};

static void check_fields(void)
{
	static const char text[] = "{\"version\":\"1.0.0\",\"hook\":{\"path\":\"/bin/"
				   "x\",\"args\":[\"x\",\"--log\",\"/l\","
				   "\"poststart\"],\"timeout\":3},\"when\":{\"always\":true},"
				   "\"stages\":[\"prestart\",\"poststart\"]}";
	auto_registration r = { 0 };
	struct err e = { 0 };

	ok(registration_parse(text, sizeof(text) - 1, &r, &e) == 0, "a full one: %s", e.msg);
	ok(r.path && !strcmp(r.path, "/bin/x"), "its path");
	ok(r.always && r.has_timeout, "always, and with a timeout");
	ok(r.stages[REGISTRATION_POSTSTART] && !r.stages[REGISTRATION_POSTSTOP], "its stages");
	ok(r.verbs[REGISTRATION_POSTSTART] && !r.verbs[REGISTRATION_POSTSTOP], "its verbs");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_registration r = { 0 };
		struct err e = { 0 };
		int result = registration_parse(cases[i].text, strlen(cases[i].text), &r, &e);

		if (!cases[i].complaint)
			ok(result == 0, "good: %s: %s", cases[i].text, e.msg);
		else
			ok(result < 0 && strstr(e.msg, cases[i].complaint), "refused: %s: %s",
			   cases[i].text, e.msg);
	}
	check_fields();
	return done_testing();
}
