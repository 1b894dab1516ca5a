/* The operator's settings.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/plan/settings.h"

#include <fcntl.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>

#include "oci/cleanup.h"
#include "oci/bundle.h"
#include "shim/base/host.h"
#include "shim/base/text.h"

#define SHELL_WORDS_MAX 16

/* What a notification or a clean-up needs at most; nothing that changes the machine. */
static const int default_capabilities[] = { CAP_CHOWN,  CAP_DAC_OVERRIDE,
					    CAP_FOWNER, CAP_FSETID,
					    CAP_KILL,   CAP_SETGID,
					    CAP_SETUID, CAP_NET_BIND_SERVICE };

/* Whatever is wrong with a value is told in this form. */
static int wrong(const struct json_node *node, const char *expected, struct err *e)
{
	char got[48];

	return err_set(e, EINVAL, "%s: expected %s, got %s", node->path, expected,
		       json_describe(node, got, sizeof(got)));
}

static int parse_enabled(const struct json_node *node, struct settings *s, struct err *e)
{
	struct err unused = { 0 };

	return json_bool(node, &s->enabled, &unused) < 0 ? wrong(node, "true or false", e) : 0;
}

static int parse_seconds(const struct json_node *node, unsigned *ret, struct err *e)
{
	struct err unused = { 0 };
	uint64_t value = 0;

	if (!json_is_number(node))
		return wrong(node, "a number of seconds", e);
	if (json_uint(node, SETTINGS_SECONDS_MAX, &value, &unused) < 0 || !value)
		return wrong(node, "a whole number of seconds from 1 to 604800", e);
	*ret = (unsigned)value;
	return 0;
}

static int parse_timeout(const struct json_node *node, struct settings *s, struct err *e)
{
	return parse_seconds(node, &s->timeout_s, e);
}

static int parse_ready_timeout(const struct json_node *node, struct settings *s, struct err *e)
{
	return parse_seconds(node, &s->ready_timeout_s, e);
}

/* The value where it is a string, else NULL. */
static const char *string_of(const struct json_node *node)
{
	struct err unused = { 0 };
	const char *value = NULL;

	return json_string(node, &value, &unused) < 0 ? NULL : value;
}

/* One of the words; *ret is its place. */
static int parse_word(const struct json_node *node, const char *const *words, const char *expected,
		      unsigned *ret, struct err *e)
{
	const char *value = string_of(node);

	for (unsigned i = 0; value && words[i]; i++)
		if (!strcmp(value, words[i])) {
			*ret = i;
			return 0;
		}
	return wrong(node, expected, e);
}

const char *const settings_ready_words[] = { "auto", "exec", "port", NULL };
const char *const settings_output_words[] = { "container", "log", "none", NULL };

static int parse_ready(const struct json_node *node, struct settings *s, struct err *e)
{
	unsigned i = 0;

	if (parse_word(node, settings_ready_words, "\"auto\", \"exec\" or \"port\"", &i, e) < 0)
		return -1;
	s->ready = (enum ready_mode)i;
	return 0;
}

static int parse_output(const struct json_node *node, struct settings *s, struct err *e)
{
	unsigned i = 0;

	if (parse_word(node, settings_output_words, "\"container\", \"log\" or \"none\"", &i, e) <
	    0)
		return -1;
	s->output = (enum output_mode)i;
	return 0;
}

static int parse_capabilities(const struct json_node *node, struct settings *s, struct err *e)
{
	struct err unused = { 0 };
	uint64_t caps = 0;
	size_t count;

	if (json_array(node, &count, &unused) < 0)
		return wrong(node, "an array of names such as \"CAP_KILL\"", e);
	for (size_t i = 0; i < count; i++) {
		struct json_node item;
		const char *name;
		int cap;

		json_item(node, i, &item);
		name = string_of(&item);
		cap = name ? capability_number(name) : -1;
		if (cap < 0 || !CAP_IS_SUPPORTED(cap))
			return wrong(&item,
				     "a capability of this kernel by name, such as \"CAP_KILL\"",
				     e);
		caps |= 1ULL << cap;
	}
	s->capabilities = caps;
	return 0;
}

