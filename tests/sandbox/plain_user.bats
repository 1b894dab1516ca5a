#!/usr/bin/env bats
# Bundles that a plain user starts without an engine: the hook is that user, in a user namespace
# below the user's own.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of jq and of other shells
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

PLAIN=$UIDS # no account is needed

# RUNTIME: a bundle of the plain user's, by whom the runtime is called from now on.
plain_bundle() {
	make_bundle "$1"
	of_plain_user network cgroup
}

# ID KEY: a value of the host's view.
host_view() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr '\t' ' '
}

@test "a plain user's container: the hook is that user, with the application's namespaces" {
	local namespace
	for runtime in $RUNTIMES; do
		plain_bundle "$runtime"
		blocked_hook 'exec /probe hook'
		hand_over
		launch
		wait_until begun
		wait_for_log ': started: '
		equal "$(host_view "$(hook_pid)" Uid)" "$PLAIN $PLAIN $PLAIN $PLAIN" "ids on the host"
		equal "$(host_view "$(hook_pid)" Gid)" "$PLAIN $PLAIN $PLAIN $PLAIN" "groups on the host"
		for namespace in cgroup ipc mnt net pid user uts; do
			equal "$(readlink "/proc/$(hook_pid)/ns/$namespace")" \
				"$(readlink "/proc/$(cat "$B/pid")/ns/$namespace")" "$namespace namespace"
		done
		open_gate
		wait_for_log ': ended: exit status 0'
		equal "$(probed hook CapEff)" "$(mask "$KEPT_CAPS")" "capabilities in its namespace"
		equal "$(probed hook NoNewPrivs) $(probed hook Seccomp)" "1 2" "no_new_privs, seccomp"
		logged 'no cgroup of its own here' # nothing is delegated to this user
		answers
		delete
		nothing_left
	done
}

@test "a plain user's container: what a hook has started ends with it, by its session" {
	for runtime in $RUNTIMES; do
		plain_bundle "$runtime"
		settings '{"timeout": 1}'
		hook 'trap "" TERM; sleep 1000 & echo begun; read -r word </gate'
		hand_over
		launch
		wait_for_log ': timed-out: '
		wait_until none_of_ours
		only_the_app
		answers
		delete
		nothing_left
	done
}

@test "a plain user's container ends: so does its hook" {
	for runtime in $RUNTIMES; do
		plain_bundle "$runtime"
		blocked_hook true
		hand_over
		launch
		wait_until begun
		delete
		nothing_left
	done
}

@test "a plain user cannot have a hook run in somebody else's container" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime" # root's
		hook 'echo ran >/data/work/ran'
		edit 'del(.hooks)'
		launch
		chmod 755 "$BATS_TEST_TMPDIR" "$B"
		mkdir -m 777 "$RECORDS"
		LOG=$B/plain-log
		install -m 666 /dev/null "$LOG"
		AS=(setpriv --reuid "$PLAIN" --regid "$PLAIN" --clear-groups)
		CALLER=("${AS[@]}")
		state_of "$(cat "$B/pid")" | poststart
		CALLER=() AS=()
		wait_for_log ': error: '
		wait_until none_of_ours
		refute test -e "$ROOTFS/data/work/ran"
		answers
	done
}

@test "a plain user's container: the output mode log, by helpers that have no more rights than the user" {
	local pid
	for runtime in $RUNTIMES; do
		plain_bundle "$runtime"
		settings '{"output": "log"}'
		blocked_hook 'exit 3'
		hand_over
		launch
		wait_for_log ': output: stdout: begun'
		for pid in $(ours); do
			equal "$(host_view "$pid" Uid)" "$PLAIN $PLAIN $PLAIN $PLAIN" "ids on the host"
			equal "$(host_view "$pid" CapEff)" 0000000000000000
		done
		equal "$(ours | sed 's|.*|/proc/&/status|' | xargs grep -l '^Seccomp:.2' | wc -l)" 2 "confined helpers"
		open_gate
		wait_for_log ': ended: exit status 3'
		wait_until none_of_ours
		equal "$(grep -c "^oci-deploy-hook\|begun" "$ERR" || true)" 0 "lines of ours on stderr"
	done
}

# Almost every account has some, and nobody in a user's own namespace may change them.
@test "a plain user with supplementary groups: the hook keeps them, as the application has to" {
	for runtime in $RUNTIMES; do
		plain_bundle "$runtime"
		AS=(setpriv --reuid "$PLAIN" --regid "$PLAIN" --groups "2000,$PLAIN"
			env XDG_RUNTIME_DIR="$B/run")
		blocked_hook 'exec /probe hook'
		hand_over
		launch
		wait_until begun
		wait_for_log ': started: '
		equal "$(host_view "$(hook_pid)" Groups)" "$(host_view "$(cat "$B/pid")" Groups)" "groups on the host"
		host_view "$(hook_pid)" Groups | grep -qw 2000
		open_gate
		wait_for_log ': ended: exit status 0'
		answers
	done
}

