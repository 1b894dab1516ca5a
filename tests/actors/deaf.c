/* A log daemon that has stopped reading: bind PATH, fill its queue, say "full", and wait for ever.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int deaf = socket(AF_UNIX, SOCK_DGRAM, 0), client = socket(AF_UNIX, SOCK_DGRAM, 0);
	int sent = 0;

	if (argc != 2)
		return 2;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
	if (bind(deaf, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    connect(client, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror(argv[1]);
		return 1;
	}
	while (send(client, "x", 1, MSG_DONTWAIT) == 1)
		sent++;
	if (errno != EAGAIN)
		return 1;
	printf("full after %d\n", sent);
	fflush(stdout);
	for (;;)
		pause();
}
