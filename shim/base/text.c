/* Strings for people and for JSON.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/text.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What no reader of a terminal sees, or what changes the order or the line of the text around it:
 * format characters, line and paragraph separators, fillers, private use, noncharacters.
 * Source: Unicode 15, general categories Cf, Zl, Zp and Co, and Default_Ignorable_Code_Point but
 * for the variation selectors, which belong to the character before them.  The C1 controls are
 * here, too: terminals obey them. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x80, 0x9f },       { 0xad, 0xad },       { 0x34f, 0x34f },     { 0x600, 0x605 },
	{ 0x61c, 0x61c },     { 0x6dd, 0x6dd },     { 0x70f, 0x70f },     { 0x890, 0x891 },
	{ 0x8e2, 0x8e2 },     { 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },
	{ 0x200b, 0x200f },   { 0x2028, 0x202e },   { 0x2060, 0x206f },   { 0x3164, 0x3164 },
	{ 0xe000, 0xf8ff },   { 0xfdd0, 0xfdef },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb },   { 0xfffe, 0xffff },   { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
	{ 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0x10ffff },
};

static bool is_hidden(uint32_t character)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (character >= hidden[i].first && character <= hidden[i].last)
			return true;
	return (character & 0xfffe) == 0xfffe; /* the last two of each plane are none */
}

/* The length of the UTF-8 sequence at s, where left bytes are left, and the character that it
 * stands for; or 0 where there is none.  Overlong forms and surrogates count as none. */
static size_t utf8_decode(const unsigned char *s, size_t left, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] >= 0xf0 && s[0] <= 0xf4  ? 4
		   : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
		   : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
						 : 0;
	uint32_t character;

	if (!n || n > left)
		return 0;
	character = s[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (s[i] & 0x3f);
	}
	if (character < least[n] || character > 0x10ffff ||
	    (character >= 0xd800 && character <= 0xdfff))
		return 0;
	*ret = character;
	return n;
}

enum style { PLAIN, JSON };

enum { PIECE_MAX = 16 }; /* two \uNNNN, the longest of pieces, and NUL */

static void escape_byte(char *piece, unsigned char byte, enum style style)
{
	snprintf(piece, PIECE_MAX, style == JSON ? "\\u%04x" : "\\x%02x", byte);
}

/* So that who reads the JSON gets the same character. */
static void escape_character(char *piece, uint32_t character)
{
	if (character < 0x10000)
		snprintf(piece, PIECE_MAX, "\\u%04x", character);
	else
		snprintf(piece, PIECE_MAX, "\\u%04x\\u%04x", 0xd7c0 + (character >> 10),
			 0xdc00 | (character & 0x3ff));
}

/* What stands for the first byte or character of s.  Returns how many bytes that were. */
static size_t next_piece(const unsigned char *s, size_t left, enum style style, char *piece)
{
	uint32_t character = 0;
	size_t n = *s < 0x80 ? 1 : utf8_decode(s, left, &character);

	if (n == 0 || *s < 0x20 || *s == 0x7f) {
		escape_byte(piece, *s, style);
		return 1;
	}
	if (n == 1) {
		snprintf(piece, PIECE_MAX,
			 *s == '\\' || (style == JSON && *s == '"') ? "\\%c" : "%c", *s);
		return 1;
	}
	if (!is_hidden(character)) {
		memcpy(piece, s, n);
		piece[n] = '\0';
		return n;
	}
	if (style == JSON) {
		escape_character(piece, character);
		return n;
	}
	escape_byte(piece, *s,
		    style); /* the bytes after it are no beginning: one after the other */
	return 1;
}

static char *escape(char *buf, size_t size, const char *data, size_t len, enum style style)
{
	const unsigned char *s = (const unsigned char *)data, *end = s + len;
	size_t used = 0;

	while (s < end) {
		char piece[PIECE_MAX];

		s += next_piece(s, (size_t)(end - s), style, piece);
		if (used + strlen(piece) + 4 > size) { /* room for "..." */
			memcpy(buf + used, "...", 3);
			used += 3;
			break;
		}
		memcpy(buf + used, piece, strlen(piece));
		used += strlen(piece);
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
