/* JSON, read from sources that are not trusted.  SPDX-License-Identifier: Apache-2.0 */
#include "oci/json.h"

#include <stdio.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#include "oci/cleanup.h"
#include "oci/json_check.h"

static yajl_val value_of(const struct json_node *node)
{
	return (yajl_val)node->value;
}

int json_parse(const char *text, size_t len, unsigned flags, struct json **ret, struct err *e)
{
	char reason[160] = "";
	auto_free char *terminated = NULL; /* the library looks for a NUL; text need not have one */
	yajl_val root;

	if (json_check_text(text, len, flags, e) < 0)
		return -1;
	terminated = strndup(text, len);
	if (!terminated)
		return err_sys(e, ENOMEM, "read JSON");
	root = yajl_tree_parse(terminated, reason, sizeof(reason));
	if (!root) {
		reason[strcspn(reason, "\n")] = '\0'; /* the lines after it quote the text */
		return err_set(e, EINVAL, "not JSON: %s", reason[0] ? reason : "empty");
	}
	*ret = (struct json *)root;
	return 0;
}

void json_free(struct json *doc)
{
	if (doc)
		yajl_tree_free((yajl_val)doc);
}

void json_root(const struct json *doc, struct json_node *ret)
{
	ret->value = doc;
	ret->path[0] = '\0';
}

/* What to call a node: the root has no path. */
static const char *name_of(const struct json_node *node)
{
	return node->path[0] ? node->path : "the document";
}

