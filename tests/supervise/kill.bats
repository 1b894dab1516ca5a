#!/usr/bin/env bats
# Our own processes are killed or stopped: the container lives and can be removed, no hook runs
# unsupervised, nothing stays behind.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

# A hook with children that ignore what can be ignored, living when this returns.  Sets GUARD,
# WATCHER and HOOK.
living_hook() {
	make_bundle "$1"
	hook 'trap "" TERM HUP INT; (trap "" TERM HUP INT; echo begun; read -r word </gate; touch /data/work/ran) & wait'
	launch
	wait_until begun
	wait_for_log ': started: '
	HOOK=$(hook_pid)
	WATCHER=$(parent_of "$HOOK")
	GUARD=$(parent_of "$WATCHER")
	equal "$(ours | sort -n | paste -sd' ')" "$(printf '%s\n' "$GUARD" "$WATCHER" | sort -n | paste -sd' ')" \
		"our processes beside a living hook"
}

parent_of() {
	ps -o ppid= -p "$1" | tr -d ' '
}

# The hook and all that it had started are gone, and so are we; the application lives.
hook_is_gone() {
	wait_until none_of_ours
	only_the_app
	no_cgroup_left
	equal "$(ls "$ROOTFS/data/work")" "" "what the hook made"
	answers
	delete
	nothing_left
}

@test "the guard is killed: the watcher ends the hook and logs it" {
	for runtime in $RUNTIMES; do
		living_hook "$runtime"
		kill -KILL "$GUARD"
		wait_for_log ': abandoned: '
		hook_is_gone
	done
}

@test "the watcher is killed: the guard ends what the hook had started and logs it" {
	for runtime in $RUNTIMES; do
		living_hook "$runtime"
		kill -KILL "$WATCHER"
		wait_for_log ': abandoned: .*signal 9'
		hook_is_gone
	done
}

@test "the watcher is stopped: the guard ends the hook" {
	for runtime in $RUNTIMES; do
		living_hook "$runtime"
		kill -STOP "$WATCHER"
		wait_for_log ': abandoned: '
		hook_is_gone
	done
}

@test "the guard is stopped: the hook is watched on, and the container can be removed" {
	for runtime in $RUNTIMES; do
		living_hook "$runtime"
		kill -STOP "$GUARD"
		answers
		delete # returns: nobody in the container waits for the guard
		kill -CONT "$GUARD"
		nothing_left
	done
}

@test "the guard is told to end: it ends the hook" {
	for runtime in $RUNTIMES; do
		living_hook "$runtime"
		kill -TERM "$GUARD"
		wait_for_log ': abandoned: .*signal 15'
		hook_is_gone
	done
}

@test "the hook's first process is killed: what it had started goes too" {
	for runtime in $RUNTIMES; do
		living_hook "$runtime"
		kill -KILL "$HOOK"
		wait_for_log ': ended: killed by signal 9'
		wait_for_log ': ended: processes that the hook left behind were killed'
		hook_is_gone
	done
}

@test "the joiner is killed before any of its steps: no hook, and the log names the step" {
	make_bundle "${RUNTIMES%% *}"
	launch
	hook 'touch /data/work/ran'
	ODH=$ODH_TEST
	while read -r CASE; do
		rm -rf "$LOG" "$RECORDS"
		state_of "$(cat "$B/pid")" | poststart --fault "stop:$CASE"
		wait_until stopped
		kill -KILL "$(stopped_pid)"
		wait_for_log ": error: .*step '$CASE': the joiner was ended by signal 9"
		wait_until none_of_ours
	done < <("$ODH_TEST" --fault list)
	hook_is_gone_and_records
}

# As hook_is_gone, for a container whose state was handed to us by hand.
hook_is_gone_and_records() {
	equal "$(ls "$ROOTFS/data/work")" "" "what the hook made"
	no_cgroup_left
	answers
}

@test "a supervisor that waits for the start is killed: the container starts, without a hook" {
	make_bundle runc # which calls us in create
	hook 'touch /data/work/ran'
	create
	wait_for_log ': waiting: '
	kill -KILL "$(ours)"
	start
	answers
	equal "$(ls "$ROOTFS/data/work")" "" "what the hook made"
	delete
	nothing_left
}

