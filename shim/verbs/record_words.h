/* What a record says, in words for people: in the table of status and in a timeline.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_RECORD_WORDS_H
#define ODH_RECORD_WORDS_H

#include "shim/record/record.h"
#include "shim/verbs/terminal.h"

/* How the hook ended: its exit status as "0", or the signal that killed it as "KILL"; "-" if there
 * is neither.  Returns buf. */
const char *record_words_exit(const struct record *r, char buf[16]);

/* How long the hook took, or has been running until now.  Negative if it was never born, or if
 * nobody knows when it ended. */
int64_t record_words_took_ms(const struct record *r);

/* Why the hook is in this state.  Returns the record's reason, or what the hook waits for, or buf
 * with the names of the refused hooks; "" if nothing is known. */
const char *record_words_reason(const struct record *r, char *buf, size_t size);

/* The escape sequence before the word of a hook's state; "" without colours.  terminal_plain() goes
 * after the word. */
const char *record_words_color(const struct terminal *t, enum record_hook hook);

#endif