/* Replace control characters: a message is one line. */
static void replace_controls(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

/* Write parent's path and key into ret. */
static void set_path(struct json_node *ret, const char *parent, const char *key)
{
	char path[JSON_PATH_MAX];

	snprintf(path, sizeof(path), "%s%s%.64s", parent, parent[0] ? "." : "", key);
	replace_controls(path);
	memcpy(ret->path, path, sizeof(path));
}

/* Would Go, in which runc and the engines are written, take both for the same key?  It ignores the
 * case, by Unicode's simple folding.  That turns two letters that are not ASCII into ASCII: U+017F
 * into s, and U+212A into k. */
static bool same_for_go(const char *text, const char *key)
{
	for (; *key; key++) {
		char c = *text++;

		if ((unsigned char)c == 0xc5 && (unsigned char)*text == 0xbf) {
			c = 's';
			text++;
		} else if ((unsigned char)c == 0xe2 && !strncmp(text, "\x84\xaa", 2)) {
			c = 'k';
			text += 2;
		} else if (c >= 'A' && c <= 'Z') {
			c = (char)(c - 'A' + 'a');
		}
		if (c != (*key >= 'A' && *key <= 'Z' ? (char)(*key - 'A' + 'a') : *key))
			return false;
	}
	return !*text;
}

int json_member(const struct json_node *obj, const char *key, struct json_node *ret, struct err *e)
{
	yajl_val object = value_of(obj), found = NULL;
	struct json_node member;
	int times = 0;

	if (!YAJL_IS_OBJECT(object))
		return err_set(e, EINVAL, "%s: expected an object", name_of(obj));
	for (size_t i = 0; i < object->u.object.len; i++)
		if (!strcmp(object->u.object.keys[i], key)) {
			found = object->u.object.values[i];
			times++;
		} else if (same_for_go(object->u.object.keys[i], key)) {
			set_path(&member, obj->path, key);
			return err_set(e, EINVAL,
				       "%s: the key is spelt in another case, which a runtime may "
				       "take for it",
				       member.path);
		}
	if (times <= 1 && (!found || YAJL_IS_NULL(found)))
		return 0;
	member.value = found;
	set_path(&member, obj->path, key);
	if (times > 1)
		return err_set(e, EINVAL, "%s: the key is there twice", member.path);
	*ret = member;
	return 1;
}

int json_array(const struct json_node *node, struct json_array *ret, struct err *e)
{
	if (!YAJL_IS_ARRAY(value_of(node)))
		return err_set(e, EINVAL, "%s: expected an array", name_of(node));
	*ret = (struct json_array){ *node, value_of(node)->u.array.len, 0 };
	return 0;
}

int json_get_array(const struct json_node *obj, const char *key, struct json_array *ret,
		   struct err *e)
{
	struct json_node node = { 0 };
	int found = json_member(obj, key, &node, e);

	*ret = (struct json_array){ .node = node };
	return found == 1 && json_array(&node, ret, e) < 0 ? -1 : found;
}

bool json_next(struct json_array *array, struct json_node *ret)
{
	char path[JSON_PATH_MAX];

	if (array->next >= array->count)
		return false;
	/* A path that is cut is still a path for people. */
	snprintf(path, sizeof(path), "%.96s[%zu]", array->node.path, array->next);
	ret->value = value_of(&array->node)->u.array.values[array->next++];
	memcpy(ret->path, path, sizeof(path));
	return true;
}

int json_object(const struct json_node *node, size_t *ret_count, struct err *e)
{
	if (!YAJL_IS_OBJECT(value_of(node)))
		return err_set(e, EINVAL, "%s: expected an object", name_of(node));
	*ret_count = value_of(node)->u.object.len;
	return 0;
}

void json_pair(const struct json_node *object, size_t i, const char **ret_key,
	       struct json_node *ret)
{
	yajl_val value = value_of(object);
	const char *key = value->u.object.keys[i];

	set_path(ret, object->path, key);
	ret->value = value->u.object.values[i];
	*ret_key = key;
}

int json_string(const struct json_node *node, const char **ret, struct err *e)
{
	if (!YAJL_IS_STRING(value_of(node)))
		return err_set(e, EINVAL, "%s: expected a string", name_of(node));
	*ret = value_of(node)->u.string;
	return 0;
}

bool json_is_number(const struct json_node *node)
{
	return YAJL_IS_NUMBER(value_of(node));
}

int json_bool(const struct json_node *node, bool *ret, struct err *e)
{
	if (!YAJL_IS_TRUE(value_of(node)) && !YAJL_IS_FALSE(value_of(node)))
		return err_set(e, EINVAL, "%s: expected true or false", name_of(node));
	*ret = YAJL_IS_TRUE(value_of(node));
	return 0;
}

/* A number's text as sign and magnitude.  0, EINVAL no whole number, ERANGE more than 64 bits. */
static int parse_whole(const struct json_node *node, bool *ret_negative, uint64_t *ret)
{
	const char *text;
	uint64_t value = 0;
	int code = 0;

	if (!YAJL_IS_NUMBER(value_of(node)))
		return EINVAL;
	text = value_of(node)->u.number.r;
	*ret_negative = *text == '-';
	for (text += *ret_negative; *text; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (digit > 9)
			return EINVAL; /* a fraction or an exponent */
		if (value > (UINT64_MAX - digit) / 10)
			code = ERANGE; /* go on: something else may follow the digits */
		value = value * 10 + digit;
	}
	*ret = value;
	return code;
}

const char *json_describe(const struct json_node *node, char *buf, size_t size)
{
	yajl_val value = value_of(node);

	if (YAJL_IS_STRING(value))
		snprintf(buf, size, "\"%.32s\"", value->u.string);
	else if (YAJL_IS_NUMBER(value))
		snprintf(buf, size, "%.40s", value->u.number.r);
	else
		snprintf(buf, size, "%s",
			 YAJL_IS_OBJECT(value)  ? "an object"
			 : YAJL_IS_ARRAY(value) ? "an array"
			 : YAJL_IS_NULL(value)  ? "null"
			 : YAJL_IS_TRUE(value)  ? "true"
						: "false");
	replace_controls(buf);
	return buf;
}

int json_uint(const struct json_node *node, uint64_t max, uint64_t *ret, struct err *e)
{
	bool negative = false;
	uint64_t number = 0;
	char got[48];
	int code = parse_whole(node, &negative, &number);

	if (!code && (number > max || (negative && number)))
		code = ERANGE;
	if (code)
		return err_set(e, code, "%s: expected a whole number from 0 to %llu, got %s",
			       name_of(node), (unsigned long long)max,
			       json_describe(node, got, sizeof(got)));
	*ret = number;
	return 0;
}

int json_int(const struct json_node *node, int64_t min, int64_t max, int64_t *ret, struct err *e)
{
	bool negative = false;
	uint64_t number = 0;
	int64_t value = 0;
	char got[48];
	int code = parse_whole(node, &negative, &number);

	if (!code && number > (uint64_t)INT64_MAX + negative) /* there is one more below zero */
		code = ERANGE;
	if (!code)
		value = (int64_t)(negative ? 0 - number : number);
	if (!code && (value < min || value > max))
		code = ERANGE;
	if (code)
		return err_set(e, code, "%s: expected a whole number from %lld to %lld, got %s",
			       name_of(node), (long long)min, (long long)max,
			       json_describe(node, got, sizeof(got)));
	*ret = value;
	return 0;
}

int json_get_string(const struct json_node *obj, const char *key, const char **ret, struct err *e)
{
	struct json_node node = { 0 };
	int found = json_member(obj, key, &node, e);

	return found == 1 && json_string(&node, ret, e) < 0 ? -1 : found;
}

int json_get_bool(const struct json_node *obj, const char *key, bool *ret, struct err *e)
{
	struct json_node node = { 0 };
	int found = json_member(obj, key, &node, e);

	return found == 1 && json_bool(&node, ret, e) < 0 ? -1 : found;
}

int json_get_uint(const struct json_node *obj, const char *key, uint64_t max, uint64_t *ret,
		  struct err *e)
{
	struct json_node node = { 0 };
	int found = json_member(obj, key, &node, e);

	return found == 1 && json_uint(&node, max, ret, e) < 0 ? -1 : found;
}

int json_get_int(const struct json_node *obj, const char *key, int64_t min, int64_t max,
		 int64_t *ret, struct err *e)
{
	struct json_node node = { 0 };
	int found = json_member(obj, key, &node, e);

	return found == 1 && json_int(&node, min, max, ret, e) < 0 ? -1 : found;
}
