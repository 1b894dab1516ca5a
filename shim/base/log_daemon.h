/* The log daemon of the host: systemd-journald, or whoever listens on /dev/log.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_DAEMON_H
#define ODH_DAEMON_H

#include "shim/base/log.h"

struct log_entry {
	enum log_level level;
	const char *id; /* "-" = unknown */
	const char *event;
	const char *cause; /* len bytes, anything */
	size_t len;
	const char *line; /* "LEVEL: CONTAINER: EVENT: cause", escaped */
};

/* A datagram socket connected to whoever listens at path, which never blocks; or -1 and errno. */
int daemon_connect_to(const char *path);

/* Connect, the journal first: it takes the container's id as a field of its own.  Returns whether
 * somebody listens. */
bool daemon_connect(void);

/* Send, and connect again where the daemon was restarted.  Never blocks, but for the patience.
 * Returns whether it was taken. */
bool daemon_send(const struct log_entry *entry);

/* As in log.h. */
void daemon_be_patient(int ms);

/* The descriptor, -1 = none.  A new one is the last: a confined helper cannot connect. */
int daemon_descriptor(void);
void daemon_descriptor_moved(int fd);

#endif
