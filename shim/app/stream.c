/* The application's own stdout and stderr, to write to.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/app/stream.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "oci/cleanup.h"
#include "shim/base/clock.h"
#include "shim/base/confine.h"

#define UNIX98_PTY_SLAVE_MAJOR 136 /* to 143: Documentation/admin-guide/devices.txt */

static bool is_pty(const struct stat *st)
{
	unsigned major_number = major(st->st_rdev);

	return S_ISCHR(st->st_mode) && major_number >= UNIX98_PTY_SLAVE_MAJOR &&
	       major_number < UNIX98_PTY_SLAVE_MAJOR + 8;
}

/* Open what fd refers to once more: the new open file has status flags of its own. */
static int reopen(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static enum stream_kind classify(int fd, int *ret_fd)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	/* An O_PATH descriptor, or one that cannot write, must not become one that can. */
	if (flags < 0 || (flags & O_PATH) || (flags & O_ACCMODE) == O_RDONLY || fstat(fd, &st) < 0)
		return STREAM_NOWHERE;
	if (S_ISREG(st.st_mode)) {
		*ret_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		return *ret_fd < 0 ? STREAM_NOWHERE : STREAM_DIRECT;
	}
	if (S_ISFIFO(st.st_mode) || is_pty(&st)) {
		*ret_fd = reopen(fd);
		return *ret_fd < 0 ? STREAM_NOWHERE : STREAM_DIRECT;
	}
	if (S_ISSOCK(st.st_mode)) {
		*ret_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		return *ret_fd < 0 ? STREAM_NOWHERE : STREAM_SOCKET;
	}
	if (S_ISCHR(st.st_mode) && isatty(fd)) {
		*ret_fd = reopen(fd);
		return *ret_fd < 0 ? STREAM_NOWHERE : STREAM_TTY;
	}
	return STREAM_NOWHERE; /* /dev/null, and devices that may block in unknown ways */
}

enum stream_kind stream_open(const struct app *app, int number, int *ret_fd)
{
	auto_fd fd = pidfd_getfd(app->pidfd, number, 0);

	*ret_fd = -1;
	return fd < 0 ? STREAM_NOWHERE : classify(fd, ret_fd);
}

#define AGAIN_MS 20 /* between two tries */

/* Write all of text, until STREAM_NOTICE_MS are over.  The container chose what fd is: it may take
 * nothing for ever, or say that it is ready and is not, so each round makes progress or waits. */
static void write_all_in_time(int fd, enum stream_kind kind, const char *text)
{
	const int64_t until_ms = clock_monotonic_ms() + STREAM_NOTICE_MS;
	size_t left = strlen(text);

	while (left > 0 && clock_monotonic_ms() < until_ms) {
		struct pollfd pfd = { .fd = fd, .events = POLLOUT };
		ssize_t n = kind == STREAM_SOCKET
				    ? send(fd, text, left, MSG_DONTWAIT | MSG_NOSIGNAL)
				    : write(fd, text, left);

		if (n > 0) {
			text += n;
			left -= (size_t)n;
		} else if (n == 0 || errno != EAGAIN) {
			return; /* the log has the text, too */
		} else {
			(void)poll(&pfd, 1, AGAIN_MS);
			(void)poll(NULL, 0, AGAIN_MS);
		}
	}
}

static void write_notice(const struct app *app, const char *text)
{
	struct err e = { 0 };
	int fd = -1;
	enum stream_kind kind = stream_open(app, STDERR_FILENO, &fd);

	if (kind != STREAM_NOWHERE && confine_helper(&fd, 1, &e) == 0)
		write_all_in_time(fd, kind, text);
}

pid_t stream_notice(const struct app *app, const char *text)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* else: it lives only briefly */
		write_notice(app, text);
		_exit(0);
	}
	return pid;
}
