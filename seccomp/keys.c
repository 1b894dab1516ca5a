/* The keys of a seccomp profile.  SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/keys.h"

#include <errno.h>
#include <string.h>

/* Source: runtime-spec, config-linux.md "Seccomp"; archMap, comment, includes, excludes and name
 * are of podman's and Docker's files, and refused or ignored where the values are read. */
static const char *const profile_keys[] = {
	"defaultAction", "defaultErrnoRet", "defaultErrno",     "architectures", "archMap",
	"flags",         "listenerPath",    "listenerMetadata", "syscalls",      NULL
};
static const char *const rule_keys[] = { "names", "name",    "action",   "errnoRet", "errno",
					 "args",  "comment", "includes", "excludes", NULL };
static const char *const arg_keys[] = { "index", "value", "valueTwo", "op", NULL };

static int check_object(const struct json_node *node, const char *const *known, struct err *e)
{
	size_t count;

	if (json_object(node, &count, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct json_node value;
		const char *key;
		size_t k = 0;

		json_pair(node, i, &key, &value);
		while (known[k] && strcmp(known[k], key))
			k++;
		if (!known[k])
			return err_set(e, EINVAL, "%s: unknown key", value.path);
	}
	return 0;
}

/* Each item of the array key of node. */
static int check_items(const struct json_node *node, const char *key,
		       int (*check)(const struct json_node *item, struct err *e), struct err *e)
{
	struct json_node list, item;
	size_t count;
	int found = json_member(node, key, &list, e);

	if (found != 1)
		return found;
	if (json_array(&list, &count, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		json_item(&list, i, &item);
		if (check(&item, e) < 0)
			return -1;
	}
	return 0;
}

static int check_arg(const struct json_node *item, struct err *e)
{
	return check_object(item, arg_keys, e);
}

static int check_rule(const struct json_node *item, struct err *e)
{
	return check_object(item, rule_keys, e) < 0 ? -1 : check_items(item, "args", check_arg, e);
}

int keys_check(const struct json_node *node, struct err *e)
{
	return check_object(node, profile_keys, e) < 0
		       ? -1
		       : check_items(node, "syscalls", check_rule, e);
}
