/* JSON, read from sources that are not trusted.  SPDX-License-Identifier: Apache-2.0
 *
 * The only user of yajl in the project.  Bytes, depth and escapes are checked before the library
 * sees the text: its tree parser recurses without bound and cuts strings at \u0000.
 */
#ifndef ODH_JSON_H
#define ODH_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oci/err.h"
#include "oci/json_check.h"

#define JSON_PATH_MAX 120

struct json; /* a parsed document; owns everything that its nodes point to */

/* A value and where it stands ("process.user.uid"), for messages.  Copied freely. */
struct json_node {
	const void *value;
	char path[JSON_PATH_MAX];
};

/* Parse text of len bytes.  Errors: EINVAL not JSON, deeper than JSON_DEPTH_MAX or with \u0000. */
int json_parse(const char *text, size_t len, unsigned flags, struct json **ret, struct err *e);
void json_free(struct json *doc); /* NULL is fine */

void json_root(const struct json *doc, struct json_node *ret);

/* Find the member key of an object.  Returns 1 and fills *ret, 0 where it is absent or null,
 * -1 and *e (EINVAL) where obj is no object or has the key twice or in another case.  Runtimes in C
 * take the first of two keys, those in Go the last, and those in Go ignore the case of a key.  So
 * we could miss a restriction that the runtime applies. */
int json_member(const struct json_node *obj, const char *key, struct json_node *ret, struct err *e);

/* The items of an array, one after the other:
 *	struct json_array list;
 *	struct json_node item;
 *
 *	if (json_get_array(obj, "args", &list, e) < 0)
 *		return -1;
 *	while (json_next(&list, &item))
 *		...
 */
struct json_array {
	struct json_node node;
	size_t count, next;
};

/* Begin with the array at node.  Returns 0, or -1 and *e (EINVAL: it is no array). */
int json_array(const struct json_node *node, struct json_array *ret, struct err *e);

/* Begin with the member key of an object.  Returns 1, or 0 where it is absent or null: then there
 * are no items; or -1 and *e: json_member's, EINVAL. */
int json_get_array(const struct json_node *obj, const char *key, struct json_array *ret,
		   struct err *e);

/* The next item.  Returns false after the last one. */
bool json_next(struct json_array *array, struct json_node *ret);

/* Number of members of an object, and key and value of member i.  Errors: EINVAL not an object. */
int json_object(const struct json_node *node, size_t *ret_count, struct err *e);
void json_pair(const struct json_node *object, size_t i, const char **ret_key,
	       struct json_node *ret);

/* Typed values.  Numbers are read from their text, so a large one is an error and not another
 * number; fractions and exponents are refused.  Strings are borrowed from the document.
 * Errors: EINVAL another type, ERANGE out of min..max.  The message names path and expectation. */
int json_string(const struct json_node *node, const char **ret, struct err *e);
int json_bool(const struct json_node *node, bool *ret, struct err *e);
int json_uint(const struct json_node *node, uint64_t max, uint64_t *ret, struct err *e);
int json_int(const struct json_node *node, int64_t min, int64_t max, int64_t *ret, struct err *e);

/* Is it a number, of whatever kind? */
bool json_is_number(const struct json_node *node);

/* The value, for "expected ..., got ...": the text of a string or number, cut to about 40 bytes, or
 * the kind of any other value.  Control characters are replaced.  Do not pass a value of the
 * environment.
 * Returns buf. */
const char *json_describe(const struct json_node *node, char *buf, size_t size);

/* The member key as a value of that type.  1 found, 0 absent (nothing written), -1 error. */
int json_get_string(const struct json_node *obj, const char *key, const char **ret, struct err *e);
int json_get_bool(const struct json_node *obj, const char *key, bool *ret, struct err *e);
int json_get_uint(const struct json_node *obj, const char *key, uint64_t max, uint64_t *ret,
		  struct err *e);
int json_get_int(const struct json_node *obj, const char *key, int64_t min, int64_t max,
		 int64_t *ret, struct err *e);

static inline void cleanup_json(struct json **doc)
{
	json_free(*doc);
	*doc = NULL;
}
#define auto_json __attribute__((cleanup(cleanup_json))) struct json

#endif
