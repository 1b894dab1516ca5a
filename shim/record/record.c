/* The record of a start: written.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/record/record.h"

#include <fcntl.h>
#include <poll.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "oci/cleanup.h"
#include "seccomp/cache.h"
#include "shim/app/app.h"
#include "shim/base/host.h"
#include "shim/record/records.h"
#include "shim/base/procfs.h"
#include "shim/base/clock.h"

#define TAKE_AGAIN_MS 5
#define TAKE_MAX_MS 5000

int record_dir(const char *path, bool make, struct err *e)
{
	char standard[PATH_MAX];
	auto_fd fd = -1;
	struct stat st;

	if (!path) {
		host_default_root(standard, sizeof(standard));
		path = standard;
	}
	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "make the record directory '%s'", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, errno, "open the record directory '%s'", path);
	if (st.st_uid != geteuid())
		return err_set(e, EPERM, "the record directory '%s' is owned by uid %u, not by us",
			       path, st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, EPERM,
			       "the record directory '%s' has mode %04o, others can write it: "
			       "chmod go-w",
			       path, st.st_mode & 07777);
	return take_fd(&fd);
}

int record_init(struct record *ret, const char *id, const char *bundle, pid_t pid,
		uint64_t start_time, struct err *e)
{
	auto_record r = {
		.id = strdup(id),
		.bundle = strdup(bundle),
		.init = { pid, start_time },
		.time_ms = clock_realtime_ms(),
		.called_ms = clock_boottime_ms(),
		.hook = RECORD_WAITING,
		.exit_code = -1,
		.stopped_ms = -1,
		.dir = -1,
		.lock = -1,
	};

	for (int i = 0; i < RECORD_MARK_COUNT; i++)
		r.marks_ms[i] = -1;
	if (!r.id || !r.bundle)
		return err_sys(e, ENOMEM, "record");
	procfs_boot_id(r.boot);
	*ret = r;
	memset(&r, 0, sizeof(r));
	r.lock = -1;
	return 0;
}

void record_free(struct record *r)
{
	cleanup_free(&r->id);
	cleanup_free(&r->bundle);
	cleanup_free(&r->output);
	cleanup_fd(&r->lock);
	memset(r, 0, sizeof(*r));
	r->dir = r->lock = -1;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static int lock_file(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLK, &lock);
}

/* Write text to the file temporary.  Returns it open, or -1 and errno; then there is none. */
static int write_temporary(int dir, const char *temporary, const char *text, size_t len)
{
	auto_fd fd =
		openat(dir, temporary, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int saved;

	if (fd >= 0 && write_all(fd, text, len) == 0)
		return take_fd(&fd);
	saved = errno;
	if (fd >= 0)
		(void)unlinkat(dir, temporary, 0); /* it would only be swept later */
	errno = saved;
	return -1;
}

static bool disk_full(int code)
{
	return code == ENOSPC || code == EDQUOT;
}

/* The same; the cache and the kept records make room, the oldest first, until there is enough. */
static int write_somehow(int dir, const char *temporary, const char *text, size_t len)
{
	int fd = write_temporary(dir, temporary, text, len);

	if (fd < 0 && disk_full(errno)) {
		cache_clear(dir);
		fd = write_temporary(dir, temporary, text, len);
	}
	for (size_t keep = RECORDS_KEPT / 2; fd < 0 && disk_full(errno); keep /= 2) {
		int saved = errno;

		records_prune(dir, keep);
		errno = saved;
		fd = write_temporary(dir, temporary, text, len);
		if (!keep)
			break;
	}
	return fd;
}

enum { FIRST = RENAME_NOREPLACE, AGAIN = 0 };

/* Put the record in place; as: FIRST or AGAIN.  Returns its descriptor, or -1 and *e. */
static int put(const struct record *r, unsigned as, struct err *e)
{
	char name[RECORD_NAME_MAX], temporary[RECORD_NAME_MAX];
	auto_free char *text = NULL;
	size_t len = 0;
	auto_fd fd = -1;
	FILE *out = open_memstream(&text, &len);
	int code;

	if (!out)
		return err_sys(e, ENOMEM, "record");
	record_print(r, out);
	(void)fputc('\n', out);
	if (fclose(out) != 0) /* where any of it failed */
		return err_sys(e, ENOMEM, "record");
	record_name(r, name);
	records_temporary_name(r, temporary);
	fd = write_somehow(r->dir, temporary, text, len);
	if (fd < 0)
		return err_sys(e, errno, "write the record '%s'", name);
	if ((as == FIRST || lock_file(fd) == 0) &&
	    renameat2(r->dir, temporary, r->dir, name, as) == 0)
		return take_fd(&fd);
	code = errno;
	(void)unlinkat(r->dir, temporary, 0); /* likewise */
	return err_sys(e, code, "%s the record '%s'",
		       as == FIRST ? "claim this start by" : "replace", name);
}

int record_claim(struct record *r, int dir, pid_t keeper, struct err *e)
{
	struct err first = { 0 };
	int fd;

	r->dir = dir;
	if (process_id_of(keeper, &r->keeper) < 0)
		return err_sys(e, errno, "look at the supervisor");
	fd = put(r, FIRST, &first);
	if (fd < 0 && first.code == EEXIST && records_forget_other_boot(dir, r)) {
		memset(&first, 0, sizeof(first));
		fd = put(r, FIRST, &first);
	}
	if (fd < 0) {
		*e = first;
		return -1;
	}
	cleanup_fd(&fd);
	return 0;
}

int record_lock(int dir, const char *name, struct record *ret, struct err *e)
{
	auto_fd fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat ours, named;

	if (fd < 0)
		return err_sys(e, errno, "open the record '%s'", name);
	if (lock_file(fd) < 0 || fstat(fd, &ours) < 0 ||
	    fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) < 0 || ours.st_ino != named.st_ino)
		return err_set(e, EAGAIN, "the record '%s' is being written", name);
	if (records_read_fd(fd, ret, e) < 0)
		return -1;
	ret->dir = dir;
	ret->lock = take_fd(&fd);
	return 0;
}

