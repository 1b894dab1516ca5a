/* The operator's settings.  SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim/plan/settings.h"
#include "tests/unit/tap.h"

static char path[] = "/tmp/odh-settings-XXXXXX";

/* Load text as a settings file.  Returns the error's message, or "" where it is good. */
static const char *load(const char *text, mode_t mode, struct settings *ret)
{
	static struct err e;
	int fd = open(path, O_WRONLY | O_TRUNC);

	memset(&e, 0, sizeof(e));
	settings_free(ret);
	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode) < 0)
		return "the test cannot write its file";
	close(fd);
	return settings_load(path, ret, &e) < 0 ? e.msg : "";
}

/* A file, and what is said of it, whole, behind the file's name. */
static const struct {
	const char *text, *message;
} bad[] = {
	{ "[]", "the document: expected an object" },
	{ "{\"timeout\": \"5m\"}", "timeout: expected a number of seconds, got \"5m\"" },
	{ "{\"timeout\": true}", "timeout: expected a number of seconds, got true" },
	{ "{\"timeout\": null}", "timeout: expected a number of seconds, got null" },
	{ "{\"timeout\": [5]}", "timeout: expected a number of seconds, got an array" },
	{ "{\"timeout\": {}}", "timeout: expected a number of seconds, got an object" },
	{ "{\"timeout\": 0}",
	  "timeout: expected a whole number of seconds from 1 to 604800, got 0" },
	{ "{\"timeout\": -1}",
	  "timeout: expected a whole number of seconds from 1 to 604800, got -1" },
	{ "{\"timeout\": 1.5}",
	  "timeout: expected a whole number of seconds from 1 to 604800, got 1.5" },
	{ "{\"timeout\": 604801}",
	  "timeout: expected a whole number of seconds from 1 to 604800, got 604801" },
	{ "{\"timeout\": 99999999999999999999}", "timeout: expected a whole number of seconds from "
						 "1 to 604800, got 99999999999999999999" },
	{ "{\"timeout\": \"a\\u001b[31m\\n\"}",
	  "timeout: expected a number of seconds, got \"a?[31m?\"" },
	{ "{\"timeout\": 1, \"timeout\": 2}", "timeout: the key is there twice" },
	{ "{\"readyTimeout\": \"3\"}", "readyTimeout: expected a number of seconds, got \"3\"" },
	{ "{\"readyTimeout\": 0}",
	  "readyTimeout: expected a whole number of seconds from 1 to 604800, got 0" },
	{ "{\"enabled\": \"yes\"}", "enabled: expected true or false, got \"yes\"" },
	{ "{\"enabled\": 1}", "enabled: expected true or false, got 1" },
	{ "{\"ready\": \"http\"}", "ready: expected \"auto\", \"exec\" or \"port\", got \"http\"" },
	{ "{\"ready\": false}", "ready: expected \"auto\", \"exec\" or \"port\", got false" },
	{ "{\"output\": 1}", "output: expected \"container\", \"log\" or \"none\", got 1" },
	{ "{\"output\": \"\"}", "output: expected \"container\", \"log\" or \"none\", got \"\"" },
	{ "{\"capabilities\": \"CAP_KILL\"}",
	  "capabilities: expected an array of names such as \"CAP_KILL\", got \"CAP_KILL\"" },
	{ "{\"capabilities\": [\"CAP_KILL\", \"KILL\"]}",
	  "capabilities[1]: expected a capability of this kernel by name, such as \"CAP_KILL\", "
	  "got \"KILL\"" },
	{ "{\"capabilities\": [\"CAP_5\"]}",
	  "capabilities[0]: expected a capability of this kernel by name, such as \"CAP_KILL\", "
	  "got \"CAP_5\"" },
	{ "{\"capabilities\": [\"CAP_KILL,CAP_CHOWN\"]}",
	  "capabilities[0]: expected a capability of this kernel by name, such as \"CAP_KILL\", "
	  "got \"CAP_KILL,CAP_CHOWN\"" },
	{ "{\"capabilities\": [5]}",
	  "capabilities[0]: expected a capability of this kernel by name, such as \"CAP_KILL\", "
	  "got 5" },
	{ "{\"seccomp\": \"p.json\"}", "seccomp: expected an absolute path, got \"p.json\"" },
	{ "{\"seccomp\": {}}", "seccomp: expected an absolute path, got an object" },
	{ "{\"tools\": \"\"}", "tools: expected an absolute path, got \"\"" },
	{ "{\"tools\": 1}", "tools: expected an absolute path, got 1" },
	{ "{\"shell\": \"/bin/sh\"}", "shell: expected an array of words, got \"/bin/sh\"" },
	{ "{\"shell\": []}", "shell: expected 1 to 16 words, got 0" },
	{ "{\"shell\": [\"sh\"]}", "shell[0]: expected an absolute path, got \"sh\"" },
	{ "{\"shell\": [\"/bin/sh\", 1]}", "shell[1]: expected a string, got 1" },
	{ "{\"runtime\": \"\"}", "runtime: expected the name of a runtime, got \"\"" },
	{ "{\"runtime\": []}", "runtime: expected the name of a runtime, got an array" },
	{ "{\"timeouts\": 1}", "timeouts: unknown key, did you mean 'timeout'?" },
	{ "{\"ready_timeout\": 1}", "ready_timeout: unknown key, did you mean 'readyTimeout'?" },
	{ "{\"Ouptut\": 1}", "Ouptut: unknown key, did you mean 'output'?" },
	{ "{\"secomp\": 1}", "secomp: unknown key, did you mean 'seccomp'?" },
	{ "{\"colour\": 1}", "colour: unknown key" },
	{ "{\"\": 1}", ": unknown key" },
};

