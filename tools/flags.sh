#!/bin/sh
# The hardening flags that this compiler takes for the machine that it compiles for, on one line.
# SPDX-License-Identifier: Apache-2.0
#
#	tools/flags.sh CACHE COMPILER CFLAGS
#
# A flag is taken if the compiler succeeds with it, and says nothing that it does not say without it.
# The answer is kept in the directory CACHE, for this compiler, these CFLAGS and this script.
set -eu
export LC_ALL=C

# One row for each thing wanted: spellings of it, the best one first.
wanted='
-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 | -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
-fstack-protector-strong
-fstack-clash-protection
-fcf-protection=full
-mbranch-protection=standard
-ftrivial-auto-var-init=zero | -ftrivial-auto-var-init=zero -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang
-fzero-init-padding-bits=all
-fstrict-flex-arrays=3
'

cache=$1 compiler=$2 cflags=$3
# A new version of the compiler is another file.  The words of CC that are no programs are options.
# shellcheck disable=SC2086 # words
files=$(command -v $compiler) || true
# shellcheck disable=SC2086
key=$({ echo "$compiler|$cflags" && stat -L -c '%n %s %Y' $files && cat "$0"; } 2>/dev/null | cksum)
answer=$cache/$(echo "$key" | tr ' ' -)
[ ! -e "$answer" ] || exec cat "$answer"

mkdir -p "$cache"
work=$(mktemp -d "$cache/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
printf '#include <stdio.h>\nint main(void)\n{\n\treturn puts("");\n}\n' >"$work/probe.c"

# NAME FLAG...: compile; what the compiler says goes to NAME.
compile() {
	said=$work/$1
	shift
	# shellcheck disable=SC2086
	$compiler $cflags "$@" -c -o "$work/probe.o" "$work/probe.c" >"$said" 2>&1
}

compile without || {
	echo "'$compiler $cflags' does not compile:" >&2
	cat "$work/without" >&2
	exit 1
}
echo "$wanted" | sed '/^$/d; s/ | /|/g' >"$work/wanted"
while IFS='|' read -r first second; do
	for spelling in "$first" "$second"; do
		# shellcheck disable=SC2086
		if [ -n "$spelling" ] && compile with $spelling && cmp -s "$work/with" "$work/without"; then
			printf '%s ' "$spelling"
			break
		fi
	done
done <"$work/wanted" >"$work/answer"
echo '-DHARDENING_ASKED' >>"$work/answer" # so that an answer is never empty
mv "$work/answer" "$answer"
cat "$answer"
