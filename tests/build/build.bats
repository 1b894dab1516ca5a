#!/usr/bin/env bats
# The Makefile: what is made anew and what is not, for which compiler, from which directory.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2119,SC2120 # `run object ARGUMENT` is a call with one

load ../lib/helper

# No container, and nothing of the make that may have started us.
setup_file() {
	unset MAKEFLAGS MAKELEVEL MAKEOVERRIDES MFLAGS CC CFLAGS CPPFLAGS LDFLAGS LINK BUILD BINARY CI V EXTRA
	copy "$BATS_FILE_TMPDIR/tree"
	export CFLAGS_FAST="CFLAGS=-O0 -g" # where all is built
}

setup() {
	T=$BATS_FILE_TMPDIR/tree
}

teardown() { :; }

# DIRECTORY: the tree, with nothing that was built.
copy() {
	mkdir -p "$1"
	tar -C "$REPO" -c Makefile tools oci seccomp shim man completion tests/unit | tar -C "$1" -x
}

# ARGUMENT...: its objects of one small file.
object() {
	make -C "$T" V=1 BUILD=build/object build/object/oci/err.o "$@" 3>&-
}

# A compiler that counts what it is called for.
# NAME [FLAG THAT IT DOES NOT KNOW]
compiler() {
	printf '%s\n' '#!/bin/sh' "echo \"\$*\" >>$BATS_TEST_TMPDIR/calls" \
		"case \" \$* \" in *' ${2:-none} '*) echo 'unknown flag' >&2; exit 1;; esac" \
		'exec gcc "$@"' >"$BATS_TEST_TMPDIR/$1"
	chmod +x "$BATS_TEST_TMPDIR/$1"
}

@test "nothing is made twice; other flags or another compiler make everything anew" {
	local change
	object
	run object
	refute grep -q ' -c ' <<<"$output"
	for change in CFLAGS=-O1 CPPFLAGS=-DX EXTRA=-DY CC=cc CI=1 SANITIZE=-fsanitize=undefined; do
		run object "$change"
		grep -q ' -c .*oci/err.c' <<<"$output" || fail "$change: $output"
		run object "$change"
		refute grep -q ' -c ' <<<"$output"
		run object
		grep -q ' -c .*oci/err.c' <<<"$output" || fail "back from $change: $output"
	done
}

@test "other flags of the linker link anew, and compile nothing" {
	local change
	make -C "$T" -s -j2 "$CFLAGS_FAST" 3>&-
	run make -C "$T" -s "$CFLAGS_FAST" 3>&-
	equal "$output" ""
	for change in LINK=-pie LDFLAGS=-Wl,--build-id=none LIBS="-lseccomp -lcap -l:libyajl_s.a -lrt"; do
		run make -C "$T" V=1 "$CFLAGS_FAST" "$change" 3>&-
		equal "$status" 0
		grep -q -- '-o oci-deploy-hook' <<<"$output" || fail "$change: $output"
		refute grep -q ' -c ' <<<"$output"
	done
	# The same binary of two build directories in turn: its own objects are older than it.
	make -C "$T" -s "$CFLAGS_FAST" 3>&-
	cp -a "$T/build/release" "$T/build/other"
	make -C "$T" -s "$CFLAGS_FAST" BUILD=build/other 3>&-
	run make -C "$T" V=1 "$CFLAGS_FAST" 3>&-
	grep -q -- '-o oci-deploy-hook' <<<"$output"
}

@test "V=1 shows the commands, and without it there is a line for each" {
	rm -f "$T/build/object/oci/err.o"
	run object
	grep -q '^gcc .* -c -o build/object/oci/err.o oci/err.c' <<<"$output"
	rm "$T/build/object/oci/err.o"
	run object V=0
	refute grep -q '^gcc ' <<<"$output"
	grep -qx '  CC    oci/err.c' <<<"$output"
}

@test "the hardening flags are the compiler's own: asked once, and again when it is another file" {
	local flags="$T/tools/flags.sh $BATS_TEST_TMPDIR/cache"
	compiler new
	compiler old -ftrivial-auto-var-init=zero
	grep -q -- '-ftrivial-auto-var-init=zero ' <<<"$($flags "$BATS_TEST_TMPDIR/new" -O2)"
	: >"$BATS_TEST_TMPDIR/calls"
	$flags "$BATS_TEST_TMPDIR/new" -O2 >"$BATS_TEST_TMPDIR/first"
	equal "$(cat "$BATS_TEST_TMPDIR/calls")" "" "asked again"
	$flags "$BATS_TEST_TMPDIR/old" -O2 >"$BATS_TEST_TMPDIR/second"
	refute grep -q -- '-ftrivial-auto-var-init=zero ' "$BATS_TEST_TMPDIR/second"
	grep -q -- '-fstack-protector-strong ' "$BATS_TEST_TMPDIR/second"
	# The name stays, the compiler behind it goes.
	cp "$BATS_TEST_TMPDIR/old" "$BATS_TEST_TMPDIR/new"
	equal "$($flags "$BATS_TEST_TMPDIR/new" -O2)" "$(cat "$BATS_TEST_TMPDIR/second")"
	: >"$BATS_TEST_TMPDIR/calls"
	$flags "$BATS_TEST_TMPDIR/new" -O1 >/dev/null
	[ -s "$BATS_TEST_TMPDIR/calls" ] || fail "other CFLAGS were not asked"
}

