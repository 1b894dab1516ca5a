/* Answers to health checks, good, bad and cut anywhere.  SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "shim/ready/health.h"
#include "tests/unit/tap.h"

static const struct {
	const char *text;
	int result, status;
} answers[] = {
	{ "HTTP/1.1 200 OK\r\n\r\n", 1, 200 },
	{ "HTTP/1.0 204\r\n\r\n", 1, 204 },
	{ "HTTP/1.1 204 \n\n", 1, 204 },
	{ "HTTP/1.1 200 OK\nA: b\n\nbody\n\n", 1, 200 },
	{ "HTTP/1.1 299 OK\r\nA: b\r\nC: d\r\n\r\nbody", 1, 299 },
	{ "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n", 1, 503 },
	{ "HTTP/1.1 999 x\r\n\r\n", 1, 999 },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 1, 200 },
	{ "HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 103 x\r\n\r\nHTTP/1.1 404 x\r\n\r\n", 1,
	  404 },
	{ "HTTP/1.1 101 Switching\r\n\r\n", 1, 101 },
	{ "", 0, 0 },
	{ "H", 0, 0 },
	{ "HTTP/1.1 200", 0, 0 },
	{ "HTTP/1.1 200 OK", 0, 0 },
	{ "HTTP/1.1 200 OK\r\nA: b\r\n", 0, 0 },
	{ "HTTP/1.1 200 OK\r\nA: b\r\n\r", 0, 0 },
	{ "HTTP/1.1 100 Continue\r\n\r\n", 0, 0 },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP", 0, 0 },
	{ "HTTP/1.1 100 Continue\r\n\r\nbody", -1, 0 },
	{ "HTTP/2 200 OK\r\n\r\n", -1, 0 },
	{ "HTTP/1.1 2000 OK\r\n\r\n", -1, 0 },
	{ "HTTP/1.1 20 OK\r\n\r\n", -1, 0 },
	{ "HTTP/1.1  200 OK\r\n\r\n", -1, 0 },
	{ "HTTP/1.1 +20 OK\r\n\r\n", -1, 0 },
	{ "HTTP/1.1 099 OK\r\n\r\n", -1, 0 },
	{ "HTTP/1.1 200OK\r\n\r\n", -1, 0 },
	{ "http/1.1 200 OK\r\n\r\n", -1, 0 },
	{ " HTTP/1.1 200 OK\r\n\r\n", -1, 0 },
	{ "\r\nHTTP/1.1 200 OK\r\n\r\n", -1, 0 },
	{ "SSH-2.0-OpenSSH\r\n", -1, 0 },
	{ "\x16\x03\x01", -1, 0 },
};

int main(void)
{
	struct ready ready = { .port = 8080, .path_count = 1, .paths = { { "VARIABLE", "/" } } };
	struct health_report report = { .path = 0, .result = HEALTH_STATUS, .status = 503 };
	static const char nul[] = "HTTP/1.1 200 OK\0x\r\n\r\n";
	char buf[128];

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const char *text = answers[i].text;
		size_t len = strlen(text);
		int status = 0, result = health_parse(text, len, &status);
		bool steady = true;

		ok(result == answers[i].result && (result != 1 || status == answers[i].status),
		   "answer %zu: %d %d", i, result, status);
		/* Cut anywhere it is not yet said, or said the same. */
		for (size_t n = 0; n < len; n++) {
			char *copy = strndup(text, n);
			int cut_status = 0, cut = health_parse(copy, n, &cut_status);

			steady &= !cut || (cut == result && cut_status == status);
			free(copy);
		}
		ok(steady, "answer %zu, cut anywhere", i);
	}
	{
		int status = 0;

		ok(health_parse(nul, sizeof(nul) - 1, &status) == 1 && status == 200,
		   "a NUL in the header is a byte like others");
	}
	is_string(health_describe(&ready, &report, buf, sizeof(buf)),
		  "VARIABLE answered 503 on port 8080", "a report in words");
	report = (struct health_report){ .path = 1, .result = HEALTH_STATUS, .status = 200 };
	is_string(health_describe(&ready, &report, buf, sizeof(buf)),
		  "the health checks have gone wrong", "a report of a path that there is not");
	report = (struct health_report){ .path = -1, .result = HEALTH_REFUSED };
	contains(health_describe(&ready, &report, buf, sizeof(buf)), "gone wrong",
		 "a negative one");
	report = (struct health_report){ .result = HEALTH_RESULTS };
	contains(health_describe(&ready, &report, buf, sizeof(buf)), "gone wrong",
		 "no such result");
	report = (struct health_report){ .result = HEALTH_STATUS, .status = -2147483647 };
	contains(health_describe(&ready, &report, buf, sizeof(buf)), "answered 0",
		 "no such status");
	for (int i = 0; i < HEALTH_RESULTS; i++) {
		report = (struct health_report){ .result = i };
		ok(strlen(health_describe(&ready, &report, buf, sizeof(buf))) > 20, "%s", buf);
	}
	return done_testing();
}