@test "a plain user's caller with other groups than the application has: no hook" {
	plain_bundle "${RUNTIMES%% *}"
	edit 'del(.hooks)'
	hand_over
	launch
	hook 'touch /data/work/ran'
	AS=()
	local status=0
	setpriv --reuid "$PLAIN" --regid "$PLAIN" --groups 2000 "$ODH" --root "$B/run" \
		run --pid "$(cat "$B/pid")" --bundle "$B" >"$B/stdout" 2>"$B/stderr" 3>&- || status=$?
	equal "$status" 125 "exit status of run"
	grep -q "step 'groups': setgroups" "$B/stderr" || fail "$(cat "$B/stderr")"
	[ ! -e "$ROOTFS/data/work/ran" ]
}

# --- a /proc that hides processes ---

# What runs after these words is in a mount namespace whose /proc shows a user no process of others.
WITH_HIDEPID=(unshare -m --propagation private sh -c 'mount -t proc -o hidepid=2 proc /proc && exec "$@"' sh)

HIDDEN='lives, but /proc hides it from uid [0-9]+: mount /proc without hidepid'

@test "a container that /proc hides from the user lives, and is not said to have ended" {
	local status=0 user
	make_bundle "${RUNTIMES%% *}" # root's
	edit 'del(.hooks)'
	launch
	hook 'echo ran >/data/work/ran'
	chmod 755 "$BATS_TEST_TMPDIR" "$B"
	mkdir -m 777 "$RECORDS"
	LOG=$B/plain-log
	install -m 666 /dev/null "$LOG"
	user=("${WITH_HIDEPID[@]}" setpriv --reuid "$PLAIN" --regid "$PLAIN" --clear-groups)
	CALLER=("${user[@]}")
	state_of "$(cat "$B/pid")" | poststart
	CALLER=()
	wait_for_log ": error: $ID: error: no hook is run: pid $(cat "$B/pid") $HIDDEN"
	refute logged ': not-started: '
	"${user[@]}" "$ODH" --root "$RECORDS" run --pid "$(cat "$B/pid")" --bundle "$B" \
		>"$B/stdout" 2>"$B/stderr" 3>&- || status=$?
	equal "$status" 125 "exit status of run"
	grep -Eq "pid $(cat "$B/pid") $HIDDEN" "$B/stderr" || fail "$(cat "$B/stderr")"
	refute test -e "$ROOTFS/data/work/ran"
	answers
}

# A container of the user's own, created and not started: crun's process hides until its exec.
hiding_bundle() {
	plain_bundle crun
	edit 'del(.hooks)'
	hand_over
	create
	AS=()
	hook 'touch /data/work/ran'
	state_of "$(cat "$B/pid")" >"$B/state.json"
	USER_IS=(setpriv --reuid "$PLAIN" --regid "$PLAIN" --clear-groups)
}

@test "a container of the user's own that /proc hides until its start: the log says so, and it starts" {
	hiding_bundle
	CALLER=("${WITH_HIDEPID[@]}" "${USER_IS[@]}")
	poststart <"$B/state.json"
	CALLER=()
	wait_for_log ": error: $ID: error: no hook is run: pid $(cat "$B/pid") $HIDDEN"
	refute logged ': not-started: '
	wait_until none_of_ours
	start
	answers
	refute test -e "$ROOTFS/data/work/ran"
}

@test "status does not call a container ended that /proc hides" {
	hiding_bundle
	CALLER=("${USER_IS[@]}")
	poststart <"$B/state.json"
	CALLER=()
	wait_for_log ': waiting: '
	"${WITH_HIDEPID[@]}" "${USER_IS[@]}" "$ODH" --root "$RECORDS" status --json "$ID" >"$B/stdout" 3>&-
	jq -e '.live and .hook == "waiting"' "$B/stdout" >/dev/null || fail "$(cat "$B/stdout")"
	start
	wait_for_log ': ended: exit status 0'
	wait_until none_of_ours
	test -e "$ROOTFS/data/work/ran"
}

@test "a supervisor's pid that is another user's process now is not the supervisor, though /proc hides it" {
	local record
	hiding_bundle
	CALLER=("${USER_IS[@]}")
	poststart <"$B/state.json"
	CALLER=()
	wait_for_log ': waiting: '
	record=$(find "$RECORDS" -name '*.json')
	kill -KILL "$(jq .supervisor.pid "$record")"
	wait_until none_of_ours
	jq '.supervisor = {pid: 1, startTime: 5}' "$record" >"$B/record.new"
	cat "$B/record.new" >"$record"
	"${WITH_HIDEPID[@]}" "${USER_IS[@]}" "$ODH" --root "$RECORDS" status --json "$ID" >"$B/stdout" 3>&-
	jq -e '.live and .hook == "abandoned"' "$B/stdout" >/dev/null || fail "$(cat "$B/stdout")"
	delete
}
