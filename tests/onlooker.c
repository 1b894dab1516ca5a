/* A hostile application: it looks at every other process of its container as fast as it can.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	onlooker MASK      the capabilities that a hook may have
 *
 * Says "up"; then, on stdout, "seen" at the first process that it sees, and whatever one has that
 *it must not have.
 */
#include <stdbool.h>
#include <sys/stat.h>

#include "look.h"

/* A program of the container's own is its own to write to. */
static bool is_foreign(int pid)
{
	char path[64];
	struct stat root, exe;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return stat("/", &root) == 0 && stat(path, &exe) == 0 && exe.st_dev != root.st_dev;
}

int main(int argc, char *argv[])
{
	bool seen = false;

	if (argc != 2)
		return 2;
	look_mask = strtoull(argv[1], NULL, 16);
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
			if (!seen)
				puts("seen");
			seen = true;
			(void)look_at(pid, "onlooker");
			if (is_foreign(pid))
				(void)look_at_exe(pid, "onlooker");
			fflush(stdout);
		}
		closedir(proc);
	}
}
