/* The records of all starts: read and judged.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/record/records.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "oci/cleanup.h"
#include "oci/json.h"
#include "shim/app/app.h"
#include "shim/base/host.h"
#include "shim/record/record_names.h"

int records_process(pid_t pid, struct record_process *ret)
{
	char path[32];
	struct proc_stat stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (proc_stat_read(AT_FDCWD, path, &stat) < 0)
		return -1;
	ret->pid = pid;
	ret->start_time = stat.start_time;
	return 0;
}

/* Ended: not a thread group whose first thread only left the others behind, which shows as a
 * zombie; the pidfd knows.  Where /proc hides a process that lives (hidepid), it counts as the one
 * that is meant: its start time cannot be seen, and a record must not call a living process ended.
 */
int records_open_process(const struct record_process *process)
{
	auto_fd fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct record_process now;

	if (fd < 0)
		return -1;
	if (records_process(process->pid, &now) < 0) {
		if (errno != ENOENT && errno != EPERM && errno != EACCES)
			return -1;
		now = *process;
	}
	if (now.start_time != process->start_time || poll(&pfd, 1, 0) != 0)
		return -1;
	return take_fd(&fd);
}

static bool lives(const struct record_process *process)
{
	auto_fd fd = records_open_process(process);

	return fd >= 0;
}

void records_boot(char buf[RECORD_BOOT_MAX])
{
	ssize_t n = host_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", buf, RECORD_BOOT_MAX);

	buf[n < 0 ? 0 : strcspn(buf, "\n")] = '\0';
}

static bool this_boot(const struct record *r)
{
	char now[RECORD_BOOT_MAX];

	records_boot(now);
	return !strcmp(now, r->boot);
}

int records_read_fd(int fd, struct record *ret, struct err *e)
{
	auto_free char *text = NULL;
	size_t len;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "no regular file");
	if (json_read(fd, RECORD_MAX, &text, &len, e) < 0)
		return -1;
	return record_parse(text, len, ret, e);
}

/* Does the supervisor hold the lock?  Another process that writes the record may, for a moment. */
static bool locked(int fd, const struct record *r)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
		return false;
	return lock.l_pid <= 0 || lock.l_pid == r->keeper.pid; /* 0: of another pid namespace */
}

/* Is the supervisor there?  The lock is asked first: it is let go before the process is gone. */
static bool supervised(int fd, const struct record *r)
{
	return locked(fd, r) || (this_boot(r) && lives(&r->keeper));
}

static void judge(struct record *r, bool has_keeper)
{
	r->judged = true;
	r->live = r->stopped_ms < 0 && this_boot(r) && lives(&r->init);
	if (record_final(r) || has_keeper)
		return;
	record_set(r, RECORD_ABANDONED,
		   r->hook == RECORD_RUNNING
			   ? "the supervisor ended unexpectedly while the hook ran"
			   : "the supervisor ended unexpectedly before the hook ran");
}

static int read_once(int dir, const char *name, struct record *ret, bool *ret_has_keeper,
		     struct err *e)
{
	auto_fd fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, errno, "open the record '%s'", name);
	if (records_read_fd(fd, ret, e) < 0)
		return err_prefix(e, "the record '%s'", name);
	*ret_has_keeper = record_final(ret) || supervised(fd, ret);
	return 0;
}

int records_read(int dir, const char *name, struct record *ret, struct err *e)
{
	bool has_keeper = false, again;

	if (read_once(dir, name, ret, &has_keeper, e) < 0)
		return -1;
	if (!has_keeper) { /* it may have written the end, and left, since we read */
		record_free(ret);
		if (read_once(dir, name, ret, &again, e) < 0)
			return -1;
	}
	judge(ret, has_keeper);
	return 0;
}

int records_own(int dir, const char *name, struct record *ret, struct err *e)
{
	auto_record r = { .lock = -1 };

	if (record_lock(dir, name, &r, e) < 0)
		return -1;
	if (!record_final(&r) && this_boot(&r) && lives(&r.keeper)) /* it is about to lock it */
		return err_set(e, EAGAIN, "the record '%s' has a supervisor", name);
	judge(&r, false);
	r.called_ms = record_clock() - (record_now() - r.time_ms); /* its own clock was not kept */
	*ret = r;
	memset(&r, 0, sizeof(r));
	r.lock = -1;
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	if (x->time_ms != y->time_ms)
		return x->time_ms < y->time_ms ? 1 : -1;
	if (x->init.start_time != y->init.start_time)
		return x->init.start_time < y->init.start_time ? 1 : -1;
	return x->init.pid < y->init.pid ? 1 : x->init.pid > y->init.pid ? -1 : 0;
}

static int append(struct record_list *list, size_t *allocated, struct record *r, struct err *e)
{
	if (list->count == *allocated) {
		size_t more = *allocated ? 2 * *allocated : 64;
		struct record *items = reallocarray(list->items, more, sizeof(*items));

		if (!items)
			return err_sys(e, ENOMEM, "list the records");
		list->items = items;
		*allocated = more;
	}
	list->items[list->count++] = *r;
	memset(r, 0, sizeof(*r));
	r->lock = -1;
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
		auto_record r = { .lock = -1 };
		struct err why = { 0 };

		if (!names.items[i].is_record)
			continue;
		if (records_read(dir, names.items[i].name, &r, &why) == 0) {
			if (append(&list, &allocated, &r, e) < 0)
				return -1;
		} else if (why.code != ENOENT) { /* removed meanwhile */
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
		record_free(&list->items[i]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}

/* The record that is meant, or NULL and *e. */
static struct record *choose(const struct record_list *list, const char *container, struct err *e)
{
	size_t len = strlen(container), others = 0;
	struct record *found = NULL;

	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i].id, container))
			return &list->items[i];
	for (size_t i = 0; len && i < list->count; i++) {
		bool seen = false;

		if (strncmp(list->items[i].id, container, len) != 0)
			continue;
		for (size_t before = 0; before < i && !seen; before++)
			seen = !strcmp(list->items[before].id, list->items[i].id);
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

int records_find(const char *root, const char *container, struct record *ret, int *ret_dir,
		 struct err *e)
{
	auto_records list = { 0 };
	struct err why = { 0 };
	auto_fd dir = record_dir(root, false, &why);
	struct record *found;

	if (dir < 0 && why.code == ENOENT)
		return err_set(e, ENOENT, "no start of a container '%.64s' is recorded", container);
	if (dir < 0) {
		*e = why;
		return -1;
	}
	if (records_list(dir, &list, e) < 0 || !(found = choose(&list, container, e)))
		return -1;
	*ret = *found;
	*found = (struct record){ .lock = -1 };
	if (ret_dir)
		*ret_dir = take_fd(&dir);
	return 0;
}
