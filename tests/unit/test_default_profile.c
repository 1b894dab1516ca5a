/* The hook's own profile, seccomp/default.json, compiled and asked.
 * SPDX-License-Identifier: Apache-2.0 */
#include <asm/ioctls.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "seccomp/filter.h"
#include "tests/unit/bpf.h"
#include "tests/unit/tap.h"

#define DENIED(code) (SECCOMP_RET_ERRNO | (code))
#define ALLOWED SECCOMP_RET_ALLOW
#define HIGH (0xa5a5a5a5ULL << 32) /* bits that the kernel does not look at in an int */
#define MINUS (0xffffffffULL << 32)
#define TIOCLINUX_REQUEST 0x541c
#define CALLS 1024 /* numbers behind the last call of any machine */
#define X32_BIT 0x40000000
#define CLONE_NEWTIME_BIT 0x80

/* Program and machine that is asked; on x86 there are three machines. */
struct asked {
	const struct filter *filter;
	const char *name;
	uint32_t arch; /* SCMP_ARCH_* */
};

static const uint32_t x86_archs[] = { SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32 };

static uint32_t verdict_of(const struct asked *m, int call, uint64_t a0, uint64_t a1, uint64_t a2)
{
	bool narrow = m->arch == SCMP_ARCH_X86; /* its registers have 32 bits */
	uint64_t mask = narrow ? UINT32_MAX : UINT64_MAX;
	struct seccomp_data data = { .nr = call, .args = { a0 & mask, a1 & mask, a2 & mask } };

	/* The kernel tells x32 by a bit of the call's number. */
	data.arch = m->arch == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : m->arch;
	if (m->arch == SCMP_ARCH_X32)
		data.nr |= X32_BIT;
	return bpf_run(m->filter->insns, m->filter->len, &data);
}

static int number_of(const struct asked *m, const char *name)
{
	int call = seccomp_syscall_resolve_name_arch(m->arch, name);

	/* libseccomp's own numbers for what a machine or the library does not have are negative,
	 * but i386's sockets, which have a number since Linux 4.3. */
	if (m->arch == SCMP_ARCH_X86 && !strcmp(name, "socket"))
		return 359;
	if (m->arch == SCMP_ARCH_X86 && !strcmp(name, "socketpair"))
		return 360;
	return call < 0 ? -1 : call & ~X32_BIT;
}

static uint32_t verdict(const struct asked *m, const char *name, uint64_t a0, uint64_t a1,
			uint64_t a2)
{
	int call = number_of(m, name);

	return call < 0 ? BPF_BROKEN : verdict_of(m, call, a0, a1, a2);
}

static void parse(struct profile *ret)
{
	struct err e = { 0 };
	struct json *doc = NULL;
	struct json_node root;

	ok(json_parse(default_profile, default_profile_len, JSON_COMMENTS, &doc, &e) == 0,
	   "is JSON: %s", e.msg);
	json_root(doc, &root);
	ok(profile_parse(&root, ret, &e) == 0, "is a profile: %s", e.msg);
	json_free(doc);
}

static void compile(bool foreign, struct filter *ret)
{
	auto_profile p = { 0 };
	struct profile named = { .archs = (uint32_t *)x86_archs, .arch_count = 3 };
	struct err e = { 0 };

	parse(&p);
	if (foreign)
		ok(profile_add_archs(&p, &named, &e) == 0, "takes architectures: %s", e.msg);
	ok(filter_compile(&p, ret, &e) == 0, "compiles: %s", e.msg);
	printf("# %u instructions\n", ret->len);
}

static bool share_a_name(const struct profile_rule *a, const struct profile_rule *b)
{
	for (size_t i = 0; i < a->name_count; i++)
		for (size_t j = 0; j < b->name_count; j++)
			if (!strcmp(a->names[i], b->names[j]))
				return true;
	return false;
}

/* Is there a condition of one that contradicts a condition of the other? */
static bool exclude_each_other(const struct profile_rule *a, const struct profile_rule *b)
{
	for (unsigned i = 0; i < a->arg_count; i++)
		for (unsigned j = 0; j < b->arg_count; j++) {
			const struct scmp_arg_cmp *x = &a->args[i], *y = &b->args[j];

			if (x->arg == y->arg && (x->datum_b ^ y->datum_b) & x->datum_a & y->datum_a)
				return true;
		}
	return false;
}

/* libseccomp promises no order of rules, so the order must not matter. */
static void test_no_overlap(void)
{
	auto_profile p = { 0 };
	unsigned pairs = 0, strange = 0;

	parse(&p);
	for (size_t i = 0; i < p.rule_count; i++) {
		for (unsigned k = 0; k < p.rules[i].arg_count; k++)
			strange += p.rules[i].args[k].op != SCMP_CMP_MASKED_EQ;
		for (size_t j = 0; j < i; j++)
			if (share_a_name(&p.rules[i], &p.rules[j]) &&
			    p.rules[i].action != p.rules[j].action) {
				pairs++;
				ok(exclude_each_other(&p.rules[i], &p.rules[j]),
				   "rules %zu and %zu of %s exclude each other", j, i,
				   p.rules[i].names[0]);
			}
	}
	ok(pairs > 50 && strange == 0, "%u pairs of rules, by masks only", pairs);
}

