#!/usr/bin/env bats
# The checks of `make tidy` on includes and sizes see what they are there to see.
# SPDX-License-Identifier: Apache-2.0

load ../lib/helper

setup_file() { :; } # no container
teardown() { :; }

# A small tree with the folders of the real one.
setup() {
	ROOT=$BATS_TEST_TMPDIR/tree
	local folder
	for folder in verbs supervise sandbox ready record app plan base; do
		write "shim/$folder/own.h" ""
		write "shim/$folder/own.c" "#include \"shim/$folder/own.h\"" '#include <stdio.h>' '#include "oci/own.h"'
	done
	write oci/own.h ""
	write seccomp/own.c '#include "oci/own.h"'
	write seccomp/own.h ""
	write shim/main.c '#include "shim/verbs/own.h"' '#include "shim/base/own.h"' '#include "seccomp/own.h"'
}

# FILE LINE...
write() {
	mkdir -p "$ROOT/$(dirname "$1")"
	printf '%s\n' "${@:2}" >"$ROOT/$1"
}

# FILE INCLUDED: planted at its end.
plant() {
	echo "#include \"$2\"" >>"$ROOT/$1"
}

# CHECK STATUS [LINE]: it ends so, and says that line and nothing else.
says() {
	run "$REPO/tests/lint/$1.sh" "$ROOT"
	equal "$status" "$2" status
	equal "$output" "${3:-}"
}

@test "includes: a tree that follows the table passes" {
	plant shim/verbs/own.c seccomp/own.h
	plant shim/supervise/own.c shim/sandbox/own.h
	plant shim/sandbox/own.c shim/app/own.h
	plant shim/ready/own.c shim/plan/own.h
	plant shim/record/own.c shim/plan/own.h
	plant shim/app/own.c shim/base/own.h
	plant shim/base/own.c seccomp/own.h
	says includes 0
}

@test "includes: no other spelling hides an upward one" {
	local line
	for line in '/* x */ #include "shim/verbs/own.h"' '#import "shim/verbs/own.h"' \
		'  #  include_next  "shim/verbs/own.h"'; do
		echo "$line" >>"$ROOT/shim/base/own.c"
		says includes 1 "shim/base/own.c:4: base/ may not include verbs/"
		sed -i '$d' "$ROOT/shim/base/own.c"
	done
	echo '#include <shim/verbs/own.h>' >>"$ROOT/shim/base/own.c"
	says includes 1 "shim/base/own.c:4: <shim/verbs/own.h> is a file of ours: write it in quotes"
	sed -i '$d' "$ROOT/shim/base/own.c"
	echo '#include OWN' >>"$ROOT/shim/base/own.c"
	says includes 1 "shim/base/own.c:4: it does not name a file"
	sed -i '$d' "$ROOT/shim/base/own.c"
	write shim/base/own.inc '#include "shim/verbs/own.h"'
	says includes 1 "shim/base/own.inc:1: base/ may not include verbs/"
}

@test "includes: an upward one is refused, from every folder" {
	local pair from to
	for pair in supervise:verbs sandbox:supervise sandbox:record ready:sandbox record:app app:plan \
		plan:app base:plan; do
		from=${pair%:*} to=${pair#*:}
		plant "shim/$from/own.c" "shim/$to/own.h"
		says includes 1 "shim/$from/own.c:4: $from/ may not include $to/"
		sed -i '$d' "$ROOT/shim/$from/own.c"
	done
	plant seccomp/own.c shim/base/own.h
	says includes 1 'seccomp/own.c:2: seccomp/ may not include base/'
	sed -i '$d' "$ROOT/seccomp/own.c"
	write oci/other.c '#include "oci/own.h"' '  #  include "seccomp/own.h"'
	says includes 1 'oci/other.c:2: oci/ may not include seccomp/'
}

@test "includes: one that is not written from the root is refused" {
	local path
	for path in own.h ../base/own.h shim/base/../base/own.h ./own.h; do
		plant shim/base/own.c "$path"
		says includes 1 "shim/base/own.c:4: \"$path\" is not written from the root"
		sed -i '$d' "$ROOT/shim/base/own.c"
	done
}

@test "includes: a file outside the folders is refused" {
	write shim/stray.h '#include "shim/base/own.h"'
	plant shim/verbs/own.c shim/stray.h
	run "$REPO/tests/lint/includes.sh" "$ROOT"
	equal "$status" 1
	equal "$output" 'shim/stray.h:1: only main.c stands outside the folders of the table
shim/verbs/own.c:4: "shim/stray.h" stands outside the folders of the table'
}

@test "includes: a circle is refused, over however many files" {
	write shim/base/first.c '#include "shim/base/second.h"'
	write shim/base/first.h ""
	write shim/base/second.h ""
	write shim/base/second.c '#include "shim/base/third.h"'
	write shim/base/third.h ""
	says includes 0
	write shim/base/third.h '#include "shim/base/first.h"'
	run "$REPO/tests/lint/includes.sh" "$ROOT"
	equal "$status" 1
	equal "${lines[0]}" "shim/base/first.c:1: a circle: shim/base/first, shim/base/second, shim/base/third, shim/base/first"
	equal "${#lines[@]}" 3
}

@test "includes: a tree without a file does not pass" {
	rm -r "${ROOT:?}"/{oci,seccomp,shim}
	mkdir "$ROOT"/{oci,seccomp,shim}
	run "$REPO/tests/lint/includes.sh" "$ROOT"
	[ "$status" -ne 0 ]
}

# COUNT: that many lines.
statements() {
	yes '	call();' | head -n "$1"
}

@test "sizes: 45 lines of a function and 370 of a file pass, one more does not" {
	write shim/base/long.c 'void f(void)' '{' "$(statements 43)" '}'
	says sizes 0
	write shim/base/long.c 'void f(void)' '{' "$(statements 44)" '}'
	says sizes 1 'shim/base/long.c:2: a function of 46 lines; at most 45'
	write shim/base/long.c "$(statements 370)"
	says sizes 0
	write shim/base/long.c "$(statements 371)"
	says sizes 1 'shim/base/long.c:371: a file of 371 lines; at most 370'
}
