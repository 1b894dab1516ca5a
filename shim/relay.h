/* The relay: between the hook's output and a place that the hook must not hold itself.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A confined process of its own.  Towards the application it never blocks: what cannot be written
 * at once is dropped and counted.
 */
#ifndef ODH_RELAY_H
#define ODH_RELAY_H

#include <stdint.h>

#include "stream.h"

#define RELAY_STREAMS 2 /* stdout, stderr */

struct relay_stream {
	int source; /* read end of the hook's pipe; -1 = this stream needs no relay */
	int target; /* -1 = nowhere: read and drop */
	enum stream_kind kind;
	bool lossless; /* wait for the target: it is our own caller's, not the application's */
};

/* Move everything until both sources have ended.  dropped counts bytes; shared with the parent. */
void relay_run(struct relay_stream streams[RELAY_STREAMS], volatile uint64_t *dropped)
	__attribute__((noreturn));

#endif