static const char forbidden[] =
	"mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig fsmount fspick "
	"mount_setattr setns unshare ptrace process_vm_readv process_vm_writev "
	"process_madvise pidfd_getfd kcmp bpf perf_event_open userfaultfd io_uring_setup "
	"io_uring_enter io_uring_register keyctl add_key request_key kexec_load init_module "
	"finit_module delete_module swapon swapoff reboot quotactl quotactl_fd "
	"open_by_handle_at settimeofday clock_settime clock_adjtime adjtimex";

static void test_whole_calls(const struct asked *m)
{
	char names[sizeof(forbidden)], *rest = names;

	memcpy(names, forbidden, sizeof(names));
	for (const char *name; (name = strsep(&rest, " "));)
		ok(verdict(m, name, 0, 0, 0) == DENIED(EPERM) &&
			   verdict(m, name, HIGH, MINUS, HIGH) == DENIED(EPERM),
		   "%s: %s", m->name, name);
	ok(verdict(m, "clone3", 0, 0, 0) == DENIED(ENOSYS), "%s: clone3", m->name);
	ok(verdict(m, "execve", 0, 0, 0) == ALLOWED, "%s: execve", m->name);
	/* The container's filter is loaded after this one. */
	ok(verdict(m, "seccomp", 1, 0, 0) == ALLOWED, "%s: seccomp", m->name);
}

/* Calls that a kernel does not have (any more), and machines that the profile is not for. */
static const char *const unknown[] = {
	"afs_syscall", "bdflush",  "break", "clone3",  "epoll_ctl_old", "epoll_wait_old", "ftime",
	"getpmsg",     "gtty",     "idle",  "lock",    "mpx",           "prof",           "profil",
	"putpmsg",     "security", "stty",  "tuxcall", "ulimit",        "vserver",
};

static bool is_unknown(const char *name)
{
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		if (!strcmp(unknown[i], name))
			return true;
	return false;
}

/* No call that the library knows is forgotten: each is allowed, or forbidden with a reason. */
static void test_every_call(const struct asked *m)
{
	int allowed = 0, denied = 0, nameless = 0;

	for (int call = 0; call < CALLS; call++) {
		int number = m->arch == SCMP_ARCH_X32 ? call | X32_BIT : call;
		char *name = seccomp_syscall_resolve_num_arch(m->arch, number);
		uint32_t said = verdict_of(m, call, 1, 1, 0);

		allowed += said == ALLOWED;
		denied += said == DENIED(EPERM);
		if (!name && said != DENIED(ENOSYS))
			nameless++;
		if (name && is_unknown(name))
			ok(said == DENIED(ENOSYS), "%s: %s is no call", m->name, name);
		else if (name && said != ALLOWED && said != DENIED(EPERM))
			ok(false, "%s: what about %s?", m->name, name);
		free(name);
	}
	ok(nameless == 0, "%s: numbers without a name answer ENOSYS", m->name);
	ok(allowed > 250 && denied > 50, "%s: %d calls allowed, %d forbidden", m->name, allowed,
	   denied);
}

/* Arguments: what the profile ought to say, in C. */

static uint32_t expected_clone(uint32_t flags)
{
	return flags & (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
			CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME_BIT)
		       ? DENIED(EPERM)
		       : ALLOWED;
}

static uint32_t expected_ioctl(uint32_t request)
{
	return request == TIOCSTI || request == TIOCLINUX_REQUEST ? DENIED(EPERM) : ALLOWED;
}

static uint32_t expected_personality(uint32_t persona)
{
	if ((persona & ~0x20008U) == 0 || persona == UINT32_MAX)
		return ALLOWED;
	/* Bits that mean something in Linux; nobody has ever used the others. */
	return persona & 0x0ffc00f7 && !(persona >> 31) ? DENIED(EPERM) : DENIED(ENOSYS);
}

static uint32_t expected_socket(uint32_t family, uint32_t protocol)
{
	if (family == AF_UNIX || family == AF_INET || family == AF_INET6)
		return ALLOWED;
	if (family == AF_NETLINK && protocol == 0)
		return ALLOWED;
	if (family == AF_NETLINK)
		return protocol & 31 ? DENIED(EPROTONOSUPPORT) : DENIED(ENOSYS);
	return family < 32 || family & 32 ? DENIED(EAFNOSUPPORT) : DENIED(ENOSYS);
}

static uint32_t expected_socketpair(uint32_t family)
{
	if (family == AF_UNIX)
		return ALLOWED;
	return family < 32 || family & 32 ? DENIED(EAFNOSUPPORT) : DENIED(ENOSYS);
}

