/* A seccomp profile in OCI JSON, as a checked struct.  SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"

#include <linux/seccomp.h>
#include <string.h>

#include "../oci/cleanup.h"

#define ERRNO_MAX 4095 /* seccomp(2): SECCOMP_RET_DATA is cut to it */
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct word {
	const char *name;
	uint32_t value;
};

static const struct word actions[] = {
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
	{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0) },
	{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0) },
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
	{ "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY },
};

static const struct word operators[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE },
	{ "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE },
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE },
	{ "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

#define ARCH_UNKNOWN 0xffffffff /* in the spec, but not in this libseccomp: never matches */

static const struct word archs[] = {
	{ "SCMP_ARCH_NATIVE", SCMP_ARCH_NATIVE },
	{ "SCMP_ARCH_X86", SCMP_ARCH_X86 },
	{ "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 },
	{ "SCMP_ARCH_X32", SCMP_ARCH_X32 },
	{ "SCMP_ARCH_ARM", SCMP_ARCH_ARM },
	{ "SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64 },
	{ "SCMP_ARCH_MIPS", SCMP_ARCH_MIPS },
	{ "SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64 },
	{ "SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32 },
	{ "SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL },
	{ "SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64 },
	{ "SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32 },
	{ "SCMP_ARCH_PPC", SCMP_ARCH_PPC },
	{ "SCMP_ARCH_PPC64", SCMP_ARCH_PPC64 },
	{ "SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE },
	{ "SCMP_ARCH_S390", SCMP_ARCH_S390 },
	{ "SCMP_ARCH_S390X", SCMP_ARCH_S390X },
	{ "SCMP_ARCH_PARISC", SCMP_ARCH_PARISC },
	{ "SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64 },
	{ "SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64 },
#ifdef SCMP_ARCH_LOONGARCH64
	{ "SCMP_ARCH_LOONGARCH64", SCMP_ARCH_LOONGARCH64 },
#else
	{ "SCMP_ARCH_LOONGARCH64", ARCH_UNKNOWN },
#endif
#ifdef SCMP_ARCH_M68K
	{ "SCMP_ARCH_M68K", SCMP_ARCH_M68K },
#else
	{ "SCMP_ARCH_M68K", ARCH_UNKNOWN },
#endif
#ifdef SCMP_ARCH_SH
	{ "SCMP_ARCH_SH", SCMP_ARCH_SH },
	{ "SCMP_ARCH_SHEB", SCMP_ARCH_SHEB },
#else
	{ "SCMP_ARCH_SH", ARCH_UNKNOWN },
	{ "SCMP_ARCH_SHEB", ARCH_UNKNOWN },
#endif
};

static const struct word flags[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", 0 }, /* a hook is loaded into by its only thread */
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 0 }, /* is about a listener's answers */
};

/* The node as one of the words of a table. */
static int get_word(const struct json_node *node, const struct word *table, size_t count,
		    uint32_t *ret, struct err *e)
{
	const char *name;

	if (json_string(node, &name, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(table[i].name, name)) {
			*ret = table[i].value;
			return 0;
		}
	return err_set(e, EINVAL, "%s: \"%.40s\" is not known", node->path, name);
}

/* An action and the number that goes with it. */
static int get_action(const struct json_node *obj, const char *key, const char *errno_key,
		      uint32_t *ret, struct err *e)
{
	struct json_node node;
	uint64_t code = EPERM;
	int has_errno, found = json_member(obj, key, &node, e);

	if (found < 0)
		return -1;
	if (!found)
		return err_set(e, EINVAL, "%s.%s: missing", obj->path, key);
	if (get_word(&node, actions, COUNT(actions), ret, e) < 0)
		return -1;
	has_errno = json_get_uint(obj, errno_key, ERRNO_MAX, &code, e);
	if (has_errno < 0)
		return -1;
	if (*ret == SCMP_ACT_NOTIFY)
		return err_set(e, ENOTSUP,
			       "%s: SCMP_ACT_NOTIFY asks a listener that answers for the "
			       "application only",
			       node.path);
	if (*ret == SCMP_ACT_ERRNO(0))
		*ret = SCMP_ACT_ERRNO((uint32_t)code);
	else if (*ret == SCMP_ACT_TRACE(0))
		*ret = SCMP_ACT_TRACE((uint32_t)code);
	else if (has_errno)
		return err_set(e, EINVAL, "%s.%s: the action has no error number", obj->path,
			       errno_key);
	return 0;
}

static void *array_of(size_t n, size_t size, struct err *e)
{
	void *array = calloc(n + 1, size);

	if (!array)
		(void)err_sys(e, ENOMEM, "seccomp profile");
	return array;
}

static int parse_archs(const struct json_node *obj, struct profile *p, struct err *e)
{
	struct json_node list, item;
	size_t count;
	int found = json_member(obj, "architectures", &list, e);

	if (found != 1)
		return found;
	if (json_array(&list, &count, e) < 0)
		return -1;
	p->archs = array_of(count, sizeof(*p->archs), e);
	if (!p->archs)
		return -1;
	for (size_t i = 0; i < count; i++) {
		uint32_t arch;

		json_item(&list, i, &item);
		if (get_word(&item, archs, COUNT(archs), &arch, e) < 0)
			return -1;
		/* One that the library does not know stays out of the filter: killed there. */
		if (arch != ARCH_UNKNOWN)
			p->archs[p->arch_count++] = arch;
	}
	return 0;
}

static int parse_flags(const struct json_node *obj, struct profile *p, struct err *e)
{
	struct json_node list, item;
	size_t count;
	int found = json_member(obj, "flags", &list, e);

	if (found != 1)
		return found;
	if (json_array(&list, &count, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		uint32_t flag;

		json_item(&list, i, &item);
		if (get_word(&item, flags, COUNT(flags), &flag, e) < 0)
			return -1;
		p->flags |= flag;
	}
	return 0;
}

static int parse_arg(const struct json_node *node, struct scmp_arg_cmp *ret, struct err *e)
{
	struct json_node op;
	uint64_t index = 0, value = 0, value_two = 0;
	uint32_t compare = 0;
	int found;

	if (json_get_uint(node, "index", PROFILE_ARGS_MAX - 1, &index, e) < 0 ||
	    json_get_uint(node, "value", UINT64_MAX, &value, e) < 0 ||
	    json_get_uint(node, "valueTwo", UINT64_MAX, &value_two, e) < 0)
		return -1;
	found = json_member(node, "op", &op, e);
	if (found < 0)
		return -1;
	if (!found)
		return err_set(e, EINVAL, "%s.op: missing", node->path);
	if (get_word(&op, operators, COUNT(operators), &compare, e) < 0)
		return -1;
	*ret = (struct scmp_arg_cmp){ .arg = (unsigned)index,
				      .op = (enum scmp_compare)compare,
				      .datum_a = value,
				      .datum_b = value_two };
	return 0;
}

static int parse_args(const struct json_node *obj, struct profile_rule *rule, struct err *e)
{
	struct json_node list, item;
	size_t count;
	int found = json_member(obj, "args", &list, e);

	if (found != 1)
		return found;
	if (json_array(&list, &count, e) < 0)
		return -1;
	if (count > PROFILE_CONDITIONS_MAX)
		return err_set(e, E2BIG, "%s: more than %d conditions", list.path,
			       PROFILE_CONDITIONS_MAX);
	rule->args = array_of(count, sizeof(*rule->args), e);
	if (!rule->args)
		return -1;
	for (size_t i = 0; i < count; i++) {
		json_item(&list, i, &item);
		if (parse_arg(&item, &rule->args[rule->arg_count++], e) < 0)
			return -1;
	}
	return 0;
}

static int parse_names(const struct json_node *obj, struct profile_rule *rule, size_t *total,
		       struct err *e)
{
	struct json_node list, item;
	size_t count = 0;
	int found = json_member(obj, "names", &list, e);

	if (found < 0 || (found && json_array(&list, &count, e) < 0))
		return -1;
	if (!found)
		return err_set(e, EINVAL, "%s.names: missing", obj->path);
	*total += count;
	if (*total > PROFILE_SYSCALLS_MAX)
		return err_set(e, E2BIG, "%s: more than %d names in the profile", list.path,
			       PROFILE_SYSCALLS_MAX);
	rule->names = array_of(count, sizeof(*rule->names), e);
	if (!rule->names)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *name;

		json_item(&list, i, &item);
		if (json_string(&item, &name, e) < 0)
			return -1;
		rule->names[i] = strdup(name);
		if (!rule->names[i])
			return err_sys(e, ENOMEM, "seccomp profile");
		rule->name_count++;
	}
	return 0;
}

static int parse_rules(const struct json_node *obj, struct profile *p, struct err *e)
{
	struct json_node list, item;
	size_t count, total = 0;
	int found = json_member(obj, "syscalls", &list, e);

	if (found != 1)
		return found;
	if (json_array(&list, &count, e) < 0)
		return -1;
	if (count > PROFILE_SYSCALLS_MAX)
		return err_set(e, E2BIG, "%s: more than %d rules", list.path, PROFILE_SYSCALLS_MAX);
	p->rules = array_of(count, sizeof(*p->rules), e);
	if (!p->rules)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct profile_rule *rule = &p->rules[p->rule_count++];

		json_item(&list, i, &item);
		if (parse_names(&item, rule, &total, e) < 0 ||
		    get_action(&item, "action", "errnoRet", &rule->action, e) < 0 ||
		    parse_args(&item, rule, e) < 0)
			return -1;
	}
	return 0;
}

int profile_parse(const struct json_node *node, struct profile *ret, struct err *e)
{
	auto_profile p = { 0 };

	if (get_action(node, "defaultAction", "defaultErrnoRet", &p.default_action, e) < 0 ||
	    parse_archs(node, &p, e) < 0 || parse_flags(node, &p, e) < 0 ||
	    parse_rules(node, &p, e) < 0)
		return -1;
	*ret = p;
	memset(&p, 0, sizeof(p));
	return 0;
}

void profile_free(struct profile *p)
{
	for (size_t i = 0; i < p->rule_count; i++) {
		for (size_t j = 0; j < p->rules[i].name_count; j++)
			free(p->rules[i].names[j]);
		free(p->rules[i].names);
		free(p->rules[i].args);
	}
	free(p->rules);
	free(p->archs);
	memset(p, 0, sizeof(*p));
}

int profile_add_archs(struct profile *p, const struct profile *other, struct err *e)
{
	uint32_t *all = array_of(p->arch_count + other->arch_count, sizeof(*all), e);
	size_t count = p->arch_count;

	if (!all)
		return -1;
	if (count)
		memcpy(all, p->archs, count * sizeof(*all));
	for (size_t i = 0; i < other->arch_count; i++) {
		bool known = false;

		for (size_t j = 0; j < count; j++)
			known |= all[j] == other->archs[i];
		if (!known)
			all[count++] = other->archs[i];
	}
	free(p->archs);
	p->archs = all;
	p->arch_count = count;
	return 0;
}
