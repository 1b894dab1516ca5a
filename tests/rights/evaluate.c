/* Two sets of seccomp programs, over every call and argument case.  SPDX-License-Identifier:
 * Apache-2.0
 *
 * The argument cases come from the programs themselves: for each call, all paths that a program
 * can take for it are walked, whatever its arguments are; each constant that an argument is
 * compared with on them is tried as it is, one less, one more, and with what a mask leaves aside.
 * A word of an argument that no path looks at cannot matter.
 * Source: seccomp(2), the kernel's seccomp_run_filters. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/bpf.h"
#include "tests/rights/rights.h"

#define WORDS 16 /* of struct seccomp_data, 32 bits each: call, architecture, place, arguments */
#define WORD_CALL 0
#define WORD_ARCH 1
#define WORD_ARGS 4
#define VALUES_MAX 1024     /* of a word */
#define CASES_MAX (1 << 17) /* of a call; more are sampled */
#define CALLS_END 700       /* no table of the kernel is longer */
#define X32 0x40000000U
#define FAR_CALLS 10

struct values {
	uint32_t list[VALUES_MAX];
	unsigned count;
};

struct walk {
	const struct program *program;
	const uint32_t *fixed;            /* call and architecture */
	struct values *constants, *masks; /* by word */
	char (*seen)[WORDS];
};

static void add_value(struct values *v, uint32_t value)
{
	for (unsigned i = 0; i < v->count; i++)
		if (v->list[i] == value)
			return;
	if (v->count == VALUES_MAX) {
		errno = E2BIG;
		die("more constants for one argument than this can hold");
	}
	v->list[v->count++] = value;
}

/* From instruction pc on, the accumulator holding a value that is known, or an unknown one that
 * comes from that word. */
static void walk(struct walk *w, unsigned pc, int word, uint32_t known)
{
	for (; pc < w->program->len; pc++) {
		const struct sock_filter *i = &w->program->insns[pc];

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			if (BPF_MODE(i->code) != BPF_ABS || i->k % 4 || i->k / 4 >= WORDS) {
				errno = ENOTSUP;
				die("a program that remembers");
			}
			word = (int)i->k / 4;
			if (word == WORD_CALL || word == WORD_ARCH) {
				known = w->fixed[word];
				word = -1;
			}
			break;
		case BPF_ALU:
			if (word >= 0)
				add_value(&w->masks[word], i->k);
			else
				known = bpf_alu(i->code, known, i->k);
			break;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA) {
				pc += i->k;
				break;
			}
			if (word < 0) {
				pc += bpf_jump(i->code, known, i->k) ? i->jt : i->jf;
				break;
			}
			add_value(&w->constants[word], i->k);
			if (w->seen[pc][word])
				return;
			w->seen[pc][word] = 1;
			walk(w, pc + 1 + i->jt, word, 0);
			pc += i->jf;
			break;
		case BPF_RET:
			return;
		default:
			errno = ENOTSUP;
			die("an instruction that no known compiler writes");
		}
	}
}

static void expand(const struct values *constants, const struct values *masks, struct values *ret)
{
	ret->count = 0;
	add_value(ret, 0);
	if (!constants->count)
		return;
	add_value(ret, UINT32_MAX);
	add_value(ret, 0x80000000U);
	for (unsigned i = 0; i < constants->count; i++) {
		uint32_t c = constants->list[i];

		add_value(ret, c);
		add_value(ret, c - 1);
		add_value(ret, c + 1);
		for (unsigned j = 0; j < masks->count; j++) {
			uint32_t mask = masks->list[j];

			add_value(ret, c | ~mask);
			add_value(ret, c ^ mask);
			add_value(ret, c ^ (mask & -mask));
		}
	}
}

