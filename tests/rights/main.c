/* What a process may do, written down and compared.  SPDX-License-Identifier: Apache-2.0
 *
 *	rights take PID [FILE]		 snapshot of a process that stands still
 *	rights compare A B [WANTED]	 is B within A, axis by axis?  1: it is not
 *	rights plant A B WANTED		 does compare see one right more, on each axis?  1: it does
 *not rights filters A B		 their seccomp programs, call by call; 1: they differ rights
 *compile CONFIG.JSON	 the programs that we make of a container's profile
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oci/bundle.h"
#include "oci/cleanup.h"
#include "seccomp/filter.h"
#include "tests/rights/rights.h"

void die(const char *what)
{
	fprintf(stderr, "rights: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int take_to(const char *pid, const char *path)
{
	FILE *out = path ? fopen(path, "we") : stdout;

	if (!out)
		die(path);
	take((pid_t)atoi(pid), out);
	if (fclose(out))
		die("write");
	return 0;
}

static void read_programs(const char *path, struct programs *ret)
{
	FILE *in = fopen(path, "re");
	const size_t n = strlen(FILTERS_AXIS);
	char *line = NULL;
	size_t size = 0;

	if (!in)
		die(path);
	while (getline(&line, &size, in) > 0)
		if (!strncmp(line, FILTERS_AXIS, n) && line[n] == '\t') {
			line[strcspn(line, "\n")] = '\0';
			programs_parse(line + n + 1, ret);
			free(line);
			fclose(in);
			return;
		}
	errno = ENODATA;
	die(path);
}

static int compare_filters(const char *file_a, const char *file_b)
{
	struct programs a = { 0 }, b = { 0 };

	read_programs(file_a, &a);
	read_programs(file_b, &b);
	return evaluate(&a, &b, stdout) == REL_SAME ? 0 : 1;
}

/* The profile in an absolute path's config.json; *has: there is one. */
static void read_profile(const char *path, struct profile *ret, bool *has)
{
	auto_bundle bundle = { 0 };
	auto_free char *text = NULL, *dir = strdup(path);
	char *slash = dir ? strrchr(dir, '/') : NULL;
	struct err e = { 0 };
	size_t len;

	if (!slash)
		die("an absolute path to config.json, please");
	*slash = '\0';
	if (bundle_read(dir, &text, &len, &e) < 0 ||
	    bundle_parse(dir, text, len, &bundle, &e) < 0 ||
	    (bundle.seccomp.value && profile_parse(&bundle.seccomp, ret, &e) < 0)) {
		fprintf(stderr, "rights: %s\n", e.msg);
		exit(2);
	}
	*has = bundle.seccomp.value != NULL;
}

static int compile(const char *path)
{
	auto_profile profile = { 0 };
	auto_filter filter = { 0 };
	auto_free char *words = NULL;
	struct programs p = { 0 };
	struct err e = { 0 };
	bool has;

	read_profile(path, &profile, &has);
	if (has && filter_compile(&profile, &filter, &e) < 0) {
		fprintf(stderr, "rights: %s\n", e.msg);
		return 2;
	}
	if (has)
		p = (struct programs){ .list = { { filter.insns, filter.len } }, .count = 1 };
	words = programs_text(&p);
	emit(stdout, FILTERS_AXIS, words);
	return 0;
}

static int newest(const char *path, const char *arch)
{
	uint32_t token = seccomp_arch_resolve_name(!strcmp(arch, "i386") ? "x86" : arch);
	auto_profile profile = { 0 };
	int result = -1;
	bool has;

	read_profile(path, &profile, &has);
	for (size_t i = 0; i < profile.rule_count; i++)
		for (size_t j = 0; j < profile.rules[i].name_count; j++) {
			int call =
				seccomp_syscall_resolve_name_arch(token, profile.rules[i].names[j]);

			if (call > 0)
				call &= ~0x40000000; /* x32's mark */
			if (call > result)
				result = call;
		}
	printf("%d\n", result);
	return 0;
}

int main(int argc, char *argv[])
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (!strcmp(verb, "take") && (argc == 3 || argc == 4))
		return take_to(argv[2], argv[3]);
	if (!strcmp(verb, "compare") && (argc == 4 || argc == 5))
		return compare(argv[2], argv[3], argv[4]) ? 1 : 0;
	if (!strcmp(verb, "plant") && argc == 5)
		return plant_all(argv[2], argv[3], argv[4]) ? 1 : 0;
	if (!strcmp(verb, "filters") && argc == 4)
		return compare_filters(argv[2], argv[3]);
	if (!strcmp(verb, "newest") && argc == 4)
		return newest(argv[2], argv[3]);
	if (!strcmp(verb, "compile") && argc == 3)
		return compile(argv[2]);
	fprintf(stderr, "usage: rights take|compare|plant|filters|newest|compile ...\n");
	return 2;
}
