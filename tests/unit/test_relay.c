/* The end of the output that is kept.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/sandbox/relay.h"
#include "tests/unit/tap.h"

/* As the relay keeps it, byte by byte; then the end is what was written last. */
static void kept(size_t size)
{
	static struct relay_report report;
	char buf[HOOK_OUTPUT_MAX];
	size_t wanted = size < sizeof(buf) ? size : sizeof(buf), len, wrong = 0;

	memset(&report, 0, sizeof(report));
	for (size_t i = 0; i < size; i++)
		report.tail[report.seen++ % HOOK_OUTPUT_MAX] = (char)(i % 251);
	len = relay_tail(&report, buf);
	for (size_t i = 0; i < len; i++)
		wrong += buf[i] != (char)((size - len + i) % 251);
	ok(len == wanted && !wrong, "the end of %zu bytes: %zu, %zu wrong", size, len, wrong);
}

int main(void)
{
	static const size_t sizes[] = { 0,
					1,
					HOOK_OUTPUT_MAX - 1,
					HOOK_OUTPUT_MAX,
					HOOK_OUTPUT_MAX + 1,
					3 * HOOK_OUTPUT_MAX + 7 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		kept(sizes[i]);
	return done_testing();
}
