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

/* The same, whole, into memory that is the caller's to free; at most 1 MiB. */
int procfs_read_all(int dir, const char *path, char **ret, struct err *e);

/* Write text in one write(2).  Returns 0, or -1 and errno. */
int procfs_write(int dir, const char *path, const char *text);

/* The flags and start time in /proc/.../stat below dir; state is its letter.  -1 and errno. */
struct proc_stat {
	char state;
	pid_t session;
	unsigned flags;
	uint64_t start_time;
};
#define PROC_EXITING 0x00000004U    /* PF_EXITING: of a thread; the others may live */
#define PROC_FORKNOEXEC 0x00000040U /* PF_FORKNOEXEC: forked, never exec'd */
#define PROC_KTHREAD 0x00200000U    /* PF_KTHREAD */
int proc_stat_read(int dir, const char *path, struct proc_stat *ret);

/* A process that is told from a later one with the same pid. */
struct process_id {
	pid_t pid;
	uint64_t start_time; /* clock ticks since boot: field 22 of /proc/PID/stat */
};

/* The pid and start time of a process.  Returns 0, or -1 and errno. */
int process_id_of(pid_t pid, struct process_id *ret);

/* A pidfd of that very process, or -1: it has ended (as a zombie too). */
int process_id_open(const struct process_id *process);

/* This boot's id; "" where procfs does not tell. */
void procfs_boot_id(char buf[BOOT_ID_MAX]);

#endif
