#!/usr/bin/env bats
# Installation, upgrade and removal, while containers start and while they wait for their hook.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of jq and of the hook's shell
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; podman.bash reads and sets

load ../lib/podman

setup_file() {
	root_podman
	rm "$P/hooks.d/"*
	import_image
}

# TARGET [DESTDIR [VARIABLE]...]: where podman of this file looks.
make_it() {
	make_install "$1" PREFIX="$P/usr" HOOKSDIR="$P/hooks.d" DESTDIR="${2:-}" "${@:3}" >"$P/make.out" 2>&1
}

@test "what is installed follows the rules of hooks.d, version 1.0.0" {
	local file
	make_it install
	for file in "$P"/hooks.d/*.json; do
		jq -e '.version == "1.0.0" and (.hook.path | startswith("/")) and .when == {always: true}
			and (keys - ["version", "hook", "when", "stages"]) == []
			and (.hook | keys) - ["path", "args", "env"] == [] # no timeout: crun kills the container at it
			and (.hook.args | length) == 2 and .stages == [.hook.args[1]]' "$file" >/dev/null
		[ -x "$(jq -r .hook.path "$file")" ]
		[ "$(stat -c %a:%u "$file")" = 644:0 ]
	done
	[ "$(jq -r '.stages[]' "$P"/hooks.d/*.json | sort | paste -sd' ')" = "poststart poststop" ]
	[ "$(stat -c %a:%u "$P/usr/bin/oci-deploy-hook")" = 755:0 ]
	"$P/usr/bin/oci-deploy-hook" --version
	make_it uninstall "" GRACE=0
	[ -z "$(find "$P/usr" "$P/hooks.d" -type f)" ]
}

@test "into a staging directory: its path is not in what is registered" {
	make_it install "$P/stage"
	[ -x "$P/stage$P/usr/bin/oci-deploy-hook" ]
	[ -e "$P/stage$P/usr/share/man/man8/oci-deploy-hook.8" ]
	[ -e "$P/stage$P/usr/share/bash-completion/completions/oci-deploy-hook" ]
	[ "$(jq -r .hook.path "$P/stage$P/hooks.d/oci-deploy-hook-poststart.json")" = "$P/usr/bin/oci-deploy-hook" ]
	[ -z "$(ls "$P/hooks.d")" ]
	make_it uninstall "$P/stage" GRACE=0
	[ -z "$(find "$P/stage" -type f)" ]
}

@test "a path that would not fit into the JSON is refused before anything is written" {
	for prefix in 'usr/local' '/usr/"local' "/usr/lo cal" '/usr|local'; do
		if make_install install PREFIX="$prefix" HOOKSDIR="$P/hooks.d" DESTDIR="$P/never" >"$P/make.out" 2>&1; then
			fail "PREFIX='$prefix' was taken"
		fi
		[ ! -e "$P/never" ]
	done
}

# FILE: install, upgrade and uninstall, at least twice, until the file exists.
install_until() {
	local n=0
	while [ "$((n++))" -lt 2 ] || [ ! -e "$1" ]; do
		for _ in 1 2 3 4 5; do
			make_it install
		done
		make_it uninstall
	done
}

@test "not one start of a hundred fails while it is installed, upgraded and removed" {
	local n loop
	install_until "$P/enough" &
	loop=$!
	for ((n = 0; n < 100; n++)); do
		RUNTIME=$([ $((n % 2)) = 0 ] && echo crun || echo runc)
		pod run --rm -e "CC_RUN_SUCCEEDED_HOOK=:" localhost/bb true >"$P/start.out" 2>&1 || {
			touch "$P/enough"
			wait "$loop"
			fail "start $n: $(cat "$P/start.out")"
		}
	done
	touch "$P/enough"
	wait "$loop"
	[ -z "$(find "$P/usr" "$P/hooks.d" -type f)" ]
	kept
}

@test "an upgrade, and a removal, change nothing for a container that waits" {
	for what in install uninstall; do
		for RUNTIME in $RUNTIMES; do
			make_it install
			pod run -d --name c -e \
				'CC_RUN_SUCCEEDED_HOOK=echo begun; until [ -e /tmp/go ]; do sleep 0.05; done; echo hook ran' \
				localhost/bb sleep 1000 >/dev/null
			wait_until shows c '^begun$'
			make_it "$what" "" GRACE=0
			pod exec c touch /tmp/go
			wait_until shows c '^hook ran$'
			discard c
			[ "$what" = install ] || kept
		done
	done
}
