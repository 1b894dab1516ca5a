/* The words of a seccomp profile.  SPDX-License-Identifier: Apache-2.0
 *
 * Source: OCI runtime-spec, config-linux.md "Seccomp". */
#include "seccomp/words.h"

#include <ctype.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>

#define TABLE(words)                                                                               \
	{                                                                                          \
		words, sizeof(words) / sizeof((words)[0])                                          \
	}

struct word {
	const char *name;
	uint32_t value;
};

static const struct word actions[] = {
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
	{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0) },
	{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0) },
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
	{ "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY },
};

static const struct word operators[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE },
	{ "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE },
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE },
	{ "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

/* The architectures of the specification.  libseccomp knows them by these names in lower case and
 * without the prefix; a later release may know more of them. */
static const char *const archs[] = {
	"SCMP_ARCH_NATIVE",      "SCMP_ARCH_X86",     "SCMP_ARCH_X86_64",   "SCMP_ARCH_X32",
	"SCMP_ARCH_ARM",         "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",     "SCMP_ARCH_MIPS64",
	"SCMP_ARCH_MIPS64N32",   "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
	"SCMP_ARCH_PPC",         "SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",
	"SCMP_ARCH_S390X",       "SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",
	"SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K",    "SCMP_ARCH_SH",       "SCMP_ARCH_SHEB",
};
enum { ARCH_COUNT = sizeof(archs) / sizeof(archs[0]) };

static const struct word flags[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", 0 }, /* the process that loads a filter has one thread */
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 0 }, /* only about listeners */
};

static const struct {
	const struct word *words;
	size_t count;
} tables[] = {
	[WORD_ACTION] = TABLE(actions),
	[WORD_OPERATOR] = TABLE(operators),
	[WORD_ARCH] = { NULL, 0 }, /* its values are libseccomp's */
	[WORD_FLAG] = TABLE(flags),
};

/* name: one of archs.  Its SCMP_ARCH_* value, or WORD_UNKNOWN. */
static uint32_t arch_value(const char *name)
{
	char lower[32] = "";
	uint32_t value;

	if (!strcmp(name, "SCMP_ARCH_NATIVE"))
		return SCMP_ARCH_NATIVE; /* libseccomp has no name for it */
	name += strlen("SCMP_ARCH_");
	for (size_t i = 0; name[i] && i < sizeof(lower) - 1; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	value = seccomp_arch_resolve_name(lower);
	return value ? value : WORD_UNKNOWN;
}

static bool find_arch(const char *name, uint32_t *ret)
{
	for (size_t i = 0; i < ARCH_COUNT; i++)
		if (!strcmp(archs[i], name)) {
			*ret = arch_value(name);
			return true;
		}
	return false;
}

static bool find_word(enum word_kind kind, const char *name, uint32_t *ret)
{
	for (size_t i = 0; i < tables[kind].count; i++)
		if (!strcmp(tables[kind].words[i].name, name)) {
			*ret = tables[kind].words[i].value;
			return true;
		}
	return false;
}

int word_get(const struct json_node *node, enum word_kind kind, uint32_t *ret, struct err *e)
{
	const char *name;

	if (json_string(node, &name, e) < 0)
		return -1;
	if (kind == WORD_ARCH ? find_arch(name, ret) : find_word(kind, name, ret))
		return 0;
	return err_set(e, EINVAL, "%s: \"%.40s\" is not known", node->path, name);
}

const char *word_name(enum word_kind kind, uint32_t value)
{
	for (size_t i = 0; kind == WORD_ARCH && i < ARCH_COUNT; i++)
		if (arch_value(archs[i]) == value)
			return archs[i];
	for (size_t i = 0; i < tables[kind].count; i++)
		if (tables[kind].words[i].value == value)
			return tables[kind].words[i].name;
	return "?";
}

/* --- keys --- */

/* Source: runtime-spec, config-linux.md "Seccomp".  archMap, comment, includes, excludes and name
 * are not in it: podman's and Docker's own files have them.  Whoever reads the values refuses or
 * ignores them. */
static const char *const profile_keys[] = {
	"defaultAction", "defaultErrnoRet", "defaultErrno",     "architectures", "archMap",
	"flags",         "listenerPath",    "listenerMetadata", "syscalls",      NULL
};
static const char *const rule_keys[] = { "names", "name",    "action",   "errnoRet", "errno",
					 "args",  "comment", "includes", "excludes", NULL };
static const char *const arg_keys[] = { "index", "value", "valueTwo", "op", NULL };

/* known: ends with NULL. */
static int check_object(const struct json_node *node, const char *const *known, struct err *e)
{
	size_t count;

	if (json_object(node, &count, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct json_node value;
		const char *key;
		size_t k = 0;

		json_pair(node, i, &key, &value);
		while (known[k] && strcmp(known[k], key))
			k++;
		if (!known[k])
			return err_set(e, EINVAL, "%s: unknown key", value.path);
	}
	return 0;
}

/* Check each item of the array that node has under key. */
static int check_items(const struct json_node *node, const char *key,
		       int (*check)(const struct json_node *item, struct err *e), struct err *e)
{
	struct json_array list;
	struct json_node item;

	if (json_get_array(node, key, &list, e) < 0)
		return -1;
	while (json_next(&list, &item)) {
		if (check(&item, e) < 0)
			return -1;
	}
	return 0;
}

static int check_arg(const struct json_node *item, struct err *e)
{
	return check_object(item, arg_keys, e);
}

static int check_rule(const struct json_node *item, struct err *e)
{
	return check_object(item, rule_keys, e) < 0 ? -1 : check_items(item, "args", check_arg, e);
}

int keys_check(const struct json_node *node, struct err *e)
{
	return check_object(node, profile_keys, e) < 0
		       ? -1
		       : check_items(node, "syscalls", check_rule, e);
}
