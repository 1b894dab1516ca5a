/* Health checks: HTTP requests to the application.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/ready/health.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "oci/cleanup.h"
#include "shim/base/clock.h"
#include "shim/base/confine.h"
#include "shim/app/network.h"

#define DRAIN_BYTES (256 * 1024)

struct target {
	bool v6;
	unsigned char address[16]; /* as in struct listener */
};

struct check {
	struct target targets[HEALTH_TARGETS_MAX];
	size_t target_count;
	uint16_t port;
	struct health_report *report;
};

/* --- the answer --- */

/* The end of the header that begins at text, after its empty line; NULL: it is not there yet. */
static const char *header_end(const char *text, const char *end)
{
	for (const char *at = text; (at = memchr(at, '\n', (size_t)(end - at))); at++) {
		if (at + 1 < end && at[1] == '\n')
			return at + 2;
		if (at + 2 < end && at[1] == '\r' && at[2] == '\n')
			return at + 3;
	}
	return NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK": 1 and *ret, 0 too short to say, -1 something else. */
static int status_line(const char *text, size_t len, int *ret)
{
	static const char form[] = "HTTP/1.d ddd";
	size_t known = sizeof(form) - 1;

	for (size_t i = 0; i < known && i < len; i++)
		if (form[i] == 'd' ? !is_digit(text[i]) : text[i] != form[i])
			return -1;
	if (len <= known)
		return 0;
	if (text[known] != ' ' && text[known] != '\r' && text[known] != '\n')
		return -1;
	*ret = (text[9] - '0') * 100 + (text[10] - '0') * 10 + text[11] - '0';
	return *ret < 100 ? -1 : 1;
}

int health_parse(const char *text, size_t len, int *ret_status)
{
	const char *end = text + len;

	for (;;) {
		int status = 0, known = status_line(text, (size_t)(end - text), &status);
		const char *next;

		if (known < 0)
			return -1;
		next = header_end(text, end);
		if (!known || !next)
			return 0;
		if (status >= 200 ||
		    status == 101) { /* 101 is final too, though we never ask for it */
			*ret_status = status;
			return 1;
		}
		text = next;
	}
}

/* --- one path --- */

static int wait_for(int fd, short events, int64_t until)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int64_t left = until - clock_monotonic_ms();

	return left > 0 && poll(&pfd, 1, (int)left) == 1 ? 0 : -1;
}

static int connect_fd(int fd, const struct target *target, uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	memcpy(&v4.sin_addr, target->address, sizeof(v4.sin_addr));
	memcpy(&v6.sin6_addr, target->address, sizeof(v6.sin6_addr));
	return target->v6 ? connect(fd, (struct sockaddr *)&v6, sizeof(v6))
			  : connect(fd, (struct sockaddr *)&v4, sizeof(v4));
}

