/* Compiled profiles, kept between starts.  SPDX-License-Identifier: Apache-2.0
 *
 * A file can be trusted since only we can write it, and since it holds its whole key, so that no
 * two profiles share one.  The hash only finds a file and shows damage.  FNV is enough for that.
 */
#include "seccomp/cache.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#include "oci/cleanup.h"
#include "seccomp/cache_dir.h"

#define FORMAT 1 /* to be raised with every change of what filter_compile makes of a profile */
#define FNV_START 0xcbf29ce484222325
#define FNV_PRIME 0x100000001b3

static const char magic[8] = "odh-bpf";

/* The beginning of a file.  After it come the key and the instructions. */
struct header {
	char magic[8];
	uint64_t sum; /* of key and instructions */
	uint32_t key_len, insn_count;
};

struct key {
	char *bytes;
	size_t len;
	uint64_t hash;
	char name[32]; /* of its file: the hash in hexadecimal */
};

static uint64_t fnv(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * FNV_PRIME;
	return hash;
}

static void put_number(FILE *f, uint64_t value)
{
	(void)fwrite(&value, sizeof(value), 1, f); /* ferror is asked in the end */
}

static void put_rule(FILE *f, const struct profile_rule *rule)
{
	put_number(f, rule->action);
	put_number(f, rule->arg_count);
	for (unsigned i = 0; i < rule->arg_count; i++) {
		put_number(f, rule->args[i].arg);
		put_number(f, (uint64_t)rule->args[i].op);
		put_number(f, rule->args[i].datum_a);
		put_number(f, rule->args[i].datum_b);
	}
	put_number(f, rule->name_count);
	for (size_t i = 0; i < rule->name_count; i++)
		(void)fwrite(rule->names[i], strlen(rule->names[i]) + 1, 1, f);
}

/* All that a program depends on.  Unambiguous: numbers have one length, lists begin with theirs. */
static void put_key(FILE *f, const struct profile *p)
{
	const struct scmp_version *library = seccomp_version();

	fprintf(f, "oci-deploy-hook %s/%d, libseccomp ", VERSION, FORMAT);
	if (library)
		fprintf(f, "%u.%u.%u, ", library->major, library->minor, library->micro);
	/* the level tells which actions this kernel has */
	fprintf(f, "level %u, machine %#x\n", seccomp_api_get(), seccomp_arch_native());
	put_number(f, p->default_action);
	put_number(f, p->arch_count);
	for (size_t i = 0; i < p->arch_count; i++)
		put_number(f, p->archs[i]);
	put_number(f, p->rule_count);
	for (size_t i = 0; i < p->rule_count; i++)
		put_rule(f, &p->rules[i]);
}

static int make_key(const struct profile *p, struct key *ret)
{
	FILE *f = open_memstream(&ret->bytes, &ret->len);
	int failed;

	if (!f)
		return -1;
	put_key(f, p);
	failed = ferror(f);
	if (fclose(f) || failed || ret->len > UINT32_MAX)
		return -1;
	ret->hash = fnv(FNV_START, ret->bytes, ret->len);
	snprintf(ret->name, sizeof(ret->name), "%016llx", (unsigned long long)ret->hash);
	return 0;
}

/* Would the kernel take it?  Its own check is the one that counts, but comes too late: where it
 * fails, no hook runs. */
static bool is_program(const struct sock_filter *insns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct sock_filter *insn = &insns[i];
		size_t left = count - i - 1; /* after this one */

		switch (BPF_CLASS(insn->code)) {
		case BPF_LD:
			if (insn->code != (BPF_LD | BPF_W | BPF_ABS) || insn->k % 4 ||
			    insn->k >= sizeof(struct seccomp_data))
				return false;
			break;
		case BPF_ALU:
			if (insn->code != (BPF_ALU | BPF_AND | BPF_K))
				return false;
			break;
		case BPF_JMP:
			if ((insn->code & ~0xf0) != (BPF_JMP | BPF_K) ||
			    BPF_OP(insn->code) > BPF_JSET)
				return false;
			if (BPF_OP(insn->code) == BPF_JA ? insn->k >= left
							 : insn->jt >= left || insn->jf >= left)
				return false;
			break;
		case BPF_RET:
			if (insn->code != (BPF_RET | BPF_K))
				return false;
			break;
		default: /* libseccomp makes no other */
			return false;
		}
	}
	return BPF_CLASS(insns[count - 1].code) == BPF_RET;
}

/* Is this the file of the key, is it whole, and is its sum right?  Returns its instructions, or
 * NULL. */
static const void *find_program(const char *text, size_t size, const struct key *key,
				size_t *ret_count)
{
	struct header header;
	const char *rest = text + sizeof(header);
	size_t bytes;

	if (size < sizeof(header) + key->len)
		return NULL;
	memcpy(&header, text, sizeof(header));
	bytes = size - sizeof(header) - key->len;
	if (memcmp(header.magic, magic, sizeof(magic)) || header.key_len != key->len ||
	    !header.insn_count || header.insn_count > BPF_MAXINSNS ||
	    header.insn_count * sizeof(struct sock_filter) != bytes ||
	    memcmp(rest, key->bytes, key->len) ||
	    header.sum != fnv(key->hash, rest + key->len, bytes))
		return NULL;
	*ret_count = header.insn_count;
	return rest + key->len;
}

/* Returns 0, or -1 where there is no file that can be believed. */
static int load(int cache, const struct key *key, struct filter *ret)
{
	auto_free char *text = NULL;
	auto_free struct sock_filter *insns = NULL;
	const void *found; /* not aligned */
	size_t size, count;

	if (cache_dir_read(cache, key->name, &text, &size) < 0 ||
	    !(found = find_program(text, size, key, &count)) ||
	    !(insns = calloc(count, sizeof(*insns))))
		return -1;
	memcpy(insns, found, count * sizeof(*insns));
	if (!is_program(insns, count))
		return -1;
	ret->insns = take_ptr(insns);
	ret->len = (unsigned short)count;
	return 0;
}

static void store(int cache, const struct key *key, const struct filter *f)
{
	size_t bytes = f->len * sizeof(*f->insns);
	struct header header = {
		.sum = fnv(key->hash, f->insns, bytes),
		.key_len = (uint32_t)key->len,
		.insn_count = f->len,
	};
	const struct iovec parts[] = {
		{ &header, sizeof(header) },
		{ key->bytes, key->len },
		{ f->insns, bytes },
	};

	memcpy(header.magic, magic, sizeof(magic));
	cache_dir_write(cache, key->name, parts, sizeof(parts) / sizeof(parts[0]));
}

int cache_compile(int dir, const struct profile *p, struct filter *ret, struct err *e)
{
	auto_fd cache = dir < 0 ? -1 : cache_dir_open(dir);
	struct key key = { 0 };
	bool usable = cache >= 0 && make_key(p, &key) == 0;
	int result = 0;

	if (usable && load(cache, &key, ret) == 0) {
		ret->flags = p->flags;
	} else {
		result = filter_compile(p, ret, e);
		if (usable && result == 0)
			store(cache, &key, ret);
	}
	free(key.bytes);
	return result;
}
