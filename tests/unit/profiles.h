/* Seccomp profiles from text, for the unit tests.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_PROFILES_H
#define ODH_PROFILES_H

#include "seccomp/filter.h"
#include "tests/unit/bpf.h"
#include "tests/unit/tap.h"

/* Parse.  Returns "", or what is wrong with it. */
static inline const char *profile_from(const char *text, struct profile *ret)
{
	static struct err e;
	struct json *doc = NULL;
	struct json_node root;

	memset(&e, 0, sizeof(e));
	profile_free(ret);
	if (json_parse(text, strlen(text), JSON_COMMENTS, &doc, &e) == 0) {
		json_root(doc, &root);
		(void)profile_parse(&root, ret, &e);
	}
	json_free(doc);
	return e.msg;
}

static inline void filter_from(const char *text, struct filter *ret)
{
	struct profile p = { 0 };
	struct err e = { 0 };

	filter_free(ret);
	is_string(profile_from(text, &p), "", text);
	ok(filter_compile(&p, ret, &e) == 0, "is compiled: %s", e.msg);
	profile_free(&p);
}

static inline uint32_t verdict_of(const struct filter *f, uint32_t arch, uint32_t call)
{
	struct seccomp_data data = { .nr = (int)call, .arch = arch };

	return bpf_run(f->insns, f->len, &data);
}

#endif
