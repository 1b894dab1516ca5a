/* The record of a start, in memory.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/record/record.h"

#include <stdio.h>
#include <string.h>

#include "oci/cleanup.h"
#include "shim/base/clock.h"

int record_init(struct record *ret, const char *id, const char *bundle, pid_t pid,
		uint64_t start_time, struct err *e)
{
	auto_record r = RECORD_EMPTY;

	r.id = strdup(id);
	r.bundle = strdup(bundle);
	if (!r.id || !r.bundle)
		return err_sys(e, ENOMEM, "record");
	r.init = (struct process_id){ pid, start_time };
	r.time_ms = clock_realtime_ms();
	r.hook = RECORD_WAITING;
	procfs_boot_id(r.boot);
	*ret = take_record(&r);
	return 0;
}

struct record take_record(struct record *r)
{
	struct record taken = *r;

	*r = RECORD_EMPTY;
	return taken;
}

void record_free(struct record *r)
{
	cleanup_free(&r->id);
	cleanup_free(&r->bundle);
	cleanup_free(&r->output);
	*r = RECORD_EMPTY;
}

void record_mark(struct record *r, enum record_mark mark, int64_t ms)
{
	if (r->marks_ms[mark] < 0)
		r->marks_ms[mark] = ms;
}

void record_set(struct record *r, enum record_hook hook, const char *reason)
{
	r->hook = hook;
	if (reason)
		snprintf(r->reason, sizeof(r->reason), "%s", reason);
}

void record_output(struct record *r, const char *bytes, size_t len)
{
	if (!r->output)
		r->output = malloc(RECORD_OUTPUT_MAX + 1);
	if (!r->output)
		return; /* the log has the output, too */
	if (len > RECORD_OUTPUT_MAX) {
		bytes += len - RECORD_OUTPUT_MAX;
		len = RECORD_OUTPUT_MAX;
	}
	if (r->output_len + len > RECORD_OUTPUT_MAX) {
		size_t old = r->output_len + len - RECORD_OUTPUT_MAX;

		r->output_len -= old;
		memmove(r->output, r->output + old, r->output_len);
	}
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			r->output[r->output_len++] = bytes[i];
	r->output[r->output_len] = '\0';
}

bool record_final(const struct record *r)
{
	return r->hook != RECORD_WAITING && r->hook != RECORD_RUNNING;
}
