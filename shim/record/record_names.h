/* The files of the record directory, by their names.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_NAMES_H
#define ODH_NAMES_H

#include <sys/stat.h>

#include "shim/record/record.h"
#include "shim/base/procfs.h"

struct name {
	char name[RECORD_NAME_MAX];
	bool is_record;            /* PID-STARTTIME.json */
	bool is_temporary;         /* .PID-STARTTIME.WRITER */
	struct process_id process; /* of a record: the container's init */
	pid_t writer;              /* of a temporary file */
};

struct names {
	struct name *items;
	size_t count;
};

/* What is ours in dir; any other file is left out.  Returns 0 and fills *ret (free with
 * names_free), or -1 and *e. */
int names_read(int dir, struct names *ret, struct err *e);
void names_free(struct names *names);

#define auto_names __attribute__((cleanup(names_free))) struct names

#endif
