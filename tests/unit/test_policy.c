/* The rule.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/plan/policy.h"
#include "tests/unit/tap.h"

static bool mentioned(const char *text)
{
	return policy_mentioned(text, strlen(text));
}

int main(void)
{
	int runs = 0;

	for (int i = 0; i < POLICY_COUNT; i++) {
		char text[128];

		runs += policy[i].runs;
		ok(policy[i].runs == !policy[i].advice, "%s: refused with advice, or runs",
		   policy[i].variable);
		snprintf(text, sizeof(text), "{\"env\":[\"%s=x\"]}", policy[i].variable);
		ok(mentioned(text), "%s is seen", policy[i].variable);
		ok(mentioned(policy[i].variable), "%s is seen at the very end", policy[i].variable);
		for (int j = 0; j < i; j++)
			ok(strcmp(policy[i].variable, policy[j].variable) != 0, "%s is there once",
			   policy[i].variable);
	}
	ok(runs == 1 && policy[POLICY_RUN_SUCCEEDED].runs, "only the run-succeeded hook runs");
	is_string(policy[POLICY_RUN_SUCCEEDED].variable, "CC_RUN_SUCCEEDED_HOOK", "by its name");
	ok(!mentioned("{\"env\":[\"PATH=/bin\",\"MY_HOOK=x\",\"CC_HOOK=x\"]}"), "others are not");
	ok(!mentioned(""), "nothing is in nothing");
	ok(!mentioned("_HOOK"), "the suffix alone is nothing");
	ok(!mentioned("{\"args\":[\"a\\u003cb\\u0026\"]}"), "what engines escape is no suspicion");
	ok(mentioned("\\u0043C_RUN_SUCCEEDED_HOOK"), "an escaped letter is");
	ok(mentioned("CC_RUN_SUCCEEDED\\u005fHOOK"), "an escaped underscore is");
	ok(mentioned("x\\u004"), "an escape that is cut off is looked into");
	ok(!policy_mentioned("CC_RUN_SUCCEEDED_HOOK", 20), "nothing is read behind the end");
	return done_testing();
}