/* One value of the argument under test, as all that it may look like in a 64-bit register. */
struct tally {
	unsigned long tried, wrong;
	uint64_t first; /* of the wrong ones */
};

static void count(struct tally *t, uint64_t value, bool right)
{
	t->tried++;
	if (!right && !t->wrong++)
		t->first = value;
}

static void try_value(const struct asked *m, const int *calls, struct tally *tallies, uint32_t low)
{
	static const uint64_t highs[] = { 0, HIGH, MINUS };
	static const uint32_t protocols[] = { 0, 1, 2, 4, 8, 16, 31, 32 };

	for (size_t i = 0; i < sizeof(highs) / sizeof(highs[0]); i++) {
		uint64_t value = highs[i] | low, other = highs[i];

		count(&tallies[0], value,
		      verdict_of(m, calls[0], value, other, 0) == expected_clone(low));
		count(&tallies[1], value,
		      verdict_of(m, calls[1], other, value, 0) == expected_ioctl(low));
		count(&tallies[2], value,
		      verdict_of(m, calls[2], value, other, 0) == expected_personality(low));
		for (size_t p = 0; p < sizeof(protocols) / sizeof(protocols[0]); p++)
			count(&tallies[3], value,
			      verdict_of(m, calls[3], value, 3, other | protocols[p]) ==
				      expected_socket(low, protocols[p]));
		count(&tallies[4], value,
		      verdict_of(m, calls[4], value, 1, 0) == expected_socketpair(low));
	}
}

static void test_arguments(const struct asked *m)
{
	static const char *const names[] = { "clone", "ioctl", "personality", "socket",
					     "socketpair" };
	static const uint32_t near[] = {
		0, 0x5412, TIOCLINUX_REQUEST, 0x20008, UINT32_MAX, AF_UNIX, AF_NETLINK, 17,
	};
	struct tally tallies[5] = { 0 };
	int calls[5];
	uint32_t random = 1;

	for (int i = 0; i < 5; i++) {
		calls[i] = number_of(m, names[i]);
		ok(calls[i] >= 0, "%s: there is %s", m->name, names[i]);
	}
	for (uint32_t low = 0; low < 0x200; low++)
		try_value(m, calls, tallies, low);
	for (uint32_t low = 0x5400; low < 0x5500; low++)
		try_value(m, calls, tallies, low);
	/* All that differs by one or two bits from the values that matter. */
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++)
		for (int a = 0; a < 32; a++)
			for (int b = 0; b < 32; b++)
				try_value(m, calls, tallies, near[i] ^ 1U << a ^ 1U << b);
	for (int i = 0; i < 2000; i++) {
		random = random * 1664525 + 1013904223;
		try_value(m, calls, tallies, random);
	}
	for (int i = 0; i < 5; i++)
		ok(tallies[i].wrong == 0, "%s: %s, %lu cases, %lu wrong, the first with %llx",
		   m->name, names[i], tallies[i].tried, tallies[i].wrong,
		   (unsigned long long)tallies[i].first);
}

static void test_machine(const struct filter *f, const char *name, uint32_t arch)
{
	struct asked m = { .filter = f, .name = name, .arch = arch };

	test_whole_calls(&m);
	test_every_call(&m);
	test_arguments(&m);
}

/* Their programs do not run where the container's profile does not name them. */
static void test_foreign_killed(const struct filter *f)
{
	struct asked i386 = { .filter = f, .arch = SCMP_ARCH_X86 };
	struct asked x32 = { .filter = f, .arch = SCMP_ARCH_X32 };
	int survive = 0;

	for (int call = 0; call < CALLS; call++) {
		survive += verdict_of(&i386, call, 0, 0, 0) != SECCOMP_RET_KILL_THREAD;
		survive += verdict_of(&x32, call, 0, 0, 0) != SECCOMP_RET_KILL_THREAD;
	}
	ok(survive == 0, "i386 and x32: every call kills");
}

/* Its arguments are in memory: no family can be told. */
static void test_socketcall(const struct filter *f)
{
	struct asked i386 = { .filter = f, .arch = SCMP_ARCH_X86 };

	for (uint32_t call = 0; call < 24; call++)
		ok(verdict_of(&i386, 102, call, 0, 0) == DENIED(EPERM), "i386: socketcall %u",
		   call);
}

int main(void)
{
	struct filter native = { 0 }, all = { 0 };

	ok(strlen(default_profile) == default_profile_len, "the built-in profile is whole");
	test_no_overlap();
	compile(false, &native);
	test_machine(&native, "native", seccomp_arch_native());
	if (seccomp_arch_native() == SCMP_ARCH_X86_64) {
		test_foreign_killed(&native);
		compile(true, &all);
		test_machine(&all, "x86_64", SCMP_ARCH_X86_64);
		test_machine(&all, "i386", SCMP_ARCH_X86);
		test_machine(&all, "x32", SCMP_ARCH_X32);
		test_socketcall(&all);
	}
	filter_free(&native);
	filter_free(&all);
	return done_testing();
}
