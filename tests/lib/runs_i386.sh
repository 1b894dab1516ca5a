#!/bin/sh
# Does this machine run i386 programs?  SPDX-License-Identifier: Apache-2.0
#
# In some virtual machines the kernel does not, and who makes such a call dies of SIGSEGV.  Then a hook
# cannot make it either, whatever its filters say; what they say is evaluated by the unit tests all the same.
directory=$(mktemp -d) || exit 1
trap 'rm -r "$directory"' EXIT
"${CC:-gcc}" -x c -o "$directory/i386" - 2>/dev/null <<'END' && ("$directory/i386") 2>/dev/null
int main(void)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
	return result <= 0;
}
END
