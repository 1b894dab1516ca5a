/* A hostile application: it looks at every other process of its container as fast as it can.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	onlooker MASK INODE     the capabilities that a hook may have; the host's program, of which
 *a sealed copy may run as well
 *
 * Says "up"; then, on stdout, "seen" at the first process that it sees, "host's" at the first that
 * runs the host's program, and whatever one has that it must not have.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "tests/lib/look.h"

static ino_t host_program;

/* Say word, once. */
static void say_once(bool *said, const char *word)
{
	if (!*said)
		puts(word);
	*said = true;
}

/* A program of the container's own is its own to write to; the host's must not be.  What is judged
 * is what was held: the process may execute another one meanwhile. */
static void look_at_program(int pid, bool *said)
{
	static const char copy[] = "/memfd:oci-deploy-hook";
	char path[64], link[sizeof(copy)] = "";
	struct stat exe;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	(void)!readlink(path, link, sizeof(link) - 1);
	if (!strcmp(link, copy) || (fstat(fd, &exe) == 0 && exe.st_ino == host_program)) {
		say_once(said, "host's");
		(void)look_at_exe(pid, path, "onlooker");
	}
	close(fd);
}

int main(int argc, char *argv[])
{
	bool seen = false, seen_hosts = false;

	if (argc != 3)
		return 2;
	host_program = strtoull(argv[2], NULL, 10);
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
			say_once(&seen, "seen");
			(void)look_at(pid, "onlooker");
			look_at_program(pid, &seen_hosts);
			fflush(stdout);
		}
		closedir(proc);
	}
}
