/* Which records are written, kept and removed.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/record/records_keep.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "oci/cleanup.h"
#include "oci/state.h"
#include "seccomp/cache.h"
#include "shim/base/clock.h"
#include "shim/base/procfs.h"
#include "shim/base/text.h"
#include "shim/record/record_names.h"
#include "shim/record/records.h"

#define DYING_MS 500 /* how long we wait for inits that their runtime has just killed */

/* --- removed --- */

struct ended {
	const struct name *name;
	struct timespec written;
};

static int last_written_first(const void *a, const void *b)
{
	const struct ended *x = a, *y = b;

	if (x->written.tv_sec != y->written.tv_sec)
		return x->written.tv_sec < y->written.tv_sec ? 1 : -1;
	if (x->written.tv_nsec != y->written.tv_nsec)
		return x->written.tv_nsec < y->written.tv_nsec ? 1 : -1;
	return 0;
}

/* Remove temporary files whose writer is gone. */
static void remove_orphans(int dir, const struct names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		struct process_id writer;

		if (names->items[i].is_temporary &&
		    process_id_of(names->items[i].writer, &writer) < 0)
			(void)unlinkat(dir, names->items[i].name, 0); /* another may be faster */
	}
}

void records_prune(int dir, size_t keep)
{
	auto_names names = { 0 };
	auto_free struct ended *ended = NULL;
	struct err e = { 0 };
	size_t count = 0;

	if (names_read(dir, &names, &e) < 0)
		return;
	remove_orphans(dir, &names);
	if (names.count <= keep || !(ended = calloc(names.count, sizeof(*ended))))
		return;
	for (size_t i = 0; i < names.count; i++) {
		const struct name *name = &names.items[i];
		struct stat st;

		if (!name->is_record || process_id_lives(&name->process, HIDDEN_IS_MEANT) ||
		    fstatat(dir, name->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		ended[count].name = name;
		ended[count++].written = st.st_mtim;
	}
	qsort(ended, count, sizeof(*ended), last_written_first);
	for (size_t i = keep; i < count; i++)
		(void)unlinkat(dir, ended[i].name->name, 0); /* another may be faster */
}

/* --- written --- */

static bool disk_full(const struct err *e)
{
	return e->code == ENOSPC || e->code == EDQUOT;
}

static int put_again(const struct record_file *r, enum record_put how, struct err *e)
{
	memset(e, 0, sizeof(*e));
	return record_put(r, how, e);
}

/* Where the disk is full, make room until there is enough: first the cache goes, then the kept
 * records, the oldest ones first. */
static int put_with_room(const struct record_file *r, enum record_put how, struct err *e)
{
	int fd = record_put(r, how, e);

	if (fd < 0 && disk_full(e)) {
		cache_clear(r->dir);
		fd = put_again(r, how, e);
	}
	for (size_t keep = RECORDS_KEPT / 2; fd < 0 && disk_full(e); keep /= 2) {
		records_prune(r->dir, keep);
		fd = put_again(r, how, e);
		if (!keep)
			break;
	}
	return fd;
}

/* Remove the file that has the record's name if it is of an earlier boot, in which another init had
 * the same pid and start time.  Returns whether it was removed. */
static bool forget_other_boot(const struct record_file *r)
{
	auto_seen_record old = SEEN_RECORD_EMPTY;
	struct err e = { 0 };
	char name[RECORD_NAME_MAX];

	record_name(&r->data.init, name);
	if (!r->data.boot[0] || records_read(r->dir, name, &old, &e) < 0 ||
	    !strcmp(old.data.boot, r->data.boot))
		return false;
	return unlinkat(r->dir, name, 0) == 0;
}

int record_claim(struct record_file *r, pid_t supervisor, struct err *e)
{
	int fd;

	if (process_id_of(supervisor, &r->data.supervisor) < 0)
		return err_sys(e, errno, "look at the supervisor");
	fd = put_with_room(r, RECORD_NEW, e);
	if (fd < 0 && e->code == EEXIST && forget_other_boot(r)) {
		memset(e, 0, sizeof(*e));
		fd = put_with_room(r, RECORD_NEW, e);
	}
	if (fd < 0)
		return -1;
	cleanup_fd(&fd);
	return 0;
}

int record_update(struct record_file *r, struct err *e)
{
	int fd;

	if (r->dir < 0)
		return 0;
	fd = put_with_room(r, RECORD_REPLACE, e);
	if (fd < 0)
		return -1;
	cleanup_fd(&r->lock);
	r->lock = fd;
	return 0;
}

/* --- the container has ended --- */

/* That init is ending is enough, since its runtime or engine says so, too.  Its real end may come
 * late: it waits until the last processes of its pid namespace are reaped. */
static bool is_ending(const struct process_id *init)
{
	char path[32];
	struct proc_stat stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", init->pid);
	return proc_stat_read(AT_FDCWD, path, &stat) < 0 || stat.flags & PROC_EXITING;
}

/* Does init end before until_ms, of clock_boottime_ms?  That is one moment for all records. */
static bool ends_soon(const struct process_id *init, int64_t until_ms)
{
	auto_fd fd = process_id_open(init, HIDDEN_IS_MEANT);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int64_t left = until_ms - clock_boottime_ms();

	return fd < 0 || is_ending(init) || poll(&pfd, 1, left > 0 ? (int)left : 0) == 1 ||
	       is_ending(init);
}

/* May the record be of the container with that id?  False is certain.  Nearly all records are of
 * other containers, and poststop is called for every container, so this is cheap: it reads only the
 * beginning of the file, where the id is. */
static bool may_mention(int dir, const char *name, const char *quoted_id)
{
	auto_fd fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char text[8192];
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));

	return n == sizeof(text) ||
	       (n > 0 && memmem(text, (size_t)n, quoted_id, strlen(quoted_id)));
}

static void note_end(int dir, const char *name, const char *id, int64_t until_ms)
{
	auto_seen_record seen = SEEN_RECORD_EMPTY;
	auto_record_file r = RECORD_FILE_EMPTY;
	struct err e = { 0 };

	if (records_read(dir, name, &seen, &e) < 0 || strcmp(seen.data.id, id) != 0 ||
	    seen.data.stopped_ms >= 0 || !ends_soon(&seen.data.init, until_ms))
		return;
	/* A supervisor that lives writes the end itself.  Our lock keeps others away. */
	if (records_own(dir, name, &r, &e) < 0)
		return;
	r.data.stopped_ms = clock_realtime_ms();
	(void)record_update(&r, &e); /* if it fails, readers still see that init is gone */
}

void records_note_end(int dir, const char *id)
{
	auto_names names = { 0 };
	struct err e = { 0 };
	char quoted[6 * STATE_ID_MAX + 8];
	int64_t until_ms = clock_boottime_ms() + DYING_MS;

	(void)text_json(quoted, sizeof(quoted), id);
	if (names_read(dir, &names, &e) < 0)
		return;
	for (size_t i = 0; i < names.count; i++)
		if (names.items[i].is_record && may_mention(dir, names.items[i].name, quoted))
			note_end(dir, names.items[i].name, id, until_ms);
}