/* The kernel asks the youngest first, and a later answer counts only if it is stricter. */
static uint32_t verdict(const struct programs *p, const struct seccomp_data *data)
{
	uint32_t result = SECCOMP_RET_ALLOW;

	for (unsigned i = p->count; i-- > 0;) {
		uint32_t one = bpf_run(p->list[i].insns, p->list[i].len, data);

		if (one == BPF_BROKEN) {
			errno = ENOTSUP;
			die("a program that the evaluator does not know");
		}
		if ((int32_t)(one & SECCOMP_RET_ACTION_FULL) <
		    (int32_t)(result & SECCOMP_RET_ACTION_FULL))
			result = one;
	}
	return result;
}

static enum relation relate(uint32_t a, uint32_t b)
{
	int32_t x = (int32_t)(a & SECCOMP_RET_ACTION_FULL);
	int32_t y = (int32_t)(b & SECCOMP_RET_ACTION_FULL);

	if (x != y)
		return y > x ? REL_MORE : REL_LESS;
	/* The number that goes with "allow" and "kill" means nothing. */
	return a == b || y == (int32_t)SECCOMP_RET_ALLOW || y <= 0 ? REL_SAME : REL_OTHER;
}

static const char *in_words(uint32_t verdict, char *buf, size_t size)
{
	static const struct {
		uint32_t action;
		const char *word;
	} words[] = {
		{ SECCOMP_RET_KILL_PROCESS, "kills the process" },
		{ SECCOMP_RET_KILL_THREAD, "kills the thread" },
		{ SECCOMP_RET_TRAP, "traps" },
		{ SECCOMP_RET_USER_NOTIF, "asks a listener" },
		{ SECCOMP_RET_TRACE, "asks a tracer" },
		{ SECCOMP_RET_LOG, "logs and allows" },
		{ SECCOMP_RET_ALLOW, "allows" },
	};
	const char *error;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if ((verdict & SECCOMP_RET_ACTION_FULL) == words[i].action)
			return words[i].word;
	error = strerrorname_np((int)(verdict & SECCOMP_RET_DATA));
	snprintf(buf, size, "answers %s", error ? error : "0");
	return buf;
}

struct comparison {
	const struct programs *a, *b;
	FILE *out;
	bool found[256];  /* by relation */
	unsigned sampled; /* calls with more cases than are tried */
};

/* Of one call: how many cases stand in a relation, and the first of them. */
struct tally {
	unsigned long count;
	struct seccomp_data example;
	uint32_t a, b;
};

static const enum relation relations[] = { REL_MORE, REL_LESS, REL_OTHER };

static void tell(const struct comparison *c, const struct tally *tallies, unsigned long cases)
{
	for (size_t i = 0; c->out && i < sizeof(relations) / sizeof(relations[0]); i++) {
		const struct tally *t = &tallies[relations[i]];
		const struct seccomp_data *d = &t->example;
		bool native = d->arch == AUDIT_ARCH_X86_64;
		const char *arch = d->arch == AUDIT_ARCH_I386 ? "i386"
				   : !native                  ? "foreign"
				   : d->nr & (int)X32         ? "x32"
							      : "x86_64";
		char *name, one[64], two[64];

		if (!t->count)
			continue;
		name = seccomp_syscall_resolve_num_arch(d->arch == AUDIT_ARCH_I386 ? SCMP_ARCH_X86
							: d->nr & (int)X32         ? SCMP_ARCH_X32
									   : SCMP_ARCH_X86_64,
							d->nr);
		fprintf(c->out,
			"%c %s %u %s: A %s, B %s (%lu of %lu cases, as %llx %llx %llx %llx %llx "
			"%llx)\n",
			relations[i], arch, (unsigned)d->nr & ~(native ? X32 : 0),
			name ? name : "?", in_words(t->a, one, sizeof(one)),
			in_words(t->b, two, sizeof(two)), t->count, cases, d->args[0], d->args[1],
			d->args[2], d->args[3], d->args[4], d->args[5]);
		free(name);
	}
}

