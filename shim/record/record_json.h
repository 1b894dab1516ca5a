/* The record of a start, as JSON.  SPDX-License-Identifier: Apache-2.0
 *
 * The schema: oci-deploy-hook-record(5).  What is read back is trusted no more than any other file.
 */
#ifndef ODH_RECORD_JSON_H
#define ODH_RECORD_JSON_H

#include <stdio.h>

#include "shim/record/record.h"

#define RECORD_VERSION 1
#define RECORD_MAX (256 * 1024) /* bytes of a file that is read back */

/* The words of the schema: static strings. */
const char *record_hook_word(enum record_hook hook);
const char *record_run_word(enum record_run run);

/* A time, milliseconds since 1970, as RFC 3339 in UTC.  size: bytes of buf, at least 32.  Returns
 * buf. */
char *record_time(int64_t time_ms, char *buf, size_t size);

/* Write r as one JSON object to out, as it stands in its file, without a newline at its end.
 * Errors are those of out: see ferror(3), or what fclose(3) returns. */
void record_print(const struct record *r, FILE *out);

/* Write the same object with one more member, "live": does the container's init live?  Only a
 * reader knows that, so it is never in a file. */
void record_print_live(const struct record *r, bool live, FILE *out);

/* Parse the text of a record, len bytes.  Returns 0 and fills *ret (free with record_free), or -1
 * and *e.  Errors: EINVAL, ERANGE wrong type or value; ENOTSUP another version; ENOMEM. */
int record_parse(const char *text, size_t len, struct record *ret, struct err *e);

/* Read the open file fd, which is borrowed, to its end and parse it.  Returns 0 and fills *ret
 * (free with record_free), or -1 and *e.  Errors: EINVAL no regular file; E2BIG more than
 * RECORD_MAX bytes; read's and record_parse's. */
int record_read_fd(int fd, struct record *ret, struct err *e);

#endif
