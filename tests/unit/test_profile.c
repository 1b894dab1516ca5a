/* Seccomp profiles: what is refused, and what the compiled programs say.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "seccomp/filter.h"
#include "tests/unit/bpf.h"
#include "tests/unit/kernel.h"
#include "tests/unit/tap.h"

#define DENIED(code) (SECCOMP_RET_ERRNO | (code))

static uint32_t native_arch(void)
{
	return seccomp_arch_native(); /* SCMP_ARCH_* are the kernel's AUDIT_ARCH_* */
}

static const char *load(const char *text, struct profile *p)
{
	static struct err e;
	struct json *doc = NULL;
	struct json_node root;
	const char *message = "";

	memset(&e, 0, sizeof(e));
	profile_free(p);
	if (json_parse(text, strlen(text), JSON_COMMENTS, &doc, &e) < 0)
		return e.msg;
	json_root(doc, &root);
	if (profile_parse(&root, p, &e) < 0)
		message = e.msg;
	json_free(doc);
	return message;
}

static void refused(const char *text, const char *reason)
{
	struct profile p = { 0 };

	contains(load(text, &p), reason, text);
	profile_free(&p);
}

static void compile(const char *text, struct filter *f)
{
	struct profile p = { 0 };
	struct err e = { 0 };

	filter_free(f);
	is_string(load(text, &p), "", "a profile that can be read");
	ok(filter_compile(&p, f, &e) == 0, "and compiled: %s", e.msg);
	profile_free(&p);
}

static uint32_t verdict(const struct filter *f, int call, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct seccomp_data data = { .nr = call, .arch = native_arch(), .args = { a0, a1, a2 } };

	return bpf_run(f->insns, f->len, &data);
}

static void test_bad(void)
{
	refused("{}", "defaultAction: missing");
	refused("[]", "expected an object");
	refused("{\"defaultAction\": \"SCMP_ACT_PANIC\"}", "defaultAction: \"SCMP_ACT_PANIC\"");
	refused("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"defaultErrnoRet\": 1}",
		"no error number");
	refused("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 4096}", "expected");
	refused("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"SCMP_ARCH_Z80\"]}",
		"architectures[0]: \"SCMP_ARCH_Z80\"");
	refused("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [\"X\"]}", "flags[0]");
	refused("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": {}}",
		"syscalls: expected an array");
	refused("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"action\": "
		"\"SCMP_ACT_KILL\"}]}",
		"syscalls[0].names: missing");
	refused("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": \"read\","
		"\"action\": \"SCMP_ACT_KILL\"}]}",
		"syscalls[0].names: expected an array");
	refused("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"read\"],"
		"\"action\": \"SCMP_ACT_KILL\", \"errnoRet\": 1}]}",
		"syscalls[0].errnoRet");
	refused("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"read\"],"
		"\"action\": \"SCMP_ACT_NOTIFY\"}]}",
		"SCMP_ACT_NOTIFY asks a listener");
	refused("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"read\"],"
		"\"action\": \"SCMP_ACT_KILL\", \"args\": [{\"index\": 6, \"op\": "
		"\"SCMP_CMP_EQ\"}]}]}",
		"syscalls[0].args[0].index: expected a whole number from 0 to 5, got 6");
	refused("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"read\"],"
		"\"action\": \"SCMP_ACT_KILL\", \"args\": [{\"index\": 0, \"op\": "
		"\"SCMP_CMP_IS\"}]}]}",
		"args[0].op: \"SCMP_CMP_IS\"");
}

