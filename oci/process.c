/* config.json's "process".  SPDX-License-Identifier: Apache-2.0
 *
 * Source: OCI runtime-spec, config.md "Process". */
#include "oci/process.h"

#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#include "oci/array.h"
#include "oci/cleanup.h"

#define ID_MAX 4294967294U /* one more would mean "unchanged" to setresuid(2) */
#define GROUPS_MAX 65536   /* NGROUPS_MAX of the kernel */

static const char *const cap_set_names[CAPS_COUNT] = {
	[CAPS_BOUNDING] = "bounding",   [CAPS_EFFECTIVE] = "effective",
	[CAPS_PERMITTED] = "permitted", [CAPS_INHERITABLE] = "inheritable",
	[CAPS_AMBIENT] = "ambient",
};

static const char *const limit_names[RLIM_NLIMITS] = {
	[RLIMIT_AS] = "RLIMIT_AS",
	[RLIMIT_CORE] = "RLIMIT_CORE",
	[RLIMIT_CPU] = "RLIMIT_CPU",
	[RLIMIT_DATA] = "RLIMIT_DATA",
	[RLIMIT_FSIZE] = "RLIMIT_FSIZE",
	[RLIMIT_LOCKS] = "RLIMIT_LOCKS",
	[RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",
	[RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE",
	[RLIMIT_NICE] = "RLIMIT_NICE",
	[RLIMIT_NOFILE] = "RLIMIT_NOFILE",
	[RLIMIT_NPROC] = "RLIMIT_NPROC",
	[RLIMIT_RSS] = "RLIMIT_RSS",
	[RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",
	[RLIMIT_RTTIME] = "RLIMIT_RTTIME",
	[RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
	[RLIMIT_STACK] = "RLIMIT_STACK",
};

/* Copy an optional string; "" counts as absent. */
static int copy_string(const struct json_node *obj, const char *key, char **ret, struct err *e)
{
	const char *value = "";

	if (json_get_string(obj, key, &value, e) < 0)
		return -1;
	if (!value[0])
		return 0;
	*ret = strdup(value);
	return *ret ? 0 : err_sys(e, ENOMEM, "config.json");
}

static int get_id(const struct json_node *user, const char *key, unsigned *ret, struct err *e)
{
	uint64_t id = 0;
	int found = json_get_uint(user, key, ID_MAX, &id, e);

	if (found == 0)
		return err_set(e, EINVAL, "%s.%s: missing", user->path, key);
	*ret = (unsigned)id;
	return found < 0 ? -1 : 0;
}

static int parse_groups(const struct json_node *user, struct process *p, struct err *e)
{
	struct json_array list;
	struct json_node item;

	if (json_get_array(user, "additionalGids", &list, e) < 0)
		return -1;
	if (list.count > GROUPS_MAX)
		return err_set(e, E2BIG, "%s: more than %d groups", list.node.path, GROUPS_MAX);
	p->groups = array_new(list.count, sizeof(*p->groups), "config.json", e);
	if (!p->groups)
		return -1;
	while (json_next(&list, &item)) {
		uint64_t id;

		if (json_uint(&item, ID_MAX, &id, e) < 0)
			return -1;
		p->groups[p->group_count++] = (gid_t)id;
	}
	return 0;
}

static int parse_user(const struct json_node *node, struct process *p, struct err *e)
{
	struct json_node user;
	uint64_t mask = 0022; /* what runc and crun take */
	int found = json_member(node, "user", &user, e);

	if (found < 0)
		return -1;
	if (!found)
		return err_set(e, EINVAL, "process.user: missing");
	if (get_id(&user, "uid", &p->uid, e) < 0 || get_id(&user, "gid", &p->gid, e) < 0 ||
	    json_get_uint(&user, "umask", 0777, &mask, e) < 0)
		return -1;
	p->umask = (mode_t)mask;
	return parse_groups(&user, p, e);
}

/* cap_from_name alone would take a number for a name, and "CAP_KILL,x" for CAP_KILL: it stops at
 * the first character that no name has. */
int capability_number(const char *name)
{
	static const char of_names[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	cap_value_t cap;

	if (name[strspn(name, of_names)] || cap_from_name(name, &cap) < 0 || cap >= 64)
		return -1;
	return cap;
}

/* Is name one of list, which has ", " between its names?  name: not empty. */
static bool listed(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *s = list; (s = strstr(s, name)); s += n)
		if ((s == list || s[-1] == ' ') && (!s[n] || s[n] == ','))
			return true;
	return false;
}

/* Remember a name that libcap or the kernel does not know, printable and cut. */
static int add_unknown(struct process *p, const char *name, struct err *e)
{
	char *longer, safe[33];

	snprintf(safe, sizeof(safe), "%s", name[0] ? name : "?");
	for (char *s = safe; *s; s++)
		if (*s <= ' ' || *s == ',' || *s > '~')
			*s = '?';
	if (p->caps_unknown && (listed(p->caps_unknown, safe) || strlen(p->caps_unknown) > 512))
		return 0; /* a few of them tell enough */
	if (asprintf(&longer, "%s%s%s", p->caps_unknown ? p->caps_unknown : "",
		     p->caps_unknown ? ", " : "", safe) < 0)
		return err_sys(e, ENOMEM, "config.json");
	free(p->caps_unknown);
	p->caps_unknown = longer;
	return 0;
}

static int parse_cap_set(const struct json_node *sets, const char *key, struct process *p,
			 uint64_t *ret, struct err *e)
{
	struct json_array list;
	struct json_node item;

	if (json_get_array(sets, key, &list, e) < 0)
		return -1;
	while (json_next(&list, &item)) {
		const char *name;
		int cap;

		if (json_string(&item, &name, e) < 0)
			return -1;
		cap = capability_number(name);
		if (cap >= 0 && cap < cap_max_bits())
			*ret |= 1ULL << cap;
		else if (add_unknown(p, name, e) < 0)
			return -1;
	}
	return 0;
}

static int parse_capabilities(const struct json_node *node, struct process *p, struct err *e)
{
	struct json_node sets;
	int found = json_member(node, "capabilities", &sets, e);

	if (found != 1)
		return found;
	for (int i = 0; i < CAPS_COUNT; i++)
		if (parse_cap_set(&sets, cap_set_names[i], p, &p->caps[i], e) < 0)
			return -1;
	return 0;
}

const char *limit_name(int resource)
{
	return limit_names[resource];
}

static int parse_limit(const struct json_node *node, struct process *p, struct err *e)
{
	const char *type = "";
	uint64_t soft, hard;
	int resource, has_soft, has_hard;

	if (json_get_string(node, "type", &type, e) < 0)
		return -1;
	resource = array_find_name(limit_names, RLIM_NLIMITS, type);
	if (resource < 0)
		return err_set(e, EINVAL, "%s.type: \"%.40s\" is no limit", node->path, type);
	has_soft = json_get_uint(node, "soft", UINT64_MAX, &soft, e);
	has_hard = has_soft < 0 ? -1 : json_get_uint(node, "hard", UINT64_MAX, &hard, e);
	if (has_soft < 0 || has_hard < 0)
		return -1;
	if (!has_soft || !has_hard)
		return err_set(e, EINVAL, "%s: soft or hard is missing", node->path);
	if (soft > hard)
		return err_set(e, EINVAL, "%s: soft is more than hard", node->path);
	for (size_t i = 0; i < p->limit_count; i++)
		if (p->limits[i].resource == resource)
			return err_set(e, EINVAL, "%s: %s is there twice", node->path, type);
	/* config.json and the kernel both write RLIM_INFINITY as all ones */
	p->limits[p->limit_count++] = (struct limit){ resource, { (rlim_t)soft, (rlim_t)hard } };
	return 0;
}

static int parse_limits(const struct json_node *node, struct process *p, struct err *e)
{
	struct json_array list;
	struct json_node item;

	if (json_get_array(node, "rlimits", &list, e) < 0)
		return -1;
	p->limits = array_new(RLIM_NLIMITS, sizeof(*p->limits), "config.json",
			      e); /* none is there twice */
	if (!p->limits)
		return -1;
	while (json_next(&list, &item)) {
		if (parse_limit(&item, p, e) < 0)
			return -1;
	}
	return 0;
}

static int parse_cwd(const struct json_node *node, struct process *p, struct err *e)
{
	if (copy_string(node, "cwd", &p->cwd, e) < 0)
		return -1;
	if (!p->cwd || p->cwd[0] != '/')
		return err_set(e, EINVAL, "process.cwd: expected an absolute path");
	return 0;
}

int process_parse(const struct json_node *node, struct process *ret, struct err *e)
{
	int64_t oom_score_adj; /* only checked: the hook always has the highest */

	if (parse_user(node, ret, e) < 0 || environment_parse(node, ret, e) < 0 ||
	    parse_cwd(node, ret, e) < 0 || parse_capabilities(node, ret, e) < 0 ||
	    parse_limits(node, ret, e) < 0 ||
	    json_get_int(node, "oomScoreAdj", -1000, 1000, &oom_score_adj, e) < 0 ||
	    json_get_bool(node, "noNewPrivileges", &ret->no_new_privs, e) < 0 ||
	    copy_string(node, "apparmorProfile", &ret->apparmor_profile, e) < 0 ||
	    copy_string(node, "selinuxLabel", &ret->selinux_label, e) < 0)
		return -1;
	return scheduling_parse(node, ret, e);
}
