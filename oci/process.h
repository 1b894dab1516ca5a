/* config.json's "process": private to bundle.c.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_PROCESS_H
#define ODH_PROCESS_H

#include "oci/bundle.h"

/* Parse the object process into *ret, which is zeroed.  What was filled on an error is freed by
 * bundle_free.  Errors: as bundle_parse. */
int process_parse(const struct json_node *node, struct process *ret, struct err *e);

/* Parse process.env (absent: none).  Each name once, with its last value at its first place; HOME=/
 * is added where there is no HOME. */
int environment_parse(const struct json_node *process, struct process *ret, struct err *e);

/* Parse scheduler, ioPriority and execCPUAffinity. */
int scheduling_parse(const struct json_node *process, struct process *ret, struct err *e);

#endif
