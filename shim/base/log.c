/* The log: the journal or syslog, and a file.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/log.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "oci/cleanup.h"
#include "shim/base/log_daemon.h"
#include "shim/base/text.h"

#define LINE_MAX_BYTES 4096 /* PIPE_BUF: a FIFO gets a line whole or not at all */
#define ID_MAX_BYTES 1088   /* of the line */
#define CAUSE_MAX_BYTES 2800

const char *const log_level_names[] = { "error", "warning", "info", "debug", NULL };

static struct {
	int file;
	bool open;
	bool json;
	enum log_level level;
} sink = { .file = -1, .level = LOG_LEVEL_INFO };

int log_open(const struct log_options *options, struct err *e)
{
	if (sink.open)
		return 0;
	sink.open = true;
	sink.json = options->json;
	sink.level = options->level;
	(void)daemon_connect(); /* a daemon that is not there yet is tried again later */
	if (!options->file)
		return 0;
	/* O_NONBLOCK: a FIFO without a reader must not hold the runtime. */
	sink.file = open(options->file,
			 O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (sink.file < 0)
		return err_sys(e, errno, "open the log '%s'", options->file);
	return 0;
}

static const char *now(char *buf, size_t size)
{
	struct timespec time = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &time); /* cannot fail with this clock */
	return text_time(buf, size, time.tv_sec, (unsigned)(time.tv_nsec / 1000000));
}

/* SIGPIPE must not end us where a FIFO's reader has gone.  It is blocked, not ignored, since the
 * hook would inherit that it is ignored. */
static bool write_line(const char *line, size_t len)
{
	const struct timespec at_once = { 0 };
	sigset_t broken_pipe, before;
	ssize_t n;

	sigemptyset(&broken_pipe);
	sigaddset(&broken_pipe, SIGPIPE);
	(void)sigprocmask(SIG_BLOCK, &broken_pipe, &before); /* cannot fail */
	n = write(sink.file, line, len);
	if (n < 0 && errno == EPIPE)
		(void)sigtimedwait(&broken_pipe, NULL, &at_once);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return n == (ssize_t)len; /* a log cannot log its errors */
}

static bool write_json(const struct log_entry *entry)
{
	char line[LINE_MAX_BYTES], time[TEXT_TIME_MAX], id[ID_MAX_BYTES], cause[CAUSE_MAX_BYTES];
	int n = snprintf(line, sizeof(line),
			 "{\"time\":\"%s\",\"level\":\"%s\",\"msg\":\"%s\",\"id\":\"%s\","
			 "\"event\":\"%s\"}\n",
			 now(time, sizeof(time)), log_level_names[entry->level],
			 text_json_bytes(cause, sizeof(cause), entry->cause, entry->len),
			 text_json(id, sizeof(id), entry->id), entry->event);

	return n > 0 && (size_t)n < sizeof(line) && write_line(line, (size_t)n);
}

static bool write_text(const struct log_entry *entry)
{
	char line[LINE_MAX_BYTES], time[TEXT_TIME_MAX];
	int n = snprintf(line, sizeof(line), "%s oci-deploy-hook: %s\n", now(time, sizeof(time)),
			 entry->line);

	return n > 0 && (size_t)n < sizeof(line) && write_line(line, (size_t)n);
}

bool log_bytes(enum log_level level, const char *id, const char *event, const char *cause,
	       size_t len)
{
	char line[LINE_MAX_BYTES - 64], name[ID_MAX_BYTES], text[CAUSE_MAX_BYTES];
	struct log_entry entry = { level, id, event, cause, len, line };
	bool taken = false;

	if (level > sink.level)
		return true; /* not wanted, so not lost */
	snprintf(line, sizeof(line), "%s: %s: %s: %s", log_level_names[level],
		 text_escape(name, sizeof(name), id), event,
		 text_escape_bytes(text, sizeof(text), cause, len));
	if (sink.file >= 0)
		taken = sink.json ? write_json(&entry) : write_text(&entry);
	return (sink.open && daemon_send(&entry)) || taken;
}

void log_event(enum log_level level, const char *id, const char *event, const char *fmt, ...)
{
	char cause[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cause, sizeof(cause), fmt, ap);
	va_end(ap);
	(void)log_bytes(level, id, event, cause, strlen(cause)); /* a log cannot log its errors */
}

void log_be_patient(int ms)
{
	daemon_be_patient(ms);
}

void log_descriptors(int ret[LOG_FDS])
{
	ret[0] = sink.file;
	ret[1] = daemon_descriptor();
}

void log_descriptors_moved(const int fds[LOG_FDS])
{
	sink.file = fds[0];
	daemon_descriptor_moved(fds[1]);
}
