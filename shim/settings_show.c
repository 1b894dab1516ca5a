/* The settings in force, for people.  SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#include "shim/plan/settings.h"
#include "shim/base/text.h"

/* Append to a string of size bytes; what does not fit is cut. */
__attribute__((format(printf, 3, 4))) static void add(char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + used, size - used, fmt, ap);
	va_end(ap);
}

static void show_string(const char *text, char *buf, size_t size)
{
	char inside[512];

	if (text)
		add(buf, size, "\"%s\"", text_json(inside, sizeof(inside), text));
	else
		add(buf, size, "none");
}

static void show_enabled(const struct settings *s, char *buf, size_t size)
{
	add(buf, size, "%s", s->enabled ? "true" : "false");
}

static void show_timeout(const struct settings *s, char *buf, size_t size)
{
	add(buf, size, "%u", s->timeout_s);
}

static void show_ready(const struct settings *s, char *buf, size_t size)
{
	show_string(settings_ready_words[s->ready], buf, size);
}

static void show_ready_timeout(const struct settings *s, char *buf, size_t size)
{
	add(buf, size, "%u", s->ready_timeout_s);
}

static void show_output(const struct settings *s, char *buf, size_t size)
{
	show_string(settings_output_words[s->output], buf, size);
}

static void show_capabilities(const struct settings *s, char *buf, size_t size)
{
	const char *separator = "";

	add(buf, size, "[");
	for (int cap = 0; cap < 64; cap++) {
		char *name;

		if (!(s->capabilities >> cap & 1))
			continue;
		name = cap_to_name(cap);
		for (char *c = name; c && *c; c++)
			if (*c >= 'a' && *c <= 'z')
				*c = (char)(*c - 'a' + 'A');
		add(buf, size, "%s\"%s\"", separator, name ? name : "?");
		cap_free(name);
		separator = ", ";
	}
	add(buf, size, "]");
}

static void show_seccomp(const struct settings *s, char *buf, size_t size)
{
	show_string(s->seccomp, buf, size);
}

static void show_tools(const struct settings *s, char *buf, size_t size)
{
	show_string(s->tools, buf, size);
}

static void show_shell(const struct settings *s, char *buf, size_t size)
{
	add(buf, size, "[");
	for (char **word = s->shell; word && *word; word++) {
		add(buf, size, "%s", word == s->shell ? "" : ", ");
		show_string(*word, buf, size);
	}
	add(buf, size, "]");
}

static void show_runtime(const struct settings *s, char *buf, size_t size)
{
	show_string(s->runtime, buf, size);
}

/* In any order: found by key.  A unit test shows that none is missing. */
static const struct {
	const char *key;
	void (*show)(const struct settings *s, char *buf, size_t size);
} table[] = {
	{ "enabled", show_enabled }, { "timeout", show_timeout },
	{ "ready", show_ready },     { "readyTimeout", show_ready_timeout },
	{ "output", show_output },   { "capabilities", show_capabilities },
	{ "seccomp", show_seccomp }, { "tools", show_tools },
	{ "shell", show_shell },     { "runtime", show_runtime },
};

bool settings_get(const struct settings *s, size_t i, struct setting *ret)
{
	const char *key = settings_key(i);

	if (!key)
		return false;
	ret->key = key;
	ret->from_file = s->given >> i & 1;
	ret->value[0] = '\0';
	for (size_t k = 0; k < sizeof(table) / sizeof(table[0]); k++)
		if (!strcmp(table[k].key, key))
			table[k].show(s, ret->value, sizeof(ret->value));
	return true;
}
