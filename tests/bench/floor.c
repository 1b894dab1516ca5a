/* The least that running a program in a container can cost.  SPDX-License-Identifier: Apache-2.0
 *
 *	floor PID PROGRAM [ARG]...     pidfd_open, setns, setresuid, fork, exec, wait; no
 *restriction
 */
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	int pidfd = argc > 2 ? (int)syscall(SYS_pidfd_open, atoi(argv[1]), 0) : -1;
	int status = 0;
	pid_t pid;

	if (pidfd < 0 ||
	    setns(pidfd, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET |
				 CLONE_NEWCGROUP) < 0 ||
	    setresuid(0, 0, 0) < 0)
		return 125;
	pid = fork();
	if (pid == 0) {
		execv(argv[2], argv + 2);
		_exit(127);
	}
	return pid < 0 || waitpid(pid, &status, 0) < 0 || status;
}
