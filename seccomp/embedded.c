/* The hook's own profile, as a part of the program.  SPDX-License-Identifier: Apache-2.0 */
#include "filter.h"

__asm__(".pushsection .rodata\n"
	".global default_profile\n"
	"default_profile: .incbin \"seccomp/default.json\"\n"
	"default_profile_end: .byte 0\n"
	".balign 8\n"
	".global default_profile_len\n"
	"default_profile_len: .quad default_profile_end - default_profile\n"
	".popsection\n");
