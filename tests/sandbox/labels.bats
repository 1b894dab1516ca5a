#!/usr/bin/env bats
# A security label that cannot be applied means that no hook runs.  SPDX-License-Identifier: Apache-2.0
#
# No LSM is active on the machines that test this, so that these labels can be applied nowhere; with
# AppArmor the profile does not exist, with SELinux the context is none.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

LABELS=('.process.apparmorProfile = "odh-no-such"' '.process.selinuxLabel = "u:r:t:s0"')

# JQ-FILTER: a container that runs without a label, whose config.json asks for one afterwards.
labelled() {
	make_bundle "$RUNTIME"
	edit 'del(.hooks)'
	launch
	hook 'touch /data/work/ran'
	edit "$1"
	state_of "$(cat "$B/pid")" >"$B/state.json"
}

no_hook_but_container() {
	wait_until none_of_ours
	refute test -e "$ROOTFS/data/work/ran"
	answers
}

@test "the runtimes do not start with such a label either" {
	for RUNTIME in $RUNTIMES; do
		for label in "${LABELS[@]}"; do
			make_bundle "$RUNTIME"
			edit "$label"
			create || true # its status is that of what reads the output
			refute rt state "$ID" >&2
			grep -Eqi 'apparmor|selinux|/proc/(thread-)?self/attr' "$ERR"
			rm -f "$BATS_TEST_TMPDIR/containers" # there is none
		done
	done
}

@test "a label that cannot be applied: no hook, and the log says which" {
	for RUNTIME in $RUNTIMES; do
		for label in "${LABELS[@]}"; do
			labelled "$label"
			poststart <"$B/state.json"
			wait_for_log ": error: .*step '(session keyring|security label)': .*attr/(apparmor/exec|keycreate)"
			no_hook_but_container
		done
	done
}

@test "a label that cannot be applied: run says so, with 125" {
	local status=0
	RUNTIME=${RUNTIMES%% *}
	labelled "${LABELS[0]}"
	timeout "$DEADLINE" "$ODH" --root "$RECORDS" --log "$LOG" run --pid "$(cat "$B/pid")" --bundle "$B" \
		>"$B/stdout" 2>"$B/stderr" </dev/null || status=$?
	equal "$status" 125 "exit status"
	grep -q "step 'security label': .*attr/apparmor/exec" "$B/stderr"
	no_hook_but_container
}

# In the joiner's own mount namespace: its file NAME of attr takes anything, and gives it back.
fake_attr() {
	nsenter --target "$stopped_joiner" --mount mount --bind \
		"/proc/$stopped_joiner/task/$stopped_joiner/comm" \
		"/proc/$stopped_joiner/task/$stopped_joiner/attr/$1"
}

@test "a label goes to procfs itself, not to what is mounted there, were it procfs too" {
	RUNTIME=${RUNTIMES%% *}
	labelled "${LABELS[1]}"
	ODH=$ODH_TEST
	CALLER=(unshare --mount --propagation private)
	poststart --fault 'stop:session keyring' <"$B/state.json"
	wait_until stopped
	stopped_joiner=$(stopped_pid)
	fake_attr keycreate
	fake_attr exec
	kill -CONT "$stopped_joiner"
	wait_for_log ": error: .*step 'session keyring': open /proc/thread-self/attr/keycreate .*cross-device"
	no_hook_but_container
}

@test "check says that no hook runs with a label that cannot be applied" {
	local label status
	RUNTIME=${RUNTIMES%% *}
	for label in "${LABELS[@]}"; do
		labelled "$label"
		status=0
		"$ODH" check --bundle "$B" >"$B/stdout" || status=$?
		equal "$status" 1 "exit status of check"
		grep -Eq '^(AppArmor|SELinux) .*cannot apply it, so no hook runs' "$B/stdout" || fail "$(cat "$B/stdout")"
	done
}
