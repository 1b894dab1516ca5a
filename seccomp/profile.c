/* A seccomp profile in OCI JSON, as a checked struct.  SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/profile.h"

#include <linux/seccomp.h>
#include <string.h>

#include "oci/array.h"
#include "oci/cleanup.h"
#include "seccomp/words.h"

#define ERRNO_MAX 4095 /* seccomp(2) cuts an error number to it, but not a tracer's number */

/* The separator between an object's path and a key.  The path of the document itself is empty. */
static const char *dot(const struct json_node *obj)
{
	return obj->path[0] ? "." : "";
}

/* An action and the number that goes with it. */
static int get_action(const struct json_node *obj, const char *key, const char *errno_key,
		      uint32_t *ret, struct err *e)
{
	struct json_node node;
	uint64_t code = EPERM; /* where none is given */
	uint32_t action;
	int has_errno, found = json_member(obj, key, &node, e);

	if (found < 0)
		return -1;
	if (!found)
		return err_set(e, EINVAL, "%s%s%s: missing", obj->path, dot(obj), key);
	if (word_get(&node, WORD_ACTION, &action, e) < 0)
		return -1;
	has_errno =
		json_get_uint(obj, errno_key,
			      action == SCMP_ACT_TRACE(0) ? SECCOMP_RET_DATA : ERRNO_MAX, &code, e);
	if (has_errno < 0)
		return -1;
	if (action == SCMP_ACT_NOTIFY)
		return err_set(e, ENOTSUP,
			       "%s: SCMP_ACT_NOTIFY asks a listener that answers for the "
			       "application only",
			       node.path);
	if (action == SCMP_ACT_ERRNO(0))
		action = SCMP_ACT_ERRNO((uint32_t)code);
	else if (action == SCMP_ACT_TRACE(0))
		action = SCMP_ACT_TRACE((uint32_t)code);
	else if (has_errno)
		return err_set(e, EINVAL, "%s%s%s: the action has no error number", obj->path,
			       dot(obj), errno_key);
	*ret = action;
	return 0;
}

static void *new_array(size_t n, size_t size, struct err *e)
{
	return array_new(n, size, "seccomp profile", e);
}

static int parse_archs(const struct json_node *obj, struct profile *p, struct err *e)
{
	struct json_array list;
	struct json_node item;

	if (json_get_array(obj, "architectures", &list, e) < 0)
		return -1;
	p->archs = new_array(list.count, sizeof(*p->archs), e);
	if (!p->archs)
		return -1;
	while (json_next(&list, &item)) {
		uint32_t arch;

		if (word_get(&item, WORD_ARCH, &arch, e) < 0)
			return -1;
		/* One that the library does not know is left out: its calls are killed. */
		if (arch != WORD_UNKNOWN)
			p->archs[p->arch_count++] = arch;
	}
	return 0;
}

