/* What a start is waited for.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/ready/ready.h"
#include "tests/unit/tap.h"

static struct ready made;

/* Decide for an environment, NULL-terminated. */
static struct ready *make(enum ready_mode mode, char **env)
{
	struct settings settings = { .ready = mode, .ready_timeout_s = 180 };
	struct bundle bundle = { .process.env = env };

	while (env[bundle.process.env_count])
		bundle.process.env_count++;
	ready_make(&bundle, &settings, &made);
	return &made;
}
#define make(mode, ...) make(mode, (char *[]){ __VA_ARGS__ NULL })

static const char *described(void)
{
	static char buf[ERR_MSG_MAX];

	return ready_describe(&made, buf, sizeof(buf));
}

static void modes(void)
{
	ok(make(READY_AUTO, )->kind == READY_WHEN_EXECUTED, "auto, nothing set: exec");
	is_string(described(), "the application to start", "in words");
	ok(make(READY_AUTO, "CC_DOCKER_EXPOSED_HTTP_PORT=81", )->kind == READY_WHEN_LISTENING &&
		   made.port == 81,
	   "auto, a port: it must listen");
	is_string(described(), "port 81 to listen, for at most 180 s", "in words");
	ok(make(READY_AUTO, "CC_HEALTH_CHECK_PATH=/", )->kind == READY_WHEN_ANSWERING &&
		   made.port == 8080 && made.path_count == 1,
	   "auto, a path: it must answer on 8080");
	is_string(described(), "1 health check to answer on port 8080, for at most 180 s",
		  "in words");
	ok(make(READY_AUTO, "CC_HEALTH_CHECK_PATH_5=/5", "CC_DOCKER_EXPOSED_HTTP_PORT=82",
		"CC_HEALTH_CHECK_PATH_0=/0", )
				   ->kind == READY_WHEN_ANSWERING &&
		   made.port == 82 && made.path_count == 2,
	   "auto, both: the paths on the port");
	ok(!strcmp(made.paths[0].path, "/0") && !strcmp(made.paths[1].path, "/5") &&
		   !strcmp(made.paths[1].variable, "CC_HEALTH_CHECK_PATH_5"),
	   "in the order of their names");
	ok(make(READY_AUTO, "CC_HEALTH_CHECK_PATH_6=/", "XCC_HEALTH_CHECK_PATH=/",
		"CC_HEALTH_CHECK_PATH_=/", "CC_HEALTH_CHECK_PATH=", )
			   ->kind == READY_WHEN_EXECUTED,
	   "other names, and nothing, are none");
	ok(make(READY_EXEC, "CC_HEALTH_CHECK_PATH=bad", "CC_DOCKER_EXPOSED_HTTP_PORT=bad", )
				   ->kind == READY_WHEN_EXECUTED &&
		   !made.unusable.code,
	   "exec: nobody looks");
	ok(make(READY_PORT, "CC_HEALTH_CHECK_PATH=bad", )->kind == READY_WHEN_LISTENING &&
		   made.port == 8080 && !made.unusable.code,
	   "port: 8080 by default, and no paths");
	ok(make(READY_PORT, "CC_DOCKER_EXPOSED_HTTP_PORT=1", )->port == 1, "port: the given one");
}

static void ports(void)
{
	static const struct {
		const char *value;
		uint16_t port; /* 0: refused */
	} rows[] = {
		{ "1", 1 },     { "80", 80 }, { "65535", 65535 },
		{ "65536", 0 }, { "0", 0 },   { "00", 0 },
		{ "080", 0 },   { "-1", 0 },  { "+80", 0 },
		{ " 80", 0 },   { "80 ", 0 }, { "80\n", 0 },
		{ "0x50", 0 },  { "8e1", 0 }, { "18446744073709551617", 0 },
		{ "x", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[80];

		snprintf(text, sizeof(text), "CC_DOCKER_EXPOSED_HTTP_PORT=%s", rows[i].value);
		make(READY_AUTO, text, );
		ok(rows[i].port ? made.port == rows[i].port && !made.unusable.code
				: made.unusable.code != 0,
		   "port '%s'", rows[i].port ? rows[i].value : "(refused)");
	}
}

static void paths(void)
{
	static const struct {
		const char *value, *reason; /* NULL: fine */
	} rows[] = {
		{ "/", NULL },
		{ "/a/b?c=%20&d", NULL },
		{ "//x/../%zz\"<>\\~!", NULL },
		{ "a", "begins with '/'" },
		{ " /a", "begins with '/'" },
		{ "http://x/", "begins with '/'" },
		{ "/a b", "byte 3 is a space, which a path cannot hold: write %20" },
		{ "/\r", "byte 2 is a carriage return" },
		{ "/\n", "byte 2 is a line feed" },
		{ "/a\t", "byte 3 is a control character" },
		{ "/a\x7f", "byte 3 is a control character" },
		{ "/a\x01", "byte 3 is a control character" },
		{ "/\xc3\xa4", "byte 2 is no ASCII, which a path cannot hold: write %C3" },
		{ "/a#b", "byte 3 is '#'" },
	};
	char text[READY_PATH_BYTES + 80];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "CC_HEALTH_CHECK_PATH_4=%s", rows[i].value);
		make(READY_AUTO, text, );
		if (rows[i].reason)
			contains(made.unusable.msg, rows[i].reason, "a path that is refused");
		else
			ok(!made.unusable.code && !strcmp(made.paths[0].path, rows[i].value),
			   "path %s", rows[i].value);
	}
	contains(described(), "what cannot be: CC_HEALTH_CHECK_PATH_4: byte 3", "in words");
	for (int more = 0; more < 2; more++) {
		int n = snprintf(text, sizeof(text), "CC_HEALTH_CHECK_PATH=/");

		memset(text + n, 'x', READY_PATH_BYTES - 1 + (size_t)more);
		text[n + READY_PATH_BYTES - 1 + more] = '\0';
		make(READY_AUTO, text, );
		ok(!made.unusable.code == !more, "%d bytes more than allowed", more);
	}
	make(READY_AUTO, "CC_HEALTH_CHECK_PATH=/good", "CC_HEALTH_CHECK_PATH_1=bad", );
	contains(made.unusable.msg, "CC_HEALTH_CHECK_PATH_1: ", "one bad path among good ones");
}

int main(void)
{
	modes();
	ports();
	paths();
	return done_testing();
}
