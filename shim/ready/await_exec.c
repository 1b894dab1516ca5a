/* Waiting until the application has started.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/ready/await_exec.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oci/cleanup.h"

#define EVENT_CHECK_MS 10000 /* we also look without an event, should one be lost */
#define POLL_FIRST_MS 10     /* without an event: from here ... */
#define POLL_LAST_MS 1000    /* ... to here */

/* --- the exec as an event ---
 *
 * perf_event_open(2): a software dummy event that counts nothing, whose records of exec (comm_exec)
 * wake whoever polls it.  The two pages of its ring are there only since the wake-up needs them. */

static size_t ring_size(void)
{
	return 2 * (size_t)sysconf(_SC_PAGESIZE); /* the control page and one of data */
}

void exec_event_open(const struct app *app, struct exec_event *ret)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.comm = 1,
		.comm_exec = 1,
		.exclude_kernel = 1, /* allowed at more settings of perf_event_paranoid */
		.exclude_hv = 1,
		.watermark = 1,
		.wakeup_watermark = 1, /* byte: wake at every record */
	};
	auto_fd fd =
		(int)syscall(SYS_perf_event_open, &attr, app->pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	void *ring;

	ret->fd = -1;
	ret->ring = NULL;
	if (fd < 0)
		return;
	ring = mmap(NULL, ring_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		return;
	ret->ring = ring;
	ret->fd = take_fd(&fd);
}

void exec_event_clear(struct exec_event *event)
{
	struct perf_event_mmap_page *page = event->ring;

	if (page)
		__atomic_store_n(&page->data_tail,
				 __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE),
				 __ATOMIC_RELEASE);
}

void exec_event_close(struct exec_event *event)
{
	if (event->ring)
		(void)munmap(event->ring, ring_size()); /* cannot fail: it is our mapping */
	event->ring = NULL;
	cleanup_fd(&event->fd);
}

/* --- waiting for it --- */

void give_back_pages(void)
{
	extern const char __executable_start[], etext[]; /* of the linker */
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = (uintptr_t)__executable_start / page * page;

	(void)madvise((void *)start, ((uintptr_t)etext - start) / page * page, MADV_DONTNEED);
}

int await_exec(const struct app *app, int signals, int *ret_signal, struct err *e)
{
	struct exec_event event;
	int started, wait_ms = POLL_FIRST_MS;

	*ret_signal = 0;
	exec_event_open(app, &event); /* first, so that no exec slips through before the look */
	give_back_pages();
	while ((started = app_started(app, e)) == 0) {
		struct pollfd polls[] = {
			{ .fd = app->pidfd, .events = POLLIN },
			{ .fd = signals, .events = POLLIN },
			{ .fd = event.fd, .events = POLLIN },
		};
		struct signalfd_siginfo info = { 0 };

		(void)poll(polls, 3, event.fd < 0 ? wait_ms : EVENT_CHECK_MS);
		wait_ms = wait_ms < POLL_LAST_MS ? wait_ms * 2 : POLL_LAST_MS;
		exec_event_clear(&event);
		if (polls[2].revents & (POLLHUP | POLLERR))
			exec_event_close(&event); /* poll would never sleep */
		if (app_ended(app))
			break;
		if (read(signals, &info, sizeof(info)) == sizeof(info) &&
		    info.ssi_signo != SIGCHLD) {
			*ret_signal = (int)info.ssi_signo;
			break;
		}
	}
	exec_event_close(&event);
	if (started < 0 && e->code == ESRCH)
		return 0;
	return started;
}
