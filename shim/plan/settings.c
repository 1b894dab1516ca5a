/* The operator's settings.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/plan/settings.h"

#include <stddef.h>
#include <string.h>
#include <sys/capability.h>

#include "oci/array.h"
#include "oci/cleanup.h"
#include "shim/base/text.h"
#include "shim/plan/settings_value.h"
#include "shim/base/trusted_file.h"

/* What a notification or a clean-up needs at most; nothing that changes the machine. */
static const int default_capabilities[] = { CAP_CHOWN,  CAP_DAC_OVERRIDE,
					    CAP_FOWNER, CAP_FSETID,
					    CAP_KILL,   CAP_SETGID,
					    CAP_SETUID, CAP_NET_BIND_SERVICE };

/* --- the settings, a row each --- */

#define FIELD(name) offsetof(struct settings, name)

static const struct {
	const char *key;
	size_t field;
	int (*parse)(const struct json_node *node, void *field, struct err *e);
	void (*show)(const void *field, char *buf, size_t size);
} keys[] = {
	{ "enabled", FIELD(enabled), value_parse_bool, value_show_bool },
	{ "timeout", FIELD(timeout_s), value_parse_seconds, value_show_seconds },
	{ "ready", FIELD(ready), value_parse_ready, value_show_ready },
	{ "readyTimeout", FIELD(ready_timeout_s), value_parse_seconds, value_show_seconds },
	{ "output", FIELD(output), value_parse_output, value_show_output },
	{ "capabilities", FIELD(capabilities), value_parse_capabilities, value_show_capabilities },
	{ "seccomp", FIELD(seccomp), value_parse_path, value_show_string },
	{ "tools", FIELD(tools), value_parse_path, value_show_string },
	{ "shell", FIELD(shell), value_parse_shell, value_show_shell },
	{ "runtime", FIELD(runtime), value_parse_runtime, value_show_string },
};

enum { KEY_COUNT = ARRAY_COUNT(keys) };

bool settings_get(const struct settings *s, size_t i, struct setting *ret)
{
	if (i >= KEY_COUNT)
		return false;
	ret->key = keys[i].key;
	ret->from_file = s->given >> i & 1;
	ret->value[0] = '\0';
	keys[i].show((const char *)s + keys[i].field, ret->value, sizeof(ret->value));
	return true;
}

/* If a known key is spelt nearly so, the message names it. */
static int unknown_key(const char *key, const struct json_node *node, struct err *e)
{
	const char *nearest = NULL;
	unsigned least = 3; /* "timeouts", "ready_timeout", "ouptut": two edits at most */

	for (size_t i = 0; i < KEY_COUNT; i++) {
		unsigned distance = text_distance(key, keys[i].key);

		if (distance < least && distance < strlen(keys[i].key) / 2) {
			least = distance;
			nearest = keys[i].key;
		}
	}
	if (nearest)
		return err_set(e, EINVAL, "%s: unknown key, did you mean '%s'?", node->path,
			       nearest);
	return err_set(e, EINVAL, "%s: unknown key", node->path);
}

static int parse_key(const char *key, const struct json_node *node, struct settings *s,
		     struct err *e)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (!strcmp(key, keys[i].key)) {
			s->given |= 1U << i;
			return keys[i].parse(node, (char *)s + keys[i].field, e);
		}
	return unknown_key(key, node, e);
}

static int parse_settings(const char *text, size_t len, struct settings *s, struct err *e)
{
	auto_json *doc = NULL;
	struct json_node root, node;
	size_t count;

	if (json_parse(text, len, JSON_COMMENTS, &doc, e) < 0)
		return -1;
	json_root(doc, &root);
	if (json_object(&root, &count, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *key;

		json_pair(&root, i, &key, &node);
		/* asking for it by its name refuses a key that is there twice */
		if (json_member(&root, key, &node, e) < 0)
			return -1;
		json_pair(&root, i, &key, &node);
		if (parse_key(key, &node, s, e) < 0)
			return -1;
	}
	return 0;
}

static int set_defaults(struct settings *s, struct err *e)
{
	memset(s, 0, sizeof(*s));
	s->enabled = true;
	s->timeout_s = 600;
	s->ready_timeout_s = 180;
	for (size_t i = 0; i < sizeof(default_capabilities) / sizeof(default_capabilities[0]); i++)
		s->capabilities |= 1ULL << default_capabilities[i];
	s->runtime = strdup("runc");
	s->shell = calloc(3, sizeof(*s->shell));
	if (s->shell) {
		s->shell[0] = strdup("/bin/sh");
		s->shell[1] = strdup("-c");
	}
	if (!s->runtime || !s->shell || !s->shell[0] || !s->shell[1])
		return err_sys(e, ENOMEM, "settings");
	return 0;
}

int settings_load(const char *path, struct settings *ret, struct err *e)
{
	const char *file = path ? path : SETTINGS_FILE;
	auto_settings s;
	auto_free char *text = NULL;
	size_t len = 0;

	if (set_defaults(&s, e) < 0)
		return -1;
	if (read_trusted_file(file, SETTINGS_MAX, &text, &len, e) < 0) {
		if (path || e->code != ENOENT)
			return -1;
		memset(e, 0, sizeof(*e));
	} else {
		if (parse_settings(text, len, &s, e) < 0)
			return err_prefix(e, "%.100s", file); /* room for the cause */
		s.from_file = true;
	}
	*ret = s;
	memset(&s, 0, sizeof(s));
	return 0;
}

void settings_free(struct settings *s)
{
	free(s->seccomp);
	free(s->tools);
	free(s->runtime);
	value_free_words(s->shell);
	memset(s, 0, sizeof(*s));
}
