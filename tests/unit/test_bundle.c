/* config.json.  SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/personality.h>
#include <unistd.h>

#include "oci/bundle.h"
#include "tests/unit/tap.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define PROCESS "\"user\": {\"uid\": 0, \"gid\": 0}, \"cwd\": \"/\""

/* A config.json with these members of process and of linux. */
static const char *load(const char *process, const char *linux_members, struct bundle *b)
{
	static struct err e;
	char *text;

	memset(&e, 0, sizeof(e));
	bundle_free(b);
	if (asprintf(&text,
		     "{\"root\": {\"path\": \"rootfs\"}, \"process\": {%s}, \"linux\": {%s}}",
		     process, linux_members) < 0)
		exit(1);
	if (bundle_parse("/b", text, strlen(text), b, &e) < 0) {
		free(text);
		return e.msg;
	}
	free(text);
	return "";
}

static void refused(const char *process, const char *linux_members, const char *reason)
{
	struct bundle b = { 0 };

	contains(load(process, linux_members, &b), reason, *process ? process : linux_members);
	bundle_free(&b);
}

static void test_defaults(void)
{
	struct bundle b = { 0 };

	is_string(load(PROCESS, "", &b), "", "the least that there may be");
	is_string(b.root_path, "/b/rootfs", "a relative root is below the bundle");
	ok(b.process.umask == 0022 && !b.process.group_count && !b.process.limit_count &&
		   !b.process.has_scheduler && !b.process.has_io_priority &&
		   !b.process.has_affinity && !b.has_personality && !b.seccomp.value &&
		   !b.process.caps[CAPS_BOUNDING] && !b.foreign,
	   "the defaults");
	is_string(bundle_env(&b, "HOME"), "/", "HOME is / where it is not set");
	bundle_free(&b);
	bundle_free(&b);
	ok(1, "may be freed twice");
}

static void test_everything(void)
{
	struct bundle b = { 0 };
	const struct process *p = &b.process;

	is_string(load("\"user\": {\"uid\": 1, \"gid\": 2, \"umask\": 63, \"additionalGids\": [3, "
		       "4]},"
		       "\"env\": [\"A=1\", \"B=2\", \"A=3\", \"HOME=/h\", \"E=\"], \"cwd\": \"/w\","
		       "\"capabilities\": {\"bounding\": [\"CAP_KILL\", \"CAP_NEWER\"],"
		       "\"effective\": [\"CAP_CHOWN\"]},"
		       "\"rlimits\": [{\"type\": \"RLIMIT_NOFILE\", \"soft\": 5,"
		       "\"hard\": 18446744073709551615}], \"noNewPrivileges\": true,"
		       "\"apparmorProfile\": \"a\", \"selinuxLabel\": \"s\","
		       "\"scheduler\": {\"policy\": \"SCHED_BATCH\", \"nice\": -5,"
		       "\"flags\": [\"SCHED_FLAG_RESET_ON_FORK\"]},"
		       "\"ioPriority\": {\"class\": \"IOPRIO_CLASS_BE\", \"priority\": 3},"
		       "\"execCPUAffinity\": {\"initial\": \"7\", \"final\": \"0-1,3\"}",
		       "\"personality\": {\"domain\": \"LINUX32\"}, \"seccomp\": {},"
		       "\"namespaces\": [{\"type\": \"mount\"}, {\"type\": \"network\","
		       "\"path\": \"/proc/1/ns/net\"}]",
		       &b),
		  "", "everything");
	ok(p->uid == 1 && p->gid == 2 && p->umask == 077, "ids and umask");
	ok(p->group_count == 2 && p->groups[0] == 3 && p->groups[1] == 4, "groups");
	ok(p->env_count == 4 && !p->env[4], "each name once");
	is_string(p->env[0], "A=3", "its last value at its first place");
	is_string(bundle_env(&b, "HOME"), "/h", "HOME as given");
	is_string(bundle_env(&b, "E"), "", "an empty value");
	ok(!bundle_env(&b, "HOM"), "a part of a name is no name");
	ok(p->caps[CAPS_BOUNDING] == 1ULL << CAP_KILL &&
		   p->caps[CAPS_EFFECTIVE] == 1ULL << CAP_CHOWN,
	   "capabilities, each in its set");
	is_string(p->caps_unknown, "CAP_NEWER", "an unknown one is told");
	ok(p->limit_count == 1 && p->limits[0].resource == RLIMIT_NOFILE &&
		   p->limits[0].value.rlim_cur == 5 && p->limits[0].value.rlim_max == RLIM_INFINITY,
	   "limits");
	ok(p->no_new_privs, "noNewPrivileges");
	is_string(p->apparmor_profile, "a", "apparmorProfile");
	is_string(p->selinux_label, "s", "selinuxLabel");
	ok(p->has_scheduler && p->scheduler.policy == SCHED_BATCH && p->scheduler.nice == -5 &&
		   p->scheduler.flags == 1,
	   "scheduler");
	ok(p->has_io_priority && p->io_priority == (2 << 13 | 3), "ioPriority");
	ok(p->has_affinity && CPU_COUNT(&p->affinity) == 3 && CPU_ISSET(3, &p->affinity),
	   "execCPUAffinity: final");
	ok(b.has_personality && b.personality == PER_LINUX32, "personality");
	ok(b.ns_listed[NS_MOUNT] && !b.ns_has_path[NS_MOUNT] && b.ns_listed[NS_NETWORK] &&
		   b.ns_has_path[NS_NETWORK] && !b.ns_listed[NS_PID],
	   "namespaces");
	ok(b.seccomp.value != NULL, "seccomp");
	bundle_free(&b);
}

