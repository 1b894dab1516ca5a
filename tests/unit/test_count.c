/* How much a profile allows.  SPDX-License-Identifier: Apache-2.0 */
#include "oci/cleanup.h"
#include "seccomp/count.h"
#include "tests/unit/tap.h"

static const struct {
	const char *what, *text;
	int allowed, conditional; /* below 0: so many fewer than there are */
} cases[] = {
	{ "all", "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", -0x8000, 0 },
	{ "none", "{\"defaultAction\":\"SCMP_ACT_ERRNO\"}", 0, 0 },
	{ "a list",
	  "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\",\"write\",\"no_"
	  "such\"],"
	  "\"action\":\"SCMP_ACT_ALLOW\"},{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]}",
	  2, 0 },
	{ "all but a list",
	  "{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[{\"names\":[\"read\",\"write\"],"
	  "\"action\":\"SCMP_ACT_KILL\"}]}",
	  -0x8000 - 2, 0 },
	{ "by arguments",
	  "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],\"action\":"
	  "\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]}]}",
	  0, 1 },
	{ "without any, which then decides",
	  "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],\"action\":"
	  "\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]},"
	  "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}]}",
	  1, 0 },
};

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_profile p = { 0 };
		auto_json *doc = NULL;
		struct profile_count n = { 0 };
		struct json_node root;
		struct err e = { 0 };
		int allowed = cases[i].allowed;

		ok(json_parse(cases[i].text, strlen(cases[i].text), 0, &doc, &e) == 0, "JSON");
		json_root(doc, &root);
		ok(profile_parse(&root, &p, &e) == 0, "a profile: %s", e.msg);
		profile_count(&p, &n);
		if (allowed <= -0x8000)
			allowed += 0x8000 + (int)n.known;
		ok(n.known > 300, "%u calls are known", n.known);
		ok(n.allowed == (unsigned)allowed &&
			   n.conditional == (unsigned)cases[i].conditional,
		   "%s: %u allowed, %u by arguments", cases[i].what, n.allowed, n.conditional);
	}
	return done_testing();
}
