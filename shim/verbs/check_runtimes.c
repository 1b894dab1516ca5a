/* Runtimes and engines on this host, and how each calls poststart.  SPDX-License-Identifier:
 * Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "oci/cleanup.h"
#include "shim/base/exit_status.h"
#include "shim/base/host.h"
#include "shim/verbs/check_host.h"
#include "shim/verbs/terminal.h"

#define RELEASE(major, minor, patch) ((major)*1000000U + (minor)*1000U + (patch))
#define VERSION_WAIT_MS 10000
#define VERSION_OUTPUT_MAX 4096 /* bytes of --version that are looked at */

/* What is known of each program.  A row is true from a version on, until a later row of the same
 * program is. */
static const struct {
	const char *name;
	unsigned since;
	enum finding finding;
	const char *how;
} programs[] = {
	{ "runc", 0, FINDING_GOOD,
	  "calls poststart in create, before the application's exec; waits for it, and ends the "
	  "container if it fails: ours always exits with 0" },
	{ "runc", RELEASE(1, 5, 2), FINDING_GOOD,
	  "calls poststart in start; waits for it, and ends the container if it fails: ours always "
	  "exits with 0" },
	{ "crun", 0, FINDING_GOOD, "calls poststart in start, and ignores how it ends" },
	{ "crun", RELEASE(1, 27, 0), FINDING_GOOD,
	  "calls poststart in start, and deletes the container if it fails: ours always exits with "
	  "0" },
	{ "youki", 0, FINDING_GOOD, "calls poststart in start, with an empty environment" },
	{ "runsc", 0, FINDING_NOTE,
	  "is a sandbox, whose state does not name the container's process: no hook runs in its "
	  "containers" },
	{ "kata-runtime", 0, FINDING_NOTE,
	  "is a virtual machine, whose state does not name the container's process: no hook runs "
	  "in its containers" },
	{ "podman", 0, FINDING_GOOD, "reads hooks.d" },
	{ "crio", 0, FINDING_GOOD, "reads hooks.d" },
	{ "dockerd", 0, FINDING_NOTE,
	  "has no hooks.d: no hook runs in its containers unless their runtime adds it" },
	{ "containerd", 0, FINDING_NOTE,
	  "has no hooks.d: no hook runs in its containers unless its NRI plugin hook-injector "
	  "reads "
	  "it, or their runtime adds it" },
};
enum { PROGRAM_COUNT = sizeof(programs) / sizeof(programs[0]) };

static const char *const directories[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					   "/usr/bin",        "/sbin",          "/bin",
					   "/opt/kata/bin" };

/* It gets executed: so it must belong to root, and nobody else may be able to write to it. */
static bool find_program(const char *name, char *path, size_t size)
{
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		struct stat st;

		snprintf(path, size, "%s/%s", directories[i], name);
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111) &&
		    host_owned_by_root(&st) && !(st.st_mode & (S_IWGRP | S_IWOTH)))
			return true;
	}
	return false;
}

__attribute__((noreturn)) static void print_version(const char *path, int output)
{
	char *argv[] = { (char *)path, (char *)"--version", NULL };
	char *environment[] = { (char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

	(void)dup2(output, STDOUT_FILENO); /* if it fails, there is nothing to read */
	(void)execve(path, argv, environment);
	_exit(STATUS_NOT_FOUND);
}

/* Run the program with --version, and read the first size - 1 bytes of what it prints to stdout.
 * Returns false if it prints nothing in time. */
static bool read_version(const char *path, char *buf, size_t size)
{
	int both[2];
	size_t used = 0;
	ssize_t n = 1;
	pid_t pid;

	if (pipe2(both, O_CLOEXEC) < 0)
		return false;
	pid = fork();
	if (pid == 0)
		print_version(path, both[1]);
	(void)close(both[1]);
	while (pid > 0 && n > 0 && used < size - 1) {
		struct pollfd pfd = { .fd = both[0], .events = POLLIN };

		n = poll(&pfd, 1, VERSION_WAIT_MS) == 1 ? read(both[0], buf + used, size - 1 - used)
							: 0;
		used += n > 0 ? (size_t)n : 0;
	}
	buf[used] = '\0';
	(void)close(both[0]);
	if (pid > 0) {
		(void)kill(pid, SIGKILL); /* not reaped yet, so the pid is still its own */
		(void)waitpid(pid, NULL, 0);
	}
	return used > 0;
}

/* The first "N.N" or "N.N.N" in text, as RELEASE makes it, and where it stands.  Returns 0 if there
 * is none. */
static unsigned parse_version(const char *text, const char **ret_at, int *ret_length)
{
	for (const char *p = text; (p = strpbrk(p, "0123456789")); p += strspn(p, "0123456789")) {
		unsigned major = 0, minor = 0, patch = 0;

		if (sscanf(p, "%3u.%3u.%3u", &major, &minor, &patch) < 2)
			continue;
		*ret_at = p;
		*ret_length = (int)strspn(p, "0123456789.");
		return RELEASE(major, minor, patch);
	}
	return 0;
}

static void check_program(unsigned *tally, const char *name, const char *path)
{
	char output[VERSION_OUTPUT_MAX];
	const char *at = "of unknown version";
	int length = (int)strlen(at), row = 0;
	unsigned version = 0;

	if (read_version(path, output, sizeof(output)))
		version = parse_version(output, &at, &length);
	for (int i = 0; i < PROGRAM_COUNT; i++)
		if (!strcmp(programs[i].name, name) && programs[i].since <= version)
			row = i;
	table_finding(tally, programs[row].finding, name, "%s %.*s %s", path, length, at,
		      programs[row].how);
}

void check_runtimes(unsigned *tally)
{
	char path[128];
	const char *last = "";
	int found = 0;

	for (int i = 0; i < PROGRAM_COUNT; i++) {
		const char *name = programs[i].name;

		if (!strcmp(name, last))
			continue;
		last = name;
		if (!find_program(name, path, sizeof(path)))
			continue;
		check_program(tally, name, path);
		found++;
	}
	if (!found)
		table_finding(tally, FINDING_BAD, "runtimes",
			      "none found in the usual directories: install runc or crun");
}
