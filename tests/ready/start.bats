#!/usr/bin/env bats
# When the hook runs.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

@test "create, a pause, start: the hook runs after start only" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'echo "hook beside $(cat /proc/1/comm)"'
		create
		status_is created
		for _ in 1 2 3; do
			rt ps "$ID" >/dev/null
		done
		refute logged ': (ready|started|ended):'
		refute grep -q 'hook beside' "$OUT"
		start
		wait_for_log ': ended: exit status 0'
		grep -qx 'hook beside app' "$OUT"
		answers
	done
}

@test "created and not started: the supervisor waits, and has told so" {
	make_bundle runc # it calls the hook inside create; crun does in start
	hook 'true'
	create
	if ! ours >/dev/null; then
		skip_or_fail "this runc calls poststart in start"
	fi
	wait_for_log ': info: .*: waiting: for the application to start'
	ls "$RECORDS"/"$(cat "$B/pid")"-*.json
	start
	wait_for_log ': ended: exit status 0'
}

@test "run: the hook runs, beside the started application" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'echo "hook beside $(cat /proc/1/comm)"'
		launch_run
		wait_for_log ': ended: exit status 0'
		grep -qx 'hook beside app' "$OUT"
		answers
	done
}

@test "the start is told in the log, an event a line, in order" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook 'true'
		launch
		wait_until begun
		wait_for_log ": info: $ID: started: hook pid [0-9]+\$"
		open_gate
		wait_until none_of_ours
		equal "$(sed 's/^[^ ]* oci-deploy-hook: \([a-z]*\): '"$ID"': \([a-z-]*\): .*/\1 \2/' "$LOG" | paste -sd,)" \
			"info waiting,info ready,info started,info ended"
		equal "$(grep -Evc '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,}(Z|[+-][0-9:]+) ' "$LOG" || true)" \
			0 "lines without an RFC 3339 time"
	done
}

@test "registered twice: it runs once" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'echo ran'
		edit '.hooks.poststart += .hooks.poststart | .hooks.poststop += .hooks.poststop'
		launch
		wait_for_log ': ended: exit status 0'
		wait_until none_of_ours
		answers
		equal "$(grep -cx ran "$OUT")" 1 "runs"
		equal "$(count_log ': started:')" 1 "starts in the log"
	done
}

@test "two containers of one image, each its own hook" {
	local first
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'echo "I am $NAME"'
		set_env NAME=one
		launch
		wait_for_log ': ended: exit status 0'
		first=$OUT
		make_bundle "$runtime"
		hook 'echo "I am $NAME"'
		set_env NAME=two
		launch
		wait_for_log ': ended: exit status 0'
		equal "$(grep -h 'I am' "$first" "$OUT" | paste -sd,)" "I am one,I am two"
	done
}