/* What runc takes, although it means little. */
static void test_lenient(void)
{
	struct filter f = { 0 };

	compile("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": ["
		"{\"names\": [], \"action\": \"SCMP_ACT_KILL\"},"
		"{\"names\": [\"close\"], \"action\": \"SCMP_ACT_ERRNO\", \"args\": ["
		"{\"value\": 7, \"op\": \"SCMP_CMP_EQ\"}]},"
		"{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", \"args\": ["
		"{\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"},"
		"{\"index\": 0, \"value\": 2, \"op\": \"SCMP_CMP_EQ\"},"
		"{\"index\": 0, \"value\": 3, \"op\": \"SCMP_CMP_EQ\"},"
		"{\"index\": 0, \"value\": 4, \"op\": \"SCMP_CMP_EQ\"},"
		"{\"index\": 0, \"value\": 5, \"op\": \"SCMP_CMP_EQ\"},"
		"{\"index\": 0, \"value\": 6, \"op\": \"SCMP_CMP_EQ\"},"
		"{\"index\": 0, \"value\": 7, \"op\": \"SCMP_CMP_EQ\"}]}]}",
		&f);
	ok(verdict(&f, SYS_close, 7, 0, 0) == DENIED(EPERM), "no index is 0");
	ok(verdict(&f, SYS_close, 8, 0, 0) == SECCOMP_RET_ALLOW, "no index, another value");
	ok(verdict(&f, SYS_read, 7, 0, 0) == DENIED(EPERM), "the seventh of seven");
	ok(verdict(&f, SYS_read, 8, 0, 0) == SECCOMP_RET_ALLOW, "none of seven");
	filter_free(&f);
}

static void test_too_many(void)
{
	static char text[200000] =
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"action\":"
		"\"SCMP_ACT_KILL\", \"names\": [\"read\"";
	size_t used = strlen(text);

	for (int i = 0; i < 10000; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, ",\"read\"");
	snprintf(text + used, sizeof(text) - used, "]}]}");
	struct profile p = { 0 };
	contains(load(text, &p), "more than 4096 names", "10,000 names");
	profile_free(&p);
}

static void test_operators(void)
{
	static const struct {
		const char *op;
		uint64_t value, two, hit, miss;
	} cases[] = {
		{ "SCMP_CMP_EQ", 0x100000005, 0, 0x100000005, 5 },
		{ "SCMP_CMP_NE", 0x100000005, 0, 5, 0x100000005 },
		{ "SCMP_CMP_LT", 0x100000000, 0, 0xffffffff, 0x100000000 },
		{ "SCMP_CMP_LE", 0x100000000, 0, 0x100000000, 0x100000001 },
		{ "SCMP_CMP_GE", 0x100000000, 0, 0x100000000, 0xffffffff },
		{ "SCMP_CMP_GT", 0x100000000, 0, 0x100000001, 0x100000000 },
		{ "SCMP_CMP_MASKED_EQ", 0xff000000000000ff, 0x1200000000000034, 0x12ffffffffffff34,
		  0x1300000000000034 },
	};
	struct filter f = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];

		snprintf(
			text, sizeof(text),
			"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": "
			"[\"dup\"],"
			"\"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 7, \"args\": [{\"index\": 0,"
			"\"value\": %llu, \"valueTwo\": %llu, \"op\": \"%s\"}]}]}",
			(unsigned long long)cases[i].value, (unsigned long long)cases[i].two,
			cases[i].op);
		compile(text, &f);
		ok(verdict(&f, SYS_dup, cases[i].hit, 0, 0) == DENIED(7), "%s: hits", cases[i].op);
		ok(verdict(&f, SYS_dup, cases[i].miss, 0, 0) == SECCOMP_RET_ALLOW, "%s: misses",
		   cases[i].op);
	}
	filter_free(&f);
}

