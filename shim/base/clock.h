/* The clocks, in milliseconds.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_CLOCK_H
#define ODH_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_read_ms(clockid_t clock)
{
	struct timespec now = { 0 };

	(void)clock_gettime(clock, &now); /* cannot fail with the clocks below */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds since some moment in the past.  Nobody can set this clock: it is for pauses and
 * deadlines. */
static inline int64_t clock_monotonic_ms(void)
{
	return clock_read_ms(CLOCK_MONOTONIC);
}

/* Milliseconds since the boot, including the time in which the machine slept. */
static inline int64_t clock_boottime_ms(void)
{
	return clock_read_ms(CLOCK_BOOTTIME);
}

/* Milliseconds since 1970. */
static inline int64_t clock_realtime_ms(void)
{
	return clock_read_ms(CLOCK_REALTIME);
}

#endif
