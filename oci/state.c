/* The container state that a runtime writes to a hook's stdin.  SPDX-License-Identifier: Apache-2.0
 */
#include "oci/state.h"

#include <string.h>

#include "oci/cleanup.h"

#define PID_LIMIT 4194304 /* 2^22, the kernel's own: proc(5) pid_max */

/* Annotations of crun's handlers that run something else than the image's program. */
static const char *const foreign_annotations[] = {
	"run.oci.handler",           /* krun, wasm and others, by name */
	"module.wasm.image/variant", /* a wasm image */
};

int annotations_foreign(const struct json_node *annotations, bool *ret, struct err *e)
{
	struct json_node node;
	bool foreign = false;

	for (size_t i = 0; i < sizeof(foreign_annotations) / sizeof(foreign_annotations[0]); i++) {
		int found = json_member(annotations, foreign_annotations[i], &node, e);

		if (found < 0)
			return -1;
		foreign |= found == 1;
	}
	*ret = foreign;
	return 0;
}

static int copy(const struct json_node *root, const char *key, char **ret, struct err *e)
{
	const char *value = "";

	if (json_get_string(root, key, &value, e) < 0)
		return -1;
	*ret = strdup(value);
	return *ret ? 0 : err_sys(e, ENOMEM, "%s", key);
}

static int fill(const struct json_node *root, struct state *s, struct err *e)
{
	struct json_node annotations;
	int64_t pid = 0;
	int found;

	if (copy(root, "id", &s->id, e) < 0)
		return -1;
	if (!s->id[0])
		return err_set(e, EINVAL, "id: missing or empty");
	if (strlen(s->id) > STATE_ID_MAX)
		return err_set(e, E2BIG, "id: longer than %d bytes", STATE_ID_MAX);
	if (json_get_int(root, "pid", 0, PID_LIMIT, &pid, e) < 0)
		return -1;
	s->pid = (pid_t)pid;
	if (copy(root, "bundle", &s->bundle, e) < 0 || copy(root, "status", &s->status, e) < 0)
		return -1;
	if (s->bundle[0] != '/')
		return err_set(e, EINVAL, "bundle: expected an absolute path");
	found = json_member(root, "annotations", &annotations, e);
	return found == 1 ? annotations_foreign(&annotations, &s->foreign, e) : found;
}

int state_parse(const char *text, size_t len, struct state *ret, struct err *e)
{
	auto_json *doc = NULL;
	auto_state s = { 0 };
	struct json_node root;

	state_free(ret); /* or a message would name an earlier container */
	if (json_parse(text, len, 0, &doc, e) < 0)
		return err_prefix(e, "state");
	json_root(doc, &root);
	if (fill(&root, &s, e) < 0) {
		ret->id = take_ptr(s.id); /* so that the message can name the container */
		return err_prefix(e, "state");
	}
	*ret = s;
	memset(&s, 0, sizeof(s));
	return 0;
}

void state_free(struct state *s)
{
	free(s->id);
	free(s->bundle);
	free(s->status);
	memset(s, 0, sizeof(*s));
}
