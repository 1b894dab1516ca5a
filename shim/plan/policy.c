/* The rule: which deployment hooks a Docker-type application has.  SPDX-License-Identifier:
 * Apache-2.0 */
#include "shim/plan/policy.h"

#include <ctype.h>
#include <string.h>

const struct rule policy[POLICY_COUNT] = {
	[POLICY_PRE_BUILD] = { "CC_PRE_BUILD_HOOK", "before the build", false,
			       "do it in the Dockerfile" },
	[POLICY_POST_BUILD] = { "CC_POST_BUILD_HOOK", "after the build", false,
				"do it in the Dockerfile" },
	[POLICY_PRE_RUN] = { "CC_PRE_RUN_HOOK", "before the application starts", false,
			     "do it in the entrypoint" },
	[POLICY_RUN_SUCCEEDED] = { "CC_RUN_SUCCEEDED_HOOK", "once the application has started",
				   true, NULL },
	[POLICY_RUN_FAILED] = { "CC_RUN_FAILED_HOOK", "once the application has failed to start",
				false, "watch the engine's events" },
};

static bool names_a_variable(const char *text, const char *end)
{
	for (size_t i = 0; i < POLICY_COUNT; i++) {
		size_t n = strlen(policy[i].variable);

		if ((size_t)(end - text) >= n && !memcmp(end - n, policy[i].variable, n))
			return true;
	}
	return false;
}

/* The names consist of capital letters and the underscore, which no engine escapes.  Where they are
 * escaped, somebody wants to hide a name. */
static bool has_escaped_letter(const char *text, size_t len)
{
	static const char escape[] = "\\u00";
	const char *end = text + len;

	while ((text = memmem(text, (size_t)(end - text), escape, sizeof(escape) - 1))) {
		text += sizeof(escape) - 1;
		if (text < end && (*text == '4' || *text == '5'))
			return true;
	}
	return false;
}

bool policy_mentioned(const char *text, size_t len)
{
	static const char suffix[] = "_HOOK"; /* common to all of them */
	const char *start = text, *end = text + len, *at = text;

	while ((at = memmem(at, (size_t)(end - at), suffix, sizeof(suffix) - 1))) {
		at += sizeof(suffix) - 1;
		if (names_a_variable(start, at))
			return true;
	}
	return has_escaped_letter(start, len);
}
