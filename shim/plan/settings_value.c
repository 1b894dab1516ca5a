/* The types of value that a setting can have.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/plan/settings_value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#include "oci/array.h"
#include "oci/bundle.h"
#include "shim/base/text.h"

#define SHELL_WORDS_MAX 16

/* All errors of a value are said in this form. */
static int wrong(const struct json_node *node, const char *expected, struct err *e)
{
	char got[48];

	return err_set(e, EINVAL, "%s: expected %s, got %s", node->path, expected,
		       json_describe(node, got, sizeof(got)));
}

/* The value where it is a string, else NULL. */
static const char *string_of(const struct json_node *node)
{
	struct err unused = { 0 };
	const char *value = NULL;

	return json_string(node, &value, &unused) < 0 ? NULL : value;
}

/* Append to a string of size bytes; what does not fit is cut. */
__attribute__((format(printf, 3, 4))) static void add(char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + used, size - used, fmt, ap);
	va_end(ap);
}

static void add_string(char *buf, size_t size, const char *text)
{
	char inside[512];

	if (text)
		add(buf, size, "\"%s\"", text_json(inside, sizeof(inside), text));
	else
		add(buf, size, "none");
}

int value_parse_bool(const struct json_node *node, void *field, struct err *e)
{
	struct err unused = { 0 };

	return json_bool(node, field, &unused) < 0 ? wrong(node, "true or false", e) : 0;
}

void value_show_bool(const void *field, char *buf, size_t size)
{
	add(buf, size, "%s", *(const bool *)field ? "true" : "false");
}

int value_parse_seconds(const struct json_node *node, void *field, struct err *e)
{
	struct err unused = { 0 };
	uint64_t value = 0;

	if (!json_is_number(node))
		return wrong(node, "a number of seconds", e);
	if (json_uint(node, SETTINGS_SECONDS_MAX, &value, &unused) < 0 || !value)
		return wrong(node, "a whole number of seconds from 1 to 604800", e);
	*(unsigned *)field = (unsigned)value;
	return 0;
}

void value_show_seconds(const void *field, char *buf, size_t size)
{
	add(buf, size, "%u", *(const unsigned *)field);
}

static const char *const ready_words[] = { "auto", "exec", "port" };
static const char *const output_words[] = { "container", "log", "none" };

/* The word's place in the list, or -1. */
static int word_of(const struct json_node *node, const char *const *words, size_t count)
{
	const char *value = string_of(node);

	return value ? array_find_name(words, count, value) : -1;
}

int value_parse_ready(const struct json_node *node, void *field, struct err *e)
{
	int i = word_of(node, ready_words, ARRAY_COUNT(ready_words));

	if (i < 0)
		return wrong(node, "\"auto\", \"exec\" or \"port\"", e);
	*(enum ready_mode *)field = (enum ready_mode)i;
	return 0;
}

void value_show_ready(const void *field, char *buf, size_t size)
{
	add_string(buf, size, ready_words[*(const enum ready_mode *)field]);
}

int value_parse_output(const struct json_node *node, void *field, struct err *e)
{
	int i = word_of(node, output_words, ARRAY_COUNT(output_words));

	if (i < 0)
		return wrong(node, "\"container\", \"log\" or \"none\"", e);
	*(enum output_mode *)field = (enum output_mode)i;
	return 0;
}

void value_show_output(const void *field, char *buf, size_t size)
{
	add_string(buf, size, output_words[*(const enum output_mode *)field]);
}

int value_parse_capabilities(const struct json_node *node, void *field, struct err *e)
{
	struct err unused = { 0 };
	struct json_array list;
	struct json_node item;
	uint64_t caps = 0;

	if (json_array(node, &list, &unused) < 0)
		return wrong(node, "an array of names such as \"CAP_KILL\"", e);
	while (json_next(&list, &item)) {
		const char *name = string_of(&item);
		int cap = name ? capability_number(name) : -1;

		if (cap < 0 || !CAP_IS_SUPPORTED(cap))
			return wrong(&item,
				     "a capability of this kernel by name, such as \"CAP_KILL\"",
				     e);
		caps |= 1ULL << cap;
	}
	*(uint64_t *)field = caps;
	return 0;
}

void value_show_capabilities(const void *field, char *buf, size_t size)
{
	const uint64_t caps = *(const uint64_t *)field;
	const char *separator = "";

	add(buf, size, "[");
	for (int cap = 0; cap < 64; cap++) {
		char *name;

		if (!(caps >> cap & 1))
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

static int replace_string(const struct json_node *node, const char *value, char **field,
			  struct err *e)
{
	free(*field);
	*field = strdup(value);
	return *field ? 0 : err_sys(e, ENOMEM, "%s", node->path);
}

int value_parse_path(const struct json_node *node, void *field, struct err *e)
{
	const char *value = string_of(node);

	if (!value || value[0] != '/')
		return wrong(node, "an absolute path", e);
	return replace_string(node, value, field, e);
}

int value_parse_runtime(const struct json_node *node, void *field, struct err *e)
{
	const char *value = string_of(node);

	if (!value || !*value)
		return wrong(node, "the name of a runtime", e);
	return replace_string(node, value, field, e);
}

void value_show_string(const void *field, char *buf, size_t size)
{
	add_string(buf, size, *(char *const *)field);
}

void value_free_words(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

int value_parse_shell(const struct json_node *node, void *field, struct err *e)
{
	struct err unused = { 0 };
	struct json_array list;
	struct json_node item;
	char **words;

	if (json_array(node, &list, &unused) < 0)
		return wrong(node, "an array of words", e);
	if (list.count < 1 || list.count > SHELL_WORDS_MAX)
		return err_set(e, EINVAL, "%s: expected 1 to %d words, got %zu", node->path,
			       SHELL_WORDS_MAX, list.count);
	words = array_new(list.count, sizeof(*words), node->path, e);
	if (!words)
		return -1;
	value_free_words(*(char ***)field);
	*(char ***)field = words;
	for (size_t i = 0; json_next(&list, &item); i++) {
		const char *word = string_of(&item);

		if (!word || (i == 0 && word[0] != '/'))
			return wrong(&item, i == 0 ? "an absolute path" : "a string", e);
		words[i] = strdup(word);
		if (!words[i])
			return err_sys(e, ENOMEM, "%s", item.path);
	}
	return 0;
}

void value_show_shell(const void *field, char *buf, size_t size)
{
	char *const *words = *(char **const *)field;

	add(buf, size, "[");
	for (size_t i = 0; words && words[i]; i++) {
		add(buf, size, "%s", i ? ", " : "");
		add_string(buf, size, words[i]);
	}
	add(buf, size, "]");
}
