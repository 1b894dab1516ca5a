/* state and config.json.  SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/personality.h>

#include "../../oci/bundle.h"
#include "../../oci/state.h"
#include "tap.h"

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

static void test_tables(void)
{
	for (int i = 0; i < NS_COUNT; i++) {
		ok(ns_table[i].oci && ns_table[i].proc && ns_table[i].flag, "namespace %d", i);
		for (int j = 0; j < i; j++)
			ok(ns_table[i].flag != ns_table[j].flag &&
				   strcmp(ns_table[i].oci, ns_table[j].oci) != 0,
			   "is there once");
	}
}

static const char *load_state(const char *text, struct state *s)
{
	static struct err e;

	memset(&e, 0, sizeof(e));
	state_free(s);
	return state_parse(text, strlen(text), s, &e) < 0 ? e.msg : "";
}

static void test_state(void)
{
	struct state s = { 0 };

	is_string(load_state("{\"ociVersion\": \"1.0\", \"id\": \"c\", \"status\": \"running\","
			     "\"pid\": 42, \"bundle\": \"/b\", \"annotations\": {\"x\": \"y\"}}",
			     &s),
		  "", "a state");
	ok(s.pid == 42 && !s.foreign, "is read");
	is_string(s.status, "running", "status");
	is_string(load_state("{\"id\": \"c\", \"bundle\": \"/b\"}", &s), "", "without a pid");
	ok(s.pid == 0, "pid is 0");
	is_string(load_state("{\"id\": \"c\", \"bundle\": \"/b\", \"annotations\":"
			     "{\"run.oci.handler\": \"wasm\"}}",
			     &s),
		  "", "with a handler");
	ok(s.foreign, "is foreign");
	contains(load_state("{\"bundle\": \"/b\"}", &s), "state: id", "without an id");
	contains(load_state("{\"id\": \"\", \"bundle\": \"/b\"}", &s), "state: id", "an empty id");
	contains(load_state("{\"id\": \"c\", \"bundle\": \"b\"}", &s), "absolute",
		 "relative bundle");
	contains(load_state("{\"id\": \"c\", \"bundle\": \"/b\", \"pid\": -1}", &s),
		 "pid: expected", "a negative pid");
	is_string(s.id, "c", "the id is there for the message");
	contains(load_state("{\"id\": \"c\", \"bundle\": \"/b\", \"pid\": 4294967297}", &s),
		 "pid: expected", "a pid that wraps");
	contains(load_state("[]", &s), "expected an object", "no object");
	contains(load_state("{\"id\": \"c\", \"bundle\": \"/b\", \"annotations\": []}", &s),
		 "expected an object", "annotations of another type");
	state_free(&s);
}

int main(void)
{
	test_defaults();
	test_everything();
	test_bad_process();
	test_bad_linux();
	test_tables();
	test_state();
	return done_testing();
}
