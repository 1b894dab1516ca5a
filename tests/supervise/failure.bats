#!/usr/bin/env bats
# Whatever the hook does: create and start have returned 0 while it was still blocked, and the
# application lives and answers.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

# The container has been created and started, and its hook is still at the gate.
launch_blocked() {
	launch
	wait_until begun
	refute logged ': (ended|timed-out|error|abandoned):'
	status_is running
}

# After the hook's end.
unharmed() {
	wait_until none_of_ours
	wait_until only_the_app
	no_cgroup_left
	answers
}

# PATTERN: a line in the log, and one for the author on the application's stderr.
told() {
	wait_for_log ": $ID: $1"
	wait_until grep -Eq "^oci-deploy-hook: CC_RUN_SUCCEEDED_HOOK: ${1#*: }" "$ERR"
}

@test "a hook that exits 1" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook 'exit 1'
		launch_blocked
		answers
		open_gate
		told 'ended: exit status 1'
		unharmed
	done
}

@test "a hook that is killed" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook 'kill -KILL $$'
		launch_blocked
		open_gate
		told 'ended: killed by signal 9'
		unharmed
	done
}

@test "a hook that is killed from outside while it is blocked" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook 'true'
		launch_blocked
		wait_for_log ': started: hook pid'
		kill -SEGV "$(hook_pid)"
		told 'ended: killed by signal 11'
		unharmed
	done
}

@test "a hook whose command does not exist" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook '/no/such/command'
		launch_blocked
		open_gate
		told 'ended: exit status 127'
		unharmed
	done
}

@test "a hook that is a script which does not exist" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook './no-such.sh'
		launch
		told 'ended: exit status 127'
		unharmed
	done
}

@test "a hook that is a script which is not executable" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		printf '#!/bin/sh\ntouch /data/work/ran\n' >"$ROOTFS/hook.sh"
		chmod 644 "$ROOTFS/hook.sh"
		blocked_hook './hook.sh'
		launch_blocked
		open_gate
		told 'ended: exit status 126'
		unharmed
		equal "$(ls "$ROOTFS/data/work")" ""
	done
}

@test "an image without a shell: the log names what helps" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		rm "$ROOTFS/bin/sh"
		hook 'touch /data/work/ran'
		launch
		told 'ended: exit status 127'
		logged "exit status 127: .*/bin/sh.*tools"
		equal "$(ls "$ROOTFS/data/work")" ""
		unharmed
	done
}

@test "a shell that is not executable" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		settings '{"shell": ["/data/sh", "-c"]}'
		touch "$ROOTFS/data/sh"
		hook 'touch /data/work/ran'
		launch
		told 'ended: exit status 126'
		unharmed
	done
}

@test "a hook that floods a pipe" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		OUTPUT='pipe'
		blocked_hook 'yes | head -c 20000000; echo flooded'
		launch_blocked
		answers
		open_gate
		wait_for_log ': ended: exit status 0'
		wait_until grep -q flooded "$OUT"
		unharmed
	done
}

@test "a hook that floods a pipe which nobody reads is ended at its timeout" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		OUTPUT='pipe'
		settings '{"timeout": 1}'
		hook 'echo begun; yes'
		create
		kill -STOP "$READER"
		start
		wait_for_log ': timed-out: '
		kill -CONT "$READER"
		unharmed
	done
}

@test "a hook that floods a file" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook 'head -c 20000000 /dev/zero; echo; echo flooded'
		launch_blocked
		answers
		open_gate
		wait_for_log ': ended: exit status 0'
		grep -qxa flooded "$OUT"
		unharmed
		[ "$(wc -c <"$OUT")" -gt 20000000 ]
	done
}

@test "a hook that closes its output" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		OUTPUT='pipe'
		hook 'echo begun; exec </gate >&- 2>&-; read -r word; echo to nobody; exit 4'
		launch_blocked
		answers
		open_gate
		wait_for_log ': ended: exit status 4'
		unharmed
	done
}

