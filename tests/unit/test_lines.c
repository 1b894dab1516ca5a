/* Bytes into lines for a log.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/sandbox/lines.h"
#include "tests/unit/tap.h"

static char seen[8192];

/* Feed len bytes in pieces; the lines that came out are in seen, each with a '|' behind it. */
static const char *fed(const char *data, size_t len, size_t piece)
{
	static struct lines lines;
	size_t used = 0;

	memset(&lines, 0, sizeof(lines));
	while (len > 0) {
		size_t n = len < piece ? len : piece;

		len -= n;
		while (lines_take(&lines, &data, &n)) {
			memcpy(seen + used, lines.text, lines.length);
			used += lines.length;
			seen[used++] = '|';
		}
	}
	if (lines_last(&lines)) {
		memcpy(seen + used, lines.text, lines.length);
		used += lines.length;
		seen[used++] = '!';
	}
	ok(!lines_last(&lines), "there is nothing behind the last");
	seen[used] = '\0';
	return seen;
}

static void test_pieces(void)
{
	static const char text[] = "one\n\ntwo\nthree";

	for (size_t piece = 1; piece <= sizeof(text); piece++)
		is_string(fed(text, strlen(text), piece), "one||two|three!", "lines, in pieces");
	is_string(fed("", 0, 1), "", "no output");
	is_string(fed("\n", 1, 1), "|", "an empty line");
}

static void test_long(void)
{
	char text[3 * LINES_LENGTH_MAX + 1], wanted[sizeof(text) + 8];

	memset(text, 'x', sizeof(text));
	for (size_t piece = 1; piece < sizeof(text); piece = piece * 3 + 1) {
		memset(wanted, 'x', sizeof(wanted));
		text[LINES_LENGTH_MAX] = '\n';
		wanted[LINES_LENGTH_MAX] = '|';
		wanted[LINES_LENGTH_MAX + 2] = '!';
		wanted[LINES_LENGTH_MAX + 3] = '\0';
		is_string(fed(text, LINES_LENGTH_MAX + 2, piece), wanted,
			  "a line of just that length is one line");
		text[LINES_LENGTH_MAX] = 'x';
		wanted[LINES_LENGTH_MAX + 2] = '|';
		wanted[LINES_LENGTH_MAX + 3] = '\0';
		text[LINES_LENGTH_MAX + 1] = '\n';
		is_string(fed(text, LINES_LENGTH_MAX + 2, piece), wanted,
			  "a longer one goes on in the next");
		text[LINES_LENGTH_MAX + 1] = 'x';
	}
	memcpy(text + LINES_LENGTH_MAX - 2, "\xe2\x82\xac", 3); /* across the limit */
	memset(wanted, 'x', sizeof(wanted));
	memcpy(wanted + LINES_LENGTH_MAX - 2, "|\xe2\x82\xac!", 6);
	is_string(fed(text, LINES_LENGTH_MAX + 1, 7), wanted, "a character is not cut");
	memset(text, '\x80', sizeof(text));
	ok(strlen(fed(text, sizeof(text), 5)) == sizeof(text) + 4, "what is no UTF-8 is cut");
}

static void test_budget(void)
{
	struct lines_budget b = { 0 };
	int allowed = 0;

	for (int i = 0; i < 3 * LINES_PER_SECOND; i++)
		allowed += lines_allowed(&b, 1, 5000 + i % 1000);
	ok(allowed == LINES_PER_SECOND, "%d lines in a second", allowed);
	ok(lines_allowed(&b, 1, 6000), "the next second is a new one");
	memset(&b, 0, sizeof(b));
	allowed = 0;
	for (int i = 0; i < LINES_SUM_MAX; i++)
		allowed += lines_allowed(&b, LINES_LENGTH_MAX, i * 1000LL);
	ok(allowed == LINES_SUM_MAX / LINES_LENGTH_MAX, "%d KiB in all", allowed);
	ok(lines_allowed(&b, 0, 0), "an empty line takes nothing of the sum");
}

int main(void)
{
	test_pieces();
	test_long();
	test_budget();
	return done_testing();
}
