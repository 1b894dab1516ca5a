/* What a process sees of itself, and what it is refused.  SPDX-License-Identifier: Apache-2.0
 *
 * Static, and run both as the hook and as the application, so that tests can compare the two:
 *   probe app PROGRAM [ARG]...   print every line with "app " before it, then execute PROGRAM
 *   probe hook [ANYTHING]...     print every line with "hook " before it
 *   probe attempts               try what a hook must not be able to do, print what came of it
 *   probe nonblock               set O_NONBLOCK on descriptors 0 to 2, as Node.js does
 *   probe key CMD [ARG]...       execute CMD with a session keyring that holds a key (on the host)
 *   probe socket FILE CMD...     execute CMD with a socket as stdout that is copied to FILE (host)
 *   probe escape SECONDS         leave a daemon in a session of its own, deaf to SIGTERM
 * A line is "KEY: VALUE".  What cannot be found out has the name of its error as its value.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEY_SPEC_SESSION (-3)
#define DESCRIPTORS_MAX 4096

extern char **environ;

static const char *prefix = "";

__attribute__((format(printf, 2, 3))) static void row(const char *key, const char *fmt, ...)
{
	va_list ap;

	printf("%s%s: ", prefix, key);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* result, or the error's name where it is negative */
static void number(const char *key, long result)
{
	if (result < 0)
		row(key, "%s", strerrorname_np(errno));
	else
		row(key, "%ld", result);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_groups(const void *a, const void *b)
{
	const gid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void show_ids(void)
{
	uid_t uids[3];
	gid_t gids[3], groups[1024];
	int count;

	if (getresuid(&uids[0], &uids[1], &uids[2]) == 0)
		row("uid", "%u %u %u", uids[0], uids[1], uids[2]);
	if (getresgid(&gids[0], &gids[1], &gids[2]) == 0)
		row("gid", "%u %u %u", gids[0], gids[1], gids[2]);
	count = getgroups(1024, groups);
	if (count < 0) {
		number("groups", count);
		return;
	}
	qsort(groups, (size_t)count, sizeof(*groups), compare_groups);
	printf("%sgroups:", prefix);
	for (int i = 0; i < count; i++)
		printf(" %u", groups[i]);
	putchar('\n');
}

static void show_environment(void)
{
	size_t count = 0;

	while (environ[count])
		count++;
	qsort(environ, count, sizeof(*environ), compare_strings);
	for (size_t i = 0; i < count; i++)
		row("env", "%s", environ[i]);
}

static void show_surroundings(void)
{
	char directory[4096];
	mode_t mask = umask(0);

	(void)umask(mask);
	row("umask", "%04o", mask);
	row("cwd", "%s", getcwd(directory, sizeof(directory)) ? directory : strerrorname_np(errno));
}

static void show_limits(void)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit limit;
		char key[16];

		snprintf(key, sizeof(key), "rlimit %d", i);
		if (getrlimit((__rlimit_resource_t)i, &limit) < 0)
			number(key, -1);
		else
			row(key, "%lld %lld", (long long)limit.rlim_cur, (long long)limit.rlim_max);
	}
}

static void show_namespaces(void)
{
	static const char *const kinds[] = { "cgroup", "ipc",  "mnt",  "net",
					     "pid",    "time", "user", "uts" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		char path[32], key[32], target[64] = "";

		snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
		snprintf(key, sizeof(key), "ns %s", kinds[i]);
		if (readlink(path, target, sizeof(target) - 1) < 0)
			number(key, -1);
		else
			row(key, "%s", target);
	}
}

/* Every line of a file, or only those that begin with one of the words. */
static void show_file(const char *path, const char *key, const char *const *words)
{
	FILE *file = fopen(path, "re");
	char line[4096];

	if (!file) {
		number(key, -1);
		return;
	}
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!words)
			row(key, "%s", line);
		for (const char *const *word = words; word && *word; word++) {
			size_t n = strlen(*word);

			if (!strncmp(line, *word, n) && line[n] == ':')
				row(*word, "%s", line + n + 1 + strspn(line + n + 1, " \t"));
		}
	}
	fclose(file);
}

static void show_status(void)
{
	static const char *const words[] = { "CapInh", "CapPrm",     "CapEff",  "CapBnd",
					     "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters",
					     "SigBlk", "SigIgn",     "SigCgt",  "Cpus_allowed",
					     NULL };

	show_file("/proc/self/status", "status", words);
	show_file("/proc/self/cgroup", "cgroup", NULL);
	show_file("/proc/self/oom_score_adj", "oom_score_adj", NULL);
	show_file("/proc/self/personality", "personality", NULL);
}

static void show_descriptors(void)
{
	static const char *const types[] = { [S_IFIFO >> 12] = "fifo",    [S_IFCHR >> 12] = "char",
					     [S_IFDIR >> 12] = "dir",     [S_IFBLK >> 12] = "block",
					     [S_IFREG >> 12] = "regular", [S_IFLNK >> 12] = "link",
					     [S_IFSOCK >> 12] = "socket" };

	for (int fd = 0; fd < DESCRIPTORS_MAX; fd++) {
		struct stat st;
		char key[16];

		if (fstat(fd, &st) < 0)
			continue;
		snprintf(key, sizeof(key), "fd %d", fd);
		row(key, "%u:%u:%lu %s", major(st.st_dev), minor(st.st_dev), st.st_ino,
		    types[(st.st_mode & S_IFMT) >> 12]);
		snprintf(key, sizeof(key), "flags %d", fd);
		row(key, "%o", (unsigned)fcntl(fd, F_GETFL));
	}
}

