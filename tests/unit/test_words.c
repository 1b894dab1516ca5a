/* The words of a profile, and where they may stand.  SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "seccomp/words.h"
#include "tests/unit/profiles.h"

static const char *const actions[] = { "KILL",  "KILL_PROCESS", "KILL_THREAD", "TRAP",
				       "ERRNO", "TRACE",        "ALLOW",       "LOG" };

/* Of the specification, as of 1.2.  value 0: an older libseccomp has none. */
static const struct {
	const char *name;
	uint32_t value;
} archs[] = {
	{ "X86", SCMP_ARCH_X86 },
	{ "X86_64", SCMP_ARCH_X86_64 },
	{ "X32", SCMP_ARCH_X32 },
	{ "ARM", SCMP_ARCH_ARM },
	{ "AARCH64", SCMP_ARCH_AARCH64 },
	{ "MIPS", SCMP_ARCH_MIPS },
	{ "MIPS64", SCMP_ARCH_MIPS64 },
	{ "MIPS64N32", SCMP_ARCH_MIPS64N32 },
	{ "MIPSEL", SCMP_ARCH_MIPSEL },
	{ "MIPSEL64", SCMP_ARCH_MIPSEL64 },
	{ "MIPSEL64N32", SCMP_ARCH_MIPSEL64N32 },
	{ "PPC", SCMP_ARCH_PPC },
	{ "PPC64", SCMP_ARCH_PPC64 },
	{ "PPC64LE", SCMP_ARCH_PPC64LE },
	{ "S390", SCMP_ARCH_S390 },
	{ "S390X", SCMP_ARCH_S390X },
	{ "PARISC", SCMP_ARCH_PARISC },
	{ "PARISC64", SCMP_ARCH_PARISC64 },
	{ "RISCV64", SCMP_ARCH_RISCV64 },
	{ "LOONGARCH64", 0 },
	{ "M68K", 0 },
	{ "SH", 0 },
	{ "SHEB", 0 },
};

static void parsed(const char *text, const char *reason)
{
	struct profile p = { 0 };
	const char *message = profile_from(text, &p);

	if (*reason)
		contains(message, reason, text);
	else
		is_string(message, "", text);
	profile_free(&p);
}

/* A number of an error goes with ERRNO and TRACE, as the default action and in a rule. */
static void test_numbers(void)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		bool takes = !strcmp(actions[i], "ERRNO") || !strcmp(actions[i], "TRACE");
		const char *other = !strcmp(actions[i], "ALLOW") ? "LOG" : "ALLOW";
		char text[300], reason[100] = "";

		snprintf(text, sizeof(text), "{\"defaultAction\": \"SCMP_ACT_%s\"}", actions[i]);
		parsed(text, "");
		for (int code = 0; code < 2; code++) {
			if (!takes)
				snprintf(reason, sizeof(reason),
					 "defaultErrnoRet: the action has no error number");
			snprintf(text, sizeof(text),
				 "{\"defaultAction\": \"SCMP_ACT_%s\", \"defaultErrnoRet\": %d}",
				 actions[i], code);
			parsed(text, reason);
			if (!takes)
				snprintf(reason, sizeof(reason),
					 "syscalls[0].errnoRet: the action has no error number");
			snprintf(text, sizeof(text),
				 "{\"defaultAction\": \"SCMP_ACT_%s\", \"syscalls\": [{\"names\":"
				 "[\"read\"], \"action\": \"SCMP_ACT_%s\", \"errnoRet\": %d}]}",
				 other, actions[i], code);
			parsed(text, reason);
		}
	}
	parsed("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 4095}", "");
	parsed("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 4096}",
	       "defaultErrnoRet: expected");
	parsed("{\"defaultAction\": \"SCMP_ACT_TRACE\", \"defaultErrnoRet\": 65535}", "");
	parsed("{\"defaultAction\": \"SCMP_ACT_TRACE\", \"defaultErrnoRet\": 65536}",
	       "defaultErrnoRet: expected");
	parsed("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"defaultErrnoRet\": null}", "");
	parsed("{\"defaultAction\": \"SCMP_ACT_NOTIFY\", \"listenerPath\": \"/run/x\"}",
	       "defaultAction: SCMP_ACT_NOTIFY asks a listener");
}

