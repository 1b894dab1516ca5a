/* Waiting until the run has succeeded or failed.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/ready/await_ready.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oci/cleanup.h"
#include "shim/base/clock.h"
#include "shim/ready/health.h"
#include "shim/app/network.h"
#include "shim/app/listen_owner.h"

#define PAUSE_FIRST_MS 50
#define PAUSE_LAST_MS 1000
#define LAST_LOOK_MS 300 /* so long before the end there is a look, however long the pause is */
#define CHECKER_SPARE_MS                                                                           \
	1000             /* more than a checker needs: it is killed if the container stops it      \
			  */
#define REJECTED_LOOKS 8 /* of so many looks at the same sockets, one asks again whose they are */
#define PORTS_NAMED_MAX 8

enum seen { SEEN_NOTHING, SEEN_LOOPBACK, SEEN_FOREIGN, SEEN_LISTENING, SEEN_ERROR };

struct wait {
	const struct ready *ready;
	const struct app *app;
	bool private_pid_ns, host_network;
	int signals;
	int diag; /* netlink socket; -1 = none, so /proc is read */
	struct await_outcome *out;
	int64_t start_ms, deadline_ms, next_look_ms;
	int pause_ms;
	enum seen seen;
	struct err error; /* with SEEN_ERROR */
	/* Sums of inodes: of a set that was looked at in vain, and of one that is ours as a whole.
	 * To ask whose sockets are is to look at all processes of the host. */
	uint64_t rejected, accepted;
	unsigned rejections;
	struct listeners set;
	struct owners owners;
	pid_t checker;                      /* 0 = none */
	int64_t checker_until_ms;           /* after this time it is killed */
	struct health_report *report, last; /* of the checker; of the last one that has ended */
	bool done;
};

/* --- looking --- */

static void read_listeners(struct wait *w, uint16_t port)
{
	memset(&w->error, 0, sizeof(w->error));
	if (w->diag >= 0 && listen_read(w->app, w->diag, port, &w->set, &w->error) == 0)
		return;
	cleanup_fd(&w->diag); /* a kernel without it, or an answer that is not understood */
	memset(&w->error, 0, sizeof(w->error));
	(void)listen_read(w->app, -1, port, &w->set, &w->error);
}

/* What of the port's sockets is the application's, and where a client could reach it? */
static enum seen judge(struct wait *w)
{
	enum seen seen = SEEN_FOREIGN;
	size_t kept = 0;

	for (size_t i = 0; i < w->set.count; i++) {
		if (!w->owners.ours[i])
			continue;
		/* The host's own processes are clients that reach loopback too. */
		if (listen_on_loopback(&w->set.at[i]) && !w->host_network) {
			seen = seen == SEEN_LISTENING ? seen : SEEN_LOOPBACK;
			continue;
		}
		seen = SEEN_LISTENING;
		w->set.at[kept++] = w->set.at[i];
	}
	w->set.count = kept;
	return seen;
}

static void look(struct wait *w)
{
	uint64_t sum = 0;
	size_t count;

	read_listeners(w, w->ready->port);
	if (w->error.code && app_ended(w->app))
		return; /* what was seen before still counts */
	if (w->error.code) {
		w->seen = SEEN_ERROR;
		return;
	}
	if (!w->set.count) {
		w->seen = SEEN_NOTHING;
		return;
	}
	for (size_t i = 0; i < w->set.count; i++)
		sum += w->set.at[i].inode;
	if (sum == w->rejected && ++w->rejections % REJECTED_LOOKS)
		return; /* w->seen stays as it is */
	if (sum == w->accepted) {
		w->seen = SEEN_LISTENING;
		return;
	}
	owner_find(w->app, w->private_pid_ns, &w->set, &w->owners);
	count = w->set.count;
	w->seen = judge(w);
	w->accepted = w->seen == SEEN_LISTENING && w->set.count == count ? sum : 0;
	w->rejected = w->seen == SEEN_LISTENING ? 0 : sum;
}

/* --- deciding --- */

static void conclude(struct wait *w, enum await_result result)
{
	if (!w->done)
		w->out->result = result;
	w->done = true;
}

