/* A record for people.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_STATUS_H
#define ODH_STATUS_H

#include "shim/record/records.h"
#include "shim/verbs/terminal.h"

/* How the hook ended: "0", "KILL" for a signal, "-". */
const char *status_exit(const struct record *r, char buf[16]);

/* How long the hook took, or has been running; -1 where it was not born. */
int64_t status_took_ms(const struct record *r);

/* Why it is in this state, where that is known; the refused hooks; or what it waits for. */
const char *status_reason(const struct record *r, char *buf, size_t size);

/* All that is known of one start: in words, its timeline drawn, the last lines of output. */
void timeline_print(const struct seen_record *seen, const struct terminal *t);

#endif
