/* A server that behaves as it is told.  SPDX-License-Identifier: Apache-2.0
 *
 * server [COMMAND]...: obeys the commands, then those that it reads from the FIFO /app-in (or
 * $SERVER_IN), a line
 * each:
 *   listen ADDRESS PORT   ADDRESS: as inet_pton reads it; "::" is for IPv6 only
 *   both PORT             ::, for IPv6 and IPv4
 *   answer WORD...        one for each request that comes, the last one for all that follow
 *                         (a path /good... is none of them, and answered with 200):
 *                         a status (200), redirect, interim (103, then 200), endless (header),
 *                         drip (a byte a second), garbage, close, silent
 *   say TEXT, quit STATUS, crash
 * Prints "app-up", then "listening PORT" and "asked NUMBER PATH HOST" as it happens. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKETS_MAX 8
#define WORDS_MAX 8

static int sockets[SOCKETS_MAX], socket_count;
static char answers[WORDS_MAX][32] = { "200" };
static int answer_count = 1, asked;

__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
	char text[4096];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)!write(STDOUT_FILENO, text, (size_t)n);
}

static void listen_on(const char *address, int port, int v6only)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	int is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
	int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM, 0), on = 1;

	if (!is_v4)
		inet_pton(AF_INET6, address, &v6.sin6_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!is_v4)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only));
	if (bind(fd, is_v4 ? (void *)&v4 : (void *)&v6, is_v4 ? sizeof(v4) : sizeof(v6)) < 0 ||
	    listen(fd, 16) < 0) {
		say("cannot listen on %s %d\n", address, port);
		return;
	}
	sockets[socket_count++] = fd;
	say("listening %d\n", port);
}

static void put(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		_exit(0);
}

static void answer(int fd, const char *word)
{
	char text[256];

	if (!strcmp(word, "redirect")) {
		put(fd, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
	} else if (!strcmp(word, "interim")) {
		put(fd, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
			"HTTP/1.1 204 No Content\r\n\r\n");
	} else if (!strcmp(word, "endless")) {
		put(fd, "HTTP/1.1 200 OK\r\n");
		for (;;)
			put(fd, "X-More: and more of it, line by line\r\n");
	} else if (!strcmp(word, "drip")) {
		snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nX-Slow: yes, very\r\n\r\n");
		for (size_t i = 0; text[i]; i++) {
			(void)!send(fd, text + i, 1, MSG_NOSIGNAL);
			sleep(1); /* no event to wait for: it is the slowness that is meant */
		}
	} else if (!strcmp(word, "garbage")) {
		put(fd, "\x16\x03\x01\xff\0garbage, or TLS\r\n\r\n");
	} else if (!strcmp(word, "silent")) {
		for (;;)
			pause();
	} else if (strcmp(word, "close") != 0) {
		snprintf(text, sizeof(text), "HTTP/1.1 %s Word\r\nContent-Length: 3\r\n\r\nok\n",
			 word);
		put(fd, text);
	}
}

static void serve(int listener)
{
	int fd = accept(listener, NULL, NULL);
	char text[4096] = "", path[1200] = "", host[64] = "";
	const char *word = answers[asked < answer_count ? asked : answer_count - 1];
	size_t used = 0;

	while (used < sizeof(text) - 1 && !strstr(text, "\r\n\r\n")) {
		ssize_t n = recv(fd, text + used, sizeof(text) - 1 - used, 0);

		if (n <= 0)
			break;
		used += (size_t)n;
		text[used] = '\0';
	}
	sscanf(text, "GET %1199s HTTP/1.1\r\nHost: %63s", path, host);
	if (strncmp(path, "/good", 5))
		asked++;
	else
		word = "200";
	say("asked %d %s %s\n", asked, path, host);
	if (fork() == 0) {
		answer(fd, word);
		_exit(0);
	}
	close(fd);
}

static void obey(char *line)
{
	char *words[WORDS_MAX + 1] = { 0 }, *save = NULL;
	int count = 0;

	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "say ", 4)) {
		say("%s\n", line + 4);
		return;
	}
	for (char *word = strtok_r(line, " ", &save); word && count < WORDS_MAX;
	     word = strtok_r(NULL, " ", &save))
		words[count++] = word;
	if (count == 3 && !strcmp(words[0], "listen"))
		listen_on(words[1], atoi(words[2]), !strchr(words[1], '.'));
	else if (count == 2 && !strcmp(words[0], "both"))
		listen_on("::", atoi(words[1]), 0);
	else if (count == 2 && !strcmp(words[0], "quit"))
		_exit(atoi(words[1]));
	else if (count == 1 && !strcmp(words[0], "crash"))
		__builtin_trap();
	else if (count > 1 && !strcmp(words[0], "answer"))
		for (answer_count = 0; answer_count < count - 1; answer_count++)
			snprintf(answers[answer_count], sizeof(answers[0]), "%s",
				 words[1 + answer_count]);
}

int main(int argc, char **argv)
{
	/* Read and write: no end of file when a writer leaves. */
	const char *fifo = getenv("SERVER_IN");
	int in = open(fifo ? fifo : "/app-in", O_RDWR | O_CLOEXEC);
	char line[4096];
	size_t used = 0;

	signal(SIGCHLD, SIG_IGN);
	say("app-up\n");
	for (int i = 1; i < argc; i++)
		obey(argv[i]);
	for (;;) {
		struct pollfd polls[1 + SOCKETS_MAX] = { { .fd = in, .events = POLLIN } };

		for (int i = 0; i < socket_count; i++)
			polls[1 + i] = (struct pollfd){ .fd = sockets[i], .events = POLLIN };
		if (poll(polls, (nfds_t)(1 + socket_count), -1) < 0)
			continue;
		for (int i = 0; i < socket_count; i++)
			if (polls[1 + i].revents)
				serve(sockets[i]);
		while (polls[0].revents && used < sizeof(line) - 1 &&
		       read(in, line + used, 1) == 1) {
			if (line[used++] != '\n')
				continue;
			line[used] = '\0';
			used = 0;
			obey(line);
			break;
		}
	}
}
