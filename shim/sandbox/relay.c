/* The relay.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/sandbox/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "oci/cleanup.h"
#include "shim/base/clock.h"
#include "shim/base/confine.h"
#include "shim/sandbox/lines.h"
#include "shim/base/log.h"

#define LOG_PATIENCE_MS 100
#define GRACE_MS 1000 /* for the last output; then as long for a killed helper to end */
#define LOOK_AGAIN_MS 20
/* The relay runs at the host's expense, not at the container's: one read a stream, then a pause, so
 * that a hook that writes single bytes cannot keep a processor of the host busy. */
#define READ_MAX (64 * 1024) /* bytes */
#define PACE_MS 10

/* One line on its way from the relay to the logger. */
struct packet {
	char stream; /* 0 stdout, 1 stderr */
	char text[LINES_LENGTH_MAX];
};

/* Only the relay's process uses these. */
static struct lines lines[RELAY_STREAMS];
static struct lines_budget budget;

/* Write what goes out without waiting, or all where the stream is lossless.  Returns the number
 * of bytes written. */
static size_t forward(const struct relay_stream *stream, const char *data, size_t size)
{
	size_t done = 0;

	while (stream->target >= 0 && done < size) {
		ssize_t n = stream->kind == STREAM_SOCKET
				    ? send(stream->target, data + done, size - done,
					   MSG_DONTWAIT | MSG_NOSIGNAL)
				    : write(stream->target, data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN && stream->lossless) {
			struct pollfd pfd = { .fd = stream->target, .events = POLLOUT };

			(void)poll(&pfd, 1, -1); /* an error shows in the write */
			continue;
		}
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

static void keep(struct relay_report *report, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		report->tail[(report->seen + i) % HOOK_OUTPUT_MAX] = data[i];
	report->seen += size;
}

size_t relay_tail(const struct relay_report *report, char *buf)
{
	uint64_t seen = report->seen;
	size_t len = seen < HOOK_OUTPUT_MAX ? (size_t)seen : HOOK_OUTPUT_MAX;

	for (size_t i = 0; i < len; i++)
		buf[i] = report->tail[(seen - len + i) % HOOK_OUTPUT_MAX];
	return len;
}

static void send_line(const struct relay *relay, int number)
{
	const struct lines *line = &lines[number];
	struct packet packet = { .stream = (char)number };

	memcpy(packet.text, line->text, line->length);
	if (!lines_allowed(&budget, line->length, clock_monotonic_ms()) ||
	    write(relay->logger, &packet, offsetof(struct packet, text) + line->length) < 0)
		relay->report->dropped += line->length + line->newline;
}

/* size 0: the stream has ended. */
static void send_lines(const struct relay *relay, int number, const char *data, size_t size)
{
	if (!size && lines_last(&lines[number]))
		send_line(relay, number);
	while (lines_take(&lines[number], &data, &size))
		send_line(relay, number);
}

/* Returns false at the end of the source. */
static bool move_once(const struct relay *relay, int number)
{
	const struct relay_stream *stream = &relay->streams[number];
	static char data[READ_MAX];
	ssize_t n = read(stream->source, data, sizeof(data));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (relay->logger >= 0) {
		keep(relay->report, data, n > 0 ? (size_t)n : 0);
		send_lines(relay, number, data, n > 0 ? (size_t)n : 0);
	} else if (n > 0) {
		relay->report->dropped += (size_t)n - forward(stream, data, (size_t)n);
	}
	return n > 0;
}

void relay_run(struct relay *relay)
{
	struct relay_stream *streams = relay->streams;
	int fds[] = { streams[0].source, streams[0].target, streams[1].source, streams[1].target,
		      relay->logger };
	struct pollfd polls[RELAY_STREAMS];
	const bool lossless = streams[0].lossless; /* both or none: it is our caller who reads */
	struct err e = { 0 };

	if (confine_helper(fds, sizeof(fds) / sizeof(fds[0]), &e) < 0)
		_exit(1);
	relay->logger = fds[4];
	for (int i = 0; i < RELAY_STREAMS; i++) {
		streams[i].source = fds[2 * i];
		streams[i].target = fds[2 * i + 1];
		polls[i] = (struct pollfd){ .fd = fds[2 * i], .events = POLLIN };
	}
	while (polls[0].fd >= 0 || polls[1].fd >= 0) {
		if (poll(polls, RELAY_STREAMS, -1) < 0)
			continue;
		for (int i = 0; i < RELAY_STREAMS; i++)
			if (polls[i].fd >= 0 && polls[i].revents && !move_once(relay, i))
				polls[i].fd = -1;
		if (!lossless)
			(void)poll(NULL, 0, PACE_MS);
	}
	_exit(0);
}

int relay_socket(int *ret_relay, int *ret_logger)
{
	int both[2], size = LINES_PER_SECOND * 4 * LINES_LENGTH_MAX;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, both) < 0)
		return -1;
	*ret_relay = both[0];
	*ret_logger = both[1];
	/* Ask for room for the lines of a second.  A plain user gets less, which will do. */
	if (setsockopt(both[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(both[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return fcntl(both[0], F_SETFL, O_NONBLOCK);
}

void relay_log(int source, const char *id, struct relay_report *report)
{
	static const char *const names[RELAY_STREAMS] = { "stdout: ", "stderr: " };
	int fds[1 + LOG_FDS] = { source };
	struct packet packet;
	struct err e = { 0 };
	ssize_t n;

	log_descriptors(fds + 1);
	if (confine_helper(fds, 1 + LOG_FDS, &e) < 0)
		_exit(1);
	log_descriptors_moved(fds + 1);
	log_be_patient(LOG_PATIENCE_MS);
	while ((n = read(fds[0], &packet, sizeof(packet))) > 0) {
		const char *name = names[packet.stream == 1];
		size_t len = (size_t)n - offsetof(struct packet, text), prefix = strlen(name);
		char cause[LINES_LENGTH_MAX + 16];

		memcpy(cause, name, prefix + 1);
		memcpy(cause + prefix, packet.text, len);
		if (!log_bytes(LOG_LEVEL_INFO, id, "output", cause, prefix + len))
			report->unlogged += len;
	}
	_exit(0);
}

/* Returns whether one of the helpers is left. */
static bool reap(pid_t *helpers)
{
	bool left = false;

	for (int i = 0; i < RELAY_HELPERS; i++) {
		if (helpers[i] > 0 && waitpid(helpers[i], NULL, WNOHANG) != 0)
			helpers[i] = 0;
		left = left || helpers[i] > 0;
	}
	return left;
}

void relay_end(pid_t helpers[RELAY_HELPERS], int signals, bool patient)
{
	int64_t until = clock_monotonic_ms() + GRACE_MS;
	bool killed = false;

	while (reap(helpers) && !(killed && clock_monotonic_ms() > until)) {
		struct pollfd pfd = { .fd = signals, .events = POLLIN };
		struct signalfd_siginfo info = { 0 };

		(void)poll(&pfd, 1, LOOK_AGAIN_MS);
		(void)!read(signals, &info, sizeof(info));
		if (killed || ((patient || clock_monotonic_ms() <= until) &&
			       (!info.ssi_signo || info.ssi_signo == SIGCHLD)))
			continue;
		killed = true;
		until = clock_monotonic_ms() + GRACE_MS;
		for (int i = 0; i < RELAY_HELPERS; i++)
			if (helpers[i] > 0)
				(void)kill(helpers[i], SIGKILL); /* not reaped yet */
	}
}
