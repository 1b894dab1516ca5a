/* All that can be read of a process's memory, its words and its environment, to stdout.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	memory PID
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void copy_range(int mem, unsigned long start, unsigned long end)
{
	static char page[65536];

	while (start < end) {
		size_t size = end - start < sizeof(page) ? end - start : sizeof(page);
		ssize_t n = pread(mem, page, size, (off_t)start);

		if (n <= 0)
			return; /* no page of memory: a device, vsyscall */
		(void)!write(STDOUT_FILENO, page, (size_t)n);
		start += (unsigned long)n;
	}
}

int main(int argc, char *argv[])
{
	char path[64], line[4096];
	unsigned long start, end;
	FILE *maps;
	int mem;

	if (argc != 2)
		return 2;
	snprintf(path, sizeof(path), "/proc/%.20s/mem", argv[1]);
	mem = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%.20s/maps", argv[1]);
	maps = fopen(path, "r");
	if (mem < 0 || !maps)
		return 1;
	while (fgets(line, sizeof(line), maps)) {
		char rights[8];

		if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) == 3 && rights[0] == 'r')
			copy_range(mem, start, end);
	}
	return 0;
}
