/* Waiting until the application has started.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_STARTED_H
#define ODH_STARTED_H

#include "shim/app/app.h"

/* An event for the exec of pid: poll fd for POLLIN, then exec_event_clear, then ask app_started
 * (other events wake too).  fd is -1 where the kernel does not allow it: poll slowly instead. */
struct exec_event {
	int fd;
	void *ring; /* struct perf_event_mmap_page */
};
void exec_event_open(const struct app *app, struct exec_event *ret);
void exec_event_clear(struct exec_event *event);
void exec_event_close(struct exec_event *event);

/* Wait for the exec of the image's program: for its event, or by growing pauses.  signals: of
 * watcher_signals.  Returns 1 started; 0 the application ended first, or we were told to leave by
 * *ret_signal (0: were not); -1 and *e. */
int await_exec(const struct app *app, int signals, int *ret_signal, struct err *e);

/* Waiting may take days: give back the program's pages that were read only to get here.  They are
 * the file's, and come back by themselves when they are needed. */
void give_back_pages(void);

#endif
