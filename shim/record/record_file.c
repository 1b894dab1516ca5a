/* One record's file, its lock and its claim.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/record/record_file.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "oci/cleanup.h"
#include "shim/base/clock.h"
#include "shim/base/host.h"
#include "shim/record/record_json.h"
#include "shim/record/record_names.h"

#define TAKE_AGAIN_MS 5
#define TAKE_MAX_MS 5000

int record_file_init(struct record_file *ret, const char *id, const char *bundle, pid_t pid,
		     uint64_t start_time, struct err *e)
{
	struct record_file r = RECORD_FILE_EMPTY;

	r.called_ms = clock_boottime_ms();
	if (record_init(&r.data, id, bundle, pid, start_time, e) < 0)
		return -1;
	*ret = r;
	return 0;
}

void record_file_free(struct record_file *r)
{
	record_free(&r->data);
	cleanup_fd(&r->lock);
	*r = RECORD_FILE_EMPTY;
}

struct record_file take_record_file(struct record_file *r)
{
	struct record_file taken = *r;

	*r = RECORD_FILE_EMPTY;
	return taken;
}

void record_file_mark(struct record_file *r, enum record_mark mark)
{
	record_mark(&r->data, mark, clock_boottime_ms() - r->called_ms);
}

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

/* Write text to a new file.  Returns its descriptor, or -1 and errno: then there is no file. */
static int write_temporary(int dir, const char *temporary, const char *text, size_t len)
{
	auto_fd fd =
		openat(dir, temporary, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int saved;

	if (fd >= 0 && write_all(fd, text, len) == 0)
		return take_fd(&fd);
	saved = errno;
	if (fd >= 0)
		(void)unlinkat(dir, temporary, 0); /* if it stays, records_prune removes it later */
	errno = saved;
	return -1;
}

int record_put(const struct record_file *r, enum record_put how, struct err *e)
{
	char name[RECORD_NAME_MAX], temporary[RECORD_NAME_MAX];
	auto_free char *text = NULL;
	size_t len = 0;
	auto_fd fd = -1;
	FILE *out = open_memstream(&text, &len);
	int code;

	if (!out)
		return err_sys(e, ENOMEM, "record");
	record_print(&r->data, out);
	(void)fputc('\n', out);
	if (fclose(out) != 0) /* tells of what failed before, too */
		return err_sys(e, ENOMEM, "record");
	record_name(&r->data.init, name);
	record_temporary_name(&r->data.init, getpid(), temporary);
	fd = write_temporary(r->dir, temporary, text, len);
	if (fd < 0)
		return err_sys(e, errno, "write the record '%s'", name);
	if ((how == RECORD_NEW || lock_file(fd) == 0) &&
	    renameat2(r->dir, temporary, r->dir, name, how) == 0)
		return take_fd(&fd);
	code = errno;
	(void)unlinkat(r->dir, temporary, 0); /* if it stays, records_prune removes it later */
	return err_sys(e, code, "%s the record '%s'",
		       how == RECORD_NEW ? "claim this start by" : "replace", name);
}

int record_lock(int dir, const char *name, struct record_file *ret, struct err *e)
{
	auto_fd fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat ours, named;

	if (fd < 0)
		return err_sys(e, errno, "open the record '%s'", name);
	if (lock_file(fd) < 0 || fstat(fd, &ours) < 0 ||
	    fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) < 0 || ours.st_ino != named.st_ino)
		return err_set(e, EAGAIN, "the record '%s' is being written", name);
	*ret = RECORD_FILE_EMPTY;
	if (record_read_fd(fd, &ret->data, e) < 0)
		return -1;
	ret->dir = dir;
	ret->lock = take_fd(&fd);
	return 0;
}

/* Does the record of that name say that we are its supervisor? */
static int confirm_ours(const struct record_file *r, const char *name, struct err *e)
{
	auto_fd fd = openat(r->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const struct process_id *us = &r->data.supervisor;
	auto_record found = RECORD_EMPTY;

	if (fd < 0)
		return err_sys(e, errno, "open the record '%s'", name);
	if (record_read_fd(fd, &found, e) < 0)
		return -1;
	if (found.supervisor.pid != us->pid || found.supervisor.start_time != us->start_time)
		return err_set(e, EEXIST, "the record '%s' is another supervisor's", name);
	return 0;
}

int record_take(struct record_file *r, struct err *e)
{
	char name[RECORD_NAME_MAX];

	if (process_id_of(getpid(), &r->data.supervisor) < 0)
		return err_sys(e, errno, "look at ourselves");
	record_name(&r->data.init, name);
	if (confirm_ours(r, name, e) < 0)
		return -1;
	/* A reader may hold the lock, to find out that the record has a supervisor. */
	for (int waited_ms = 0;; waited_ms += TAKE_AGAIN_MS) {
		auto_record_file found = RECORD_FILE_EMPTY;

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