static int parse_flags(const struct json_node *obj, struct profile *p, struct err *e)
{
	struct json_array list;
	struct json_node item;

	if (json_get_array(obj, "flags", &list, e) < 0)
		return -1;
	while (json_next(&list, &item)) {
		uint32_t flag;

		if (word_get(&item, WORD_FLAG, &flag, e) < 0)
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
	if (word_get(&op, WORD_OPERATOR, &compare, e) < 0)
		return -1;
	*ret = (struct scmp_arg_cmp){ .arg = (unsigned)index,
				      .op = (enum scmp_compare)compare,
				      .datum_a = value,
				      .datum_b = value_two };
	return 0;
}

static int parse_args(const struct json_node *obj, struct profile_rule *rule, struct err *e)
{
	struct json_array list;
	struct json_node item;

	if (json_get_array(obj, "args", &list, e) < 0)
		return -1;
	if (list.count > PROFILE_CONDITIONS_MAX)
		return err_set(e, E2BIG, "%s: more than %d conditions", list.node.path,
			       PROFILE_CONDITIONS_MAX);
	rule->args = new_array(list.count, sizeof(*rule->args), e);
	if (!rule->args)
		return -1;
	while (json_next(&list, &item)) {
		if (parse_arg(&item, &rule->args[rule->arg_count++], e) < 0)
			return -1;
	}
	return 0;
}

static int parse_names(const struct json_node *obj, struct profile_rule *rule, size_t *total,
		       struct err *e)
{
	struct json_array list;
	struct json_node item;
	int found = json_get_array(obj, "names", &list, e);

	if (found < 0)
		return -1;
	if (!found)
		return err_set(e, EINVAL, "%s.names: missing", obj->path);
	*total += list.count;
	if (*total > PROFILE_SYSCALLS_MAX)
		return err_set(e, E2BIG, "%s: more than %d names in the profile", list.node.path,
			       PROFILE_SYSCALLS_MAX);
	rule->names = new_array(list.count, sizeof(*rule->names), e);
	if (!rule->names)
		return -1;
	while (json_next(&list, &item)) {
		const char *name;

		if (json_string(&item, &name, e) < 0)
			return -1;
		rule->names[rule->name_count] = strdup(name);
		if (!rule->names[rule->name_count])
			return err_sys(e, ENOMEM, "seccomp profile");
		rule->name_count++;
	}
	return 0;
}

/* The engines' own format of a profile has more conditions on a rule.  Whoever reads it as an OCI
 * profile would permit what they forbid. */
static int refuse_conditions(const struct json_node *obj, struct err *e)
{
	static const char *const keys[] = { "includes", "excludes" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct json_node node;
		size_t count = 0;
		int found = json_member(obj, keys[i], &node, e);

		if (found < 0 || (found && json_object(&node, &count, e) < 0))
			return -1;
		if (count)
			return err_set(e, EINVAL,
				       "%s: a condition of an engine's own format: an OCI profile "
				       "has none",
				       node.path);
	}
	return 0;
}

static int parse_rule(const struct json_node *node, const struct profile *p,
		      struct profile_rule *rule, size_t *total, struct err *e)
{
	if (parse_names(node, rule, total, e) < 0 ||
	    get_action(node, "action", "errnoRet", &rule->action, e) < 0 ||
	    parse_args(node, rule, e) < 0 || refuse_conditions(node, e) < 0)
		return -1;
	if (rule->arg_count && rule->action == p->default_action)
		return err_set(e, EINVAL,
			       "%s.args: on the default action, which is taken without them too",
			       node->path);
	return 0;
}

static int parse_rules(const struct json_node *obj, struct profile *p, struct err *e)
{
	struct json_array list;
	struct json_node item;
	size_t total = 0;

	if (json_get_array(obj, "syscalls", &list, e) < 0)
		return -1;
	if (list.count > PROFILE_SYSCALLS_MAX)
		return err_set(e, E2BIG, "%s: more than %d rules", list.node.path,
			       PROFILE_SYSCALLS_MAX);
	p->rules = new_array(list.count, sizeof(*p->rules), e);
	if (!p->rules)
		return -1;
	while (json_next(&list, &item)) {
		if (parse_rule(&item, p, &p->rules[p->rule_count++], &total, e) < 0)
			return -1;
	}
	return 0;
}

/* The listener for SCMP_ACT_NOTIFY, which no hook can have: its keys are only checked. */
static int check_listener(const struct json_node *obj, struct err *e)
{
	const char *path = "", *metadata = "";

	if (json_get_string(obj, "listenerPath", &path, e) < 0 ||
	    json_get_string(obj, "listenerMetadata", &metadata, e) < 0)
		return -1;
	if (metadata[0] && !path[0])
		return err_set(e, EINVAL, "%s%slistenerMetadata: there is no listenerPath",
			       obj->path, dot(obj));
	return 0;
}

int profile_parse(const struct json_node *node, struct profile *ret, struct err *e)
{
	auto_profile p = { 0 };

	if (get_action(node, "defaultAction", "defaultErrnoRet", &p.default_action, e) < 0 ||
	    parse_archs(node, &p, e) < 0 || parse_flags(node, &p, e) < 0 ||
	    check_listener(node, e) < 0 || parse_rules(node, &p, e) < 0)
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
	uint32_t *all = new_array(p->arch_count + other->arch_count, sizeof(*all), e);
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
