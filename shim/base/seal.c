/* Our own program, out of a container's reach.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/seal.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "oci/cleanup.h"

#define SELF "/proc/self/exe"
#define MEMORY_FILE_EXEC 0x10U /* MFD_EXEC, memfd_create(2); glibc 2.36 does not know it */
#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static char mark[] = "OCI_DEPLOY_HOOK_SEALED=1";
/* The hook's process would still hold what we have freed.  So freed memory is overwritten, and
 * glibc keeps no freed pieces aside, which it would not overwrite (the glibc manual, "Memory
 * Allocation Tunables"). */
static char tunables[] = "GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0";
static char **words; /* main's argv */
static bool marked;  /* the environment held the mark when main began */

void seal_default_signals(void)
{
	/* The kernel's struct sigaction, all zero: SIG_DFL.  Not signal(3), which refuses the two
	 * that libc keeps for itself: a caller can have left us those ignored, too. */
	static const unsigned long default_action[8];

	for (int sig = 1; sig < NSIG; sig++)
		(void)syscall(SYS_rt_sigaction, sig, default_action, NULL, NSIG / 8);
}

/* Not sigprocmask(3), which leaves out the two that libc keeps for itself. */
static void set_signal_mask(unsigned char byte)
{
	unsigned char mask[NSIG / 8];

	memset(mask, byte, sizeof(mask));
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, NULL, sizeof(mask));
}

void seal_unblock_signals(void)
{
	set_signal_mask(0);
}

void seal_forget_words(void)
{
	for (char **word = words; word && *word; word++)
		explicit_bzero(*word, strlen(*word));
}

/* The caller's soft limits may be too low for us, so raise them as far as the hard ones allow.  The
 * stack gets its usual size only: without a limit the kernel lays out memory in another way. */
static void raise_limits(void)
{
	static const struct {
		int resource;
		rlim_t enough;
	} limits[] = { { RLIMIT_STACK, 8 * 1024 * 1024 },
		       { RLIMIT_NOFILE, 1024 },
		       { RLIMIT_DATA, RLIM_INFINITY },
		       { RLIMIT_AS, RLIM_INFINITY },
		       { RLIMIT_FSIZE, RLIM_INFINITY } };

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		__rlimit_resource_t resource = (__rlimit_resource_t)limits[i].resource;
		struct rlimit now = { 0 };

		if (getrlimit(resource, &now) < 0 || now.rlim_cur >= limits[i].enough)
			continue;
		now.rlim_cur = now.rlim_max < limits[i].enough ? now.rlim_max : limits[i].enough;
		(void)setrlimit(resource, &now); /* up to the hard one: cannot fail */
	}
}

void seal_reset(char *argv[])
{
	const char *value;

	set_signal_mask(0xff); /* a signal waits until we can handle it */
	value = getenv("OCI_DEPLOY_HOOK_SEALED");
	words = argv;
	marked = value && !strcmp(value, "1");
	(void)clearenv();
	seal_default_signals();
	raise_limits();
	(void)umask(077);
	(void)close_range(3, ~0U, 0); /* kernels that lack it cannot run a hook anyway */
	for (int fd = open("/dev/null", O_RDWR); fd >= 0; fd = dup(fd))
		if (fd > 2) {
			(void)close(fd);
			break;
		}
}

/* Is the program that we run really a sealed copy?  The mark proves nothing: any caller can set it.
 */
static bool is_sealed(void)
{
	auto_fd fd = open(SELF, O_RDONLY | O_CLOEXEC);
	int seals;

	if (!marked || fd < 0)
		return false;
	seals = fcntl(fd, F_GET_SEALS);
	return seals >= 0 && (seals & ALL_SEALS) == ALL_SEALS;
}

/* Kernels from 6.3 on want to be told that the file will be executed; older ones refuse the flag.
 */
static int open_memory_file(void)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("oci-deploy-hook", flags | MEMORY_FILE_EXEC);

	return fd < 0 && errno == EINVAL ? memfd_create("oci-deploy-hook", flags) : fd;
}

static int open_sealed_copy(struct err *e)
{
	auto_fd from = open(SELF, O_RDONLY | O_CLOEXEC);
	auto_fd to = open_memory_file();
	struct stat st;
	ssize_t n;

	if (from < 0 || to < 0 || fstat(from, &st) < 0)
		return err_sys(e, errno, "copy our own program");
	for (off_t left = st.st_size; left > 0; left -= n) {
		n = sendfile(to, from, NULL, (size_t)left);
		if (n <= 0)
			return err_sys(e, n ? errno : EIO, "copy our own program");
	}
	if (fchmod(to, 0500) < 0 || fcntl(to, F_ADD_SEALS, ALL_SEALS) < 0)
		return err_sys(e, errno, "seal the copy of our own program");
	return take_fd(&to);
}

bool seal_can_copy(struct err *e)
{
	auto_fd fd = open_sealed_copy(e);

	return fd >= 0;
}

static int put_on_stdin(const char *input, size_t len, struct err *e)
{
	auto_fd fd = memfd_create("state", MFD_CLOEXEC);

	if (fd < 0)
		return err_sys(e, errno, "memfd_create");
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, input + done, len - done);

		if (n < 0)
			return err_sys(e, errno, "write the state to memory");
		done += (size_t)n;
	}
	if (lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, STDIN_FILENO) < 0)
		return err_sys(e, errno, "put the state on stdin");
	return 0;
}

int seal(char *const argv[], const char *input, size_t len, struct err *e)
{
	char *environment[] = { mark, tunables, NULL };
	auto_fd fd = -1;

	if (is_sealed())
		return 0;
	if (marked)
		return err_set(e, EPERM, "our own program is still writable after sealing it");
	fd = open_sealed_copy(e);
	if (fd < 0)
		return -1;
	if (input && put_on_stdin(input, len, e) < 0)
		return -1;
	set_signal_mask(0xff); /* exec takes our handlers away */
	(void)syscall(SYS_execveat, fd, "", argv, environment, AT_EMPTY_PATH);
	return err_sys(e, errno, "execute our own program from where it cannot be written");
}
