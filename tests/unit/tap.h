/* TAP for the unit tests.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_TAP_H
#define ODH_TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 2, 3))) static inline int ok(int good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	tap_failed += !good;
	return good;
}

static inline int is_string(const char *got, const char *wanted, const char *what)
{
	int good = got && wanted ? !strcmp(got, wanted) : got == wanted;

	if (!ok(good, "%s", what))
		printf("# got    %s\n# wanted %s\n", got ? got : "NULL", wanted ? wanted : "NULL");
	return good;
}

static inline int contains(const char *text, const char *part, const char *what)
{
	int good = strstr(text, part) != NULL;

	if (!ok(good, "%s", what))
		printf("# got    %s\n# wanted %s in it\n", text, part);
	return good;
}

/* What cannot be tested here, and why: counted, and a failure where nothing may be missing. */
static inline void skip(const char *what, const char *reason)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_count, what, reason);
}

static inline int done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
