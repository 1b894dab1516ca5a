#!/usr/bin/env bats
# Records: every state by a real container, killed supervisors, ended containers.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper
load ../lib/records

@test "succeeded: the record tells all of the start, and wait is 0" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'exit 0'
		launch
		waits 0
		equal "$(cat "$B/stderr")" "" "stderr of wait"
		recorded '.hook == "succeeded" and .run == "succeeded" and .exit == 0 and .version == 1'
		recorded '.reason == null and .refused == [] and .live and .signal == null'
		recorded '.ms | .exec >= 0 and .ready >= .exec and .spawned >= .ready and .ended >= .spawned'
		recorded '.id == $id and .bundle == $bundle and .pid == ($pid | tonumber)' --arg id "$ID" \
			--arg bundle "$B" --arg pid "$(cat "$B/pid")"
		recorded '.startTime == ($ticks | tonumber)' --arg ticks \
			"$(sed 's/.*) //' "/proc/$(cat "$B/pid")/stat" | cut -d' ' -f20)"
		recorded '.time | test("^20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-9:]{8}\\.[0-9]{3}Z$")'
		equal "$(record_files)" "$(cat "$B/pid")-$(jq .startTime "$RECORDS"/*.json).json" files
		equal "$(stat -c %a "$RECORDS" "$RECORDS"/*.json)" "$(printf '700\n600')" modes
		refute grep -q live "$RECORDS"/*.json # readers find that out
	done
}

@test "waiting: until the application is started; its supervisor holds a lock" {
	make_bundle runc # which calls us in create
	hook 'exit 0'
	create
	recorded '.hook == "waiting" and .run == "pending" and .live and .ms == {} and .exit == null'
	equal "$(recorded_value .supervisor.pid)" "$(ours)" supervisor
	is_locked
	shown_as waiting
	start
	waits 0
}

# The supervisor holds a lock on the file that has the record's name now.
is_locked() {
	grep -Eq "POSIX +ADVISORY +WRITE +$(recorded_value .supervisor.pid) +[0-9a-f:]+:$(stat -c %i "$RECORDS"/*.json) " \
		/proc/locks || fail "no lock:" "$(cat /proc/locks)"
}

@test "running, then failed: with the hook's status" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook 'exit 7'
		launch
		wait_until recorded '.hook == "running"'
		recorded '.run == "succeeded" and .ms.spawned >= 0 and .ms.ended == null'
		is_locked
		shown_as running
		wait_in_background
		waits_on
		open_gate
		waited 7
		recorded '.hook == "failed" and .exit == 7 and .run == "succeeded"'
		shown_as failed '7'
	done
}

@test "failed: killed by a signal, not executable, not runnable" {
	make_bundle "${RUNTIMES%% *}"
	hook 'kill -SEGV $$'
	launch
	waits 139
	recorded '.hook == "failed" and .signal == 11 and .exit == null'
	shown_as failed 'SEGV'
	make_bundle "${RUNTIMES%% *}"
	settings '{"shell": ["/no/such/shell", "-c"]}'
	hook 'exit 0'
	launch
	waits 127
	recorded '.hook == "failed" and .exit == 127 and (.reason | test("tools"))'
	make_bundle "${RUNTIMES%% *}"
	register "$ODH_TEST" --fault fail:namespaces
	hook 'exit 0'
	launch
	waits 125
	complained "step 'namespaces'"
	recorded '.hook == "failed" and .exit == null and .signal == null and (.reason | test("not run"))'
}

@test "timed-out: wait is 124" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		settings '{"timeout": 1}'
		hook 'sleep 1000'
		launch
		waits 124
		complained 'timed out'
		recorded '.hook == "timed-out" and .exit == null and (.reason | test("1 s"))'
		shown_as timed-out
	done
}

@test "refused: only hooks that Docker-type applications do not have" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		set_env CC_PRE_RUN_HOOK=secret-1 CC_RUN_FAILED_HOOK=secret-2
		launch
		wait_until recorded '.run == "succeeded"'
		recorded '.hook == "refused" and .refused == ["CC_PRE_RUN_HOOK", "CC_RUN_FAILED_HOOK"]'
		refute grep -q secret "$RECORDS"/*.json
		waits 125
		complained 'refused'
		shown_as refused
		exits 0 --root "$RECORDS" status "$ID"
		grep -q 'CC_PRE_RUN_HOOK: do it in the entrypoint' "$B/stdout"
	done
}

@test "none: the run has failed, since the application ended first" {
	make_bundle runc # which calls us in create
	hook 'exit 0'
	create
	wait_for_log ': waiting: '
	wait_in_background
	rt kill "$ID" KILL
	waited 125
	complained 'the application ended first'
	recorded '.hook == "none" and .run == "failed" and .live == false and .stopped != null'
	shown_as none
}

@test "abandoned: the application ends while the hook runs" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook 'exit 0'
		launch
		wait_until recorded '.hook == "running"'
		wait_in_background
		tell 'quit 0'
		waited 125
		complained 'abandoned.*the application ended while the hook ran'
		recorded '.hook == "abandoned" and .live == false and .stopped != null'
	done
}

# REASON: of the record, after our processes were killed.  Then the container starts once more.
abandoned() {
	waited 125
	complained "$1"
	recorded '.hook == "abandoned" and (.reason | test($reason))' --arg reason "$1"
	shown_as abandoned
	answers
	delete
	nothing_left
	jq -e '.hook == "abandoned" and .stopped != null' "$RECORDS"/*.json >/dev/null # and written down
	launch
	waits 0
}

@test "the supervisor is killed before the start: abandoned" {
	make_bundle runc
	hook 'exit 0'
	create
	wait_for_log ': waiting: '
	wait_in_background
	kill -KILL "$(pgrep -f -- "--root $RECORDS .*poststart")"
	waited 125
	start
	abandoned 'ended unexpectedly before the hook ran'
}

# PROCESS...: of guard and watcher, to be killed while the hook runs.
killed_while_running() {
	local pids=()
	make_bundle "$runtime"
	hook '[ ! -e /data/work/again ] || exit 0; touch /data/work/again; echo begun; read -r word </gate'
	launch
	wait_until recorded '.hook == "running"'
	WATCHER=$(ps -o ppid= -p "$(hook_pid_recorded)" | tr -d ' ')
	GUARD=$(recorded_value .supervisor.pid)
	wait_in_background
	for name in "$@"; do
		pids+=("${!name}")
	done
	kill -KILL "${pids[@]}"
}

# The hook that runs, by its parent.
hook_pid_recorded() {
	wait_until begun
	wait_for_log ': started: '
	hook_pid
}

@test "the guard is killed while the hook runs: abandoned" {
	for runtime in $RUNTIMES; do
		killed_while_running GUARD
		wait_until none_of_ours
		jq -e '.hook == "abandoned" and .ms.ended >= .ms.spawned and .ms.ended < 600000 and (.reason | test("signal 15"))' \
			"$RECORDS"/*.json >/dev/null # written by the watcher
		abandoned 'ended|signal'
	done
}

@test "the watcher is killed while the hook runs: abandoned" {
	for runtime in $RUNTIMES; do
		killed_while_running WATCHER
		abandoned 'signal 9'
	done
}

@test "both are killed at once: abandoned" {
	for runtime in $RUNTIMES; do
		killed_while_running GUARD WATCHER
		abandoned 'ended unexpectedly while the hook ran|signal 15' # by the second, if it was fast
	done
}

@test "a supervisor that is told to leave: abandoned" {
	make_bundle runc
	hook 'exit 0'
	create
	wait_for_log ': waiting: '
	wait_in_background
	kill -TERM "$(pgrep -f -- "--root $RECORDS .*poststart")"
	waited 125
	start
	abandoned 'signal 15'
}

@test "a deleted container's record is marked as ended, however fast the runtime is" {
	for runtime in $RUNTIMES; do
		for _ in 1 2 3 4 5 6 7 8; do
			make_bundle "$runtime"
			hook 'exit 0'
			launch
			waits 0
			wait_until none_of_ours # who would mark it otherwise
			delete
			jq -e '.stopped != null and .hook == "succeeded"' "$RECORDS"/*.json >/dev/null
		done
	done
}

@test "poststop marks the records of its container only, and none of a living process" {
	make_bundle "${RUNTIMES%% *}"
	hook 'exit 0'
	launch
	waits 0
	wait_until none_of_ours
	state_of 0 '.id += "x" | .status = "stopped" | del(.pid)' | runtime_calls poststop
	state_of 0 '.status = "stopped" | del(.pid)' | runtime_calls poststop
	recorded '.live and .stopped == null'
	rt kill "$ID" KILL
	wait_until recorded '.live == false'
	state_of 0 '.id += "x" | .status = "stopped" | del(.pid)' | runtime_calls poststop
	state_of 0 '.id = .id[1:] | .status = "stopped" | del(.pid)' | runtime_calls poststop
	recorded '.stopped == null'
	state_of 0 '.status = "stopped" | del(.pid)' | runtime_calls poststop
	recorded '.live == false and .stopped != null'
}

@test "poststop while init is dying, and cannot: its record is marked all the same" {
	local stopped
	make_bundle "${RUNTIMES%% *}"
	hook 'exit 0'
	launch
	waits 0
	wait_until none_of_ours
	# Init's end waits for a child whose parent, outside, does not reap it.
	nsenter --pid="/proc/$(cat "$B/pid")/ns/pid" sleep 1000 3>&- &
	stopped=$!
	echo "$stopped" >>"$BATS_TEST_TMPDIR/pids"
	wait_until pgrep -P "$stopped"
	kill -STOP "$stopped"
	kill -KILL "$(cat "$B/pid")"
	wait_until grep -q zap_pid_ns "/proc/$(cat "$B/pid")/wchan"
	recorded '.stopped == null'
	state_of 0 '.status = "stopped" | del(.pid)' | runtime_calls poststop
	recorded '.live == false and .stopped != null'
	kill -KILL "$stopped"
	wait "$stopped" 2>/dev/null || true
}
