/* What is waited for after a start: when has the run succeeded?  SPDX-License-Identifier:
 * Apache-2.0 */
#include "shim/ready/ready.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shim/base/text.h"

#define PORT_VARIABLE "CC_DOCKER_EXPOSED_HTTP_PORT"

static const char *const path_variables[READY_PATHS_MAX] = {
	"CC_HEALTH_CHECK_PATH",   "CC_HEALTH_CHECK_PATH_0", "CC_HEALTH_CHECK_PATH_1",
	"CC_HEALTH_CHECK_PATH_2", "CC_HEALTH_CHECK_PATH_3", "CC_HEALTH_CHECK_PATH_4",
	"CC_HEALTH_CHECK_PATH_5",
};

/* Which variables each value of the setting "ready" looks at. */
static const struct {
	bool paths;        /* CC_HEALTH_CHECK_PATH... */
	bool port;         /* CC_DOCKER_EXPOSED_HTTP_PORT */
	bool port_default; /* without it, port 8080 */
} modes[] = {
	[READY_AUTO] = { true, true, false },
	[READY_EXEC] = { false, false, false },
	[READY_PORT] = { false, true, true },
};

/* Is it set?  An empty value counts as none. */
static const char *value_of(const struct bundle *bundle, const char *variable)
{
	const char *value = bundle_env(bundle, variable);

	return value && *value ? value : NULL;
}

static void set_port(const char *value, struct ready *ready)
{
	uint64_t port = 0;

	ready->port = READY_PORT_DEFAULT;
	if (!value)
		return;
	/* Digits without a leading 0, which may be meant as octal. */
	if (value[0] == '0' || text_number(value, UINT16_MAX, &port) < 0)
		(void)err_set(&ready->unusable, EINVAL,
			      PORT_VARIABLE ": expected a port number from 1 to 65535");
	else
		ready->port = (uint16_t)port;
}

/* Refuse what could end the request line, or mean something else to a proxy. */
static int check_path(const char *variable, const char *path, struct err *e)
{
	size_t len = strlen(path);

	if (path[0] != '/')
		return err_set(e, EINVAL, "%s: expected a path that begins with '/'", variable);
	if (len > READY_PATH_BYTES)
		return err_set(e, EINVAL, "%s: %zu bytes long, the most is %d", variable, len,
			       READY_PATH_BYTES);
	for (size_t i = 0; i < len; i++)
		if (path[i] <= ' ' || path[i] > '~' || path[i] == '#')
			return err_set(e, EINVAL,
				       "%s: byte %zu is %s, which a path cannot hold: write %%%02X",
				       variable, i + 1,
				       path[i] == ' '                  ? "a space"
				       : path[i] == '\r'               ? "a carriage return"
				       : path[i] == '\n'               ? "a line feed"
				       : path[i] == '#'                ? "'#'"
				       : (unsigned char)path[i] > 0x7f ? "no ASCII"
								       : "a control character",
				       (unsigned)(unsigned char)path[i]);
	return 0;
}

static void set_paths(const struct bundle *bundle, struct ready *ready)
{
	for (size_t i = 0; i < READY_PATHS_MAX; i++) {
		const char *variable = path_variables[i], *path = value_of(bundle, variable);

		if (path && check_path(variable, path, &ready->unusable) == 0)
			ready->paths[ready->path_count++] = (struct ready_path){ variable, path };
	}
}

void ready_make(const struct bundle *bundle, const struct settings *settings, struct ready *ret)
{
	struct ready ready = { .kind = READY_WHEN_EXECUTED,
			       .timeout_s = settings->ready_timeout_s };
	const char *port = modes[settings->ready].port ? value_of(bundle, PORT_VARIABLE) : NULL;

	if (modes[settings->ready].paths)
		set_paths(bundle, &ready);
	if (ready.path_count || ready.unusable.code)
		ready.kind = READY_WHEN_ANSWERING;
	else if (port || modes[settings->ready].port_default)
		ready.kind = READY_WHEN_LISTENING;
	set_port(port, &ready);
	*ret = ready;
}

const char *ready_describe(const struct ready *ready, char *buf, size_t size)
{
	if (ready->unusable.code)
		snprintf(buf, size, "what cannot be: %s", ready->unusable.msg);
	else if (ready->kind == READY_WHEN_EXECUTED)
		snprintf(buf, size, "the application to start");
	else if (ready->kind == READY_WHEN_LISTENING)
		snprintf(buf, size, "port %u to listen, for at most %u s", ready->port,
			 ready->timeout_s);
	else
		snprintf(buf, size, "%zu health check%s to answer on port %u, for at most %u s",
			 ready->path_count, ready->path_count == 1 ? "" : "s", ready->port,
			 ready->timeout_s);
	return buf;
}