static void test_bad_process(void)
{
	refused("\"cwd\": \"/\"", "", "process.user: missing");
	refused("\"user\": {\"gid\": 0}, \"cwd\": \"/\"", "", "process.user.uid: missing");
	refused("\"user\": {\"uid\": -1, \"gid\": 0}, \"cwd\": \"/\"", "",
		"process.user.uid: expected");
	refused("\"user\": {\"uid\": 4294967295, \"gid\": 0}, \"cwd\": \"/\"", "", "uid: expected");
	refused("\"user\": {\"uid\": 0, \"gid\": \"0\"}, \"cwd\": \"/\"", "", "gid: expected");
	refused("\"user\": {\"uid\": 0, \"gid\": 0, \"umask\": 512}, \"cwd\": \"/\"", "", "umask");
	refused("\"user\": {\"uid\": 0, \"gid\": 0, \"additionalGids\": [-1]}, \"cwd\": \"/\"", "",
		"additionalGids[0]: expected");
	refused("\"user\": {\"uid\": 0, \"gid\": 0}", "", "process.cwd: expected an absolute path");
	refused("\"user\": {\"uid\": 0, \"gid\": 0}, \"cwd\": \"w\"", "", "process.cwd");
	refused(PROCESS ", \"env\": [\"secret\"]", "", "process.env[0]: expected NAME=value");
	refused(PROCESS ", \"env\": [\"A=1\", \"=secret\"]", "",
		"process.env[1]: expected NAME=value");
	refused(PROCESS ", \"env\": \"A=1\"", "", "process.env: expected an array");
	refused(PROCESS ", \"env\": [1]", "", "process.env[0]: expected a string");
	refused(PROCESS ", \"rlimits\": [{\"type\": \"RLIMIT_X\", \"soft\": 1, \"hard\": 1}]", "",
		"rlimits[0].type: \"RLIMIT_X\" is no limit");
	refused(PROCESS ", \"rlimits\": [{\"type\": \"RLIMIT_AS\", \"soft\": 2, \"hard\": 1}]", "",
		"soft is more than hard");
	refused(PROCESS ", \"rlimits\": [{\"type\": \"RLIMIT_AS\", \"soft\": 1}]", "", "missing");
	refused(PROCESS ", \"rlimits\": [{\"type\": \"RLIMIT_AS\", \"soft\": 1, \"hard\": 1},"
			"{\"type\": \"RLIMIT_AS\", \"soft\": 1, \"hard\": 1}]",
		"", "there twice");
	refused(PROCESS ", \"capabilities\": {\"bounding\": [1]}", "",
		"bounding[0]: expected a string");
	refused(PROCESS ", \"noNewPrivileges\": 1", "", "noNewPrivileges: expected true or false");
	refused(PROCESS ", \"oomScoreAdj\": \"x\"", "", "process.oomScoreAdj: expected");
	refused(PROCESS ", \"oomScoreAdj\": 1001", "", "process.oomScoreAdj: expected");
	refused(PROCESS, "\"cgroupsPath\": 7", "linux.cgroupsPath: expected a string");
	refused(PROCESS ", \"scheduler\": {\"policy\": \"SCHED_ISO\"}", "", "is not known");
	refused(PROCESS ", \"scheduler\": {}", "", "policy: missing");
	refused(PROCESS ", \"ioPriority\": {\"class\": \"IOPRIO_CLASS_BE\", \"priority\": 8}", "",
		"priority: expected");
	refused(PROCESS ", \"execCPUAffinity\": {\"final\": \"0-\"}", "", "expected CPUs");
	refused(PROCESS ", \"execCPUAffinity\": {\"final\": \"3-1\"}", "", "expected CPUs");
	refused(PROCESS ", \"execCPUAffinity\": {\"final\": \"0,\"}", "", "expected CPUs");
	refused(PROCESS ", \"execCPUAffinity\": {\"final\": \"99999999999\"}", "", "expected CPUs");
}

