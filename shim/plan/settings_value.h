/* The types of value that a setting can have.
 * SPDX-License-Identifier: Apache-2.0
 *
 * value_parse_X: check the JSON value at node and put it into the field.  The comment before the
 * function names the field's type.  What the field owned before is freed.  Returns 0, or -1 and *e.
 * Errors: EINVAL, the message names the key, what was expected and what is there; ENOMEM.
 *
 * value_show_X: append the field to the string buf (size bytes in all), as the file would have it.
 */
#ifndef ODH_SETTINGS_VALUE_H
#define ODH_SETTINGS_VALUE_H

#include <stddef.h>

#include "oci/json.h"

#define SETTINGS_SECONDS_MAX (7 * 24 * 3600)

enum ready_mode { READY_AUTO, READY_EXEC, READY_PORT };
enum output_mode { OUTPUT_CONTAINER, OUTPUT_LOG, OUTPUT_NONE };

/* --- for settings.c --- */

/* bool */
int value_parse_bool(const struct json_node *node, void *field, struct err *e);
void value_show_bool(const void *field, char *buf, size_t size);

/* unsigned: 1 to SETTINGS_SECONDS_MAX */
int value_parse_seconds(const struct json_node *node, void *field, struct err *e);
void value_show_seconds(const void *field, char *buf, size_t size);

/* enum ready_mode, enum output_mode */
int value_parse_ready(const struct json_node *node, void *field, struct err *e);
void value_show_ready(const void *field, char *buf, size_t size);
int value_parse_output(const struct json_node *node, void *field, struct err *e);
void value_show_output(const void *field, char *buf, size_t size);

/* uint64_t: bit n is capability number n */
int value_parse_capabilities(const struct json_node *node, void *field, struct err *e);
void value_show_capabilities(const void *field, char *buf, size_t size);

/* char *, owned: an absolute path; the name of a runtime */
int value_parse_path(const struct json_node *node, void *field, struct err *e);
int value_parse_runtime(const struct json_node *node, void *field, struct err *e);
void value_show_string(const void *field, char *buf, size_t size);

/* char **, owned and NULL-terminated: a command line whose first word is an absolute path */
int value_parse_shell(const struct json_node *node, void *field, struct err *e);
void value_show_shell(const void *field, char *buf, size_t size);
void value_free_words(char **words); /* NULL is fine */

#endif
