/* The log daemon of the host: systemd-journald, or whoever listens on /dev/log.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_LOG_DAEMON_H
#define ODH_LOG_DAEMON_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log_entry {
	enum log_level level;
	const char *id; /* "-" = unknown */
	const char *event;
	const char *cause; /* len bytes of any value */
	size_t len;
	const char *line; /* "LEVEL: CONTAINER: EVENT: cause", escaped */
};

/* Connect a datagram socket, which never blocks, to whoever listens at path.  Returns it, the
 * caller's to close, or -1 and errno. */
int daemon_connect_to(const char *path);

/* Connect, unless we are connected: to the journal, which takes the container's id as a field of
 * its own, or else to syslog.  Returns whether we are connected. */
bool daemon_connect(void);

/* Send the entry; connect again where the daemon was restarted.  Never blocks for longer than
 * daemon_be_patient allows.  Returns whether the daemon took it. */
bool daemon_send(const struct log_entry *entry);

/* As log_be_patient in log.h. */
void daemon_be_patient(int ms);

/* The descriptor, borrowed; -1 = none. */
int daemon_descriptor(void);

/* In a confined helper: it has the number fd from now on.  No new connection is tried, since such a
 * helper cannot connect. */
void daemon_descriptor_moved(int fd);

#endif
