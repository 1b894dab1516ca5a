/* Waiting until the application has started.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_AWAIT_EXEC_H
#define ODH_AWAIT_EXEC_H

#include "shim/app/app.h"

/* An event for the exec of the application: poll fd for POLLIN, then exec_event_clear, then ask
 * app_started, since other events wake too.  Where the kernel allows no such event, fd is -1: then
 * ask app_started again and again, with pauses. */
struct exec_event {
	int fd;
	void *ring; /* struct perf_event_mmap_page */
};
void exec_event_open(const struct app *app, struct exec_event *ret);
void exec_event_clear(struct exec_event *event);
void exec_event_close(struct exec_event *event);

/* Wait for the exec of the image's program: for its event, or by growing pauses.  signals: the
 * descriptor that watcher_signals returned.  Returns 1: it has started.  0: we got a signal that
 * tells us to end, *ret_signal; or, with *ret_signal 0, the application ended first.  -1 and *e. */
int await_exec(const struct app *app, int signals, int *ret_signal, struct err *e);

/* Waiting may take days: give back the program's pages that were read only to get here.  They are
 * the file's, and come back by themselves when they are needed. */
void give_back_pages(void);

#endif
