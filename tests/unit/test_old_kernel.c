/* A kernel that lacks capabilities which libcap knows.  SPDX-License-Identifier: Apache-2.0
 *
 * libcap asks the kernel before main begins.  So this program executes itself again, under a filter
 * that denies all knowledge of the newest capabilities. */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "oci/bundle.h"
#include "shim/plan/settings.h"
#include "tests/unit/kernel.h"
#include "tests/unit/tap.h"

#define FIRST_MISSING CAP_PERFMON /* Linux 5.8; with it go BPF and CHECKPOINT_RESTORE */

static int execute_on_old_kernel(char *program)
{
	char *argv[] = { program, (char *)"again", NULL };
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);

	if (!context ||
	    seccomp_rule_add(context, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 2,
			     SCMP_A0(SCMP_CMP_EQ, PR_CAPBSET_READ, 0),
			     SCMP_A1(SCMP_CMP_GE, FIRST_MISSING, 0)) < 0 ||
	    seccomp_load(context) < 0)
		return ok(0, "the filter is loaded");
	execv("/proc/self/exe", argv);
	return ok(0, "executed again");
}

static void test_container(void)
{
	static const char text[] =
		"{\"root\": {\"path\": \"rootfs\"}, \"process\": {\"user\": {\"uid\": 0, \"gid\": "
		"0}, "
		"\"cwd\": \"/\", \"capabilities\": {\"bounding\": [\"CAP_KILL\", \"CAP_BPF\", "
		"\"CAP_AUDIT_READ\"], \"effective\": [\"CAP_PERFMON\", \"CAP_BPF\"]}}}";
	struct bundle b = { 0 };
	struct err e = { 0 };

	ok(bundle_parse("/b", text, strlen(text), &b, &e) == 0, "a container that wants them: %s",
	   e.msg);
	ok(b.process.caps[CAPS_BOUNDING] == (1ULL << CAP_KILL | 1ULL << CAP_AUDIT_READ) &&
		   !b.process.caps[CAPS_EFFECTIVE],
	   "has the others");
	is_string(b.process.caps_unknown, "CAP_BPF, CAP_PERFMON", "they are told");
	bundle_free(&b);
}

static void test_settings(void)
{
	static const char text[] = "{\"capabilities\": [\"CAP_KILL\", \"CAP_BPF\"]}";
	char path[] = "/tmp/odh-old-kernel-XXXXXX";
	struct settings s = { 0 };
	struct err e = { 0 };
	int fd = mkstemp(path);

	ok(fd >= 0 && write(fd, text, strlen(text)) > 0 && settings_load(path, &s, &e) < 0,
	   "settings that list one");
	contains(e.msg, "capabilities[1]: expected a capability of this kernel", "are refused");
	(void)unlink(path);
	close(fd);
	settings_free(&s);
}

int main(int argc, char *argv[])
{
	if (argc < 2 && !has_seccomp()) {
		skip("an old kernel", "no seccomp(2) to make one");
		return done_testing();
	}
	if (argc < 2)
		return execute_on_old_kernel(argv[0]) ? 0 : 1;
	ok(cap_max_bits() == FIRST_MISSING, "libcap has seen %d capabilities", cap_max_bits());
	test_container();
	test_settings();
	return done_testing();
}