@test "a container is removed while its hook hangs: at once, by kill and by delete" {
	for runtime in $RUNTIMES; do
		living_hook "$runtime"
		rt kill "$ID" KILL
		wait_until none_of_ours
		logged ': ended: the application ended while the hook ran'
		delete
		nothing_left
		living_hook "$runtime"
		delete # as an event: it returns while the gate is still closed
		nothing_left
	done
}

# STEP: a container whose joiner has been stopped there.
joiner_stopped_at() {
	make_bundle "$RUNTIME"
	edit 'del(.hooks)'
	launch
	hook 'touch /data/work/ran'
	state_of "$(cat "$B/pid")" >"$B/state.json"
	ODH=$ODH_TEST poststart --fault "stop:$1" <"$B/state.json"
	wait_until stopped
}

@test "the joiner is stopped before any of its steps: the container can be removed all the same" {
	local step
	RUNTIME=runc
	while read -r step; do
		CASE="stopped at $step"
		joiner_stopped_at "$step"
		answers
		delete
		wait_until none_of_ours
		refute test -e "$ROOTFS/data/work/ran"
		equal "$(cgroups_named "$ID")" "" "cgroups"
		[ "$RUNTIME" = runc ] && RUNTIME=crun || RUNTIME=runc
	done < <("$ODH_TEST" --fault list)
}

@test "a joiner that was stopped goes on when it is told to" {
	for RUNTIME in $RUNTIMES; do
		joiner_stopped_at "namespaces"
		kill -CONT "$(stopped_pid)"
		wait_for_log ': ended: exit status 0'
		test -e "$ROOTFS/data/work/ran"
		answers
	done
}

@test "a joiner that stays stopped ends at the timeout" {
	local ODH=$ODH_TEST
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		settings '{"timeout": 1}'
		register "$ODH_TEST" --fault stop:namespaces
		hook 'touch /data/work/ran'
		launch
		wait_for_log ': timed-out: '
		hook_is_gone
	done
}

# A bundle whose hook waits for the file "go" before it becomes our program.
held_bundle() {
	make_bundle "$1"
	cat >"$B/held" <<-SH
		#!/bin/sh
		exec 2>/dev/null
		echo \$\$ >"$B/called"
		[ "\$1" = poststop ] || until [ -e "$B/go" ]; do sleep 0.02; done
		exec "$ODH" --root "$RECORDS" --log "$LOG" "\$1"
	SH
	chmod 755 "$B/held"
	jq --arg path "$B/held" '.hooks = ({poststart: .} | map_values([{path: $path, args: ["held", "poststart"]}]))' \
		"$B/config.json" >"$B/config.new"
	mv "$B/config.new" "$B/config.json"
}

@test "the runtime is killed while it waits for us" {
	local victim
	for runtime in $RUNTIMES; do
		held_bundle "$runtime"
		hook 'touch /data/work/ran'
		launch >"$B/launch.out" 2>&1 &
		wait_until test -s "$B/called"
		victim=$(parent_of "$(cat "$B/called")")
		equal "$(cat "/proc/$victim/comm")" "$runtime" "who waits for us"
		kill -KILL "$victim"
		wait $! || true
		touch "$B/go"
		if [ "$runtime" = crun ]; then # its application had started already
			wait_until logged ': ended: exit status 0'
			answers
		fi
		delete
		wait_until none_of_ours
		equal "$(cgroups_named "$ID")" "" cgroups
	done
}

@test "a container is removed at any moment after its start" {
	local delay
	for runtime in $RUNTIMES; do
		for delay in 0 0.001 0.002 0.004 0.006 0.008 0.01 0.012 0.015 0.02 0.03 0.05; do
			make_bundle "$runtime"
			hook 'sleep 1000 & wait'
			launch
			sleep "$delay" # nothing depends on how long that is
			delete
			nothing_left
			refute logged ': error: '
		done
	done
}
