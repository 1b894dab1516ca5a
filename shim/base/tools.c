/* The operator's tools in the hook's mount namespace.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/tools.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "oci/cleanup.h"
#include "shim/base/host.h"
#include "shim/base/procfs.h"

#define NO_USER_NAMESPACE "a user namespace for the tools (see user.max_user_namespaces)"
#define HANDED_OUT (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

static int open_path(int dir, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC | flags, .resolve = resolve };

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

/* Check what was opened as name below dir ("": dir itself): it must have the wanted type and belong
 * to root, and every user must be able to use it, since a hook may run as any. */
static int check_entry(const char *dir, const char *name, int fd, mode_t type, struct err *e)
{
	const char *slash = *name ? "/" : "";
	struct stat st;

	if (fd < 0 && errno == EXDEV)
		return err_set(e, EXDEV,
			       "setting 'tools': '%s/%s' leads out of the directory: a container "
			       "could not follow it",
			       dir, name);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, errno, "setting 'tools': '%s%s%s'", dir, slash, name);
	if ((st.st_mode & S_IFMT) != type)
		return err_set(e, type == S_IFDIR ? ENOTDIR : EINVAL,
			       "setting 'tools': '%s%s%s' is not a %s", dir, slash, name,
			       type == S_IFDIR ? "directory" : "regular file");
	if (!host_owned_by_root(&st))
		return err_set(
			e, EPERM,
			"setting 'tools': '%s%s%s' is owned by uid %u, must be owned by root", dir,
			slash, name, st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(e, EPERM,
			       "setting 'tools': '%s%s%s' is writable by group or others (mode "
			       "%04o)",
			       dir, slash, name, st.st_mode & 07777);
	if (!(st.st_mode & S_IXOTH) || (type == S_IFDIR && !(st.st_mode & S_IROTH)))
		return err_set(e, EACCES,
			       "setting 'tools': '%s%s%s' cannot be %s by every user (mode %04o)",
			       dir, slash, name, type == S_IFDIR ? "entered" : "executed",
			       st.st_mode & 07777);
	return 0;
}

static int check_opened(const char *dir, int fd, struct err *e)
{
	auto_fd bin = -1, shell = -1;
	struct statvfs fs;

	if (check_entry(dir, "", fd, S_IFDIR, e) < 0)
		return -1;
	bin = open_path(fd, "bin", 0, RESOLVE_BENEATH);
	if (check_entry(dir, "bin", bin, S_IFDIR, e) < 0)
		return -1;
	shell = open_path(fd, "bin/sh", 0, RESOLVE_BENEATH);
	if (check_entry(dir, "bin/sh", shell, S_IFREG, e) < 0)
		return -1;
	if (fstatvfs(shell, &fs) < 0)
		return err_sys(e, errno, "setting 'tools': '%s'", dir);
	if (fs.f_flag & ST_NOEXEC)
		return err_set(e, EACCES,
			       "setting 'tools': '%s' is on a file system that is mounted noexec",
			       dir);
	return 0;
}

static int open_checked(const char *dir, int *ret_fd, struct err *e)
{
	auto_fd fd = open(dir, O_PATH | O_CLOEXEC);

	if (check_opened(dir, fd, e) < 0)
		return -1;
	*ret_fd = take_fd(&fd);
	return 0;
}

int tools_check(const char *dir, struct err *e)
{
	auto_fd fd = -1;

	return open_checked(dir, &fd, e);
}

