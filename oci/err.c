/* One error: a code and a sentence.  SPDX-License-Identifier: Apache-2.0 */
#include "oci/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(char *msg, const char *text)
{
	size_t used = strlen(msg);

	snprintf(msg + used, ERR_MSG_MAX - used, "%s", text);
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e->code)
		return -1;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	return -1;
}

int err_sys(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;
	const char *name = strerrordesc_np(code); /* strerror would ask the locale */

	if (e->code)
		return -1;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	append(e->msg, ": ");
	append(e->msg, name ? name : "unknown error");
	return -1;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	char old[ERR_MSG_MAX];
	va_list ap;

	memcpy(old, e->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	append(e->msg, ": ");
	append(e->msg, old);
	return -1;
}
