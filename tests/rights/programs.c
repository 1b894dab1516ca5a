/* Seccomp programs as text.  SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "tests/rights/rights.h"

#define INSN_DIGITS 16

char *programs_text(const struct programs *p)
{
	size_t size = 8;
	char *text, *s;

	for (unsigned i = 0; i < p->count; i++)
		size += p->list[i].len * INSN_DIGITS + 1;
	text = s = malloc(size);
	if (!text)
		die("malloc");
	if (!p->count)
		strcpy(text, "none");
	for (unsigned i = 0; i < p->count; i++) {
		if (i)
			*s++ = ' ';
		for (unsigned j = 0; j < p->list[i].len; j++) {
			const struct sock_filter *f = &p->list[i].insns[j];

			s += sprintf(s, "%04x%02x%02x%08x", f->code, f->jt, f->jf, f->k);
		}
	}
	return text;
}

static void parse_program(const char *word, size_t digits, struct program *ret)
{
	ret->len = (unsigned)(digits / INSN_DIGITS);
	ret->insns = calloc(ret->len + 1, sizeof(*ret->insns));
	if (!ret->insns || !ret->len || digits % INSN_DIGITS)
		die("a seccomp program");
	for (unsigned i = 0; i < ret->len; i++) {
		unsigned code, jt, jf, k;

		if (sscanf(word + i * INSN_DIGITS, "%4x%2x%2x%8x", &code, &jt, &jf, &k) != 4)
			die("a seccomp program");
		ret->insns[i] = (struct sock_filter){ (uint16_t)code, (uint8_t)jt, (uint8_t)jf, k };
	}
}

void programs_parse(const char *text, struct programs *ret)
{
	ret->count = 0;
	if (!strcmp(text, "none"))
		return;
	while (*text) {
		size_t digits = strcspn(text, " ");

		if (ret->count == PROGRAMS_MAX)
			die("too many seccomp programs");
		parse_program(text, digits, &ret->list[ret->count++]);
		text += digits;
		text += *text == ' ';
	}
}
