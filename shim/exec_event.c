/* The exec of the application as an event.  SPDX-License-Identifier: Apache-2.0
 *
 * perf_event_open(2): a software dummy event that counts nothing, whose records of exec (comm_exec)
 * wake the poller.  Both pages of its ring are only needed for the wake-up.
 */
#include <linux/perf_event.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "oci/cleanup.h"
#include "shim/app/app.h"

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
