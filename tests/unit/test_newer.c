/* Calls that are newer than a profile.  SPDX-License-Identifier: Apache-2.0
 *
 * What runc 1.1.5 does with these profiles, read from its containers by PTRACE_SECCOMP_GET_FILTER.
 */
#include <errno.h>
#include <linux/audit.h>

#include "seccomp/newer.h"
#include "tests/unit/kernel.h"
#include "tests/unit/profiles.h"

#define DENIED(code) (SECCOMP_RET_ERRNO | (code))
#define X32 0x40000000U

/* DEFAULT, ARCHITECTURES, NAMES: allowed calls */
#define PROFILE(action, archs, names)                                                              \
	"{\"defaultAction\": \"SCMP_ACT_" action "\"" archs ", \"syscalls\": ["                    \
	"{\"names\": [" names "], \"action\": \"SCMP_ACT_" LISTED "\"}]}"
#define LISTED "ALLOW"
#define THREE ", \"architectures\": [\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\", \"SCMP_ARCH_X32\"]"

static int number(uint32_t arch, const char *name)
{
	return seccomp_syscall_resolve_name_arch(arch, name);
}

static void test_defaults(void)
{
	static const struct {
		const char *action;
		uint32_t listed_below, newer;
	} cases[] = {
		{ "ERRNO", DENIED(EPERM), DENIED(ENOSYS) },
		{ "KILL", SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_THREAD },
		{ "KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_PROCESS },
		{ "TRAP", SECCOMP_RET_TRAP, SECCOMP_RET_TRAP },
		{ "TRACE", SECCOMP_RET_TRACE | EPERM, SECCOMP_RET_TRACE | EPERM },
		{ "LOG", SECCOMP_RET_LOG, SECCOMP_RET_LOG },
	};
	struct filter f = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[300];

		snprintf(text, sizeof(text), PROFILE("%s", THREE, "\"read\", \"faccessat2\""),
			 cases[i].action);
		filter_from(text, &f);
		ok(verdict_of(&f, AUDIT_ARCH_X86_64, 439) == SECCOMP_RET_ALLOW, "the newest named");
		ok(verdict_of(&f, AUDIT_ARCH_X86_64, 438) == cases[i].listed_below, "an older one");
		ok(verdict_of(&f, AUDIT_ARCH_X86_64, 440) == cases[i].newer, "the next");
		ok(verdict_of(&f, AUDIT_ARCH_X86_64, 0x3fffffff) == cases[i].newer, "the last");
		ok(verdict_of(&f, AUDIT_ARCH_X86_64, 0x80000000) == cases[i].newer, "one more bit");
	}
	filter_free(&f);
}

static void test_archs(void)
{
	uint32_t native = seccomp_arch_native(); /* SCMP_ARCH_* are the kernel's AUDIT_ARCH_* */
	struct filter f = { 0 };

	filter_from(PROFILE("ERRNO", THREE, "\"read\", \"statx\", \"process_vm_readv\""), &f);
	ok(number(SCMP_ARCH_X86, "statx") == 383 && number(SCMP_ARCH_X86_64, "statx") == 332,
	   "numbers differ");
	ok(verdict_of(&f, AUDIT_ARCH_I386, 383) == SECCOMP_RET_ALLOW, "i386: its newest");
	ok(verdict_of(&f, AUDIT_ARCH_I386, 382) == DENIED(EPERM), "i386: an older one");
	ok(verdict_of(&f, AUDIT_ARCH_I386, 384) == DENIED(ENOSYS), "i386: a newer one");
	ok(verdict_of(&f, AUDIT_ARCH_X86_64, 333) == DENIED(ENOSYS), "x86_64: a newer one");
	ok(verdict_of(&f, AUDIT_ARCH_X86_64, X32 | 539) == SECCOMP_RET_ALLOW, "x32: its newest");
	ok(verdict_of(&f, AUDIT_ARCH_X86_64, X32 | 538) == DENIED(EPERM), "x32: an older one");
	ok(verdict_of(&f, AUDIT_ARCH_X86_64, X32 | 540) == DENIED(ENOSYS), "x32: a newer one");
	ok(verdict_of(&f, AUDIT_ARCH_S390, 1000) == SECCOMP_RET_KILL_THREAD,
	   "one that is not named: killed");

	filter_from(PROFILE("ERRNO", ", \"architectures\": [\"SCMP_ARCH_X86_64\"]", "\"read\""),
		    &f);
	ok(verdict_of(&f, AUDIT_ARCH_X86_64, X32 | 1000) == SECCOMP_RET_KILL_THREAD,
	   "x32, if only x86_64 is named: killed");
	filter_from(PROFILE("ERRNO", ", \"architectures\": [\"SCMP_ARCH_X32\"]", "\"write\""), &f);
	ok(verdict_of(&f, AUDIT_ARCH_X86_64, X32 | 1000) == DENIED(ENOSYS), "only x32 is named");
	ok(verdict_of(&f, AUDIT_ARCH_X86_64, 1000) == (native == AUDIT_ARCH_X86_64
							       ? DENIED(EPERM)
							       : SECCOMP_RET_KILL_THREAD) &&
		   verdict_of(&f, AUDIT_ARCH_X86_64, 0x80000000) != DENIED(ENOSYS),
	   "x86_64, if only x32 is named: the default where it is native, else killed");
	filter_from(PROFILE("ERRNO", "", "\"read\""), &f);
	ok(verdict_of(&f, native, 1000) == DENIED(EPERM), "none is named: the default, also here");
	filter_from(PROFILE("ERRNO", THREE, "\"no_such_call\""), &f);
	ok(verdict_of(&f, AUDIT_ARCH_X86_64, 1000) == DENIED(EPERM),
	   "no call is known: the default");
	filter_free(&f);
}

