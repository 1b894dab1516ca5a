/* The application's own stdout and stderr, to write to.  SPDX-License-Identifier: Apache-2.0
 *
 * The application chose what its descriptors are, so only processes that nothing waits for may
 * touch them: closing one on FUSE can hang.
 */
#ifndef ODH_STREAM_H
#define ODH_STREAM_H

#include "shim/app/app.h"

enum stream_kind {
	STREAM_DIRECT,  /* a pipe or pty, reopened, or a regular file, shared: fit for the hook */
	STREAM_SOCKET,  /* shared with the application: only send with MSG_DONTWAIT */
	STREAM_TTY,     /* another terminal, reopened non-blocking */
	STREAM_NOWHERE, /* closed, read-only, or something that cannot be written to safely */
};

/* Get descriptor number (1 or 2) of the application.  Pipes and ptys are opened again, write-only
 * and at first non-blocking, so that their file status flags are not shared.  A regular file is
 * shared as it is, because of its offset.  All looks go through our own copy of the open file, so
 * that the application cannot swap it in between.
 * *ret_fd: close-on-exec, the caller's; -1 with STREAM_NOWHERE.  Never fails. */
enum stream_kind stream_open(const struct app *app, int number, int *ret_fd);

/* Write text to the application's stderr, from a confined child that nothing waits for.  Where the
 * reader is slow the child waits, for STREAM_NOTICE_MS in all; the write itself never blocks.
 * The child dies with its parent.  Returns its pid, for the caller to reap, or -1. */
#define STREAM_NOTICE_MS 10000
pid_t stream_notice(const struct app *app, const char *text);

#endif
