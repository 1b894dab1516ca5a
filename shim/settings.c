/* The operator's settings.  SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <fcntl.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>

#include "../oci/cleanup.h"
#include "../oci/bundle.h"
#include "host.h"

#define SHELL_WORDS_MAX 16

/* What a notification or a clean-up needs at most; nothing that changes the machine. */
static const int default_capabilities[] = { CAP_CHOWN,  CAP_DAC_OVERRIDE,
					    CAP_FOWNER, CAP_FSETID,
					    CAP_KILL,   CAP_SETGID,
					    CAP_SETUID, CAP_NET_BIND_SERVICE };

static int parse_enabled(const struct json_node *node, struct settings *s, struct err *e)
{
	return json_bool(node, &s->enabled, e);
}

static int parse_seconds(const struct json_node *node, unsigned *ret, struct err *e)
{
	uint64_t value = 0;

	if (json_uint(node, 7 * 24 * 3600, &value, e) < 0)
		return -1;
	if (!value)
		return err_set(e, ERANGE, "%s: expected at least 1 second, got 0", node->path);
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

/* One of the words; *ret is its place. */
static int parse_word(const struct json_node *node, const char *const *words, const char *expected,
		      unsigned *ret, struct err *e)
{
	const char *value = NULL;

	if (json_string(node, &value, e) < 0)
		return -1;
	for (unsigned i = 0; words[i]; i++)
		if (!strcmp(value, words[i])) {
			*ret = i;
			return 0;
		}
	return err_set(e, EINVAL, "%s: expected %s, got \"%.40s\"", node->path, expected, value);
}

static int parse_ready(const struct json_node *node, struct settings *s, struct err *e)
{
	static const char *const words[] = { "auto", "exec", "port", NULL };
	unsigned i = 0;

	if (parse_word(node, words, "\"auto\", \"exec\" or \"port\"", &i, e) < 0)
		return -1;
	s->ready = (enum ready_mode)i;
	return 0;
}

static int parse_output(const struct json_node *node, struct settings *s, struct err *e)
{
	static const char *const words[] = { "container", "log", "none", NULL };
	unsigned i = 0;

	if (parse_word(node, words, "\"container\", \"log\" or \"none\"", &i, e) < 0)
		return -1;
	s->output = (enum output_mode)i;
	return 0;
}

static int parse_capabilities(const struct json_node *node, struct settings *s, struct err *e)
{
	uint64_t caps = 0;
	size_t count;

	if (json_array(node, &count, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct json_node item;
		const char *name;
		int cap;

		json_item(node, i, &item);
		if (json_string(&item, &name, e) < 0)
			return -1;
		cap = capability_number(name);
		if (cap < 0 || !CAP_IS_SUPPORTED(cap))
			return err_set(e, EINVAL, "%s: \"%.40s\" is no capability of this kernel",
				       item.path, name);
		caps |= 1ULL << cap;
	}
	s->capabilities = caps;
	return 0;
}

static int copy_path(const struct json_node *node, char **ret, struct err *e)
{
	const char *value = NULL;

	if (json_string(node, &value, e) < 0)
		return -1;
	if (value[0] != '/')
		return err_set(e, EINVAL, "%s: expected an absolute path, got \"%.80s\"",
			       node->path, value);
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
	const char *value = NULL;

	if (json_string(node, &value, e) < 0)
		return -1;
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
	size_t count;

	if (json_array(node, &count, e) < 0)
		return -1;
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
		if (json_string(&item, &word, e) < 0)
			return -1;
		if (i == 0 && word[0] != '/')
			return err_set(e, EINVAL, "%s: expected an absolute path, got \"%.80s\"",
				       item.path, word);
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

static int parse_key(const char *key, const struct json_node *node, struct settings *s,
		     struct err *e)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(key, keys[i].key))
			return keys[i].parse(node, s, e);
	return err_set(e, EINVAL, "%s: unknown key", node->path);
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
			return err_prefix(e, "%s", file);
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
