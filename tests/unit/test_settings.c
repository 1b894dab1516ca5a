/* The operator's settings.  SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../shim/settings.h"
#include "tap.h"

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

static void refused(const char *text, const char *reason)
{
	struct settings s = { 0 };
	const char *message = load(text, 0600, &s);

	contains(message, reason, text);
	if (!strstr(message, path))
		ok(0, "the message names the file: %s", message);
}

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
	refused("", "not JSON");
	refused("[]", "expected an object");
	refused("{\"timeouts\": 1}", "timeouts: unknown key");
	refused("{\"timeout\": \"5m\"}", "timeout: expected a whole number");
	refused("{\"timeout\": 0}", "at least 1 second");
	refused("{\"timeout\": -1}", "timeout: expected");
	refused("{\"timeout\": 1.5}", "timeout: expected");
	refused("{\"timeout\": 99999999999999999999}", "timeout: expected");
	refused("{\"timeout\": null}", "timeout: expected");
	refused("{\"timeout\": 1, \"timeout\": 2}", "there twice");
	refused("{\"enabled\": \"yes\"}", "enabled: expected true or false");
	refused("{\"ready\": \"http\"}", "ready: expected \"auto\", \"exec\" or \"port\"");
	refused("{\"output\": 1}", "output: expected a string");
	refused("{\"capabilities\": [\"KILL\"]}", "is no capability");
	refused("{\"capabilities\": [\"CAP_5\"]}", "is no capability");
	refused("{\"capabilities\": [\"CAP_KILL,CAP_CHOWN\"]}", "is no capability");
	refused("{\"capabilities\": \"CAP_KILL\"}", "expected an array");
	refused("{\"seccomp\": \"p.json\"}", "expected an absolute path");
	refused("{\"tools\": \"\"}", "expected an absolute path");
	refused("{\"shell\": []}", "expected 1 to");
	refused("{\"shell\": [\"sh\"]}", "expected an absolute path");
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
	test_file();
	unlink(path);
	return done_testing();
}
