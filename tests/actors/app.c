/* An application that answers.  SPDX-License-Identifier: Apache-2.0
 *
 * Static, so that it runs in an image without anything else.  Prints "app-up", then does what it
 * reads from the FIFO /app-in, a line each:
 *   say TEXT, err TEXT   print it to stdout, stderr
 *   fill BYTES           write that much to stdout, then "fill-done BYTES" or "fill-failed ERROR"
 *   take BYTES           use that much memory, then "taken BYTES of BYTES"
 *   dead                 stderr is the memory of an ended process now: a write of it takes 0 bytes
 *   quit STATUS          end
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILL_LINE 1024

/* Like most programs it takes a write's error for final, EAGAIN too. */
static int write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(fd, text, size);

		if (n < 0)
			return -1;
		text += n;
		size -= (size_t)n;
	}
	return 0;
}

__attribute__((format(printf, 2, 3))) static void say(int fd, const char *fmt, ...)
{
	char text[4096];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)write_all(fd, text, (size_t)n); /* nobody to tell */
}

static void fill(long bytes)
{
	char line[FILL_LINE];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (long done = 0; done < bytes; done += FILL_LINE)
		if (write_all(STDOUT_FILENO, line, sizeof(line)) < 0) {
			say(STDERR_FILENO, "fill-failed %s\n", strerrorname_np(errno));
			return;
		}
	say(STDOUT_FILENO, "fill-done %ld\n", bytes);
}

static void take(size_t bytes)
{
	char *memory = malloc(bytes);

	if (memory)
		memset(memory, 1, bytes); /* by use only it becomes ours */
	say(STDOUT_FILENO, "taken %zu of %zu\n", memory && memory[bytes - 1] ? bytes : 0, bytes);
}

static void use_dead_memory(void)
{
	pid_t pid = fork();
	char path[64];
	int fd;

	if (pid == 0)
		for (;;)
			pause();
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	(void)kill(pid, SIGKILL);
	while (fd >= 0 && write(fd, "", 1) != 0)
		; /* EIO until the memory is gone */
	(void)dup2(fd, STDERR_FILENO);
	say(STDOUT_FILENO, "dead %d\n", fd);
}

static void obey(char *line)
{
	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "say ", 4))
		say(STDOUT_FILENO, "%s\n", line + 4);
	else if (!strncmp(line, "err ", 4))
		say(STDERR_FILENO, "%s\n", line + 4);
	else if (!strncmp(line, "fill ", 5))
		fill(atol(line + 5));
	else if (!strncmp(line, "take ", 5))
		take((size_t)atol(line + 5));
	else if (!strcmp(line, "dead"))
		use_dead_memory();
	else if (!strncmp(line, "quit ", 5))
		_exit(atoi(line + 5));
}

int main(void)
{
	/* Read and write: no end of file when a writer leaves. */
	int fd = open("/app-in", O_RDWR | O_CLOEXEC);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	char line[4096];

	signal(SIGCHLD, SIG_IGN); /* as pid 1 it is handed orphans: none stays a zombie */
	say(STDOUT_FILENO, "app-up\n");
	if (!in) {
		say(STDERR_FILENO, "/app-in: %s\n", strerrorname_np(errno));
		return 1;
	}
	while (fgets(line, sizeof(line), in))
		obey(line);
	return 0;
}