static void test_rules(void)
{
	struct filter f = { 0 };
	struct seccomp_data foreign = { .nr = 0, .arch = AUDIT_ARCH_S390 };

	compile("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 38, \"syscalls\": ["
		"{\"names\": [\"read\", \"no_such_call\"], \"action\": \"SCMP_ACT_ALLOW\"},"
		"{\"names\": [\"write\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 38},"
		"{\"names\": [\"dup\"], \"action\": \"SCMP_ACT_ERRNO\"},"
		"{\"names\": [\"getpid\"], \"action\": \"SCMP_ACT_KILL\"},"
		"{\"names\": [\"getppid\"], \"action\": \"SCMP_ACT_LOG\"},"
		"{\"names\": [\"close\"], \"action\": \"SCMP_ACT_TRACE\", \"errnoRet\": 5},"
		"{\"names\": [\"kill\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": ["
		"{\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"},"
		"{\"index\": 1, \"value\": 2, \"op\": \"SCMP_CMP_EQ\"}]},"
		"{\"names\": [\"lseek\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": ["
		"{\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"},"
		"{\"index\": 0, \"value\": 2, \"op\": \"SCMP_CMP_EQ\"}]}]}",
		&f);
	ok(verdict(&f, SYS_read, 0, 0, 0) == SECCOMP_RET_ALLOW, "allowed");
	ok(verdict(&f, SYS_write, 0, 0, 0) == DENIED(38), "a rule equal to the default");
	ok(verdict(&f, SYS_dup, 0, 0, 0) == DENIED(EPERM), "EPERM where no number is given");
	ok(verdict(&f, SYS_getpid, 0, 0, 0) == SECCOMP_RET_KILL_THREAD, "kill");
	ok(verdict(&f, SYS_getppid, 0, 0, 0) == SECCOMP_RET_LOG, "log");
	ok(verdict(&f, SYS_close, 0, 0, 0) == (SECCOMP_RET_TRACE | 5), "trace");
	ok(verdict(&f, SYS_kill, 1, 2, 0) == SECCOMP_RET_ALLOW, "two arguments: both");
	ok(verdict(&f, SYS_kill, 1, 3, 0) == DENIED(38), "two arguments: one is not enough");
	ok(verdict(&f, SYS_lseek, 1, 0, 0) == SECCOMP_RET_ALLOW &&
		   verdict(&f, SYS_lseek, 2, 0, 0) == SECCOMP_RET_ALLOW,
	   "two conditions on one argument: any");
	ok(verdict(&f, SYS_lseek, 3, 0, 0) == DENIED(38), "but not none");
	ok(verdict(&f, SYS_openat, 0, 0, 0) == DENIED(38), "the default");
	ok(bpf_run(f.insns, f.len, &foreign) == SECCOMP_RET_KILL_THREAD,
	   "a foreign machine: killed");
	filter_free(&f);
}

static void test_archs(void)
{
	struct profile own = { 0 }, other = { 0 };
	struct filter f = { 0 };
	struct err e = { 0 };
	struct seccomp_data i386 = { .nr = 0, .arch = AUDIT_ARCH_I386 };

	load("{\"defaultAction\": \"SCMP_ACT_ALLOW\"}", &own);
	load("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"SCMP_ARCH_X86_64\","
	     "\"SCMP_ARCH_X86\", \"SCMP_ARCH_NATIVE\", \"SCMP_ARCH_LOONGARCH64\"]}",
	     &other);
	ok(profile_add_archs(&own, &other, &e) == 0 && filter_compile(&own, &f, &e) == 0,
	   "architectures of another profile: %s", e.msg);
	ok(bpf_run(f.insns, f.len, &i386) == SECCOMP_RET_ALLOW, "are allowed too");
	filter_free(&f);
	profile_free(&own);
	profile_free(&other);
}

/* In a child, for real. */
static void test_load(void)
{
	struct filter f = { 0 };
	int status = -1;
	pid_t pid;

	compile("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": [\"SECCOMP_FILTER_FLAG_LOG\"],"
		"\"syscalls\": [{\"names\": [\"getpgid\"], \"action\": \"SCMP_ACT_ERRNO\","
		"\"errnoRet\": 42}]}",
		&f);
	if (!has_seccomp()) {
		skip("a loaded program is obeyed", "no seccomp(2)");
		filter_free(&f);
		return;
	}
	pid = fork();
	if (pid == 0) {
		struct err e = { 0 };

		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (filter_load(&f, &e) < 0)
			_exit(1);
		_exit(syscall(SYS_getpgid, 0) == -1 && errno == 42 ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	ok(status == 0, "a loaded program is obeyed");
	filter_free(&f);
}

int main(void)
{
	compile_without_kernel();
	test_bad();
	test_lenient();
	test_too_many();
	test_operators();
	test_rules();
	test_archs();
	test_load();
	return done_testing();
}
