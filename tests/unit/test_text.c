/* Strings for people and for JSON.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/base/text.h"
#include "tests/unit/tap.h"

static const char *escaped(const char *text)
{
	static char buf[256];

	return text_escape(buf, sizeof(buf), text);
}

static const char *json(const char *text)
{
	static char buf[256];

	return text_json(buf, sizeof(buf), text);
}

int main(void)
{
	char small[12];
	uint64_t n = 7;

	is_string(escaped("plain"), "plain", "plain text stays");
	is_string(escaped("a\nb\033[31m\x7f"), "a\\x0ab\\x1b[31m\\x7f", "control characters");
	is_string(escaped("a\\b"), "a\\\\b", "a backslash is doubled");
	is_string(escaped("h\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
		  "h\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "UTF-8 stays");
	is_string(escaped("\xc2\x9b"), "\\xc2\\x9b", "a C1 control, which terminals obey");
	is_string(escaped("\xc0\xaf"), "\\xc0\\xaf", "an overlong form");
	is_string(escaped("\xe2\x82"), "\\xe2\\x82", "a sequence that is cut off");
	is_string(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80", "a surrogate");
	is_string(escaped("a\xe2\x80\xae"
			  "b\xe2\x80\xa8"
			  "c\xe2\x81\xa6"
			  "d\xf3\xa0\x80\xa1"),
		  "a\\xe2\\x80\\xaeb\\xe2\\x80\\xa8c\\xe2\\x81\\xa6d\\xf3\\xa0\\x80\\xa1",
		  "what turns the text around, ends the line or is not seen");
	is_string(json("a\xe2\x80\xae"
		       "b\xe2\x80\xa8"
		       "c\xf3\xa0\x80\xa1"),
		  "a\\u202eb\\u2028c\\udb40\\udc21", "JSON: the same characters for who reads it");
	is_string(escaped("\xef\xb8\x8f\xe2\x82\xac\xef\xbf\xbd"),
		  "\xef\xb8\x8f\xe2\x82\xac\xef\xbf\xbd", "what is seen stays");
	is_string(json("a\"b\\c\n"), "a\\\"b\\\\c\\u000a", "JSON: quotes, backslash, newline");
	is_string(json("\xc2\x9b\xc2\xa0\xff"), "\\u009b\xc2\xa0\\u00ff",
		  "JSON: C1 controls, stray bytes");
	is_string(text_escape(small, sizeof(small), "0123456789abcdef"), "01234567...",
		  "what does not fit is cut");
	is_string(text_escape(small, sizeof(small), "1234567\n\n"), "1234567...",
		  "but not in the middle of an escape");
	ok(text_number("0", 5, &n) == 0 && n == 0, "number 0");
	ok(text_number("5", 5, &n) == 0 && n == 5, "the most");
	ok(text_number("6", 5, &n) < 0, "one more");
	ok(text_number("18446744073709551615", UINT64_MAX, &n) == 0 && n == UINT64_MAX, "64 bits");
	ok(text_number("18446744073709551616", UINT64_MAX, &n) < 0, "one more than 64 bits");
	ok(text_number("", 5, &n) < 0 && text_number("-1", 5, &n) < 0 &&
		   text_number("1x", 5, &n) < 0 && text_number(" 1", 5, &n) < 0,
	   "nothing but digits");
	char buf[64];

	is_string(text_escape_bytes(buf, sizeof(buf), "a\0b\xe2\x82", 5), "a\\x00b\\xe2\\x82",
		  "any bytes, and a sequence that is cut");
	is_string(text_json_bytes(buf, sizeof(buf), "\0\"", 2), "\\u0000\\\"", "any bytes as JSON");
	is_string(text_escape_bytes(buf, sizeof(buf), "abc", 0), "", "no bytes");
	is_string(text_time(buf, sizeof(buf), 0, 0), "1970-01-01T00:00:00.000Z",
		  "the first second");
	is_string(text_time(buf, sizeof(buf), 951782400 + 86399, 7), "2000-02-29T23:59:59.007Z",
		  "a leap day");
	is_string(text_time(buf, sizeof(buf), 4107542400, 999), "2100-03-01T00:00:00.999Z",
		  "a year that is none");
	is_string(text_time(buf, sizeof(buf), 1798761599, 0), "2026-12-31T23:59:59.000Z",
		  "the last second of a year");
	ok(text_distance("timeout", "timeout") == 0 && text_distance("", "abc") == 3 &&
		   text_distance("kitten", "sitting") == 3 &&
		   text_distance("Timeout", "timeout") == 0,
	   "edits between two words");
	ok(text_distance("0123456789012345678901234567890123456789x", "0") > 1000,
	   "a long word is far from all");
	return done_testing();
}
