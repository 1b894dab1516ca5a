/* The hook's own profile, as a part of the program.  SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/filter.h"

/* On other machines clone has its flags in another argument, or errors and ioctls have other
 * numbers. */
#if !defined(__x86_64__) && !defined(__i386__) && !defined(__aarch64__) && !defined(__arm__) &&    \
	!defined(__riscv) && !(defined(__powerpc64__) && defined(__LITTLE_ENDIAN__))
#error "seccomp/default.json is not made for this machine"
#endif

__asm__(".pushsection .rodata\n"
	".global default_profile\n"
	"default_profile: .incbin \"seccomp/default.json\"\n"
	"default_profile_end: .byte 0\n"
	".balign 8\n"
	".global default_profile_len\n"
	"default_profile_len: .quad default_profile_end - default_profile\n"
	".popsection\n");