static void test_bad_linux(void)
{
	refused(PROCESS, "\"namespaces\": [{\"type\": \"net\"}]", "is no namespace");
	refused(PROCESS, "\"namespaces\": [{\"type\": \"pid\"}, {\"type\": \"pid\"}]",
		"there twice");
	refused(PROCESS, "\"personality\": {\"domain\": \"HPUX\"}", "is not known");
	refused(PROCESS, "\"personality\": {\"domain\": \"LINUX\", \"flags\": [\"X\"]}",
		"no flags");
}

/* Every type that a member must not have.  skip: the one that it must, by its place here. */
static void test_types(void)
{
	static const char *const values[] = { "\"x\"", "7", "true", "[7]", "{\"x\": 7}" };
	enum { STRING, NUMBER, BOOL, ARRAY, OBJECT };
	static const struct {
		const char *before, *path, *after;
		int type;
		bool in_linux;
	} members[] = {
#define USER "\"user\": {\"uid\": 0, \"gid\": 0, "
		{ "\"cwd\": \"/\", \"user\": ", "process.user", "", OBJECT, false },
		{ "\"cwd\": \"/\", \"user\": {\"gid\": 0, \"uid\": ", "process.user.uid", "}",
		  NUMBER, false },
		{ "\"cwd\": \"/\", \"user\": {\"uid\": 0, \"gid\": ", "process.user.gid", "}",
		  NUMBER, false },
		{ "\"cwd\": \"/\", " USER "\"umask\": ", "process.user.umask", "}", NUMBER, false },
		{ "\"cwd\": \"/\", " USER "\"additionalGids\": ", "process.user.additionalGids",
		  "}", ARRAY, false },
		{ "\"user\": {\"uid\": 0, \"gid\": 0}, \"cwd\": ", "process.cwd", "", STRING,
		  false },
		{ PROCESS ", \"env\": ", "process.env", "", ARRAY, false },
		{ PROCESS ", \"capabilities\": ", "process.capabilities", "", OBJECT, false },
		{ PROCESS ", \"capabilities\": {\"ambient\": ", "process.capabilities.ambient", "}",
		  ARRAY, false },
		{ PROCESS ", \"rlimits\": ", "process.rlimits", "", ARRAY, false },
		{ PROCESS ", \"rlimits\": [", "process.rlimits[0]", "]", OBJECT, false },
		{ PROCESS ", \"rlimits\": [{\"type\": ", "process.rlimits[0].type", "}]", STRING,
		  false },
		{ PROCESS ", \"rlimits\": [{\"type\": \"RLIMIT_AS\", \"soft\": ",
		  "process.rlimits[0].soft", "}]", NUMBER, false },
		{ PROCESS ", \"rlimits\": [{\"type\": \"RLIMIT_AS\", \"soft\": 1, \"hard\": ",
		  "process.rlimits[0].hard", "}]", NUMBER, false },
		{ PROCESS ", \"noNewPrivileges\": ", "process.noNewPrivileges", "", BOOL, false },
		{ PROCESS ", \"apparmorProfile\": ", "process.apparmorProfile", "", STRING, false },
		{ PROCESS ", \"selinuxLabel\": ", "process.selinuxLabel", "", STRING, false },
		{ PROCESS ", \"scheduler\": ", "process.scheduler", "", OBJECT, false },
		{ PROCESS ", \"scheduler\": {\"policy\": ", "process.scheduler.policy", "}", STRING,
		  false },
#define OTHER PROCESS ", \"scheduler\": {\"policy\": \"SCHED_OTHER\", "
		{ OTHER "\"nice\": ", "process.scheduler.nice", "}", NUMBER, false },
		{ OTHER "\"priority\": ", "process.scheduler.priority", "}", NUMBER, false },
		{ OTHER "\"flags\": ", "process.scheduler.flags", "}", ARRAY, false },
		{ OTHER "\"flags\": [", "process.scheduler.flags[0]", "]}", STRING, false },
		{ OTHER "\"runtime\": ", "process.scheduler.runtime", "}", NUMBER, false },
		{ OTHER "\"deadline\": ", "process.scheduler.deadline", "}", NUMBER, false },
		{ OTHER "\"period\": ", "process.scheduler.period", "}", NUMBER, false },
		{ PROCESS ", \"ioPriority\": ", "process.ioPriority", "", OBJECT, false },
		{ PROCESS ", \"ioPriority\": {\"class\": ", "process.ioPriority.class", "}", STRING,
		  false },
		{ PROCESS ", \"ioPriority\": {\"class\": \"IOPRIO_CLASS_RT\", \"priority\": ",
		  "process.ioPriority.priority", "}", NUMBER, false },
		{ PROCESS ", \"execCPUAffinity\": ", "process.execCPUAffinity", "", OBJECT, false },
		{ PROCESS ", \"execCPUAffinity\": {\"initial\": ",
		  "process.execCPUAffinity.initial", "}", STRING, false },
		{ PROCESS ", \"execCPUAffinity\": {\"final\": ", "process.execCPUAffinity.final",
		  "}", STRING, false },
		{ "\"namespaces\": ", "linux.namespaces", "", ARRAY, true },
		{ "\"namespaces\": [", "linux.namespaces[0]", "]", OBJECT, true },
		{ "\"namespaces\": [{\"type\": ", "linux.namespaces[0].type", "}]", STRING, true },
		{ "\"namespaces\": [{\"type\": \"pid\", \"path\": ", "linux.namespaces[0].path",
		  "}]", STRING, true },
		{ "\"personality\": ", "linux.personality", "", OBJECT, true },
		{ "\"personality\": {\"domain\": ", "linux.personality.domain", "}", STRING, true },
		{ "\"personality\": {\"domain\": \"LINUX\", \"flags\": ", "linux.personality.flags",
		  "}", ARRAY, true },
		{ "\"seccomp\": ", "linux.seccomp", "", OBJECT, true },
	};

	for (size_t i = 0; i < COUNT(members); i++)
		for (int type = 0; type <= OBJECT; type++) {
			char text[300], reason[100];

			if (type == members[i].type)
				continue;
			snprintf(text, sizeof(text), "%s%s%s", members[i].before, values[type],
				 members[i].after);
			snprintf(reason, sizeof(reason), "config.json: %s: expected ",
				 members[i].path);
			refused(members[i].in_linux ? PROCESS : text,
				members[i].in_linux ? text : "", reason);
		}
}