/* Does the record of that name say that we are its supervisor? */
static int is_ours(const struct record *r, const char *name, struct err *e)
{
	auto_fd fd = openat(r->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	auto_record found = { .lock = -1 };

	if (fd < 0)
		return err_sys(e, errno, "open the record '%s'", name);
	if (records_read_fd(fd, &found, e) < 0)
		return -1;
	if (found.keeper.pid != r->keeper.pid || found.keeper.start_time != r->keeper.start_time)
		return err_set(e, EEXIST, "the record '%s' is another supervisor's", name);
	return 0;
}

int record_take(struct record *r, struct err *e)
{
	char name[RECORD_NAME_MAX];

	if (process_id_of(getpid(), &r->keeper) < 0)
		return err_sys(e, errno, "look at ourselves");
	record_name(r, name);
	if (is_ours(r, name, e) < 0)
		return -1;
	/* A reader may hold the lock, to find out that the record has a supervisor. */
	for (int waited_ms = 0;; waited_ms += TAKE_AGAIN_MS) {
		auto_record found = { .lock = -1 };

		if (record_lock(r->dir, name, &found, e) == 0) {
			r->lock = take_fd(&found.lock);
			return 0;
		}
		if (e->code != EAGAIN || waited_ms >= TAKE_MAX_MS)
			return -1;
		memset(e, 0, sizeof(*e));
		(void)poll(NULL, 0, TAKE_AGAIN_MS);
	}
}

int record_update(struct record *r, struct err *e)
{
	int fd;

	if (r->dir < 0)
		return 0;
	fd = put(r, AGAIN, e);
	if (fd < 0)
		return -1;
	cleanup_fd(&r->lock);
	r->lock = fd;
	return 0;
}

void record_mark(struct record *r, enum record_mark mark)
{
	if (r->marks_ms[mark] < 0)
		r->marks_ms[mark] = clock_boottime_ms() - r->called_ms;
}

void record_set(struct record *r, enum record_hook hook, const char *reason)
{
	r->hook = hook;
	if (reason)
		snprintf(r->reason, sizeof(r->reason), "%s", reason);
}

void record_output(struct record *r, const char *bytes, size_t len)
{
	if (!r->output)
		r->output = malloc(RECORD_OUTPUT_MAX + 1);
	if (!r->output)
		return; /* the log has it too */
	if (len > RECORD_OUTPUT_MAX) {
		bytes += len - RECORD_OUTPUT_MAX;
		len = RECORD_OUTPUT_MAX;
	}
	if (r->output_len + len > RECORD_OUTPUT_MAX) {
		size_t old = r->output_len + len - RECORD_OUTPUT_MAX;

		r->output_len -= old;
		memmove(r->output, r->output + old, r->output_len);
	}
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			r->output[r->output_len++] = bytes[i];
	r->output[r->output_len] = '\0';
}

bool record_final(const struct record *r)
{
	return r->hook != RECORD_WAITING && r->hook != RECORD_RUNNING;
}
