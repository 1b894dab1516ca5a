/* Calls that are newer than a profile.  SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/newer.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define X32_BIT 0x40000000 /* __X32_SYSCALL_BIT: x32 shares its AUDIT_ARCH with x86_64 */
#define BLOCK_MAX 7        /* instructions for one architecture */

#define LOAD(field)                                                                                \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define ANSWER_ENOSYS BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS)

/* Only where the default action is an error.  Where it ends the process, ENOSYS would permit more,
 * and crun's application does not get that answer. */
static bool answers_errors(uint32_t action)
{
	return (action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
}

/* The highest number of a call that the profile names, whatever it says of it; 0 = none. */
static int newest_call(const struct profile *p, uint32_t arch)
{
	int newest = 0;

	for (size_t i = 0; i < p->rule_count; i++)
		for (size_t j = 0; j < p->rules[i].name_count; j++) {
			int call = seccomp_syscall_resolve_name_arch(arch, p->rules[i].names[j]);

			if (call > newest) /* negative: unknown, or not of this architecture */
				newest = call;
		}
	return newest;
}

/* Each block loads architecture and number itself.  It answers, or goes on after its last
 * instruction.  So no jump is long, and blocks can stand in any order. */
static size_t add_block(uint32_t arch, int newest, struct sock_filter *ret)
{
	bool s390 = arch == SCMP_ARCH_S390 || arch == SCMP_ARCH_S390X;
	bool x32 = arch == SCMP_ARCH_X32, x86_64 = arch == SCMP_ARCH_X86_64;
	struct sock_filter block[BLOCK_MAX] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, x32 ? AUDIT_ARCH_X86_64 : arch, 0, 0),
		LOAD(nr),
	};
	size_t n = 3;

	if (x32 || x86_64)
		block[n++] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, X32_BIT, 0, 0);
	if (s390) /* a call that its kernel does not know arrives as 0 */
		block[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
	block[n++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)newest, 0, 1);
	block[n++] = (struct sock_filter)ANSWER_ENOSYS;
	block[1].jf = (uint8_t)(n - 2);
	if (x86_64)
		block[3].jt = (uint8_t)(n - 4);
	if (x32)
		block[3].jf = (uint8_t)(n - 4);
	memcpy(ret, block, n * sizeof(*block));
	return n;
}

static uint32_t real_arch(uint32_t arch)
{
	return arch == SCMP_ARCH_NATIVE ? seccomp_arch_native() : arch;
}

static bool seen_before(const struct profile *p, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (real_arch(p->archs[j]) == real_arch(p->archs[i]))
			return true;
	return false;
}

size_t newer_calls(const struct profile *p, struct sock_filter *ret)
{
	size_t n = 0;

	if (!answers_errors(p->default_action))
		return 0;
	for (size_t i = 0; i < p->arch_count && n + BLOCK_MAX <= NEWER_INSNS_MAX; i++) {
		uint32_t arch = real_arch(p->archs[i]);
		int newest = seen_before(p, i) ? 0 : newest_call(p, arch);

		if (newest)
			n += add_block(arch, newest, ret + n);
	}
	return n;
}
