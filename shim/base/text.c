/* Strings for people and for JSON.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/text.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The length of the UTF-8 sequence at s, where left bytes are left; or 0 where there is none.
 * Overlong forms count as none; so do C1 controls, which terminals obey. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
	size_t n = s[0] >= 0xf0 && s[0] <= 0xf4  ? 4
		   : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
		   : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
						 : 0;

	if (n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if (!n || (s[0] == 0xc2 && s[1] < 0xa0) || (s[0] == 0xe0 && s[1] < 0xa0) ||
	    (s[0] == 0xed && s[1] >= 0xa0) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] >= 0x90))
		return 0;
	return n;
}

enum style { PLAIN, JSON };

static void escape_control(char *buf, size_t size, unsigned char c, enum style style)
{
	if (style == JSON)
		snprintf(buf, size, "\\u%04x", c);
	else
		snprintf(buf, size, "\\x%02x", c);
}

static char *escape(char *buf, size_t size, const char *data, size_t len, enum style style)
{
	const char *doubled = style == JSON ? "\\\"" : "\\";
	const unsigned char *s = (const unsigned char *)data, *end = s + len;
	size_t used = 0;

	while (s < end) {
		char piece[8];
		size_t n = 1;

		if (*s < 0x20 || *s == 0x7f) {
			escape_control(piece, sizeof(piece), *s, style);
		} else if (strchr(doubled, *s)) {
			snprintf(piece, sizeof(piece), "\\%c", *s);
		} else if (*s < 0x80) {
			snprintf(piece, sizeof(piece), "%c", *s);
		} else if (style == JSON && end - s > 1 && s[0] == 0xc2 && s[1] >= 0x80 &&
			   s[1] < 0xa0) {
			n = 2; /* a C1 control: terminals obey it, so it is escaped */
			escape_control(piece, sizeof(piece), s[1], style);
		} else if ((n = utf8_length(s, (size_t)(end - s)))) {
			memcpy(piece, s, n);
			piece[n] = '\0';
		} else {
			n = 1;
			escape_control(piece, sizeof(piece), *s, style);
		}
		if (used + strlen(piece) + 4 > size) { /* room for "..." */
			memcpy(buf + used, "...", 3);
			used += 3;
			break;
		}
		memcpy(buf + used, piece, strlen(piece));
		used += strlen(piece);
		s += n;
	}
	buf[used] = '\0';
	return buf;
}

char *text_escape(char *buf, size_t size, const char *text)
{
	return escape(buf, size, text, strlen(text), PLAIN);
}

char *text_json(char *buf, size_t size, const char *text)
{
	return escape(buf, size, text, strlen(text), JSON);
}

char *text_escape_bytes(char *buf, size_t size, const char *data, size_t len)
{
	return escape(buf, size, data, len, PLAIN);
}

char *text_json_bytes(char *buf, size_t size, const char *data, size_t len)
{
	return escape(buf, size, data, len, JSON);
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

char *text_time(char *buf, size_t size, int64_t seconds, unsigned ms)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int days = seconds < 0 ? 0 : (int)(seconds / 86400);
	int of_day = seconds < 0 ? 0 : (int)(seconds % 86400);
	int year = 1970, month = 0;

	for (; days >= 365 + is_leap(year); year++)
		days -= 365 + is_leap(year);
	for (; days >= lengths[month] + (month == 1 && is_leap(year)); month++)
		days -= lengths[month] + (month == 1 && is_leap(year));
	snprintf(buf, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", year, month + 1, days + 1,
		 of_day / 3600, of_day / 60 % 60, of_day % 60, ms);
	return buf;
}

int text_number(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*text)
		return -1;
	for (; *text; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (digit > 9 || digit > max || value > (max - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	*ret = value;
	return 0;
}

/* Levenshtein's distance, with one row of its table: row[j] is the distance of the first i letters
 * of a, i growing, to the first j letters of b. */
unsigned text_distance(const char *a, const char *b)
{
	enum { LONGEST = 40 };
	unsigned row[LONGEST + 1];
	size_t n = strlen(b);

	if (n > LONGEST || strlen(a) > LONGEST)
		return UINT_MAX;
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (; *a; a++) {
		unsigned diagonal = row[0]++;

		for (size_t j = 1; j <= n; j++) {
			bool same = tolower((unsigned char)*a) == tolower((unsigned char)b[j - 1]);
			unsigned best = diagonal + !same;

			diagonal = row[j];
			best = row[j] + 1 < best ? row[j] + 1 : best;
			row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
		}
	}
	return row[n];
}
