/* How much a profile allows, for people.  SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/count.h"

#include <stdlib.h>
#include <string.h>

#define CALLS_MAX 1024 /* numbers to look at; the kernel's native ones are below 500 */

static bool allows(uint32_t action)
{
	return action == SCMP_ACT_ALLOW || action == SCMP_ACT_LOG;
}

static bool names(const struct profile_rule *rule, const char *call)
{
	for (size_t i = 0; i < rule->name_count; i++)
		if (!strcmp(rule->names[i], call))
			return true;
	return false;
}

/* A rule without conditions decides alone; those with some leave the rest to the default. */
static void count_call(const struct profile *p, const char *call, struct profile_count *count)
{
	bool allowed = allows(p->default_action), conditional = false;

	count->known++;
	for (size_t i = 0; i < p->rule_count; i++) {
		const struct profile_rule *rule = &p->rules[i];

		if (!names(rule, call))
			continue;
		if (!rule->arg_count) {
			allowed = allows(rule->action);
			conditional = false;
			break;
		}
		conditional |= allows(rule->action) != allows(p->default_action);
	}
	if (conditional)
		count->conditional++;
	else if (allowed)
		count->allowed++;
}

void profile_count(const struct profile *p, struct profile_count *ret)
{
	struct profile_count count = { 0 };

	for (int number = 0; number < CALLS_MAX; number++) {
		char *call = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

		if (call)
			count_call(p, call, &count);
		free(call);
	}
	*ret = count;
}