/* ", listening: 3000 4000": which ports of the application's own listen at all. */
static void name_ports(struct wait *w, char *buf, size_t size)
{
	uint16_t named[PORTS_NAMED_MAX];
	size_t count = 0, used = 0;

	buf[0] = '\0';
	read_listeners(w, 0);
	if (w->error.code)
		return;
	if (w->set.count)
		owner_find(w->app, w->private_pid_ns, &w->set, &w->owners);
	for (size_t i = 0; i < w->set.count && used < size; i++) {
		bool known = !w->owners.ours[i];

		for (size_t j = 0; j < count; j++)
			known |= named[j] == w->set.at[i].port;
		if (known)
			continue;
		if (count == PORTS_NAMED_MAX) {
			snprintf(buf + used, size - used, " ...");
			return;
		}
		named[count++] = w->set.at[i].port;
		used += (size_t)snprintf(buf + used, size - used, "%s%u",
					 used ? ", " : "; listening: ", w->set.at[i].port);
	}
	if (!count)
		snprintf(buf, size, "; listening: none");
}

/* What was seen last. */
static void describe_seen(const struct wait *w, char *buf, size_t size)
{
	unsigned port = w->ready->port;

	switch (w->seen) {
	case SEEN_NOTHING:
		snprintf(buf, size, "port %u not listening", port);
		break;
	case SEEN_LOOPBACK:
		snprintf(buf, size, "port %u listening on loopback only", port);
		break;
	case SEEN_FOREIGN:
		snprintf(buf, size, "port %u not listening: others listen on it here", port);
		break;
	case SEEN_ERROR:
		snprintf(buf, size, "port %u: %.160s", port, w->error.msg);
		break;
	case SEEN_LISTENING:
		if (w->ready->path_count) /* an answer that was cut off says less */
			(void)health_describe(
				w->ready, w->last.result == HEALTH_NOT_ASKED ? w->report : &w->last,
				buf, size);
		else
			snprintf(buf, size, "port %u listening", port);
		break;
	}
}

static void fail_by_timeout(struct wait *w)
{
	char seen[200], ports[120] = "";

	describe_seen(w, seen, sizeof(seen));
	if (w->seen == SEEN_NOTHING || w->seen == SEEN_FOREIGN)
		name_ports(w, ports, sizeof(ports));
	snprintf(w->out->reason, sizeof(w->out->reason), "%.160s after %u s%.80s", seen,
		 w->ready->timeout_s, ports);
	conclude(w, AWAIT_FAILED);
}

static void succeed(struct wait *w)
{
	if (w->ready->kind == READY_WHEN_ANSWERING)
		snprintf(w->out->reason, sizeof(w->out->reason),
			 "%zu health check%s answered on port %u, %lld ms after the start",
			 w->ready->path_count, w->ready->path_count == 1 ? "" : "s", w->ready->port,
			 (long long)(clock_monotonic_ms() - w->start_ms));
	else
		snprintf(w->out->reason, sizeof(w->out->reason),
			 "port %u listens, %lld ms after the start", w->ready->port,
			 (long long)(clock_monotonic_ms() - w->start_ms));
	conclude(w, AWAIT_SUCCEEDED);
}

/* --- waiting --- */

static void pause_longer(struct wait *w)
{
	int64_t now = clock_monotonic_ms(), last = w->deadline_ms - LAST_LOOK_MS;

	w->next_look_ms = now + w->pause_ms;
	if (now < last && w->next_look_ms > last)
		w->next_look_ms = last;
	w->pause_ms = w->pause_ms * 2 > PAUSE_LAST_MS ? PAUSE_LAST_MS : w->pause_ms * 2;
}

static void reap_checker(struct wait *w)
{
	siginfo_t info = { 0 };

	if (!w->checker ||
	    (waitid(P_PID, (id_t)w->checker, &info, WEXITED | WNOHANG) == 0 && !info.si_pid))
		return;
	w->checker = 0;
	w->last = *w->report;
	if (info.si_code == CLD_EXITED && info.si_status == 0)
		succeed(w);
	else
		pause_longer(w);
}

static void end_checker(struct wait *w)
{
	if (!w->checker)
		return;
	(void)kill(w->checker, SIGKILL); /* ours, not reaped yet: the pid is right */
	(void)waitpid(w->checker, NULL, 0);
	w->checker = 0;
}

