/* Waiting until the application has started.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/ready/await_exec.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define EVENT_CHECK_MS 10000 /* a look besides the event, should one be lost */
#define POLL_FIRST_MS 10     /* without an event: from here ... */
#define POLL_LAST_MS 1000    /* ... to here */

void give_back_pages(void)
{
	extern const char __executable_start[], etext[]; /* of the linker */
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = (uintptr_t)__executable_start / page * page;

	(void)madvise((void *)start, ((uintptr_t)etext - start) / page * page, MADV_DONTNEED);
}

int wait_started(const struct app *app, int signals, int *ret_signal, struct err *e)
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
			exec_event_close(&event); /* would wake for ever */
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
