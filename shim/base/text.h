/* Strings for people and for JSON.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_TEXT_H
#define ODH_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Copy text so that it can be printed on one line of a log or a terminal: control characters,
 * DEL, bytes above 0x7f that are not UTF-8, and characters that nobody sees or that change the
 * order or the line of the text around them (U+202E, U+2028) become \xNN for each byte, a backslash
 * is doubled.  What does not fit is cut and ends in "...".  size: bytes of buf, at least 8. Returns
 * buf. */
char *text_escape(char *buf, size_t size, const char *text);

/* Copy text so that it can be the inside of a JSON string.  As text_escape, but quotes are escaped
 * too, and \uNNNN stands for control characters and those that nobody sees, which are the same when
 * they are read back, and for bytes that are not UTF-8, which are read back as the two bytes of
 * that character. */
char *text_json(char *buf, size_t size, const char *text);

/* text_escape and text_json for len bytes of any value, including NUL. */
char *text_escape_bytes(char *buf, size_t size, const char *data, size_t len);
char *text_json_bytes(char *buf, size_t size, const char *data, size_t len);

/* Write a time, seconds since 1970 and milliseconds, as RFC 3339 in UTC.  size: bytes of buf,
 * TEXT_TIME_MAX are enough.  Reads no file: gmtime_r(3) looks for /etc/localtime when it is first
 * called.  Returns buf. */
#define TEXT_TIME_MAX 32
char *text_time(char *buf, size_t size, int64_t seconds, unsigned ms);

/* How many letters must be inserted, removed or replaced to turn a into b?  Capitals count as small
 * letters.  UINT_MAX where one of the words is longer than 40 letters. */
unsigned text_distance(const char *a, const char *b);

/* Parse a decimal number of digits only, 0..max.  Returns 0, or -1 for anything else. */
int text_number(const char *text, uint64_t max, uint64_t *ret);

#endif
