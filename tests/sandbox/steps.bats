#!/usr/bin/env bats
# Every step of the sandbox, broken: the hook does not run, the container lives, the log names the
# step.  Needs the test build, see ODH_TEST in helper.bash.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

setup() {
	[ -x "$ODH_TEST" ] || skip_or_fail "there is no test build, $ODH_TEST"
}

# STEP: the hook of this container did not run, and the application lives.
stopped_at() {
	wait_for_log ": error: $ID: error: .*step '$1': failed by the test"
	wait_until none_of_ours
	refute logged ': (started|ended):'
	equal "$(ls "$ROOTFS/data/work")" "" "what the hook made"
	only_the_app
	no_cgroup_left
	answers
}

@test "no step is named twice, and there are as many as the design has" {
	"$ODH_TEST" --fault list >"$BATS_TEST_TMPDIR/steps"
	equal "$(sort "$BATS_TEST_TMPDIR/steps" | uniq -d)" "" "steps named twice"
	for step in "parent-death signal" oom_score_adj cgroup "session keyring" non-dumpable namespaces \
		root tools "tools mount" "working directory" umask "bounding set" groups gid uid capabilities no_new_privs \
		confirm descriptors "own filter" "container's filter"; do
		grep -qx "$step" "$BATS_TEST_TMPDIR/steps" || fail "there is no step '$step'"
	done
}

@test "each step in turn, by hand beside one container: fails closed" {
	make_bundle "${RUNTIMES%% *}"
	launch
	hook 'touch /data/work/ran'
	ODH=$ODH_TEST
	while read -r CASE; do
		rm -rf "$LOG" "$RECORDS"
		state_of "$(cat "$B/pid")" | poststart --fault "fail:$CASE"
		stopped_at "$CASE"
	done < <("$ODH_TEST" --fault list)
	[ -n "$(record_files)" ]
	rm -rf "$LOG" "$RECORDS" # and with none of them broken:
	state_of "$(cat "$B/pid")" | poststart
	wait_for_log ': ended: exit status 0'
	equal "$(ls "$ROOTFS/data/work")" ran
}

@test "each step in turn, in the foreground: status 125, and the step is named" {
	local status
	make_bundle "${RUNTIMES##* }"
	launch
	hook 'touch /data/work/ran'
	while read -r CASE; do
		status=0
		timeout "$DEADLINE" "$ODH_TEST" --root "$RECORDS" --fault "fail:$CASE" run --pid "$(cat "$B/pid")" --bundle "$B" \
			>"$B/stdout" 2>"$B/stderr" </dev/null 3>&- || status=$?
		equal "$status" 125 "exit status"
		equal "$(cat "$B/stdout")" "" "stdout"
		grep -q "step '$CASE': failed by the test" "$B/stderr"
		equal "$(ls "$ROOTFS/data/work")" ""
		STEPS=$((${STEPS:-0} + 1))
	done < <("$ODH_TEST" --fault list)
	equal "$STEPS" "$("$ODH_TEST" --fault list | wc -l)" "steps broken"
	answers
}

@test "three of them, as registered hooks" {
	for runtime in $RUNTIMES; do
		for CASE in cgroup root "own filter"; do
			make_bundle "$runtime"
			hook 'touch /data/work/ran'
			register "$ODH_TEST" --fault "fail:$CASE"
			launch
			stopped_at "$CASE"
			grep -q "^oci-deploy-hook: CC_RUN_SUCCEEDED_HOOK: .*step '$CASE'" "$ERR"
			delete
			nothing_left
		done
	done
}

