/* The relay.  SPDX-License-Identifier: Apache-2.0 */
#include "relay.h"

#include <poll.h>
#include <sys/socket.h>

#include "../oci/cleanup.h"
#include "confine.h"

/* Write what goes without waiting (or all, where lossless).  Returns the bytes written. */
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

/* Returns false at the end of the source. */
static bool move_once(const struct relay_stream *stream, volatile uint64_t *dropped)
{
	char data[16384];
	ssize_t n = read(stream->source, data, sizeof(data));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	*dropped += (size_t)n - forward(stream, data, (size_t)n);
	return true;
}

void relay_run(struct relay_stream streams[RELAY_STREAMS], volatile uint64_t *dropped)
{
	int fds[2 * RELAY_STREAMS] = { streams[0].source, streams[0].target, streams[1].source,
				       streams[1].target };
	struct pollfd polls[RELAY_STREAMS];
	struct err e = { 0 };

	if (confine_helper(fds, 2 * RELAY_STREAMS, &e) < 0)
		_exit(1);
	for (int i = 0; i < RELAY_STREAMS; i++) {
		streams[i].source = fds[2 * i];
		streams[i].target = fds[2 * i + 1];
		polls[i] = (struct pollfd){ .fd = fds[2 * i], .events = POLLIN };
	}
	while (polls[0].fd >= 0 || polls[1].fd >= 0) {
		if (poll(polls, RELAY_STREAMS, -1) < 0)
			continue;
		for (int i = 0; i < RELAY_STREAMS; i++)
			if (polls[i].fd >= 0 && polls[i].revents &&
			    !move_once(&streams[i], dropped))
				polls[i].fd = -1;
	}
	_exit(0);
}