/* The number of keys in the session keyring; EPERM where the filter denies the look. */
static void show_keyring(void)
{
	long bytes = syscall(SYS_keyctl, KEYCTL_READ, KEY_SPEC_SESSION, NULL, 0);

	number("keys", bytes < 0 ? bytes : bytes / (long)sizeof(int));
}

static void show_process(void)
{
	int signal_number = 0;

	row("session leader", "%s", getsid(0) == getpid() ? "yes" : "no");
	row("group leader", "%s", getpgrp() == getpid() ? "yes" : "no");
	row("parent", "%s", getppid() ? "inside" : "outside");
	row("terminal", "%s", open("/dev/tty", O_RDWR | O_CLOEXEC) < 0 ? "none" : "yes");
	if (prctl(PR_GET_PDEATHSIG, &signal_number) == 0)
		number("parent-death signal", signal_number);
	number("dumpable", prctl(PR_GET_DUMPABLE));
	errno = 0;
	row("nice", "%d", getpriority(PRIO_PROCESS, 0));
	number("scheduler", sched_getscheduler(0));
	number("io priority", syscall(SYS_ioprio_get, 1, 0));
}

static void show_all(void)
{
	show_ids();
	show_surroundings();
	show_environment();
	show_limits();
	show_namespaces();
	show_status();
	show_descriptors();
	show_keyring();
	show_process();
}

/* What would do harm has arguments that are nonsense, which the kernel sees after the rights. */
static void attempt(const char *what, long result)
{
	row(what, "%s", result < 0 ? strerrorname_np(errno) : "done");
}

static void show_attempts(void)
{
	gid_t group = 4242;
	int tty;

	if (access("/app-in", F_OK) < 0) {
		row("error", "this is no container of the tests");
		return;
	}
	attempt("mount", mount("none", "/tmp", "tmpfs", 0, ""));
	attempt("umount", umount2("/dev/shm", MNT_DETACH));
	attempt("user namespace", unshare(CLONE_NEWUSER));
	attempt("mount namespace", unshare(CLONE_NEWNS));
	attempt("chroot", chroot("/tmp"));
	attempt("device node", mknod("/tmp/kmsg", S_IFCHR | 0600, makedev(1, 11)));
	attempt("host name", sethostname("escaped", 7));
	attempt("trace the application", ptrace(PTRACE_SEIZE, 1, NULL, NULL));
	attempt("open the application's memory", open("/proc/1/mem", O_RDWR | O_CLOEXEC));
	attempt("open by handle", syscall(SYS_open_by_handle_at, -1, NULL, 0));
	attempt("kernel module", syscall(SYS_init_module, NULL, 0, ""));
	attempt("bpf", syscall(SYS_bpf, -1, NULL, 0));
	attempt("another user", setgroups(1, &group) < 0 ? -1 : setresuid(4242, 4242, 4242));
	attempt("ambient capability", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0, 0, 0));
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	attempt("terminal input", tty < 0 ? -1 : ioctl(tty, TIOCSTI, "x"));
}

static int set_nonblock(void)
{
	for (int fd = 0; fd < 3; fd++)
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); /* closed: fine */
	return 0;
}

static int execute(char *argv[])
{
	fflush(stdout);
	execvp(argv[0], argv);
	perror(argv[0]);
	return 127;
}

static int with_key(char *argv[])
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 ||
	    syscall(SYS_add_key, "user", "the caller's key", "x", 1, KEY_SPEC_SESSION) < 0) {
		perror("keyctl");
		return 125;
	}
	return execute(argv);
}

/* A child copies what comes in to the file, until nobody has the other end any more. */
static int with_socket(const char *path, char *argv[])
{
	int ends[2], file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (file < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		perror(path);
		return 125;
	}
	if (fork() == 0) {
		char data[4096];
		ssize_t n;

		close(ends[1]);
		while ((n = read(ends[0], data, sizeof(data))) > 0)
			(void)!write(file, data, (size_t)n);
		_exit(0);
	}
	if (dup2(ends[1], STDOUT_FILENO) < 0) {
		perror("dup2");
		return 125;
	}
	return execute(argv);
}

static int escape(unsigned seconds)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	for (int generation = 0; generation < 2; generation++) {
		pid_t pid = fork();

		if (pid)
			return 0;
		setsid();
	}
	sleep(seconds);
	return 0;
}

int main(int argc, char *argv[])
{
	static char buffer[256 * 1024]; /* one write where the output is a pipe */
	const char *verb = argc > 1 ? argv[1] : "";

	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	if (!strcmp(verb, "nonblock"))
		return set_nonblock();
	if (!strcmp(verb, "key") && argc > 2)
		return with_key(argv + 2);
	if (!strcmp(verb, "socket") && argc > 3)
		return with_socket(argv[2], argv + 3);
	if (!strcmp(verb, "escape") && argc > 2)
		return escape((unsigned)atoi(argv[2]));
	if (!strcmp(verb, "attempts")) {
		prefix = "attempt ";
		show_attempts();
		return 0;
	}
	prefix = !strcmp(verb, "app") ? "app " : "hook ";
	show_all();
	if (!strcmp(verb, "app") && argc > 2)
		return execute(argv + 2);
	return 0;
}