# The application is in the middle of a write that the pipe has no room for.
writing() {
	grep -q pipe_write "/proc/$(cat "$B/pid")/wchan"
}

@test "a hook that sets O_NONBLOCK: the application writes a megabyte to a slow reader" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		OUTPUT='pipe'
		hook '/probe nonblock; echo begun; read -r word </gate'
		launch_blocked
		kill -STOP "$READER"
		tell 'fill 1048576'
		wait_until writing # with other flags it would have failed here: EAGAIN
		kill -CONT "$READER"
		wait_until grep -q '^fill-done 1048576' "$OUT"
		open_gate
		wait_for_log ': ended: exit status 0'
		kill -STOP "$READER"
		tell 'fill 1048576'
		wait_until writing
		kill -CONT "$READER"
		unharmed
		refute grep -q fill-failed "$ERR"
		equal "$(grep -c '^x*$' "$OUT")" 2048 "lines of 1 KiB"
	done
}

@test "a hook that hangs is ended at its timeout, and its children" {
	for runtime in $RUNTIMES; do
		for seconds in $TIMEOUTS; do
			make_bundle "$runtime"
			settings "{\"timeout\": $seconds}"
			hook 'sleep 1000 & sleep 1000 & echo begun; read -r word </gate'
			launch
			! in_time begun || break
		done
		told 'timed-out: '
		unharmed
		logged ": timed-out: .*$seconds s"
	done
}

@test "a hook that hangs and ignores SIGTERM is killed 5 s later, and its whole tree" {
	local bundles=()
	for runtime in $RUNTIMES; do # all at once: it takes its time
		for seconds in $TIMEOUTS; do
			make_bundle "$runtime"
			settings "{\"timeout\": $seconds}"
			hook 'trap "" TERM HUP INT; sleep 1000 & (sleep 1000 & sleep 1000) &
				/probe escape 1000; echo begun; while :; do read -r word </gate; done'
			launch
			! in_time begun || break
		done
		bundles+=("$B")
	done
	for bundle in "${bundles[@]}"; do
		take_up "$bundle"
		told 'timed-out: '
		unharmed
	done
}

@test "a daemon that the hook leaves is killed, and that is logged" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'trap "" HUP; sleep 1000 & /probe escape 1000; echo begun; read -r word </gate; exit 0'
		launch_blocked
		answers
		refute only_the_app 2>/dev/null
		open_gate
		wait_for_log ': ended: exit status 0'
		unharmed
		logged ": warning: $ID: ended: .*left behind"
	done
}

@test "a hook without daemons is not blamed for any" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'true | cat | cat; (true & wait); true'
		launch
		wait_for_log ': ended: exit status 0'
		unharmed
		refute logged 'left behind'
	done
}

@test "a hook that takes all memory dies before the application" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		edit '.linux.resources.memory.limit = 67108864'
		blocked_hook 'tail /dev/zero'
		if ! launch; then
			skip_or_fail "no memory controller here: $(tail -n 1 "$ERR")"
		fi
		wait_until begun
		tell 'take 44040192' # the application is the larger one
		wait_until grep -q '^taken 44040192 of' "$OUT"
		open_gate
		wait_for_log ': ended: (killed by signal 9|exit status 137)'
		unharmed
	done
}

@test "all of ours are killed at once: the hook dies, the application does not notice" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook 'true'
		launch_blocked
		answers
		ours | xargs kill -KILL
		wait_until only_the_app
		answers
		delete
		nothing_left
	done
}

@test "the log cannot be opened: the hook runs all the same" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		LOG=$B/no/such/log
		register "$ODH"
		hook 'echo ran'
		launch
		wait_until grep -qx ran "$OUT"
		answers
	done
}

@test "the record directory cannot be used: no hook runs, and the log says why" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		install -d -m 777 "$RECORDS"
		hook 'touch /data/work/ran'
		launch
		wait_for_log ": error: $ID: error: .*$RECORDS"
		unharmed
		equal "$(ls "$ROOTFS/data/work")" ""
	done
}
