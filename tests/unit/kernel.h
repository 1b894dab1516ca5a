/* What the kernel under a test may lack: an emulator of user programs (qemu-user) knows no
 * seccomp(2) and no sock_diag(7).  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_KERNEL_H
#define ODH_KERNEL_H

#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline bool has_seccomp(void)
{
	uint32_t action = SECCOMP_RET_ALLOW;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* libseccomp refuses actions that this kernel lacks.  Programs that are only evaluated here, and
 * never loaded, do not need the kernel: let the library compile for Linux 5.7 (seccomp_api_get(3)).
 */
static inline void compile_without_kernel(void)
{
	if (!has_seccomp())
		(void)seccomp_api_set(6);
}

#endif
