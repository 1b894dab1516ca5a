/* The files of the record directory, by their names.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/record/record_names.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "oci/cleanup.h"

void record_name(const struct process_id *init, char buf[RECORD_NAME_MAX])
{
	snprintf(buf, RECORD_NAME_MAX, "%d-%llu.json", init->pid,
		 (unsigned long long)init->start_time);
}

void record_temporary_name(const struct process_id *init, pid_t writer, char buf[RECORD_NAME_MAX])
{
	snprintf(buf, RECORD_NAME_MAX, ".%d-%llu.%d", init->pid,
		 (unsigned long long)init->start_time, writer);
}

/* Is text a name of ours?  Only if it is spelt as we spell it. */
static bool parse(const char *text, struct name *ret)
{
	char again[RECORD_NAME_MAX];
	unsigned long long start_time;

	if (strlen(text) >= sizeof(ret->name))
		return false;
	memset(ret, 0, sizeof(*ret));
	if (sscanf(text, "%d-%llu.json", &ret->process.pid, &start_time) == 2) {
		ret->process.start_time = start_time;
		record_name(&ret->process, again);
		ret->is_record = true;
	} else if (sscanf(text, ".%d-%llu.%d", &ret->process.pid, &start_time, &ret->writer) == 3) {
		ret->process.start_time = start_time;
		record_temporary_name(&ret->process, ret->writer, again);
		ret->is_temporary = true;
	} else {
		return false;
	}
	memcpy(ret->name, text, strlen(text) + 1);
	return !strcmp(text, again);
}

int names_read(int dir, struct names *ret, struct err *e)
{
	auto_names names = { 0 };
	size_t allocated = 0;
	const struct dirent *entry;
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);

	if (!entries) {
		(void)err_sys(e, errno, "read the record directory");
		cleanup_fd(&fd);
		return -1;
	}
	while ((entry = readdir(entries))) {
		struct name name, *items;

		if (!parse(entry->d_name, &name))
			continue;
		if (names.count == allocated) {
			allocated = allocated ? 2 * allocated : 64;
			items = reallocarray(names.items, allocated, sizeof(*items));
			if (!items) {
				closedir(entries);
				return err_sys(e, ENOMEM, "read the record directory");
			}
			names.items = items;
		}
		names.items[names.count++] = name;
	}
	closedir(entries);
	*ret = names;
	memset(&names, 0, sizeof(names));
	return 0;
}

void names_free(struct names *names)
{
	free(names->items);
	memset(names, 0, sizeof(*names));
}
