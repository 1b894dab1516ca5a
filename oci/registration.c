/* A file of hooks.d.  SPDX-License-Identifier: Apache-2.0 */
#include "oci/registration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oci/cleanup.h"

const char *const registration_stage_names[REGISTRATION_STAGES] = {
	[REGISTRATION_POSTSTART] = "poststart",
	[REGISTRATION_POSTSTOP] = "poststop",
};

/* All stages that an engine knows. */
static const char *const known_stages[] = { "createContainer", "createRuntime",  "prestart",
					    "poststart",       "startContainer", "poststop" };

static void mark(const char *word, bool found[REGISTRATION_STAGES])
{
	for (int i = 0; i < REGISTRATION_STAGES; i++)
		found[i] |= !strcmp(word, registration_stage_names[i]);
}

static bool is_known_stage(const char *word)
{
	for (size_t i = 0; i < sizeof(known_stages) / sizeof(known_stages[0]); i++)
		if (!strcmp(word, known_stages[i]))
			return true;
	return false;
}

/* Read the member key, an array of strings.  Mark the stages that it names in found, if not NULL.
 * stages_only: refuse other words.  Returns 1, 0 where it is absent, or -1 and *e. */
static int each_word(const struct json_node *obj, const char *key, bool found[REGISTRATION_STAGES],
		     bool stages_only, struct err *e)
{
	struct json_array list;
	struct json_node item;
	int present = json_get_array(obj, key, &list, e);

	while (json_next(&list, &item)) {
		const char *word;

		if (json_string(&item, &word, e) < 0)
			return -1;
		if (stages_only && !is_known_stage(word))
			return err_set(e, EINVAL, "%s: \"%.40s\" is no stage", item.path, word);
		if (found)
			mark(word, found);
	}
	return present;
}

static int parse_hook(const struct json_node *root, struct registration *r, struct err *e)
{
	struct json_node hook;
	const char *path = NULL;
	uint64_t timeout;
	int found = json_member(root, "hook", &hook, e);

	if (found < 0)
		return -1;
	if (!found)
		return err_set(e, EINVAL, "hook: missing");
	found = json_get_string(&hook, "path", &path, e);
	if (found < 0)
		return -1;
	if (!found || path[0] != '/')
		return err_set(e, EINVAL, "hook.path: expected an absolute path");
	if (each_word(&hook, "args", r->verbs, false, e) < 0 ||
	    each_word(&hook, "env", NULL, false, e) < 0)
		return -1;
	found = json_get_uint(&hook, "timeout", INT32_MAX, &timeout, e);
	if (found < 0)
		return -1;
	r->has_timeout = found;
	r->path = strdup(path);
	return r->path ? 0 : err_sys(e, ENOMEM, "hook.path");
}

static int parse_when(const struct json_node *root, struct registration *r, struct err *e)
{
	struct json_node when;
	size_t count;
	int found = json_member(root, "when", &when, e);

	if (found < 0 || (found && json_object(&when, &count, e) < 0))
		return -1;
	return found && json_get_bool(&when, "always", &r->always, e) < 0 ? -1 : 0;
}

int registration_parse(const char *text, size_t len, struct registration *ret, struct err *e)
{
	auto_registration r = { 0 };
	auto_json *doc = NULL;
	struct json_node root;
	const char *version = NULL;
	int found;

	if (json_parse(text, len, 0, &doc, e) < 0)
		return -1;
	json_root(doc, &root);
	found = json_get_string(&root, "version", &version, e);
	if (found < 0)
		return -1;
	if (!found)
		return err_set(e, EINVAL, "version: missing");
	if (!strcmp(version, "1.0.0")) {
		if (parse_hook(&root, &r, e) < 0 || parse_when(&root, &r, e) < 0)
			return -1;
		found = each_word(&root, "stages", r.stages, true, e);
		if (found < 0)
			return -1;
		if (!found)
			return err_set(e, EINVAL, "stages: missing");
	}
	*ret = r;
	r.path = NULL;
	return 0;
}

void registration_free(struct registration *r)
{
	free(r->path);
	memset(r, 0, sizeof(*r));
}