static void test_good(void)
{
	struct settings s = { 0 };

	is_string(load("{}", 0644, &s), "", "an empty object");
	ok(s.enabled && s.timeout_s == 600 && s.ready == READY_AUTO && s.ready_timeout_s == 180 &&
		   s.output == OUTPUT_CONTAINER && !s.seccomp && !s.tools && s.from_file,
	   "is all defaults");
	is_string(s.shell[0], "/bin/sh", "the default shell");
	ok(s.capabilities == (1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FOWNER |
			      1ULL << CAP_FSETID | 1ULL << CAP_KILL | 1ULL << CAP_SETGID |
			      1ULL << CAP_SETUID | 1ULL << CAP_NET_BIND_SERVICE),
	   "the default list of capabilities");
	is_string(
		load("{ // a comment\n \"enabled\": false, \"timeout\": 5, \"ready\": \"exec\","
		     "\"readyTimeout\": 6, \"output\": \"none\", \"capabilities\": [\"CAP_KILL\"],"
		     "\"seccomp\": \"/p.json\", \"tools\": \"/tools\", \"shell\": [\"/bin/ash\", "
		     "\"-e\", \"-c\"], \"runtime\": \"crun\" }",
		     0644, &s),
		"", "every key");
	ok(!s.enabled && s.timeout_s == 5 && s.ready == READY_EXEC && s.ready_timeout_s == 6 &&
		   s.output == OUTPUT_NONE && s.capabilities == 1ULL << CAP_KILL,
	   "is taken");
	is_string(s.shell[2], "-c", "the shell's words");
	is_string(s.tools, "/tools", "tools");
	settings_free(&s);
}

static void test_bad(void)
{
	struct settings s = { 0 };
	char wanted[512];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(wanted, sizeof(wanted), "%s: %s", path, bad[i].message);
		is_string(load(bad[i].text, 0600, &s), wanted, bad[i].text);
	}
	contains(load("", 0600, &s), "not JSON", "an empty file");
	contains(load("{\"timeout\": }", 0600, &s), path, "the name of a file that is not JSON");
}

/* Every key has a row that shows it, and knows where it came from. */
static void test_in_force(void)
{
	static const char *const defaults[][2] = {
		{ "enabled", "true" },
		{ "timeout", "600" },
		{ "ready", "\"auto\"" },
		{ "readyTimeout", "180" },
		{ "output", "\"container\"" },
		{ "capabilities", "[\"CAP_CHOWN\", \"CAP_DAC_OVERRIDE\", \"CAP_FOWNER\", "
				  "\"CAP_FSETID\", \"CAP_KILL\", \"CAP_SETGID\", \"CAP_SETUID\", "
				  "\"CAP_NET_BIND_SERVICE\"]" },
		{ "seccomp", "none" },
		{ "tools", "none" },
		{ "shell", "[\"/bin/sh\", \"-c\"]" },
		{ "runtime", "\"runc\"" },
	};
	struct settings s = { 0 };
	struct setting setting;
	size_t i;

	is_string(load("{}", 0644, &s), "", "all defaults");
	for (i = 0; settings_get(&s, i, &setting); i++) {
		const char *wanted = NULL;

		for (size_t k = 0; k < sizeof(defaults) / sizeof(defaults[0]); k++)
			if (!strcmp(defaults[k][0], setting.key))
				wanted = defaults[k][1];
		is_string(setting.value, wanted ? wanted : "(a key this test should know)",
			  setting.key);
		ok(!setting.from_file, "%s is a default", setting.key);
	}
	ok(i == sizeof(defaults) / sizeof(defaults[0]), "as many keys as there are");
	is_string(load("{\"timeout\": 600, \"shell\": [\"/a\\\"b\"], \"capabilities\": []}", 0644,
		       &s),
		  "", "three settings of a file");
	for (i = 0; settings_get(&s, i, &setting); i++) {
		bool given = !strcmp(setting.key, "timeout") || !strcmp(setting.key, "shell") ||
			     !strcmp(setting.key, "capabilities");

		ok(setting.from_file == given, "%s: from where", setting.key);
		if (!strcmp(setting.key, "shell"))
			is_string(setting.value, "[\"/a\\\"b\"]", "shell");
		if (!strcmp(setting.key, "capabilities"))
			is_string(setting.value, "[]", "capabilities");
	}
	settings_free(&s);
}

static void test_file(void)
{
	struct settings s = { 0 };
	struct err e = { 0 };

	contains(load("{}", 0622, &s), "others write it", "a file that others can write");
	contains(load("{}", 0660, &s), "others write it", "or its group");
	ok(settings_load("/nonexistent/settings", &s, &e) < 0 && e.code == ENOENT,
	   "a named file must be there");
	memset(&e, 0, sizeof(e));
	ok(settings_load("/tmp", &s, &e) < 0, "a directory is no file");
	if (geteuid() == 0 && chown(path, 12345, 0) == 0) {
		contains(load("{}", 0644, &s), "owned by uid 12345", "a file of somebody else");
	}
	settings_free(&s);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	test_good();
	test_bad();
	test_in_force();
	test_file();
	unlink(path);
	return done_testing();
}
