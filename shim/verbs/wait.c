/* The verb wait: until a hook has ended.  SPDX-License-Identifier: Apache-2.0
 *
 * It wakes when the record is replaced and when the supervisor ends, not by a clock.  Only where
 * the supervisor cannot be watched, since it is in another pid namespace, does it look now and
 * then.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "oci/cleanup.h"
#include "shim/base/clock.h"
#include "shim/base/procfs.h"
#include "shim/record/record_json.h"
#include "shim/record/record_names.h"
#include "shim/record/records.h"
#include "shim/supervise/outcome.h"
#include "shim/verbs/verbs.h"

#define LOOK_MS 10000 /* between two looks without an event */

/* Returns an inotify descriptor that is readable once a record was replaced or removed, or -1. */
static int watch_records(int dir, struct err *e)
{
	auto_fd fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", dir);
	if (fd < 0 || inotify_add_watch(fd, path, IN_MOVED_TO | IN_DELETE | IN_ONLYDIR) < 0)
		return err_sys(e, errno, "watch the record directory");
	return take_fd(&fd);
}

/* Say why a final record has no status of a hook. */
static void explain(const struct record *r, struct err *e)
{
	switch (r->hook) {
	case RECORD_TIMED_OUT:
		(void)err_set(e, ETIMEDOUT, "the hook timed out: %s", r->reason);
		return;
	case RECORD_REFUSED:
		(void)err_set(e, ENOENT, "no hook runs: every hook that is set is refused");
		return;
	case RECORD_SUCCEEDED:
	case RECORD_FAILED:
		(void)err_set(e, ECANCELED, "%s", r->reason);
		return;
	case RECORD_NONE:
		(void)err_set(e, ECANCELED, "no hook was run: %s", r->reason);
		return;
	case RECORD_ABANDONED:
	case RECORD_WAITING:
	case RECORD_RUNNING:
		break;
	}
	(void)err_set(e, ECANCELED, "the hook was abandoned: %s", r->reason);
}

/* The exit status that a final record stands for. */
static int exit_status(const struct record *r, struct err *e)
{
	if (r->exit_code < 0 && !r->signal)
		explain(r, e);
	return outcome_wait_status(r);
}

static void discard_events(int inotify)
{
	char events[4096];

	while (read(inotify, events, sizeof(events)) > 0)
		; /* the record is read again, whatever they say */
}

/* Sleep until the record may have changed.  supervisor: the supervisor's pidfd, or -1; closed once
 * it has ended.  deadline_ms: of clock_boottime_ms; -1 = none.  Returns false once it is over. */
static bool sleep_until_event(int inotify, int *supervisor, int64_t deadline_ms)
{
	struct pollfd polls[] = {
		{ .fd = inotify, .events = POLLIN },
		{ .fd = *supervisor, .events = POLLIN },
	};
	int64_t left = deadline_ms < 0 ? -1 : deadline_ms - clock_boottime_ms();
	int timeout = *supervisor < 0 ? LOOK_MS : -1;

	if (left >= 0 && (timeout < 0 || left < timeout))
		timeout = left > INT_MAX ? INT_MAX : (int)left;
	if (deadline_ms >= 0 && left <= 0)
		return false;
	(void)poll(polls, 2, timeout); /* an interrupted poll just loops again */
	discard_events(inotify);
	if (polls[1].revents)
		cleanup_fd(supervisor); /* it stays readable: poll would never sleep again */
	return true;
}

static int wait_for_end(const char *name, int dir, int inotify, const struct options *o,
			struct err *e)
{
	int64_t deadline_ms = o->has_timeout ? clock_boottime_ms() + o->timeout_s * 1000 : -1;
	auto_fd supervisor = -1;
	bool first = true;

	for (;;) {
		auto_seen_record r = SEEN_RECORD_EMPTY;

		if (records_read(dir, name, &r, e) < 0)
			return STATUS_FAILED;
		if (record_final(&r.data))
			return exit_status(&r.data, e);
		if (first)
			supervisor = process_id_open(&r.data.supervisor, HIDDEN_IS_GONE);
		first = false;
		if (!sleep_until_event(inotify, &supervisor, deadline_ms)) {
			(void)err_set(e, ETIME, "not within %lld s: the hook is %s",
				      (long long)o->timeout_s, record_hook_word(r.data.hook));
			return STATUS_FAILED;
		}
	}
}

int verb_wait(const struct options *o, struct err *e)
{
	auto_seen_record r = SEEN_RECORD_EMPTY;
	char name[RECORD_NAME_MAX];
	auto_fd dir = -1, inotify = -1;

	if (!o->operand) {
		(void)err_set(e, EINVAL, "wait needs CONTAINER");
		return STATUS_FAILED;
	}
	if (records_find(o->root, o->operand, &r, &dir, e) < 0 ||
	    (inotify = watch_records(dir, e)) < 0)
		return STATUS_FAILED;
	record_name(&r.data.init, name); /* of this start, even if the container starts again */
	return wait_for_end(name, dir, inotify, o, e);
}
