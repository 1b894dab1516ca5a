/* The table of verbs: every row can be called as its words say.  SPDX-License-Identifier:
 * Apache-2.0 */
#include <errno.h>

#include "shim/verbs/verbs.h"
#include "tests/unit/tap.h"

/* Every "--option" in words. */
static void test_words(const char *verb, const char *words)
{
	for (const char *at = words; (at = strstr(at, "--")); at += 2) {
		char option[40], value[] = "1", program[] = "oci-deploy-hook";
		char *argv[] = { program, option, value, NULL };
		struct options o;
		struct err e = { 0 };

		snprintf(option, sizeof(option), "--%.*s",
			 (int)strspn(at + 2, "abcdefghijklmnopqrstuvwxyz-"), at + 2);
		ok(options_parse(3, argv, &o, &e) == 0, "%s takes %s: %s", verb, option, e.msg);
	}
}

static void test_rows(void)
{
	for (const struct verb *v = verbs; v->name; v++) {
		struct options o = { .verb = v->name };
		struct err e = { 0 };
		char program[] = "oci-deploy-hook", name[20];
		char *argv[] = { program, name, NULL };

		ok(verbs_find(&o, &e) == v && v->run, "%s is found: no earlier row has its name",
		   v->name);
		ok(v->forms[0].text != NULL, "%s is in --help", v->name);
		for (int i = 0; i < VERB_FORMS && v->forms[i].text; i++)
			test_words(v->name, v->forms[i].words);
		snprintf(name, sizeof(name), "%s", v->name);
		ok(verbs_called_by_runtime(2, argv) == !strncmp(name, "post", 4),
		   "%s: who calls it", name);
	}
}

static void test_none(void)
{
	struct options o = { 0 };
	struct err e = { 0 };

	ok(!verbs_find(&o, &e) && e.code == EINVAL, "no verb");
	contains(e.msg, "a verb is missing", "is said");
	memset(&e, 0, sizeof(e));
	o.verb = "start";
	ok(!verbs_find(&o, &e) && e.code == EINVAL, "no such verb");
	contains(e.msg, "unknown verb 'start'", "is said");
}

int main(void)
{
	test_rows();
	test_none();
	return done_testing();
}
