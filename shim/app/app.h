/* The application: the container's init, pinned.  SPDX-License-Identifier: Apache-2.0
 *
 * A pidfd and a descriptor of its directory in procfs pin the process: what is read through them
 * is never another process's, whatever becomes of the number.
 */
#ifndef ODH_APP_H
#define ODH_APP_H

#include <stdint.h>
#include <sys/types.h>

#include "oci/bundle.h"
#include "oci/err.h"

struct app {
	pid_t pid;
	int pidfd;           /* close-on-exec; readable once the process has ended */
	int proc;            /* /proc/PID, close-on-exec */
	uint64_t start_time; /* clock ticks since boot: field 22 of /proc/PID/stat */
	dev_t root_dev;      /* device and inode of config.json's root.path */
	ino_t root_ino;
};

/* Pin pid and look at bundle's root.path.  Returns 0 and fills *ret (free with app_close).
 * Errors: ESRCH the process has ended (a normal outcome), EACCES it lives, but /proc hides it from
 * us (hidepid), EINVAL pid is 0, 1, our own or a kernel thread, ENOSYS kernel older than 5.14;
 * others of open and stat. */
int app_open(pid_t pid, const struct bundle *bundle, struct app *ret, struct err *e);
void app_close(struct app *app);

/* Is it a container of that bundle?  Every namespace that config.json lists without a path must
 * differ from ours.  Errors: EPERM, the message names the namespace; ESRCH ended; EACCES it
 * hides from a plain user, as crun's process does until its exec (PR_SET_DUMPABLE). */
int app_verify(const struct app *app, const struct bundle *bundle, struct err *e);

/* The same for a process that has executed its program: it may hide for a moment longer.  Waits for
 * up to a second. */
int app_verify_patiently(const struct app *app, const struct bundle *bundle, struct err *e);

/* Has it ended (as a process: a main thread that left alone does not count)? */
bool app_ended(const struct app *app);

/* Has it ended, or is it just about to?  Its last processes are killed, and reaped, while it is
 * still ending.  Waits for up to a second where it is. */
bool app_ending(const struct app *app);

/* Has it executed the image's program?  That clears PF_FORKNOEXEC.  Returns 1, 0, or -1 and *e
 * (ESRCH ended, EACCES hidden by /proc).  Source: include/linux/sched.h, proc(5) "flags". */
int app_started(const struct app *app, struct err *e);

/* Namespace kind of the application is another than ours: 1, 0, or -1 and *e. */
int app_ns_differs(const struct app *app, enum ns_kind kind, struct err *e);

/* The inode of its pid namespace, or 0 where that is gone. */
ino_t app_pid_ns(const struct app *app);

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

/* An event for the exec of pid: poll fd for POLLIN, then exec_event_clear, then ask app_started
 * (other events wake too).  fd is -1 where the kernel does not allow it: poll slowly instead. */
struct exec_event {
	int fd;
	void *ring; /* struct perf_event_mmap_page */
};
void exec_event_open(const struct app *app, struct exec_event *ret);
void exec_event_clear(struct exec_event *event);
void exec_event_close(struct exec_event *event);

#define auto_app __attribute__((cleanup(app_close))) struct app

#endif
