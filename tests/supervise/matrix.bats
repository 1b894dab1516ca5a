#!/usr/bin/env bats
# Each of our processes at each of its system calls: killed, stopped, and looked at from inside the
# container.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

setup() {
	local tool
	for tool in stepper onlooker; do
		build_actor "$tool" "$BATS_TEST_TMPDIR/$tool"
	done
	make_bundle "${RUNTIMES%% *}" # who started the container makes no difference here
	edit 'del(.hooks)'
}

prepare() {
	hook "$1"
	state_of "$(cat "$B/pid")" >"$B/state.json"
}

# All of ours and of the hook's is gone.
over() {
	refute ours >&2
	equal "$(cat "/sys/fs/cgroup/"{,*/}"$ID/cgroup.procs" 2>/dev/null | sort -u)" \
		"$(cat "$B/pid")" "processes in the container's cgroups"
	equal "$(compgen -G "/sys/fs/cgroup/*/$ID/oci-deploy-hook-*")" "" "cgroups of ours"
	equal "$(compgen -G "/sys/fs/cgroup/$ID/oci-deploy-hook-*")" "" "cgroups of ours"
}

# The record, where the start was claimed, tells an end, and who waits for it does not hang.
told() {
	local hook status=0
	[ -n "$(ls "$RECORDS" 2>/dev/null)" ] || return 0
	hook=$("$ODH" --root "$RECORDS" status --json "$ID" | jq -r .hook)
	timeout "$DEADLINE" "$ODH" --root "$RECORDS" wait "$ID" 2>"$B/wait.err" || status=$?
	case $hook-$status in
	succeeded-0 | failed-1[0-9][0-9] | abandoned-125) ;;
	*) fail "hook: $hook, wait: $status, $(cat "$B/wait.err")" "$(cat "$RECORDS"/*)" ;;
	esac
}

# ROLE: kill it (the one who writes the log is the guard) at its first call, its second, and so on until it has no further one.
kill_at_each_call() {
	local status=0
	launch
	prepare '(trap "" TERM; sleep 0.05) & wait'
	for ((N = 1; status != 3; N++)); do
		CASE="$1 killed at call $N"
		status=0
		stepped kill "$1" "$N" || status=$?
		[ "$status" = 0 ] || [ "$status" = 3 ] || fail "stepper: $(cat "$B/stepper.out")"
		over
		told
		if [ "$1" != guard ] && logged ': started: '; then
			logged ': (ended|abandoned|error): '
		fi
	done
	[ "$N" -gt 5 ] || fail "only $N calls?"
	logged ': ended: exit status 0' # the last one, which nobody killed
	answers
}

@test "poststart is killed at any system call" {
	kill_at_each_call poststart
}

@test "the guard is killed at any system call" {
	kill_at_each_call guard
}

@test "the watcher is killed at any system call" {
	kill_at_each_call watcher
}

@test "the joiner is killed at any system call" {
	kill_at_each_call joiner
}

@test "the hook is killed at any system call" {
	kill_at_each_call hook
}

# A container without a cgroup of its own, as podman run --cgroups=disabled has, and a user's.
launch_for_session() {
	make_bundle crun
	edit 'del(.hooks, .linux.cgroupsPath) | .process.user = {uid: 1000, gid: 1000}'
	crun_without_cgroup
}

@test "watcher and joiner of a user's hook, which is killed by its session, are killed at any system call" {
	local role status N
	over() {
		refute ours >&2
		wait_until only_the_app
	}
	for role in watcher joiner; do
		launch_for_session
		prepare 'trap "" TERM; sleep 0.05'
		status=0
		for ((N = 1; status != 3; N++)); do
			CASE="$role killed at call $N"
			status=0
			stepped kill "$role" "$N" || status=$?
			[ "$status" = 0 ] || [ "$status" = 3 ] || fail "stepper: $(cat "$B/stepper.out")"
			over
		done
		[ "$N" -gt 5 ] || fail "only $N calls?"
		answers
	done
}

@test "poststart gets a signal at any system call: its exit status is 0" {
	local status=0
	launch
	prepare 'true'
	for ((N = 1; status != 3; N++)); do
		CASE="SIGTERM at call $N"
		status=0
		stepped term poststart "$N" || status=$?
		[ "$status" = 0 ] || [ "$status" = 3 ] || fail "stepper: $(cat "$B/stepper.out")"
		equal "$(cat "$B/stepper.out")" "exit status 0" "the end of poststart"
	done
	[ "$N" -gt 60 ] || fail "only $N calls?"
	answers
}

@test "from inside the container, at every system call: nothing of ours but the restricted hook" {
	capabilities "$KEPT_CAPS SYS_PTRACE SYS_ADMIN"
	launch
	prepare 'echo ran'
	stepped observe "$(cat "$B/pid")" "$(mask "$KEPT_CAPS")" || fail "$(cat "$B/stepper.out")"
	grep -Eq '^looked [1-9][0-9]+ times before the hook was born, [1-9][0-9]* times until its exec$' \
		"$B/stepper.out" || fail "$(cat "$B/stepper.out")"
	logged ': ended: exit status 0'
}

@test "an application that polls /proc as fast as it can, with CAP_SYS_PTRACE, sees no more" {
	cp "$BATS_TEST_TMPDIR/onlooker" "$ROOTFS/onlooker"
	capabilities "$KEPT_CAPS SYS_PTRACE SYS_ADMIN DAC_READ_SEARCH"
	app /onlooker "$(mask "$KEPT_CAPS")" "$(stat -c %i "$ODH")"
	launch
	wait_until grep -qx up "$OUT"
	prepare 'exec sleep 0.02'
	for ((N = 0; N < 50 || ($(grep -cx seen "$OUT") == 0 && N < 2000); N++)); do
		rm -rf "$RECORDS" "$LOG"
		poststart <"$B/state.json"
		wait_for_log ': ended: exit status 0'
		wait_until none_of_ours
	done
	equal "$(grep -vx "host's" "$OUT")" "$(printf 'up\nseen')" "what it has seen"
	status_is running
}