@test "the joiner, just before it makes the hook: no rights, no descriptors, not in the container" {
	local joiner
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		edit '.process.user = {uid: 1000, gid: 1001, additionalGids: [7]}'
		podman_profile >"$B/profile.json"
		edit '.linux.seccomp = $profile[0]' --slurpfile profile "$B/profile.json"
		hook 'touch /data/work/ran'
		register "$ODH_TEST" --fault stop:clone
		launch
		wait_until stopped
		joiner=$(stopped_pid)
		equal "$(find "/proc/$joiner/fd" -type l -printf '%f %l\n' | sed 's/:.*//' | sort | paste -sd,)" \
			"0 pipe,1 $OUT,2 $ERR" "descriptors"
		only_the_app
		for line in 'Uid:.1000.1000.1000.1000' 'Gid:.1001.1001.1001.1001' 'Groups:.7 ' \
			'CapInh:.0*' 'CapPrm:.0*' 'CapEff:.0*' 'CapAmb:.0*' "CapBnd:.$(mask "$KEPT_CAPS")" \
			'NoNewPrivs:.1' 'Seccomp:.2' 'Seccomp_filters:.2'; do
			grep -qx "$line" "/proc/$joiner/status" || fail "no $line:" "$(cat "/proc/$joiner/status")"
		done
		for name in mnt net ipc uts cgroup; do
			equal "$(readlink "/proc/$joiner/ns/$name")" "$(readlink "/proc/$(cat "$B/pid")/ns/$name")"
		done
		kill -CONT "$joiner"
		wait_for_log ': ended: exit status 0'
		answers
	done
}

# PID: root without CAP_SYS_PTRACE, but all that the process has itself, may look into it.
open_to_root() {
	setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace readlink "/proc/$1/exe" >/dev/null 2>&1
}

@test "the joiner, just before it makes root's hook: not to be traced by the container's root" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'touch /data/work/ran'
		register "$ODH_TEST" --fault stop:clone
		launch
		wait_until stopped
		open_to_root "$(cat "$B/pid")" # as the application is
		refute open_to_root "$(stopped_pid)"
		kill -CONT "$(stopped_pid)"
		wait_for_log ': ended: exit status 0'
	done
}

@test "a joiner that hangs, before any of four steps, is killed at the timeout" {
	local bundles=()
	for CASE in cgroup namespaces uid clone; do
		for seconds in $TIMEOUTS; do
			make_bundle "${RUNTIMES%% *}"
			settings "{\"timeout\": $seconds}"
			hook 'touch /data/work/ran'
			register "$ODH_TEST" --fault "stop:$CASE"
			launch
			! in_time stopped || break
		done
		answers
		bundles+=("$B")
	done
	for bundle in "${bundles[@]}"; do
		take_up "$bundle"
		wait_for_log ': (timed-out|error): '
		wait_until none_of_ours
		equal "$(ls "$ROOTFS/data/work")" "" "what the hook made"
		answers
	done
}

@test "an application that ends while the joiner hangs takes it along" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'touch /data/work/ran'
		register "$ODH_TEST" --fault 'stop:own filter'
		launch
		wait_until stopped
		tell 'quit 0'
		wait_until none_of_ours
		delete
		nothing_left
		refute logged ': error:'
	done
}

# PID: memory that it shares with its relatives.
shared_mappings() {
	grep -c ' rw-s .* /dev/zero (deleted)' "/proc/$1/maps" || true
}

@test "what the relay tells is not mapped in the process that becomes the hook" {
	for mode in container log; do
		make_bundle "${RUNTIMES%% *}"
		settings "{\"output\": \"$mode\"}"
		register "$ODH_TEST" --fault stop:output
		hook true
		launch
		wait_until stopped
		equal "$(shared_mappings "$(stopped_pid)")" 3 "before: what joiner, hook and relay tell"
		kill -KILL "$(stopped_pid)"
		wait_until none_of_ours
		make_bundle "${RUNTIMES%% *}"
		settings "{\"output\": \"$mode\"}"
		register "$ODH_TEST" --fault stop:clone
		hook true
		launch
		wait_until stopped
		equal "$(shared_mappings "$(stopped_pid)")" 2 "after: those of joiner and hook"
		kill -KILL "$(stopped_pid)"
		wait_until none_of_ours
	done
}