static void test_archs(void)
{
	uint32_t seen[sizeof(archs) / sizeof(archs[0])];
	struct profile native = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++) {
		struct profile p = { 0 };
		char text[200];

		snprintf(text, sizeof(text),
			 "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": "
			 "[\"SCMP_ARCH_%s\"]}",
			 archs[i].name);
		is_string(profile_from(text, &p), "", archs[i].name);
		ok(p.arch_count <= 1, "%s is one, or not known to libseccomp", archs[i].name);
		ok(!archs[i].value || (p.arch_count == 1 && p.archs[0] == archs[i].value),
		   "%s has libseccomp's value", archs[i].name);
		for (size_t j = 0; p.arch_count && j < count; j++)
			if (seen[j] == p.archs[0])
				ok(false, "%s is another one too", archs[i].name);
		if (p.arch_count)
			seen[count++] = p.archs[0];
		profile_free(&p);
	}
	ok(count >= 19, "libseccomp knows %zu of them", count);
	is_string(profile_from("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": "
			       "[\"SCMP_ARCH_NATIVE\"]}",
			       &native),
		  "", "NATIVE");
	ok(native.arch_count == 1 && native.archs[0] == SCMP_ARCH_NATIVE, "is one too");
	profile_free(&native);
	parsed("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"x86\"]}",
	       "\"x86\" is not known");
	parsed("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"SCMP_ARCH_x86\"]}",
	       "\"SCMP_ARCH_x86\" is not known");
}

static void test_flags(void)
{
	struct profile p = { 0 };

	is_string(profile_from("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"flags\": ["
			       "\"SECCOMP_FILTER_FLAG_TSYNC\", \"SECCOMP_FILTER_FLAG_LOG\","
			       "\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\","
			       "\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]}",
			       &p),
		  "", "all flags");
	ok(p.flags == (SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW),
	   "those that a hook can have");
	profile_free(&p);
}

#define RULE(rest)                                                                                 \
	"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": [\"a\"], \"action\": " \
	"\"SCMP_ACT_ALLOW\"}, {\"names\": [\"read\"]" rest "}]}"
#define ARGS "\"args\": [{\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}]"

static void test_rules(void)
{
	parsed(RULE(", \"action\": \"SCMP_ACT_ERRNO\""), "");
	parsed(RULE(", \"action\": \"SCMP_ACT_ERRNO\", \"args\": []"), "");
	parsed(RULE(", \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 2, " ARGS), "");
	parsed(RULE(", \"action\": \"SCMP_ACT_ERRNO\", " ARGS),
	       "syscalls[1].args: on the default action");
	parsed(RULE(", \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": 1, " ARGS),
	       "syscalls[1].args: on the default action");
	/* podman's and Docker's own files are no OCI profiles */
	parsed(RULE(", \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {}, \"excludes\": null"), "");
	parsed(RULE(", \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"caps\": [\"X\"]}"),
	       "syscalls[1].includes: a condition of an engine's own format");
	parsed(RULE(", \"action\": \"SCMP_ACT_ALLOW\", \"excludes\": {\"arches\": [\"X\"]}"),
	       "syscalls[1].excludes: a condition of an engine's own format");
	parsed(RULE(", \"action\": \"SCMP_ACT_ALLOW\", \"includes\": 7"), "syscalls[1].includes");
	parsed("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"listenerPath\": 7}", "listenerPath");
	parsed("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"listenerPath\": \"/run/x\","
	       "\"listenerMetadata\": \"x\"}",
	       "");
	parsed("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"listenerMetadata\": \"x\"}",
	       "listenerMetadata: there is no listenerPath");
	parsed("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"somethingNew\": 7}", "");
}

static void not_compiled(const char *text, const char *reason)
{
	struct profile p = { 0 };
	struct filter f = { 0 };
	struct err e = { 0 };

	is_string(profile_from(text, &p), "", "can be read");
	ok(filter_compile(&p, &f, &e) < 0 && !f.insns, "but not compiled");
	contains(e.msg, reason, "and it is said why");
	profile_free(&p);
}

static void test_compile(void)
{
	not_compiled("{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": "
		     "[\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_S390X\"]}",
		     "architectures: SCMP_ARCH_S390X");
}

int main(void)
{
	ok(!strcmp(word_name(WORD_ARCH, 1), "?"), "no such value");
	test_numbers();
	test_archs();
	test_flags();
	test_rules();
	test_compile();
	return done_testing();
}