/* Parse a whole config.json. */
static const char *load_document(const char *text, struct bundle *b)
{
	static struct err e;

	memset(&e, 0, sizeof(e));
	bundle_free(b);
	return bundle_parse("/b", text, strlen(text), b, &e) < 0 ? e.msg : "";
}

static void test_documents(void)
{
	static const struct {
		const char *text, *reason;
	} bad[] = {
		{ "", "config.json: not JSON" },
		{ "[]", "config.json: the document: expected an object" },
		{ "{}", "config.json: root.path: missing" },
		{ "{\"root\": 7}", "config.json: root: expected an object" },
		{ "{\"root\": {\"path\": 7}}", "config.json: root.path: expected a string" },
		{ "{\"root\": {\"path\": \"\"}}", "config.json: root.path: missing" },
		{ "{\"root\": {\"path\": \"r\\u0000\"}}", "\\u0000" },
		{ "{\"root\": {\"path\": \"r\"}}", "config.json: process: missing" },
		{ "{\"root\": {\"path\": \"r\"}, \"process\": []}", "process: expected an object" },
		{ "{\"root\": {\"path\": \"r\"}, \"process\": {}, \"\\u0070rocess\": {}}",
		  "process: the key is there twice" },
		{ "{\"root\": {\"path\": \"r\"}, \"process\": {" PROCESS "}, \"linux\": 7}",
		  "linux: expected an object" },
		{ "{\"root\": {\"path\": \"r\"}, \"process\": {" PROCESS "}, \"annotations\": 7}",
		  "annotations: expected an object" },
		{ "{} // comment", "not JSON" },
	};
	struct bundle b = { 0 };

	for (size_t i = 0; i < COUNT(bad); i++)
		contains(load_document(bad[i].text, &b), bad[i].reason, bad[i].text);
	is_string(load_document("{\"root\": {\"path\": \"/r\"}, \"process\": {" PROCESS "},"
				"\"annotations\": {\"run.oci.handler\": \"krun\"}, \"hooks\": 7}",
				&b),
		  "", "without linux, and with what nobody asked for");
	is_string(b.root_path, "/r", "an absolute root stays");
	ok(b.foreign, "foreign by config.json's own annotations");
	bundle_free(&b);
}

