/* What the kernel tells in procfs, and in other files that it makes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_PROCFS_H
#define ODH_PROCFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "oci/err.h"

#define BOOT_ID_MAX 40 /* bytes of /proc/sys/kernel/random/boot_id, and NUL */

/* Read a small file of procfs or cgroupfs below dir (AT_FDCWD or a descriptor) into buf,
 * NUL-terminated.  Returns the length, or -1 and errno.  EFBIG: it did not fit. */
ssize_t procfs_read(int dir, const char *path, char *buf, size_t size);

/* Read such a file whole, of up to 64 MiB.  Returns 0 and *ret, NUL-terminated, the caller's to
 * free, or -1 and *e: errors of open and read, E2BIG, ENOMEM. */
int procfs_read_all(int dir, const char *path, char **ret, struct err *e);

/* Write text to such a file in one write(2).  Returns 0, or -1 and errno. */
int procfs_write(int dir, const char *path, const char *text);

/* What is used of /proc/PID/stat, proc(5). */
struct proc_stat {
	char state; /* a letter: R, S, Z and so on */
	pid_t parent;
	pid_t session;
	unsigned flags;      /* PROC_* */
	uint64_t start_time; /* clock ticks since boot */
};
#define PROC_EXITING 0x00000004U    /* PF_EXITING: this thread exits; others may live */
#define PROC_FORKNOEXEC 0x00000040U /* PF_FORKNOEXEC: forked, never exec'd */
#define PROC_KTHREAD 0x00200000U    /* PF_KTHREAD */

/* Read the file path below dir (AT_FDCWD or a descriptor), the stat of a process or of a thread.
 * Returns 0 and fills *ret, or -1 and errno: ENOENT and ESRCH it has ended, EPROTO the text has
 * another form. */
int proc_stat_read(int dir, const char *path, struct proc_stat *ret);

/* A process: the start time tells it from a later one with the same pid. */
struct process_id {
	pid_t pid;
	uint64_t start_time; /* clock ticks since boot: field 22 of /proc/PID/stat */
};

/* Find out the start time of the process pid.  Returns 0 and fills *ret, or -1 and errno as
 * proc_stat_read. */
int process_id_of(pid_t pid, struct process_id *ret);

/* What to make of a process that lives while /proc hides it from us (hidepid): nobody can see
 * whether its start time is the one that is meant. */
enum hidden {
	HIDDEN_IS_GONE,  /* for processes of our own user, which are never hidden: it is another one
			  */
	HIDDEN_IS_MEANT, /* for an init, which may be another user's: do not call it ended */
};

/* Open a pidfd of exactly that process.  Returns it, close-on-exec and the caller's, or -1 where
 * the process has ended; a zombie has ended. */
int process_id_open(const struct process_id *process, enum hidden hidden);

/* Does exactly that process live?  A zombie does not. */
bool process_id_lives(const struct process_id *process, enum hidden hidden);

/* Write this boot's id to buf; "" where procfs does not tell. */
void procfs_boot_id(char buf[BOOT_ID_MAX]);

/* One line of /proc/PID/cgroup, "ID:CONTROLLERS:PATH": the cgroup of a process in one hierarchy.
 * The parts point into the text that was read; none of them ends in NUL.
 * Source: cgroups(7), "/proc files". */
struct cgroup_line {
	const char *line, *controllers, *path;
	size_t len;             /* of the whole line, without its newline */
	size_t controllers_len; /* "cpu,cpuacct" or "name=systemd" in v1; 0 = cgroup v2 */
	size_t path_len;
};

/* Read the line at *at and move *at to the next one.  Returns 1 and fills *ret; 0 at the end of
 * the text; or -1 where the line has another form: then only line and len are filled. */
int procfs_cgroup_next(const char **at, struct cgroup_line *ret);

/* Find the line of text that is of the same hierarchy as line.  Returns whether there is one. */
bool procfs_cgroup_find(const char *text, const struct cgroup_line *line, struct cgroup_line *ret);

/* Are the paths of both lines the same? */
bool procfs_cgroup_same_path(const struct cgroup_line *a, const struct cgroup_line *b);

#endif