static int copy_path(const struct json_node *node, char **ret, struct err *e)
{
	const char *value = string_of(node);

	if (!value || value[0] != '/')
		return wrong(node, "an absolute path", e);
	*ret = strdup(value);
	return *ret ? 0 : err_sys(e, ENOMEM, "%s", node->path);
}

static int parse_seccomp(const struct json_node *node, struct settings *s, struct err *e)
{
	return copy_path(node, &s->seccomp, e);
}

static int parse_tools(const struct json_node *node, struct settings *s, struct err *e)
{
	return copy_path(node, &s->tools, e);
}

static int parse_runtime(const struct json_node *node, struct settings *s, struct err *e)
{
	const char *value = string_of(node);

	if (!value || !*value)
		return wrong(node, "the name of a runtime", e);
	free(s->runtime);
	s->runtime = strdup(value);
	return s->runtime ? 0 : err_sys(e, ENOMEM, "%s", node->path);
}

static void free_words(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

static int parse_shell(const struct json_node *node, struct settings *s, struct err *e)
{
	struct err unused = { 0 };
	size_t count;

	if (json_array(node, &count, &unused) < 0)
		return wrong(node, "an array of words", e);
	if (count < 1 || count > SHELL_WORDS_MAX)
		return err_set(e, EINVAL, "%s: expected 1 to %d words, got %zu", node->path,
			       SHELL_WORDS_MAX, count);
	free_words(s->shell);
	s->shell = calloc(count + 1, sizeof(*s->shell));
	if (!s->shell)
		return err_sys(e, ENOMEM, "%s", node->path);
	for (size_t i = 0; i < count; i++) {
		struct json_node item;
		const char *word;

		json_item(node, i, &item);
		word = string_of(&item);
		if (!word || (i == 0 && word[0] != '/'))
			return wrong(&item, i == 0 ? "an absolute path" : "a string", e);
		s->shell[i] = strdup(word);
		if (!s->shell[i])
			return err_sys(e, ENOMEM, "%s", item.path);
	}
	return 0;
}

static const struct {
	const char *key;
	int (*parse)(const struct json_node *node, struct settings *s, struct err *e);
} keys[] = {
	{ "enabled", parse_enabled }, { "timeout", parse_timeout },
	{ "ready", parse_ready },     { "readyTimeout", parse_ready_timeout },
	{ "output", parse_output },   { "capabilities", parse_capabilities },
	{ "seccomp", parse_seccomp }, { "tools", parse_tools },
	{ "shell", parse_shell },     { "runtime", parse_runtime },
};

enum { KEY_COUNT = sizeof(keys) / sizeof(keys[0]) };

const char *settings_key(size_t i)
{
	return i < KEY_COUNT ? keys[i].key : NULL;
}

/* A slip of the finger is told what it was meant to be. */
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
			return keys[i].parse(node, s, e);
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
		/* asks for it by name, so that a key given twice is refused */
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

int settings_read_file(const char *path, size_t max, char **ret_text, size_t *ret_len,
		       struct err *e)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return err_sys(e, errno, "open '%s'", path);
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "stat '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s: not a regular file", path);
	if (!host_owned_by_root(&st))
		return err_set(e, EPERM, "%s: owned by uid %u, must be owned by root", path,
			       st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, EPERM, "%s: mode %04o lets others write it: chmod go-w", path,
			       st.st_mode & 07777);
	if (json_read(fd, max, ret_text, ret_len, e) < 0)
		return err_prefix(e, "%s", path);
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
	if (settings_read_file(file, SETTINGS_MAX, &text, &len, e) < 0) {
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
	free_words(s->shell);
	memset(s, 0, sizeof(*s));
}
