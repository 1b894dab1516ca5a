#!/usr/bin/env bats
# Each of our processes is stopped at each of its system calls: the application answers, the
# container can be removed, and nothing stays behind once the process goes on.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

setup() {
	build_actor stepper "$BATS_TEST_TMPDIR/stepper"
}

# N: a container whose ROLE is stopped at its call N.  1 where it has no such call.
stopped_at() {
	local status=0
	make_bundle "$RUNTIME"
	edit 'del(.hooks)'
	launch
	hook 'echo ran'
	state_of "$(cat "$B/pid")" >"$B/state.json"
	stepped stop "$ROLE" "$1" || status=$?
	[ "$status" != 3 ] || return 1
	equal "$status" 0 "exit status of the stepper, which said: $(cat "$B/stepper.out")"
}

stopped_at_each_call() {
	local n
	ROLE=$1
	read -r -a runtimes <<<"$RUNTIMES"
	for ((n = 1; ; n++)); do
		CASE="$ROLE stopped at call $n"
		RUNTIME=${runtimes[n % ${#runtimes[@]}]}
		stopped_at "$n" || break
		answers
		delete
		kill -CONT "$(cat "$B/stepper.out")" 2>/dev/null || true # its guard may have killed it
		wait_until none_of_ours
		equal "$(cgroups_named "$ID")" "" "cgroups of the container"
		rm -rf "$ROOTFS"
	done
	delete
	[ "$n" -gt 5 ] || fail "only $n calls?"
}

@test "poststart is stopped at any system call" {
	stopped_at_each_call poststart
}

@test "the guard is stopped at any system call" {
	stopped_at_each_call guard
}

@test "the watcher is stopped at any system call" {
	stopped_at_each_call watcher
}

@test "the joiner is stopped at any system call" {
	stopped_at_each_call joiner
}

@test "the hook is stopped at any system call before its program" {
	stopped_at_each_call hook
}
