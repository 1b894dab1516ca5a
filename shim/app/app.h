/* The application: the container's init, pinned.  SPDX-License-Identifier: Apache-2.0
 *
 * A pidfd and a descriptor of its directory in procfs pin the process: what is read through them is
 * never of another process, even if the kernel gives its pid away again.
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

/* Nothing is pinned. */
#define APP_EMPTY ((struct app){ .pidfd = -1, .proc = -1 })

/* Pin the process pid and look at bundle's root.path.  Returns 0 and fills *ret (free with
 * app_close), or -1 and *e.  Errors: ESRCH the process has ended (a normal outcome); EACCES it
 * lives, but /proc hides it from us (hidepid); EINVAL pid is
 * 0, 1, our own, our parent's, a thread's or a kernel thread's; ENOSYS the kernel is older than
 * 5.14; others of pidfd_open, open and stat. */
int app_open(pid_t pid, const struct bundle *bundle, struct app *ret, struct err *e);

/* Close both descriptors.  Keeps errno. */
void app_close(struct app *app);

/* Is it a container of that bundle?  Every namespace that config.json lists without a path must
 * differ from ours.  Returns 0 if it is, or -1 and *e.  Errors: EPERM it is not, the message names
 * the namespace; ESRCH it has ended; EACCES it hides from a plain user, as crun's process does
 * until its exec (PR_SET_DUMPABLE). */
int app_verify(const struct app *app, const struct bundle *bundle, struct err *e);

/* app_verify for a process that has executed its program.  It may still hide for a moment, so this
 * waits for up to a second. */
int app_verify_patiently(const struct app *app, const struct bundle *bundle, struct err *e);

/* Has the process ended?  It has not where only its main thread has left. */
bool app_ended(const struct app *app);

/* Has it ended by now?  An init that is ending first kills and reaps the other processes of its pid
 * namespace.  Where it is ending, this waits for its end, for up to a second. */
bool app_ending(const struct app *app);

/* Has it executed the image's program?  That clears PF_FORKNOEXEC.  Returns 1, 0, or -1 and *e:
 * ESRCH it has ended; EACCES /proc hides it; others of read.  Source: include/linux/sched.h,
 * proc(5) "flags". */
int app_started(const struct app *app, struct err *e);

/* Is the application's namespace of that kind another one than ours?  Returns 1, 0 (also where the
 * kernel has no such namespaces), or -1 and *e: ESRCH it has ended, others of stat. */
int app_ns_differs(const struct app *app, enum ns_kind kind, struct err *e);

/* The inode of its pid namespace, or 0 where it has ended. */
ino_t app_pid_ns(const struct app *app);

#define auto_app __attribute__((cleanup(app_close))) struct app

#endif
