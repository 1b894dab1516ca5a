/* Median microseconds from fork to exit of a command.
 * SPDX-License-Identifier: Apache-2.0
 *
 * median RUNS STATE DIR COMMAND [ARG]...   The command's stdin is the file STATE.  Before every
 * run the files in DIR are removed ("-": none), so that no claim of an earlier run is found. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void empty(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
}

static double once(const char *state, char **command)
{
	struct timespec start, end;
	int status = 0;
	pid_t pid;

	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = vfork();
	if (pid == 0) {
		int fd = open(state, O_RDONLY);

		dup2(fd, 0);
		close(fd);
		execv(command[0], command);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (status) { /* a command that fails is quick: no figure */
		fprintf(stderr, "%s has failed: %#x\n", command[0], (unsigned)status);
		exit(1);
	}
	while (wait(NULL) > 0) /* what it left behind must not run beside the next */
		;
	return (double)(end.tv_sec - start.tv_sec) * 1e6 +
	       (double)(end.tv_nsec - start.tv_nsec) / 1e3;
}

int main(int argc, char **argv)
{
	int runs = argc > 4 ? atoi(argv[1]) : 0;
	double *times = calloc((size_t)runs + 1, sizeof(*times));

	if (runs < 1 || !times || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return 125;
	for (int i = 0; i < runs; i++) {
		if (strcmp(argv[3], "-"))
			empty(argv[3]);
		times[i] = once(argv[2], argv + 4);
	}
	qsort(times, (size_t)runs, sizeof(*times), by_value);
	printf("%.0f\n", times[runs / 2]);
	free(times);
	return 0;
}