static void judge(struct comparison *c, const uint32_t words[WORDS], struct tally *tallies)
{
	struct seccomp_data data;
	uint32_t a, b;
	struct tally *t;
	enum relation relation;

	memcpy(&data, words, sizeof(data));
	a = verdict(c->a, &data);
	b = verdict(c->b, &data);
	relation = relate(a, b);
	c->found[relation] = true;
	t = &tallies[relation];
	if (!t->count++) {
		t->example = data;
		t->a = a;
		t->b = b;
	}
}

/* Every combination of the values, or so many of them that are spread evenly. */
static void combine(struct comparison *c, const struct values *values, const uint32_t fixed[2])
{
	struct tally tallies[256] = { 0 };
	unsigned long all = 1, cases, state = 88172645463325252UL;

	for (int w = WORD_ARGS - 2; w < WORDS; w++)
		all = all > CASES_MAX ? all : all * values[w].count;
	cases = all < CASES_MAX ? all : CASES_MAX;
	for (unsigned long n = 0; n < cases; n++) {
		uint32_t words[WORDS] = { fixed[0], fixed[1] };
		unsigned long rest = n;

		for (int w = WORD_ARGS - 2; w < WORDS; w++) {
			if (all > CASES_MAX) {
				state ^= state << 13; /* xorshift64 */
				state ^= state >> 7;
				state ^= state << 17;
				rest = state >> 8;
			}
			words[w] = values[w].list[rest % values[w].count];
			rest /= values[w].count;
		}
		judge(c, words, tallies);
	}
	c->sampled += all > CASES_MAX;
	tell(c, tallies, cases);
}

static void walk_all(const struct programs *p, const uint32_t *fixed, struct values *constants,
		     struct values *masks)
{
	for (unsigned i = 0; i < p->count; i++) {
		struct walk w = { .program = &p->list[i],
				  .fixed = fixed,
				  .constants = constants,
				  .masks = masks,
				  .seen = calloc(p->list[i].len, WORDS) };

		if (!w.seen)
			die("calloc");
		walk(&w, 0, -1, 0);
		free(w.seen);
	}
}

static void judge_call(struct comparison *c, uint32_t arch, uint32_t call)
{
	static struct values constants[WORDS], masks[WORDS], values[WORDS];
	uint32_t fixed[2] = { call, arch };

	memset(constants, 0, sizeof(constants));
	memset(masks, 0, sizeof(masks));
	walk_all(c->a, fixed, constants, masks);
	walk_all(c->b, fixed, constants, masks);
	for (int w = 0; w < WORDS; w++) {
		/* A 32-bit program's arguments have no upper half. */
		if (arch == AUDIT_ARCH_I386 && w >= WORD_ARGS && w % 2)
			constants[w].count = 0;
		expand(&constants[w], &masks[w], &values[w]);
	}
	combine(c, values, fixed);
}

enum relation evaluate(const struct programs *a, const struct programs *b, FILE *out)
{
	static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64 };
	static const uint32_t far[FAR_CALLS] = { 1000,       4096,       X32 - 1,    X32 + 1000,
						 X32 + 4096, 0x7fffffff, 0x80000000, 0xbfffffff,
						 0xc0000000, 0xffffffff };
	struct comparison c = { .a = a, .b = b, .out = out };

	for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++) {
		for (uint32_t call = 0; call < CALLS_END; call++) {
			judge_call(&c, archs[i], call);
			if (archs[i] == AUDIT_ARCH_X86_64)
				judge_call(&c, archs[i], X32 + call);
		}
		for (int j = 0; j < FAR_CALLS; j++)
			judge_call(&c, archs[i], far[j]);
	}
	if (c.sampled && out)
		fprintf(stderr, "%u calls have too many cases: %d of each were tried\n", c.sampled,
			CASES_MAX);
	for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++)
		if (c.found[relations[i]])
			return relations[i];
	return REL_SAME;
}
