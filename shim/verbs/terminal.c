/* What our stdout can show, and how we write for people.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/verbs/terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "shim/base/text.h"

#define VALUE_MAX 2048 /* bytes of a line for people */
enum { COLUMNS = 80, COLUMNS_MIN = 40, COLUMNS_MAX = 400 };
enum { USAGE_COLUMN = 32 }; /* where the text of --help begins */

/* The variable's value, or NULL where it is unset or empty. */
static const char *value_of(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* The first one that is set counts: locale(7). */
static bool utf8_locale(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = value_of(names[i]);

		if (value)
			return strcasestr(value, "UTF-8") || strcasestr(value, "UTF8");
	}
	return false;
}

void terminal_look(struct terminal *ret)
{
	const char *term = value_of("TERM");
	bool terminal = isatty(STDOUT_FILENO) == 1;
	struct winsize size = { 0 };

	ret->color = terminal && term && strcmp(term, "dumb") != 0 && !value_of("NO_COLOR");
	ret->unicode = utf8_locale();
	ret->columns = COLUMNS;
	if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		ret->columns = size.ws_col < COLUMNS_MIN   ? COLUMNS_MIN
			       : size.ws_col > COLUMNS_MAX ? COLUMNS_MAX
							   : size.ws_col;
}

char *terminal_duration(int64_t ms, char buf[TERMINAL_DURATION_MAX])
{
	long long s = ms / 1000;
	size_t size = TERMINAL_DURATION_MAX;

	if (ms < 0)
		snprintf(buf, size, "-");
	else if (s < 1)
		snprintf(buf, size, "%lldms", (long long)ms);
	else if (s < 60)
		snprintf(buf, size, "%lld.%llds", s, (long long)ms / 100 % 10);
	else if (s < 3600)
		snprintf(buf, size, "%lldm%02llds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, size, "%lldh%02lldm", s / 3600, s / 60 % 60);
	else
		snprintf(buf, size, "%lldd%02lldh", s / 86400, s / 3600 % 24);
	return buf;
}

char *terminal_cell(char *buf, size_t width, const char *text)
{
	char escaped[2048];
	size_t used = 0;

	(void)text_escape(escaped, sizeof(escaped), text);
	for (const char *s = escaped; *s && used < width; s++)
		if ((*s & 0xc0) != 0x80) /* else it continues a character of several bytes */
			buf[used++] = (char)(*s & 0x80 ? '?' : *s);
	buf[used] = '\0';
	if (used == width && strlen(escaped) > width)
		memcpy(buf + width - 3, "...", 3);
	return buf;
}

const char *terminal_plain(const struct terminal *t)
{
	return t->color ? "\033[0m" : "";
}

/* --- lines for people --- */

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

void table_usage(const char *words, const char *text)
{
	const int used = printf("  %s", words);

	/* Words that are too long have a line for themselves. */
	if (text)
		printf("%s%*s", used + 2 > USAGE_COLUMN ? "\n" : "",
		       used + 2 > USAGE_COLUMN ? USAGE_COLUMN : USAGE_COLUMN - used, "");
	for (; text && *text; text++)
		if (*text == '\n')
			printf("\n%*s", USAGE_COLUMN, "");
		else
			putchar(*text);
	putchar('\n');
}
