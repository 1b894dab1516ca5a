/* The log: syslog and a file.  SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "../oci/cleanup.h"
#include "text.h"

#define LINE_MAX_BYTES 4096

const char *const log_level_names[] = { "error", "warning", "info", "debug", NULL };

/* syslog(3): facility daemon (3) * 8 + severity, in the order of enum log_level */
static const int syslog_priority[] = { 3 * 8 + 3, 3 * 8 + 4, 3 * 8 + 6, 3 * 8 + 7 };

static struct {
	int file;
	int syslog;
	bool json;
	enum log_level level;
} sink = { .file = -1, .syslog = -1, .level = LOG_LEVEL_INFO };

/* Not syslog(3): that one blocks while the daemon's buffer is full. */
static int connect_syslog(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return take_fd(&fd);
}

int log_open(const struct log_options *options, struct err *e)
{
	if (sink.syslog >= 0 || sink.file >= 0)
		return 0; /* open already */
	sink.json = options->json;
	sink.level = options->level;
	sink.syslog = connect_syslog();
	if (!options->file)
		return 0;
	/* O_NONBLOCK: a FIFO without a reader must not hold the runtime. */
	sink.file = open(options->file,
			 O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (sink.file < 0)
		return err_sys(e, errno, "open the log '%s'", options->file);
	return 0;
}

static void now_rfc3339(char *buf, size_t size)
{
	struct timespec now = { 0 };
	struct tm utc = { 0 };
	size_t n;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with this clock */
	gmtime_r(&now.tv_sec, &utc);               /* not localtime: that reads a file */
	n = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(buf + n, size - n, ".%03ldZ", now.tv_nsec / 1000000);
}

static void write_file(enum log_level level, const char *id, const char *event, const char *cause)
{
	char line[LINE_MAX_BYTES + 512], time[40], name[300], text[LINE_MAX_BYTES];
	int n;

	now_rfc3339(time, sizeof(time));
	if (sink.json)
		n = snprintf(line, sizeof(line),
			     "{\"time\":\"%s\",\"level\":\"%s\",\"msg\":\"%s\",\"id\":\"%s\","
			     "\"event\":\"%s\"}\n",
			     time, log_level_names[level], text_json(text, sizeof(text), cause),
			     text_json(name, sizeof(name), id), event);
	else
		n = snprintf(line, sizeof(line), "%s oci-deploy-hook: %s: %s: %s: %s\n", time,
			     log_level_names[level], text_escape(name, sizeof(name), id), event,
			     text_escape(text, sizeof(text), cause));
	if (n > 0 && (size_t)n < sizeof(line))
		(void)!write(sink.file, line, (size_t)n); /* there is nobody to tell */
}

static void write_syslog(enum log_level level, const char *id, const char *event, const char *cause)
{
	char line[LINE_MAX_BYTES], name[300], text[LINE_MAX_BYTES - 512];
	int n = snprintf(line, sizeof(line), "<%d>oci-deploy-hook[%d]: %s: %s: %s: %s",
			 syslog_priority[level], (int)getpid(), log_level_names[level],
			 text_escape(name, sizeof(name), id), event,
			 text_escape(text, sizeof(text), cause));

	if (n > 0 && (size_t)n < sizeof(line))
		(void)send(sink.syslog, line, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void log_event(enum log_level level, const char *id, const char *event, const char *fmt, ...)
{
	char cause[1024];
	va_list ap;

	if (level > sink.level)
		return;
	va_start(ap, fmt);
	vsnprintf(cause, sizeof(cause), fmt, ap);
	va_end(ap);
	if (sink.file >= 0)
		write_file(level, id, event, cause);
	if (sink.syslog >= 0)
		write_syslog(level, id, event, cause);
}
