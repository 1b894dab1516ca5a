/* Evaluates seccomp programs as the kernel would.  SPDX-License-Identifier: Apache-2.0
 *
 * Source: linux/filter.h, and the kernel's seccomp_check_filter for what may occur. */
#ifndef ODH_BPF_H
#define ODH_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>

#define BPF_BROKEN 0xdeadbeefU

static inline uint32_t bpf_alu(uint16_t code, uint32_t a, uint32_t b)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_AND:
		return a & b;
	case BPF_OR:
		return a | b;
	case BPF_RSH:
		return a >> b;
	case BPF_LSH:
		return a << b;
	default:
		return BPF_BROKEN;
	}
}

static inline int bpf_jump(uint16_t code, uint32_t a, uint32_t b)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	default:
		return (a & b) != 0; /* BPF_JSET */
	}
}

/* The program's verdict on one call: SECCOMP_RET_*, data included. */
static inline uint32_t bpf_run(const struct sock_filter *insns, unsigned len,
			       const struct seccomp_data *data)
{
	uint32_t a = 0, mem[BPF_MEMWORDS] = { 0 };

	for (unsigned pc = 0; pc < len; pc++) {
		const struct sock_filter *i = &insns[pc];

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			if (BPF_MODE(i->code) == BPF_ABS && i->k + 4 <= sizeof(*data))
				memcpy(&a, (const char *)data + i->k, 4);
			else if (BPF_MODE(i->code) == BPF_MEM)
				a = mem[i->k % BPF_MEMWORDS];
			else
				return BPF_BROKEN;
			break;
		case BPF_ST:
			mem[i->k % BPF_MEMWORDS] = a;
			break;
		case BPF_ALU:
			a = bpf_alu(i->code, a, i->k);
			break;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA)
				pc += i->k;
			else
				pc += bpf_jump(i->code, a, i->k) ? i->jt : i->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(i->code) == BPF_A ? a : i->k;
		default:
			return BPF_BROKEN;
		}
	}
	return BPF_BROKEN;
}

#endif
