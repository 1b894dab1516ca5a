/* The log daemon of the host.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/log_daemon.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "oci/cleanup.h"

#define MESSAGE_MAX 8192 /* bytes of a datagram */
#define SHORT_ID 12      /* letters of CONTAINER_ID, as Docker's journald driver has it */
#define FACILITY 3       /* syslog(3): daemon */
#define IDENTIFIER "oci-deploy-hook"

/* syslog(3), in the order of enum log_level */
static const int severity[] = { 3, 4, 6, 7 };

static struct {
	int fd;
	bool native;    /* the journal's own protocol */
	bool confined;  /* it cannot connect again */
	bool exhausted; /* the last wait was in vain */
	int patience_ms;
} peer = { .fd = -1 };

/* Not syslog(3): that one blocks while the daemon's buffer is full. */
int daemon_connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_fd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return take_fd(&fd);
}

bool daemon_connect(void)
{
	if (peer.fd >= 0)
		return true;
	if (peer.confined)
		return false;
	peer.fd = daemon_connect_to("/run/systemd/journal/socket");
	peer.native = peer.fd >= 0;
	if (peer.fd < 0)
		peer.fd = daemon_connect_to("/dev/log");
	return peer.fd >= 0;
}

/* Append a field in the form that may hold any bytes: name, newline, length, bytes, newline.
 * Source: systemd.io/JOURNAL_NATIVE_PROTOCOL */
static void add_field(char *message, size_t *used, const char *name, const char *value, size_t len)
{
	uint64_t length = htole64(len);
	size_t n = strlen(name);

	if (*used + n + 1 + sizeof(length) + len + 1 > MESSAGE_MAX)
		return;
	memcpy(message + *used, name, n + 1);
	message[*used + n] = '\n';
	*used += n + 1;
	memcpy(message + *used, &length, sizeof(length));
	memcpy(message + *used + sizeof(length), value, len);
	*used += sizeof(length) + len;
	message[(*used)++] = '\n';
}

static size_t native_message(char *message, const struct log_entry *entry)
{
	char priority = (char)('0' + severity[entry->level]);
	char facility = '0' + FACILITY;
	size_t used = 0, id_len = strlen(entry->id);

	add_field(message, &used, "PRIORITY", &priority, 1);
	add_field(message, &used, "SYSLOG_FACILITY", &facility, 1);
	add_field(message, &used, "SYSLOG_IDENTIFIER", IDENTIFIER, strlen(IDENTIFIER));
	add_field(message, &used, "MESSAGE", entry->line, strlen(entry->line));
	add_field(message, &used, "OCI_DEPLOY_HOOK_EVENT", entry->event, strlen(entry->event));
	if (strcmp(entry->id, "-") != 0) {
		add_field(message, &used, "CONTAINER_ID", entry->id,
			  id_len < SHORT_ID ? id_len : SHORT_ID);
		add_field(message, &used, "CONTAINER_ID_FULL", entry->id, id_len);
	}
	return used;
}

static size_t syslog_message(char *message, const struct log_entry *entry)
{
	int n = snprintf(message, MESSAGE_MAX, "<%d>" IDENTIFIER "[%d]: %s",
			 FACILITY * 8 + severity[entry->level], (int)getpid(), entry->line);

	return n < MESSAGE_MAX ? (size_t)n : MESSAGE_MAX - 1;
}

static bool send_once(const char *message, size_t len)
{
	return send(peer.fd, message, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* Its queue is full: give it some time to read, unless the last wait was in vain. */
static bool send_patiently(const char *message, size_t len)
{
	struct pollfd pfd = { .fd = peer.fd, .events = POLLOUT };

	if (peer.exhausted || peer.patience_ms <= 0)
		return false;
	(void)poll(&pfd, 1, peer.patience_ms);
	peer.exhausted = !send_once(message, len);
	return !peer.exhausted;
}

bool daemon_send(const struct log_entry *entry)
{
	char message[MESSAGE_MAX];
	size_t len;

	for (int attempt = 0; attempt < 2 && daemon_connect(); attempt++) {
		len = (peer.native ? native_message : syslog_message)(message, entry);
		if (send_once(message, len)) {
			peer.exhausted = false;
			return true;
		}
		if (errno == EAGAIN)
			return send_patiently(message, len);
		if (peer.confined)
			return false;
		cleanup_fd(&peer.fd); /* ECONNREFUSED: a restarted daemon has a new socket */
	}
	return false;
}

void daemon_be_patient(int ms)
{
	peer.patience_ms = ms;
}

int daemon_descriptor(void)
{
	return peer.fd;
}

void daemon_descriptor_moved(int fd)
{
	peer.fd = fd;
	peer.confined = true;
}
