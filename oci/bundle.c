/* The part of a bundle's config.json that joining needs.  SPDX-License-Identifier: Apache-2.0 */
#include "oci/bundle.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>

#include "oci/cleanup.h"
#include "oci/process.h"
#include "oci/state.h"
#include "oci/read.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

const struct ns_info ns_table[NS_COUNT] = {
	[NS_USER] = { "user", "user", CLONE_NEWUSER },
	[NS_MOUNT] = { "mount", "mnt", CLONE_NEWNS },
	[NS_PID] = { "pid", "pid", CLONE_NEWPID },
	[NS_NETWORK] = { "network", "net", CLONE_NEWNET },
	[NS_IPC] = { "ipc", "ipc", CLONE_NEWIPC },
	[NS_UTS] = { "uts", "uts", CLONE_NEWUTS },
	[NS_CGROUP] = { "cgroup", "cgroup", CLONE_NEWCGROUP },
	[NS_TIME] = { "time", "time", CLONE_NEWTIME },
};

int bundle_read(const char *dir, char **ret_text, size_t *ret_len, struct err *e)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/config.json", dir) >= sizeof(path))
		return err_set(e, ENAMETOOLONG, "the bundle's path is too long");
	if (read_file(path, BUNDLE_MAX, ret_text, ret_len, e) < 0)
		return err_prefix(e, "config.json");
	return 0;
}

static int parse_root(const struct json_node *doc, const char *dir, struct bundle *b, struct err *e)
{
	struct json_node root;
	const char *path = "";
	int found = json_member(doc, "root", &root, e);

	if (found < 0 || (found && json_get_string(&root, "path", &path, e) < 0))
		return -1;
	if (!path[0])
		return err_set(e, EINVAL, "root.path: missing");
	if (asprintf(&b->root_path, "%s%s%s", path[0] == '/' ? "" : dir, path[0] == '/' ? "" : "/",
		     path) < 0) {
		b->root_path = NULL;
		return err_sys(e, ENOMEM, "root.path");
	}
	return 0;
}

static int parse_namespace(const struct json_node *node, struct bundle *b, struct err *e)
{
	const char *type = "", *path = "";

	if (json_get_string(node, "type", &type, e) < 0 ||
	    json_get_string(node, "path", &path, e) < 0)
		return -1;
	for (int kind = 0; kind < NS_COUNT; kind++) {
		if (strcmp(type, ns_table[kind].oci))
			continue;
		if (b->ns_listed[kind])
			return err_set(e, EINVAL, "%s: \"%s\" is there twice", node->path, type);
		b->ns_listed[kind] = true;
		b->ns_has_path[kind] = path[0] != '\0';
		return 0;
	}
	return err_set(e, EINVAL, "%s.type: \"%.40s\" is no namespace", node->path, type);
}

static int parse_namespaces(const struct json_node *linux_node, struct bundle *b, struct err *e)
{
	struct json_array list;
	struct json_node item;

	if (json_get_array(linux_node, "namespaces", &list, e) < 0)
		return -1;
	while (json_next(&list, &item)) {
		if (parse_namespace(&item, b, e) < 0)
			return -1;
	}
	return 0;
}

static int parse_personality(const struct json_node *linux_node, struct bundle *b, struct err *e)
{
	struct json_node node;
	struct json_array flags;
	const char *domain = "";
	int found = json_member(linux_node, "personality", &node, e);

	if (found != 1)
		return found;
	if (json_get_string(&node, "domain", &domain, e) < 0)
		return -1;
	if (json_get_array(&node, "flags", &flags, e) < 0)
		return -1;
	if (flags.count)
		return err_set(e, EINVAL, "%s: no flags are defined", flags.node.path);
	if (strcmp(domain, "LINUX") && strcmp(domain, "LINUX32"))
		return err_set(e, EINVAL, "%s.domain: \"%.40s\" is not known", node.path, domain);
	b->personality = strcmp(domain, "LINUX") ? PER_LINUX32 : PER_LINUX;
	b->has_personality = true;
	return 0;
}

static int parse_linux(const struct json_node *doc, struct bundle *b, struct err *e)
{
	struct json_node node;
	const char *path; /* only checked: the hook joins the cgroup that the application is in */
	size_t count;
	int found = json_member(doc, "linux", &node, e);

	if (found != 1)
		return found;
	if (json_get_string(&node, "cgroupsPath", &path, e) < 0 ||
	    parse_namespaces(&node, b, e) < 0 || parse_personality(&node, b, e) < 0)
		return -1;
	found = json_member(&node, "seccomp", &b->seccomp, e);
	return found == 1 ? json_object(&b->seccomp, &count, e) : found;
}

static int parse_document(const char *dir, struct bundle *b, struct err *e)
{
	struct json_node doc, node;
	int found;

	json_root(b->doc, &doc);
	if (parse_root(&doc, dir, b, e) < 0)
		return -1;
	found = json_member(&doc, "process", &node, e);
	if (found < 0)
		return -1;
	if (!found)
		return err_set(e, EINVAL, "process: missing");
	if (process_parse(&node, &b->process, e) < 0 || parse_linux(&doc, b, e) < 0)
		return -1;
	found = json_member(&doc, "annotations", &node, e);
	return found == 1 ? annotations_foreign(&node, &b->foreign, e) : found;
}

int bundle_parse(const char *dir, const char *text, size_t len, struct bundle *ret, struct err *e)
{
	auto_bundle b = { 0 };

	if (json_parse(text, len, 0, &b.doc, e) < 0 || parse_document(dir, &b, e) < 0)
		return err_prefix(e, "config.json");
	*ret = b;
	memset(&b, 0, sizeof(b));
	return 0;
}

void bundle_drop_document(struct bundle *b)
{
	json_free(b->doc);
	b->doc = NULL;
	b->seccomp.value = NULL;
}

void bundle_free(struct bundle *b)
{
	for (size_t i = 0; i < b->process.env_count; i++)
		free(b->process.env[i]);
	free(b->process.env);
	free(b->process.groups);
	free(b->process.cwd);
	free(b->process.caps_unknown);
	free(b->process.limits);
	free(b->process.apparmor_profile);
	free(b->process.selinux_label);
	free(b->root_path);
	json_free(b->doc);
	memset(b, 0, sizeof(*b));
}

const char *bundle_env(const struct bundle *b, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < b->process.env_count; i++)
		if (!strncmp(b->process.env[i], name, n) && b->process.env[i][n] == '=')
			return b->process.env[i] + n + 1;
	return NULL;
}
