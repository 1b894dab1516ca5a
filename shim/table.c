/* Lines for people.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/table.h"

#include <stdarg.h>
#include <stdio.h>

#include "shim/base/text.h"

#define VALUE_MAX 2048 /* bytes */

static const char *const finding_names[FINDING_COUNT] = { "good", "note", "BAD" };

__attribute__((format(printf, 1, 0))) static void print_value(const char *fmt, va_list ap)
{
	char value[VALUE_MAX], safe[VALUE_MAX];

	vsnprintf(value, sizeof(value), fmt, ap);
	puts(text_escape(safe, sizeof(safe), value));
}

void table_row(const char *label, const char *fmt, ...)
{
	va_list ap;

	printf("%-16s ", label);
	va_start(ap, fmt);
	print_value(fmt, ap);
	va_end(ap);
}

void table_finding(unsigned *tally, enum finding finding, const char *label, const char *fmt, ...)
{
	va_list ap;

	tally[finding]++;
	printf("%-5s %-10s ", finding_names[finding], label);
	va_start(ap, fmt);
	print_value(fmt, ap);
	va_end(ap);
}