static void test_names(void)
{
	struct filter f = { 0 };

	/* socketcall is no call of x86_64; openat2 (437) is denied as all the others, but known */
	filter_from("{\"defaultAction\": \"SCMP_ACT_ERRNO\"" THREE ", \"syscalls\": ["
		    "{\"names\": [\"socketcall\", \"read\"], \"action\": \"SCMP_ACT_ALLOW\"},"
		    "{\"names\": [\"openat2\"], \"action\": \"SCMP_ACT_ERRNO\"}]}",
		    &f);
	ok(verdict_of(&f, AUDIT_ARCH_X86_64, 437) == DENIED(EPERM), "a rule equal to the default");
	ok(verdict_of(&f, AUDIT_ARCH_X86_64, 436) == DENIED(EPERM), "below it");
	ok(verdict_of(&f, AUDIT_ARCH_X86_64, 438) == DENIED(ENOSYS), "above it");
	ok(verdict_of(&f, AUDIT_ARCH_I386, 102) == SECCOMP_RET_ALLOW, "i386: socketcall");
	filter_free(&f);
}

/* As many blocks as there are architectures, however often each is named. */
static void test_bounds(void)
{
	struct sock_filter insns[NEWER_INSNS_MAX], again[NEWER_INSNS_MAX];
	uint32_t archs[1000];
	char *names[] = { (char *)"write" };
	struct profile_rule rule = { .names = names, .name_count = 1, .action = SCMP_ACT_ALLOW };
	struct profile p = {
		.default_action = SCMP_ACT_ERRNO(1), .archs = archs, .rules = &rule, .rule_count = 1
	};
	static const uint32_t some[] = {
		SCMP_ARCH_X86_64,  SCMP_ARCH_X86,      SCMP_ARCH_X32,         SCMP_ARCH_ARM,
		SCMP_ARCH_AARCH64, SCMP_ARCH_MIPS,     SCMP_ARCH_MIPS64,      SCMP_ARCH_MIPS64N32,
		SCMP_ARCH_MIPSEL,  SCMP_ARCH_PPC,      SCMP_ARCH_MIPSEL64N32, SCMP_ARCH_PPC64,
		SCMP_ARCH_S390,    SCMP_ARCH_MIPSEL64, SCMP_ARCH_PPC64LE,     SCMP_ARCH_S390X,
		SCMP_ARCH_PARISC,  SCMP_ARCH_PARISC64, SCMP_ARCH_RISCV64
	};
	enum { SOME = sizeof(some) / sizeof(some[0]) };
	struct filter f = { .insns = insns };
	size_t n, m;

	for (p.arch_count = 0; p.arch_count < 1000; p.arch_count++)
		archs[p.arch_count] = some[p.arch_count % SOME];
	m = newer_calls(&p, again);
	p.arch_count = SOME;
	n = newer_calls(&p, insns);
	ok(n == m && !memcmp(insns, again, n * sizeof(*insns)), "no architecture twice");
	ok(n >= SOME * 5 && n <= NEWER_INSNS_MAX, "all have room");

	/* behind them: the profile's own program */
	insns[n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG);
	f.len = (unsigned short)(n + 1);
	for (size_t i = 0; i < SOME; i++) {
		uint32_t arch = some[i] == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : some[i];
		uint32_t call = (uint32_t)number(some[i], "write");

		ok(verdict_of(&f, arch, call) == SECCOMP_RET_LOG, "%#x: write goes on", some[i]);
		ok(verdict_of(&f, arch, call + 1) == DENIED(ENOSYS), "%#x: the next does not",
		   some[i]);
	}
	ok(verdict_of(&f, SCMP_ARCH_S390X, 0) == DENIED(ENOSYS) &&
		   verdict_of(&f, SCMP_ARCH_S390, 0) == DENIED(ENOSYS),
	   "s390: 0 is what unknown calls become");
	ok(verdict_of(&f, AUDIT_ARCH_I386, 0) == SECCOMP_RET_LOG, "0 elsewhere goes on");
}

int main(void)
{
	compile_without_kernel();
	test_defaults();
	test_archs();
	test_names();
	test_bounds();
	return done_testing();
}