@test "a flag that the compiler only warns of is not taken" {
	printf '%s\n' '#!/bin/sh' 'case " $* " in *" -fstack-clash-protection "*)
		echo "warning: argument unused" >&2;; esac' 'exec gcc "$@"' >"$BATS_TEST_TMPDIR/cc"
	chmod +x "$BATS_TEST_TMPDIR/cc"
	run "$T/tools/flags.sh" "$BATS_TEST_TMPDIR/cache" "$BATS_TEST_TMPDIR/cc" -O2
	equal "$status" 0
	refute grep -q clash <<<"$output"
	grep -q -- -fstack-protector-strong <<<"$output"
}

@test "no compiler: the build ends and says why" {
	run object CC=no-such-compiler
	[ "$status" -ne 0 ]
	grep -q "'no-such-compiler -O2 -g' does not compile" <<<"$output"
	grep -q 'no-such-compiler: .*not found' <<<"$output"
}

@test "two directories, one with a blank in its name and behind a link, make the same binary, byte for byte" {
	local one=$T two="$BATS_TEST_TMPDIR/a/longer path/to/two"
	copy "$two"
	ln -s "$two" "$BATS_TEST_TMPDIR/link"
	make -C "$one" -s -j2 "$CFLAGS_FAST" 3>&-
	(cd "$BATS_TEST_TMPDIR/link" && make -s -j2 "$CFLAGS_FAST" 3>&-)
	cmp "$one/oci-deploy-hook" "$two/oci-deploy-hook"
	refute grep -q -e "$BATS_FILE_TMPDIR" -e "$BATS_TEST_TMPDIR" "$one/oci-deploy-hook" "$two/oci-deploy-hook"
}

@test "pkg-config says where libraries are; without it they are named" {
	run object PKG_CONFIG="$BATS_TEST_TMPDIR/none"
	equal "$status" 0
	printf '%s\n' '#!/bin/sh' 'case "$*" in *--cflags*) echo -I/some/where;;
		*yajl*) echo -L/yajl;; *--libs*) echo -L/else -lseccomp;; esac' >"$BATS_TEST_TMPDIR/pc"
	chmod +x "$BATS_TEST_TMPDIR/pc"
	run make -C "$T" -n V=1 PKG_CONFIG="$BATS_TEST_TMPDIR/pc" 3>&-
	grep -q ' -I/some/where .* -c ' <<<"$output"
	grep -q -- '-L/else -lseccomp -L/yajl -l:libyajl_s.a -o oci-deploy-hook' <<<"$output"
	run make -C "$T" -n V=1 PKG_CONFIG="$BATS_TEST_TMPDIR/none" 3>&-
	grep -q -- '-lseccomp -lcap *-l:libyajl_s.a -o oci-deploy-hook' <<<"$output"
}

# ARGUMENT...: as a plain user.
as_nobody() {
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	setpriv --reuid 65534 --regid 65534 --clear-groups make -C "$T" --no-print-directory "$@" 3>&-
}

@test "demo and check of a plain user: one line, and nothing done" {
	local target
	for target in demo check; do
		run as_nobody "$target"
		[ "$status" -ne 0 ]
		equal "${#lines[@]}" 2 "lines: $output"
		equal "${lines[0]}" "make $target needs root: it starts real containers"
		[[ ${lines[1]} == "make: *** "*" Error 1" ]]
	done
}

@test "BINDIR and MANDIR: where things go, and what is registered; uninstall takes them away" {
	local at=$BATS_TEST_TMPDIR/root arguments
	arguments=(-s "$CFLAGS_FAST" PREFIX=/p BINDIR=/opt/hook/bin MANDIR=/opt/man HOOKSDIR=/etc/hooks DESTDIR="$at" GRACE=0)
	make -C "$T" install "${arguments[@]}" 3>&-
	[ -x "$at/opt/hook/bin/oci-deploy-hook" ]
	[ -e "$at/opt/man/man8/oci-deploy-hook.8" ]
	equal "$(jq -r .hook.path "$at"/etc/hooks/*.json | sort -u)" /opt/hook/bin/oci-deploy-hook
	equal "$(find "$at/p" -type f)" "$at/p/share/bash-completion/completions/oci-deploy-hook"
	make -C "$T" uninstall "${arguments[@]}" 3>&-
	equal "$(find "$at" -type f)" ""
	run make -C "$T" install "${arguments[@]}" BINDIR=opt 3>&-
	[ "$status" -ne 0 ]
	run make -C "$T" install "${arguments[@]}" MANDIR='/a b' 3>&-
	[ "$status" -ne 0 ]
}

@test "the machine that a compiler compiles for: a build directory and a sysroot of its own" {
	local cc
	mkdir -p "$T/build/sysroot/aarch64-linux-gnu/usr"
	for cc in aarch64-linux-gnu-gcc /usr/bin/aarch64-linux-gnu-gcc-12 "ccache aarch64-linux-gnu-gcc" \
		"clang --target=aarch64-linux-gnu"; do
		run make -C "$T" -n V=1 CC="$cc" HARDENING=-fhard 3>&-
		grep -q 'build/sysroot/aarch64-linux-gnu/usr/include .* build/aarch64-linux-gnu/oci/err.o' \
			<<<"$output" || fail "$cc: $output"
	done
	run make -C "$T" -n V=1 CC="clang -O3" HARDENING=-fhard 3>&-
	refute grep -q sysroot <<<"$output"
}
