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
 * Errors: ESRCH the process has ended (a normal outcome), EINVAL pid is 0, 1, our own or a kernel
 * thread, ENOSYS kernel older than 5.14; others of open and stat. */
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
 * (ESRCH ended).  Source: include/linux/sched.h, proc(5) "flags". */
int app_started(const struct app *app, struct err *e);

/* Namespace kind of the application is another than ours: 1, 0, or -1 and *e. */
int app_ns_differs(const struct app *app, enum ns_kind kind, struct err *e);

/* The inode of its pid namespace, or 0 where that is gone. */
ino_t app_pid_ns(const struct app *app);

#define APP_EMPTY ((struct app){ .pidfd = -1, .proc = -1 })
#define auto_app __attribute__((cleanup(app_close))) struct app

#endif