static void test_ids(void)
{
	struct bundle b = { 0 };

	is_string(load("\"user\": {\"uid\": 4294967294, \"gid\": 4294967294,"
		       "\"additionalGids\": [0, 4294967294]}, \"cwd\": \"/\"",
		       "", &b),
		  "", "the greatest ids");
	ok(b.process.uid == 4294967294U && b.process.gid == 4294967294U &&
		   b.process.group_count == 2 && b.process.groups[1] == 4294967294U,
	   "are read");
	bundle_free(&b);
	is_string(
		load("\"user\": {\"uid\": \"abc\", \"gid\": 0}, \"cwd\": \"/\"", "", &b),
		"config.json: process.user.uid: expected a whole number from 0 to 4294967294, got "
		"\"abc\"",
		"a message for people");
	for (size_t i = 0; i < 4; i++) {
		static const char *const bad[] = { "4294967295", "4294967296",
						   "18446744073709551616", "1e3" };
		char text[100];

		snprintf(text, sizeof(text), "\"user\": {\"uid\": 0, \"gid\": %s}, \"cwd\": \"/\"",
			 bad[i]);
		refused(text, "", "process.user.gid: expected");
		snprintf(text, sizeof(text),
			 "\"user\": {\"uid\": 0, \"gid\": 0, \"additionalGids\": [1, %s]}", bad[i]);
		refused(text, "", "process.user.additionalGids[1]: expected");
	}
}

static void test_environment(void)
{
	struct bundle b = { 0 };

	is_string(load(PROCESS
		       ", \"env\": [\"AB=1\", \"A=2\", \"HOME=\", \"A=\", \"ABC=3\", \"A==4=\"]",
		       "", &b),
		  "", "names that begin alike");
	ok(b.process.env_count == 4 && !b.process.env[4], "each once, and no second HOME");
	is_string(b.process.env[0], "AB=1", "first");
	is_string(b.process.env[1], "A==4=", "second: its last value");
	is_string(b.process.env[2], "HOME=", "third: an empty one is one");
	is_string(b.process.env[3], "ABC=3", "fourth");
	is_string(bundle_env(&b, "A"), "=4=", "all behind the first equals sign");
	is_string(load(PROCESS ", \"env\": [\"HOMEPAGE=x\"]", "", &b), "", "nearly HOME");
	ok(b.process.env_count == 2, "is not HOME");
	is_string(b.process.env[1], "HOME=/", "which comes last");
	is_string(load(PROCESS ", \"env\": []", "", &b), "", "an empty one");
	ok(b.process.env_count == 1 && !b.process.env[1], "HOME alone");
	bundle_free(&b);
	contains(load(PROCESS ", \"env\": [\"A=1\", \"s3cret\"]", "", &b), "process.env[1]",
		 "an entry is named by its place");
	ok(!strstr(load(PROCESS ", \"env\": [\"A=1\", \"s3cret\"]", "", &b), "s3cret"),
	   "and by nothing else");
	refused(PROCESS ", \"env\": [\"\"]", "", "process.env[0]: expected NAME=value");
	refused(PROCESS ", \"env\": [\"A=\\u0000\"]", "", "\\u0000");
}

/* 10,000 entries, each name twice. */
static void test_large_environment(void)
{
	struct bundle b = { 0 };
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	bool good = true;

	fputs(PROCESS ", \"env\": [\"HOME=/h\"", f);
	for (int i = 0; i < 10000; i++)
		fprintf(f, ", \"N%d=%d\"", i * 7919 % 5000, i);
	fputs("]", f);
	fclose(f);
	is_string(load(text, "", &b), "", "a large environment");
	ok(b.process.env_count == 5001, "each name once");
	for (int i = 0; i < 5000 && b.process.env_count == 5001; i++) {
		char wanted[40];

		snprintf(wanted, sizeof(wanted), "N%d=%d", i * 7919 % 5000, i + 5000);
		good &= !strcmp(b.process.env[i + 1], wanted);
	}
	ok(good, "in its first place with its last value");
	bundle_free(&b);
	free(text);
}

