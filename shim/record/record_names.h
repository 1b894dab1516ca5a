/* The files of the record directory, by their names.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_RECORD_NAMES_H
#define ODH_RECORD_NAMES_H

#include "oci/err.h"
#include "shim/base/procfs.h"

#define RECORD_NAME_MAX 64 /* bytes of a file's name, and NUL */

/* Write the name of a start's file to buf, "PID-STARTTIME.json".  init: the container's. */
void record_name(const struct process_id *init, char buf[RECORD_NAME_MAX]);

/* The name that the file has before the rename, ".PID-STARTTIME.WRITER".  writer: who writes it. */
void record_temporary_name(const struct process_id *init, pid_t writer, char buf[RECORD_NAME_MAX]);

struct name {
	char name[RECORD_NAME_MAX];
	bool is_record;            /* PID-STARTTIME.json */
	bool is_temporary;         /* .PID-STARTTIME.WRITER */
	struct process_id process; /* the container's init */
	pid_t writer;              /* of a temporary file */
};

struct names {
	struct name *items;
	size_t count;
};

/* List the files of dir, which is borrowed, that are named as above; others are left out.
 * Returns 0 and fills *ret (free with names_free), or -1 and *e: errors of open, ENOMEM. */
int names_read(int dir, struct names *ret, struct err *e);
void names_free(struct names *names);

#define auto_names __attribute__((cleanup(names_free))) struct names

#endif