static int connect_to(const struct target *target, uint16_t port, int64_t until)
{
	auto_fd fd = socket(target->v6 ? AF_INET6 : AF_INET,
			    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error = 0;
	socklen_t len = sizeof(error);

	if (fd < 0 || (connect_fd(fd, target, port) < 0 && errno != EINPROGRESS))
		return -1;
	if (wait_for(fd, POLLOUT, until) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error)
		return -1;
	return take_fd(&fd);
}

static void send_request(int fd, const struct check *check, const char *path, int64_t until)
{
	char text[READY_PATH_BYTES + 256];
	size_t done = 0;
	int len =
		snprintf(text, sizeof(text),
			 "GET %s HTTP/1.1\r\nHost: localhost:%u\r\nUser-Agent: oci-deploy-hook\r\n"
			 "Accept: */*\r\nConnection: close\r\n\r\n",
			 path, check->port);

	while (done < (size_t)len) {
		ssize_t n = send(fd, text + done, (size_t)len - done, MSG_NOSIGNAL);

		if (n > 0)
			done += (size_t)n;
		else if (errno != EAGAIN || wait_for(fd, POLLOUT, until) < 0)
			return; /* a server that has closed already may have answered well */
	}
}

/* Take the body too, within reason. */
static void discard_input(int fd, char *buf, size_t size)
{
	int64_t until = clock_monotonic_ms() + HEALTH_DRAIN_MS;

	for (size_t total = 0; total < DRAIN_BYTES;) {
		ssize_t n = recv(fd, buf, size, 0);

		if (n > 0)
			total += (size_t)n;
		else if (n == 0 || errno != EAGAIN || wait_for(fd, POLLIN, until) < 0)
			return;
	}
}

static enum health_result read_answer(int fd, int64_t until, int *ret_status)
{
	static char text[HEALTH_HEADER_MAX + 1];
	size_t used = 0;

	for (;;) {
		ssize_t n = recv(fd, text + used, HEALTH_HEADER_MAX - used, 0);
		int whole;

		if (n < 0 && errno == EAGAIN) {
			if (wait_for(fd, POLLIN, until) < 0)
				return HEALTH_NO_ANSWER;
			continue;
		}
		if (n <= 0)
			return HEALTH_CLOSED;
		used += (size_t)n;
		whole = health_parse(text, used, ret_status);
		if (whole < 0)
			return HEALTH_NO_HTTP;
		if (whole) {
			discard_input(fd, text, HEALTH_HEADER_MAX);
			return HEALTH_STATUS;
		}
		if (used == HEALTH_HEADER_MAX)
			return HEALTH_TOO_LARGE;
		if (clock_monotonic_ms() >= until)
			return HEALTH_NO_ANSWER; /* slow bytes do not prolong the time */
	}
}

static enum health_result request(const struct check *check, const char *path, int *ret_status)
{
	int64_t until = clock_monotonic_ms() + HEALTH_TRY_MS;

	for (size_t i = 0; i < check->target_count; i++) {
		auto_fd fd = connect_to(&check->targets[i], check->port, until);

		if (fd < 0)
			continue;
		send_request(fd, check, path, until);
		return read_answer(fd, until, ret_status);
	}
	return clock_monotonic_ms() < until ? HEALTH_REFUSED : HEALTH_NO_ANSWER;
}

/* --- all of them --- */

static void add_target(struct check *check, bool v6, const void *address)
{
	size_t size = v6 ? 16 : 4;
	struct target *free_one = &check->targets[check->target_count];

	for (size_t i = 0; i < check->target_count; i++)
		if (check->targets[i].v6 == v6 && !memcmp(check->targets[i].address, address, size))
			return;
	if (check->target_count == HEALTH_TARGETS_MAX)
		return;
	free_one->v6 = v6;
	memcpy(free_one->address, address, size);
	check->target_count++;
}

/* A socket that is bound to all addresses is asked on loopback.  IPv6 ones may serve IPv4 too. */
static void add_targets(struct check *check, const struct listeners *set, bool shared)
{
	static const unsigned char v4[4] = { 127, 0, 0, 1 };

	for (size_t i = 0; i < set->count; i++) {
		const struct listener *l = &set->at[i];

		if (!listen_on_all(l))
			add_target(check, l->v6, l->address);
		else if (l->v6)
			add_target(check, true, &in6addr_loopback);
		else
			add_target(check, false, v4);
	}
	/* IPv4 too, in case IPv6 is switched off on loopback.  Not in a namespace that is shared:
	 * another container may answer there. */
	for (size_t i = 0; !shared && i < set->count; i++)
		if (set->at[i].v6 && listen_on_all(&set->at[i]))
			add_target(check, false, v4);
}

__attribute__((noreturn)) static void run(const struct app *app, const struct ready *ready,
					  struct check *check, pid_t parent)
{
	struct err e = { 0 };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent ||
	    network_join(app, &e) < 0 || confine_client(&e) < 0) {
		check->report->result = HEALTH_CONFINED;
		_exit(1);
	}
	for (size_t i = 0; i < ready->path_count; i++) {
		enum health_result result;
		int status = 0;

		check->report->result = HEALTH_NO_ANSWER; /* holds if we are killed meanwhile */
		check->report->path = (int)i;
		result = request(check, ready->paths[i].path, &status);
		check->report->status = status;
		check->report->result = (int)result;
		if (result != HEALTH_STATUS || status < 200 || status > 299)
			_exit(1);
	}
	_exit(0);
}

pid_t health_start(const struct app *app, const struct ready *ready, const struct listeners *set,
		   bool shared, struct health_report *report, struct err *e)
{
	struct check check = { .port = ready->port, .report = report };
	pid_t pid, parent = getpid();

	report->path = 0;
	report->result = HEALTH_NOT_ASKED;
	add_targets(&check, set, shared);
	pid = fork();
	if (pid == 0)
		run(app, ready, &check, parent);
	return pid < 0 ? err_sys(e, errno, "fork") : pid;
}

const char *health_describe(const struct ready *ready, const struct health_report *report,
			    char *buf, size_t size)
{
	static const char *const words[HEALTH_RESULTS] = {
		[HEALTH_NOT_ASKED] = "was not asked yet",
		[HEALTH_NO_ANSWER] = "has not answered",
		[HEALTH_REFUSED] = "could not be connected to",
		[HEALTH_CLOSED] = "was closed before a whole header",
		[HEALTH_TOO_LARGE] = "answered with too large a header",
		[HEALTH_NO_HTTP] = "answered with something else than HTTP/1",
		[HEALTH_STATUS] = "answered",
		[HEALTH_CONFINED] = "was not asked: the asking process could not be confined",
	};
	int path = report->path, result = report->result, status = report->status;

	if (path < 0 || (size_t)path >= ready->path_count || result < 0 || result >= HEALTH_RESULTS)
		snprintf(buf, size, "the health checks have gone wrong");
	else if (result == HEALTH_STATUS)
		snprintf(buf, size, "%s answered %d on port %u", ready->paths[path].variable,
			 status < 0 || status > 999 ? 0 : status, ready->port);
	else
		snprintf(buf, size, "%s %s on port %u", ready->paths[path].variable, words[result],
			 ready->port);
	return buf;
}
