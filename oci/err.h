/* One error: a code and a sentence.  SPDX-License-Identifier: Apache-2.0
 *
 * Functions that can fail return 0 or -1 and fill the caller's struct err.  The first cause wins:
 * a later err_set on a filled struct changes nothing, so that a cleanup cannot hide the reason.
 * Nothing here allocates, reads a file or looks at the locale, so it may be used after the join.
 */
#ifndef ODH_ERR_H
#define ODH_ERR_H

#define ERR_MSG_MAX 256

struct err {
	int code; /* an errno value; 0 = no error yet */
	char msg[ERR_MSG_MAX];
};

/* Fill *e with code and the formatted message, unless it is filled already.  Returns -1. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* err_set for a failed system call: ": " and the English name of code are appended. */
int err_sys(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Put a formatted prefix and ": " before the message.  Returns -1. */
int err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