static void test_capabilities(void)
{
	static const char *const sets[CAPS_COUNT] = { "bounding", "effective", "permitted",
						      "inheritable", "ambient" };
	struct bundle b = { 0 };

	for (int set = 0; set < CAPS_COUNT; set++) {
		char text[200];
		bool alone = true;

		snprintf(text, sizeof(text),
			 PROCESS ", \"capabilities\": {\"%s\": [\"CAP_SYS_ADMIN\"]}", sets[set]);
		is_string(load(text, "", &b), "", sets[set]);
		for (int i = 0; i < CAPS_COUNT; i++)
			alone &= b.process.caps[i] == (i == set ? 1ULL << CAP_SYS_ADMIN : 0);
		ok(alone && !b.process.caps_unknown, "in its set, and in no other");
	}
	for (cap_value_t cap = 0; cap <= CAP_LAST_CAP; cap++) {
		char *name = cap_to_name(cap), text[200];

		snprintf(text, sizeof(text), PROCESS ", \"capabilities\": {\"bounding\": [\"%s\"]}",
			 name);
		is_string(load(text, "", &b), "", name);
		ok(b.process.caps[CAPS_BOUNDING] == 1ULL << cap && !b.process.caps_unknown,
		   "by name");
		cap_free(name);
	}
	is_string(load(PROCESS ", \"capabilities\": {\"bounding\": [\"cAp_KiLl\", \"CAP_KILL\"]}",
		       "", &b),
		  "", "in any case, twice");
	ok(b.process.caps[CAPS_BOUNDING] == 1ULL << CAP_KILL, "one");
	is_string(load(PROCESS
		       ", \"capabilities\": {\"bounding\": [\"CAP_NEWER\", \"CAP_NEW\", \"5\","
		       "\"KILL\", \"CAP_5\", \"\", \"CAP_KILL,CAP_CHOWN\", \"CAP_KILL \","
		       "\"CAP_\\n\\u001b\\u00e9\"], \"ambient\": [\"CAP_NEW\"]}",
		       "", &b),
		  "", "what is no name of one");
	ok(!b.process.caps[CAPS_BOUNDING] && !b.process.caps[CAPS_AMBIENT], "gives none");
	is_string(b.process.caps_unknown,
		  "CAP_NEWER, CAP_NEW, 5, KILL, CAP_5, ?, CAP_KILL?CAP_CHOWN, CAP_KILL?, CAP_????",
		  "and is told once, printable");
	bundle_free(&b);
}

