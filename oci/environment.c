/* config.json's process.env.  SPDX-License-Identifier: Apache-2.0
 *
 * Values are never part of a message. */
#include <string.h>

#include "oci/array.h"
#include "oci/cleanup.h"
#include "oci/process.h"

struct entry {
	const char *text; /* NAME=value */
	size_t name_len;
	size_t place;
};

static int by_name(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	size_t shorter = a->name_len < b->name_len ? a->name_len : b->name_len;
	int order = memcmp(a->text, b->text, shorter);

	if (order)
		return order;
	if (a->name_len != b->name_len)
		return a->name_len < b->name_len ? -1 : 1;
	return a->place < b->place ? -1 : 1;
}

static bool same_name(const struct entry *a, const struct entry *b)
{
	return a->name_len == b->name_len && !memcmp(a->text, b->text, a->name_len);
}

static int read_entries(struct json_array *list, struct entry *entries, struct err *e)
{
	struct json_node item;

	for (size_t i = 0; json_next(list, &item); i++) {
		const char *text, *equals;

		if (json_string(&item, &text, e) < 0)
			return -1;
		equals = strchr(text, '=');
		if (!equals || equals == text)
			return err_set(e, EINVAL, "%s: expected NAME=value", item.path);
		entries[i] = (struct entry){ text, (size_t)(equals - text), i };
	}
	return 0;
}

/* Where a name is there more than once, its last value goes to its first place in chosen. */
static void choose_last_values(struct entry *entries, size_t count, const char **chosen)
{
	qsort(entries, count, sizeof(*entries), by_name);
	for (size_t i = 0; i < count;) {
		size_t last = i;

		while (last + 1 < count && same_name(&entries[i], &entries[last + 1]))
			last++;
		chosen[entries[i].place] = entries[last].text;
		i = last + 1;
	}
}

static int copy_chosen(const char **chosen, size_t count, struct process *ret, struct err *e)
{
	bool has_home = false;

	ret->env = array_new(count + 1, sizeof(*ret->env), "config.json", e);
	if (!ret->env)
		return -1;
	for (size_t i = 0; i <= count; i++) {
		const char *text = i < count ? chosen[i] : has_home ? NULL : "HOME=/";

		if (!text)
			continue;
		has_home |= !strncmp(text, "HOME=", 5);
		ret->env[ret->env_count] = strdup(text);
		if (!ret->env[ret->env_count])
			return err_sys(e, ENOMEM, "process.env");
		ret->env_count++;
	}
	return 0;
}

int environment_parse(const struct json_node *process, struct process *ret, struct err *e)
{
	struct json_array list;
	auto_free struct entry *entries = NULL;
	auto_free const char **chosen = NULL;

	if (json_get_array(process, "env", &list, e) < 0)
		return -1;
	entries = array_new(list.count, sizeof(*entries), "config.json", e);
	chosen = array_new(list.count, sizeof(*chosen), "config.json", e);
	if (!entries || !chosen || read_entries(&list, entries, e) < 0)
		return -1;
	choose_last_values(entries, list.count, chosen);
	return copy_chosen(chosen, list.count, ret, e);
}
