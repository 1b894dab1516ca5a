/* The records of all starts: read and judged.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/record/records.h"

#include <fcntl.h>
#include <string.h>

#include "oci/cleanup.h"
#include "shim/base/clock.h"
#include "shim/base/procfs.h"
#include "shim/record/record_json.h"
#include "shim/record/record_names.h"

static bool this_boot(const struct record *r)
{
	char now[BOOT_ID_MAX];

	procfs_boot_id(now);
	return !strcmp(now, r->boot);
}

/* Does the supervisor hold the lock?  For a moment, another process that writes the record may. */
static bool locked(int fd, const struct record *r)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return false;
	return lock.l_pid <= 0 || lock.l_pid == r->supervisor.pid; /* 0: of another pid namespace */
}

/* Is the supervisor there?  The lock is looked at first, since it goes before the process does. */
static bool supervised(int fd, const struct record *r)
{
	return locked(fd, r) || (this_boot(r) && process_id_lives(&r->supervisor, HIDDEN_IS_GONE));
}

static void abandon(struct record *r)
{
	record_set(r, RECORD_ABANDONED,
		   r->hook == RECORD_RUNNING
			   ? "the supervisor ended unexpectedly while the hook ran"
			   : "the supervisor ended unexpectedly before the hook ran");
}

static int read_once(int dir, const char *name, struct record *ret, bool *ret_supervised,
		     struct err *e)
{
	auto_fd fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, errno, "open the record '%s'", name);
	if (record_read_fd(fd, ret, e) < 0)
		return err_prefix(e, "the record '%s'", name);
	*ret_supervised = record_final(ret) || supervised(fd, ret);
	return 0;
}

int records_read(int dir, const char *name, struct seen_record *ret, struct err *e)
{
	auto_record r = RECORD_EMPTY;
	bool is_supervised = false, again;

	if (read_once(dir, name, &r, &is_supervised, e) < 0)
		return -1;
	if (!is_supervised) { /* it may have written the end, and left, since we read */
		record_free(&r);
		if (read_once(dir, name, &r, &again, e) < 0)
			return -1;
	}
	ret->live = r.stopped_ms < 0 && this_boot(&r) && process_id_lives(&r.init, HIDDEN_IS_MEANT);
	if (!record_final(&r) && !is_supervised)
		abandon(&r);
	ret->data = take_record(&r);
	return 0;
}

void seen_record_free(struct seen_record *r)
{
	record_free(&r->data);
	r->live = false;
}

int records_own(int dir, const char *name, struct record_file *ret, struct err *e)
{
	auto_record_file r = RECORD_FILE_EMPTY;

	if (record_lock(dir, name, &r, e) < 0)
		return -1;
	if (!record_final(&r.data) && this_boot(&r.data) &&
	    process_id_lives(&r.data.supervisor, HIDDEN_IS_GONE))
		/* It has not locked the record yet, but is about to. */
		return err_set(e, EAGAIN, "the record '%s' has a supervisor", name);
	if (!record_final(&r.data))
		abandon(&r.data);
	/* No file has the boottime of the call: count back by the time of day. */
	r.called_ms = clock_boottime_ms() - (clock_realtime_ms() - r.data.time_ms);
	*ret = take_record_file(&r);
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct record *x = &((const struct seen_record *)a)->data;
	const struct record *y = &((const struct seen_record *)b)->data;

	if (x->time_ms != y->time_ms)
		return x->time_ms < y->time_ms ? 1 : -1;
	if (x->init.start_time != y->init.start_time)
		return x->init.start_time < y->init.start_time ? 1 : -1;
	return x->init.pid < y->init.pid ? 1 : x->init.pid > y->init.pid ? -1 : 0;
}

static int append(struct record_list *list, size_t *allocated, struct seen_record *r, struct err *e)
{
	if (list->count == *allocated) {
		size_t more = *allocated ? 2 * *allocated : 64;
		struct seen_record *items = reallocarray(list->items, more, sizeof(*items));

		if (!items)
			return err_sys(e, ENOMEM, "list the records");
		list->items = items;
		*allocated = more;
	}
	list->items[list->count++] = *r;
	*r = SEEN_RECORD_EMPTY;
	return 0;
}

int records_list(int dir, struct record_list *ret, struct err *e)
{
	auto_records list = { 0 };
	auto_names names = { 0 };
	size_t allocated = 0;

	if (names_read(dir, &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		auto_seen_record r = SEEN_RECORD_EMPTY;
		struct err why = { 0 };

		if (!names.items[i].is_record)
			continue;
		if (records_read(dir, names.items[i].name, &r, &why) == 0) {
			if (append(&list, &allocated, &r, e) < 0)
				return -1;
		} else if (why.code != ENOENT) { /* ENOENT: it was removed in the meantime */
			if (!list.unreadable++)
				list.error = why;
		}
	}
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), newest_first);
	*ret = list;
	memset(&list, 0, sizeof(list));
	return 0;
}

void records_free(struct record_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		seen_record_free(&list->items[i]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}

/* Choose the record that container means.  Returns it, still the list's, or NULL and *e. */
static struct seen_record *find_by_id(const struct record_list *list, const char *container,
				      struct err *e)
{
	size_t len = strlen(container), others = 0;
	struct seen_record *found = NULL;

	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i].data.id, container))
			return &list->items[i];
	for (size_t i = 0; len && i < list->count; i++) {
		bool seen = false;

		if (strncmp(list->items[i].data.id, container, len) != 0)
			continue;
		for (size_t before = 0; before < i && !seen; before++)
			seen = !strcmp(list->items[before].data.id, list->items[i].data.id);
		if (!found)
			found = &list->items[i];
		else if (!seen)
			others++;
	}
	if (!found)
		(void)err_set(e, ENOENT, "no start of a container '%.64s' is recorded", container);
	if (others)
		(void)err_set(e, EINVAL, "'%.64s' is ambiguous: the ids of %zu containers begin so",
			      container, others + 1);
	return others ? NULL : found;
}

int records_find(const char *root, const char *container, struct seen_record *ret, int *ret_dir,
		 struct err *e)
{
	auto_records list = { 0 };
	struct err why = { 0 };
	auto_fd dir = record_dir(root, false, &why);
	struct seen_record *found;

	if (dir < 0 && why.code == ENOENT)
		return err_set(e, ENOENT, "no start of a container '%.64s' is recorded", container);
	if (dir < 0) {
		*e = why;
		return -1;
	}
	if (records_list(dir, &list, e) < 0 || !(found = find_by_id(&list, container, e)))
		return -1;
	*ret = *found;
	*found = SEEN_RECORD_EMPTY;
	if (ret_dir)
		*ret_dir = take_fd(&dir);
	return 0;
}
