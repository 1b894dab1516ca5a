/* Time that only goes on.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_CLOCK_H
#define ODH_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds of CLOCK_MONOTONIC, for pauses and deadlines. */
static inline int64_t clock_ms(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
