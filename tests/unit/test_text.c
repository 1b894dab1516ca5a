/* Strings for people and for JSON.  SPDX-License-Identifier: Apache-2.0 */
#include "../../shim/text.h"
#include "tap.h"

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
	is_string(json("a\"b\\c\n"), "a\\\"b\\\\c\\u000a", "JSON: quotes, backslash, newline");
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
	ok(text_distance("timeout", "timeout") == 0 && text_distance("", "abc") == 3 &&
		   text_distance("kitten", "sitting") == 3 &&
		   text_distance("Timeout", "timeout") == 0,
	   "edits between two words");
	ok(text_distance("0123456789012345678901234567890123456789x", "0") > 1000,
	   "a long word is far from all");
	return done_testing();
}