static void look_and_ask(struct wait *w)
{
	look(w);
	if (w->seen == SEEN_LISTENING && w->ready->kind == READY_WHEN_LISTENING) {
		succeed(w);
		return;
	}
	if (w->seen == SEEN_LISTENING) {
		w->checker = health_start(w->app, w->ready, &w->set, w->owners.shared, w->report,
					  &w->error);
		w->checker_until_ms =
			clock_monotonic_ms() + CHECKER_SPARE_MS +
			(int64_t)w->ready->path_count * (HEALTH_TRY_MS + HEALTH_DRAIN_MS);
		if (w->checker > 0)
			return; /* the next look comes after its end */
		w->checker = 0;
		w->seen = SEEN_ERROR;
	}
	pause_longer(w);
}

/* The time is over. */
static void look_at_last(struct wait *w)
{
	if (w->ready->kind == READY_WHEN_LISTENING) {
		look(w);
		if (w->seen == SEEN_LISTENING)
			succeed(w);
	}
	if (!w->done)
		fail_by_timeout(w);
}

static void sleep_until_change(const struct wait *w)
{
	struct pollfd polls[] = {
		{ .fd = w->app->pidfd, .events = POLLIN },
		{ .fd = w->signals, .events = POLLIN },
	};
	int64_t next = w->checker ? w->checker_until_ms : w->next_look_ms;
	int64_t until = w->deadline_ms < next ? w->deadline_ms : next;
	int64_t left = until - clock_monotonic_ms();

	if (left > 0)
		(void)poll(polls, 2, left > INT_MAX ? INT_MAX : (int)left);
}

static void step(struct wait *w)
{
	struct signalfd_siginfo info = { 0 };
	char seen[200];

	while (read(w->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD) {
			w->out->signal = (int)info.ssi_signo;
			conclude(w, AWAIT_TOLD);
		}
	if (app_ended(w->app)) {
		describe_seen(w, seen, sizeof(seen));
		snprintf(w->out->reason, sizeof(w->out->reason),
			 "the application ended first: %.200s", seen);
		conclude(w, AWAIT_APP_ENDED);
	}
	reap_checker(w);
	if (w->checker && clock_monotonic_ms() >= w->checker_until_ms) {
		end_checker(w);
		pause_longer(w);
	}
	if (!w->done && clock_monotonic_ms() >= w->deadline_ms)
		look_at_last(w);
	if (!w->done && !w->checker && clock_monotonic_ms() >= w->next_look_ms)
		look_and_ask(w);
}

static int open_wait(struct wait *w, struct err *e)
{
	struct err unseen = { 0 };
	void *page = mmap(NULL, sizeof(*w->report), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return err_sys(e, errno, "map the health report");
	w->report = page;
	w->host_network = app_ns_differs(w->app, NS_NETWORK, &unseen) == 0;
	w->diag = network_open_diag(w->app, &unseen); /* without it /proc is read */
	w->start_ms = w->next_look_ms = clock_monotonic_ms();
	w->deadline_ms = w->start_ms + (int64_t)w->ready->timeout_s * 1000;
	w->pause_ms = PAUSE_FIRST_MS;
	return 0;
}

void await_ready(const struct ready *ready, const struct app *app, bool private_pid_ns, int signals,
		 struct await_outcome *ret)
{
	struct wait w = {
		.ready = ready,
		.app = app,
		.private_pid_ns = private_pid_ns,
		.signals = signals,
		.diag = -1,
		.out = ret,
	};
	struct err e = { 0 };

	*ret = (struct await_outcome){ .result = AWAIT_FAILED };
	if (ready->unusable.code) {
		snprintf(ret->reason, sizeof(ret->reason), "%s", ready->unusable.msg);
	} else if (ready->kind == READY_WHEN_EXECUTED) {
		ret->result = AWAIT_SUCCEEDED;
		snprintf(ret->reason, sizeof(ret->reason), "the application has started");
	} else if (open_wait(&w, &e) < 0) {
		snprintf(ret->reason, sizeof(ret->reason), "%s", e.msg);
	} else {
		for (step(&w); !w.done; step(&w))
			sleep_until_change(&w);
		end_checker(&w);
		cleanup_fd(&w.diag);
		(void)munmap(w.report, sizeof(*w.report));
	}
}