/* Make a detached copy of the working directory's mounts. */
static int clone_here(struct err *e)
{
	int fd = open_tree(AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	return fd < 0 ? err_sys(e, errno, "open_tree of the tools") : fd;
}

/* Without the right to make a mount namespace we make a user namespace, in which we have it.  Our
 * own ids are mapped there, so that we may make another one inside (user_namespaces(7)). */
static int enter_private(struct err *e)
{
	char uid_map[32], gid_map[32];

	if (unshare(CLONE_NEWNS) == 0)
		return 0;
	if (errno != EPERM)
		return err_sys(e, errno, "unshare for the tools");
	snprintf(uid_map, sizeof(uid_map), "%u %u 1", geteuid(), geteuid());
	snprintf(gid_map, sizeof(gid_map), "%u %u 1", getegid(), getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return err_sys(e, errno, NO_USER_NAMESPACE);
	if (procfs_write(AT_FDCWD, "/proc/self/uid_map", uid_map) < 0 ||
	    procfs_write(AT_FDCWD, "/proc/self/setgroups", "deny") < 0 ||
	    procfs_write(AT_FDCWD, "/proc/self/gid_map", gid_map) < 0)
		return err_sys(e, errno, "map the user namespace for the tools");
	return 0;
}

/* In a process of its own that shares our descriptors: put the copy at the descriptor slot.
 * An application with CAP_SYS_ADMIN that enters the hook's mount namespace could take a read-only
 * flag back.  A copy into the mount namespace of another user namespace locks the flag, for
 * everybody (mount_namespaces(7), "Restrictions on mount namespaces"). */
static int make_copy(int dir, int slot, struct err *e)
{
	struct mount_attr attr = { .attr_set = HANDED_OUT };
	auto_fd set = -1, locked = -1;

	if (fchdir(dir) < 0)
		return err_sys(e, errno, "enter the tools");
	if (enter_private(e) < 0)
		return -1;
	if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_sys(e, errno, "make the tools' mounts private");
	/* The creator of a user namespace owns it, whatever rights it lacks outside: a container's
	 * root could trace us in the next one. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(e, errno, "prctl");
	set = clone_here(e);
	if (set < 0)
		return -1;
	if (mount_setattr(set, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return err_sys(e, errno, "mount_setattr of the tools");
	if (move_mount(set, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) < 0 || fchdir(set) < 0)
		return err_sys(e, errno, "mount the tools in private");
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return err_sys(e, errno, NO_USER_NAMESPACE);
	locked = clone_here(e);
	if (locked < 0)
		return -1;
	return dup3(locked, slot, O_CLOEXEC) < 0 ? err_sys(e, errno, "dup3") : 0;
}

/* Prove that the flags are locked: try to take each one back. */
static int confirm_locked(int fd, struct err *e)
{
	static const uint64_t flags[] = { MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct mount_attr attr = { .attr_clr = flags[i] };

		if (mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) == 0 ||
		    errno != EPERM)
			return err_set(e, EPERM, "the tools' mount flags are not locked");
	}
	return 0;
}

int tools_open(const char *dir, int *ret_fd, struct err *e)
{
	auto_fd from = -1, slot = open("/", O_PATH | O_CLOEXEC);
	pid_t pid, self = getpid();
	struct err *shared;
	int status = 0;

	if (slot < 0)
		return err_sys(e, errno, "open '/'");
	if (open_checked(dir, &from, e) < 0)
		return -1;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return err_sys(e, errno, "mmap");
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* cannot fail */
		_exit(getppid() == self && make_copy(from, slot, shared) == 0 ? 0 : 1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		(void)err_sys(e, errno, "fork for the tools");
	else if (shared->code)
		*e = *shared;
	else if (status != 0)
		(void)err_set(e, ECHILD, "the process that copies the tools' mounts was killed");
	(void)munmap(shared, sizeof(*shared));
	if (e->code || confirm_locked(slot, e) < 0)
		return -1;
	*ret_fd = take_fd(&slot);
	return 0;
}

int tools_mount(int fd, struct err *e)
{
	auto_fd place = -1;

	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(e, errno, "a mount namespace for the tools");
	/* Our mounts do not reach the host.  What the host unmounts goes here too, so that no hook
	 * holds it. */
	if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_sys(e, errno, "make the mounts private");
	/* The application may have mounted anything over its /proc.  No link in there is followed;
	 * whatever else is at this place is covered, for this hook only. */
	place = open_path(AT_FDCWD, TOOLS_PLACE, O_DIRECTORY,
			  RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	if (place < 0)
		return err_sys(e, errno, "the container's '" TOOLS_PLACE "', where tools belong");
	if (move_mount(fd, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(e, errno, "mount the tools");
	return 0;
}
