#!/usr/bin/env bats
# run as a job of a shell: what its terminal's keys do to hook and container.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the inner shell
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

# Sets JOB, a process group of its own, in which run has a hook that hangs, with a child.
job() {
	make_bundle "$1"
	edit 'del(.hooks)'
	hook 'trap "" TERM; sleep 1000 & echo begun; wait'
	launch
	bash -c 'set -m
		"$1" --root "$2" run --pid "$3" --bundle "$4" >"$4/run.out" 2>&1 </dev/null &
		echo $! >"$4/job"
		exec sleep 1000' bash "$ODH" "$RECORDS" "$(cat "$B/pid")" "$B" 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/pids"
	wait_until test -s "$B/job"
	wait_until grep -q begun "$B/run.out"
	JOB=$(cat "$B/job")
}

@test "Ctrl-Z stops run, not the hook: the container can be ended all the same" {
	for runtime in $RUNTIMES; do
		job "$runtime"
		kill -TSTP -- "-$JOB"
		wait_until grep -q '^State:.T' "/proc/$JOB/status"
		rt kill "$ID" KILL
		wait_until status_is stopped
		delete
		kill -CONT -- "-$JOB"
		wait_until none_of_ours
		no_cgroup_left
	done
}

@test "Ctrl-C, Ctrl-\\, a closed terminal: the hook ends with all that it started" {
	for signal in INT QUIT HUP TERM; do
		job "${RUNTIMES%% *}"
		kill -"$signal" -- "-$JOB"
		wait_until none_of_ours
		wait_until only_the_app
		no_cgroup_left
		answers
	done
}

@test "run is killed: the hook ends with all that it started" {
	for signal in KILL ALRM SEGV; do
		job "${RUNTIMES%% *}"
		kill -"$signal" "$JOB"
		wait_until none_of_ours
		wait_until only_the_app
		no_cgroup_left
		answers
	done
}