static void test_many_unknown_capabilities(void)
{
	struct bundle b = { 0 };
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fputs(PROCESS ", \"capabilities\": {\"bounding\": [\"CAP_KILL\"", f);
	for (int i = 0; i < 2000; i++)
		fprintf(f, ", \"CAP_%dxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"", i);
	fputs("]}", f);
	fclose(f);
	is_string(load(text, "", &b), "", "2,000 unknown ones");
	ok(b.process.caps[CAPS_BOUNDING] == 1ULL << CAP_KILL, "do not hide the known one");
	ok(strlen(b.process.caps_unknown) < 600, "a few are told");
	bundle_free(&b);
	free(text);
}

static void test_limits(void)
{
#define ROW(name)                                                                                  \
	{                                                                                          \
#name, name                                                                        \
	}
	static const struct {
		const char *name;
		int resource;
	} limits[] = { ROW(RLIMIT_AS),      ROW(RLIMIT_CORE),     ROW(RLIMIT_CPU),
		       ROW(RLIMIT_DATA),    ROW(RLIMIT_FSIZE),    ROW(RLIMIT_LOCKS),
		       ROW(RLIMIT_MEMLOCK), ROW(RLIMIT_MSGQUEUE), ROW(RLIMIT_NICE),
		       ROW(RLIMIT_NOFILE),  ROW(RLIMIT_NPROC),    ROW(RLIMIT_RSS),
		       ROW(RLIMIT_RTPRIO),  ROW(RLIMIT_RTTIME),   ROW(RLIMIT_SIGPENDING),
		       ROW(RLIMIT_STACK) };
	struct bundle b = { 0 };
	char text[3000] = PROCESS ", \"rlimits\": [";

	ok(COUNT(limits) == RLIM_NLIMITS, "all of them");
	for (size_t i = 0; i < COUNT(limits); i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s{\"type\": \"%s\", \"soft\": %zu, \"hard\": 18446744073709551614}",
			 i ? ", " : "", limits[i].name, i);
	strcat(text, "]");
	is_string(load(text, "", &b), "", "all limits at once");
	for (size_t i = 0; i < COUNT(limits) && i < b.process.limit_count; i++)
		ok(b.process.limits[i].resource == limits[i].resource &&
			   b.process.limits[i].value.rlim_cur == i &&
			   b.process.limits[i].value.rlim_max == UINT64_MAX - 1,
		   "%s", limits[i].name);
	ok(b.process.limit_count == COUNT(limits), "and no more");
	bundle_free(&b);
	refused(PROCESS ", \"rlimits\": [{\"type\": \"rlimit_as\", \"soft\": 1, \"hard\": 1}]", "",
		"is no limit");
	refused(PROCESS ", \"rlimits\": [{\"soft\": 1, \"hard\": 1}]", "", "is no limit");
	refused(PROCESS ", \"rlimits\": [{\"type\": \"RLIMIT_AS\", \"soft\": -1, \"hard\": 1}]", "",
		"rlimits[0].soft: expected");
}

static void test_scheduling(void)
{
	static const struct {
		const char *name;
		uint32_t policy;
	} policies[] = { { "SCHED_OTHER", 0 }, { "SCHED_FIFO", 1 }, { "SCHED_RR", 2 },
			 { "SCHED_BATCH", 3 }, { "SCHED_IDLE", 5 }, { "SCHED_DEADLINE", 6 } };
	static const char *const flags[] = { "RESET_ON_FORK", "RECLAIM",     "DL_OVERRUN",
					     "KEEP_POLICY",   "KEEP_PARAMS", "UTIL_CLAMP_MIN",
					     "UTIL_CLAMP_MAX" };
	static const char *const classes[] = { "RT", "BE", "IDLE" };
	struct bundle b = { 0 };
	const struct scheduler *s = &b.process.scheduler;
	char text[300];

	for (size_t i = 0; i < COUNT(policies); i++) {
		snprintf(text, sizeof(text), PROCESS ", \"scheduler\": {\"policy\": \"%s\"}",
			 policies[i].name);
		is_string(load(text, "", &b), "", policies[i].name);
		ok(b.process.has_scheduler && s->policy == policies[i].policy, "its number");
	}
	for (size_t i = 0; i < COUNT(flags); i++) {
		snprintf(text, sizeof(text),
			 PROCESS ", \"scheduler\": {\"policy\": \"SCHED_OTHER\", \"flags\": "
				 "[\"SCHED_FLAG_%s\"]}",
			 flags[i]);
		is_string(load(text, "", &b), "", flags[i]);
		ok(s->flags == 1ULL << i, "its bit");
	}
	for (size_t i = 0; i < COUNT(classes); i++) {
		snprintf(text, sizeof(text),
			 PROCESS ", \"ioPriority\": {\"class\": \"IOPRIO_CLASS_%s\"}", classes[i]);
		is_string(load(text, "", &b), "", classes[i]);
		ok(b.process.has_io_priority && b.process.io_priority == (int)(i + 1) << 13,
		   "its number");
	}
	is_string(load(PROCESS
		       ", \"scheduler\": {\"policy\": \"SCHED_DEADLINE\", \"nice\": -20,"
		       "\"priority\": 99, \"runtime\": 1, \"deadline\": 18446744073709551615,"
		       "\"period\": 3, \"flags\": [\"SCHED_FLAG_RECLAIM\","
		       "\"SCHED_FLAG_RESET_ON_FORK\"]}",
		       "", &b),
		  "", "each number of a scheduler");
	ok(s->nice == -20 && s->priority == 99 && s->runtime == 1 && s->deadline == UINT64_MAX &&
		   s->period == 3 && s->flags == 3,
	   "in its place");
	bundle_free(&b);
	refused(PROCESS ", \"scheduler\": {\"policy\": \"SCHED_OTHER\", \"nice\": -21}", "",
		"nice: expected a whole number from -20 to 19, got -21");
	refused(PROCESS ", \"scheduler\": {\"policy\": \"SCHED_OTHER\", \"nice\": 20}", "",
		"nice: expected");
	refused(PROCESS ", \"scheduler\": {\"policy\": \"SCHED_FIFO\", \"priority\": -1}", "",
		"priority: expected");
	refused(PROCESS ", \"scheduler\": {\"policy\": \"SCHED_OTHER\", \"flags\": [\"X\"]}", "",
		"process.scheduler.flags[0]: \"X\" is not known");
	refused(PROCESS ", \"ioPriority\": {}", "", "class: missing");
	refused(PROCESS ", \"ioPriority\": {\"class\": \"IOPRIO_CLASS_NONE\"}", "", "is not known");
}

static void test_affinity(void)
{
	static const char *const bad[] = {
		",",  "-",  "0-",  "-1",   "0,",     ",0",  "0,,1", "0--1", "0-1-2",
		" 0", "0 ", "0x1", "1024", "0-1024", "5-4", "a",    "+1",   "18446744073709551616"
	};
	struct bundle b = { 0 };
	const cpu_set_t *cpus = &b.process.affinity;

	is_string(load(PROCESS ", \"execCPUAffinity\": {\"final\": \"0-3,7,1023\"}", "", &b), "",
		  "CPUs");
	ok(CPU_COUNT(cpus) == 6 && CPU_ISSET(0, cpus) && CPU_ISSET(3, cpus) && CPU_ISSET(7, cpus) &&
		   CPU_ISSET(1023, cpus),
	   "six of them");
	is_string(load(PROCESS ", \"execCPUAffinity\": {\"initial\": \"5\"}", "", &b), "",
		  "initial alone");
	ok(b.process.has_affinity && CPU_COUNT(cpus) == 1 && CPU_ISSET(5, cpus), "holds");
	is_string(load(PROCESS ", \"execCPUAffinity\": {\"initial\": \"\"}", "", &b), "",
		  "an empty one");
	ok(!b.process.has_affinity, "is none");
	bundle_free(&b);
	for (size_t i = 0; i < COUNT(bad); i++) {
		char text[200];

		snprintf(text, sizeof(text), PROCESS ", \"execCPUAffinity\": {\"final\": \"%s\"}",
			 bad[i]);
		refused(text, "", "process.execCPUAffinity.final: expected CPUs");
	}
	refused(PROCESS ", \"execCPUAffinity\": {\"initial\": \"x\", \"final\": \"1\"}", "",
		"initial: expected CPUs");
}

static void test_labels(void)
{
	struct bundle b = { 0 };

	is_string(load(PROCESS ", \"apparmorProfile\": \"\", \"selinuxLabel\": null", "", &b), "",
		  "labels that are empty or null");
	ok(!b.process.apparmor_profile && !b.process.selinux_label, "are none");
	bundle_free(&b);
}

static void test_namespaces(void)
{
	struct bundle b = { 0 };

	ok(COUNT(ns_table) == NS_COUNT, "a row for each");
	for (int i = 0; i < NS_COUNT; i++) {
		char text[200];
		bool alone = true;

		ok(ns_table[i].oci && ns_table[i].proc && ns_table[i].flag, "namespace %d", i);
		for (int j = 0; j < i; j++)
			ok(ns_table[i].flag != ns_table[j].flag &&
				   strcmp(ns_table[i].oci, ns_table[j].oci) != 0 &&
				   strcmp(ns_table[i].proc, ns_table[j].proc) != 0,
			   "is there once");
		snprintf(text, sizeof(text), "/proc/self/ns/%s", ns_table[i].proc);
		ok(access(text, F_OK) == 0, "the kernel has %s", text);
		snprintf(text, sizeof(text),
			 "\"namespaces\": [{\"type\": \"%s\", \"path\": \"%s\"}]", ns_table[i].oci,
			 i % 2 ? "/x" : "");
		is_string(load(PROCESS, text, &b), "", ns_table[i].oci);
		for (int j = 0; j < NS_COUNT; j++)
			alone &=
				b.ns_listed[j] == (j == i) && b.ns_has_path[j] == (j == i && i % 2);
		ok(alone, "is listed, and no other");
	}
	ok(ns_table[NS_USER].flag == CLONE_NEWUSER && ns_table[NS_MOUNT].flag == CLONE_NEWNS &&
		   ns_table[NS_PID].flag == CLONE_NEWPID &&
		   ns_table[NS_NETWORK].flag == CLONE_NEWNET &&
		   ns_table[NS_IPC].flag == CLONE_NEWIPC && ns_table[NS_UTS].flag == CLONE_NEWUTS &&
		   ns_table[NS_CGROUP].flag == CLONE_NEWCGROUP && ns_table[NS_TIME].flag == 0x80,
	   "in the order of enum ns_kind");
	bundle_free(&b);
}

static void test_read(void)
{
	char dir[] = "/tmp/test_bundle.XXXXXX", longest[5000], *text = NULL;
	size_t len;
	struct err e = { 0 };

	if (!mkdtemp(dir))
		exit(1);
	ok(bundle_read(dir, &text, &len, &e) < 0 && e.code == ENOENT, "no config.json: %s", e.msg);
	ok(!strncmp(e.msg, "config.json: ", 13), "is named");
	memset(&e, 0, sizeof(e));
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ok(bundle_read(longest, &text, &len, &e) < 0 && e.code == ENAMETOOLONG, "too long: %s",
	   e.msg);
	rmdir(dir);
}

int main(void)
{
	test_defaults();
	test_everything();
	test_bad_process();
	test_bad_linux();
	test_types();
	test_documents();
	test_ids();
	test_environment();
	test_large_environment();
	test_capabilities();
	test_many_unknown_capabilities();
	test_limits();
	test_scheduling();
	test_affinity();
	test_labels();
	test_namespaces();
	test_read();
	return done_testing();
}
