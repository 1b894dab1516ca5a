#!/usr/bin/env bats
# The application ends: before, during and right after its start.  Nothing of ours stays.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

# Nobody of the container's processes lives: its pid namespace is pinned by nobody.
ended() {
	[ ! -d "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"
}

@test "created, and deleted without a start" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'touch /data/work/ran'
		create
		delete
		nothing_left
		refute logged ': (ready|started|ended|error):'
		equal "$(ls "$ROOTFS/data/work")" ""
		if [ "$runtime" = runc ] && [ -s "$LOG" ]; then # which calls us in create
			logged ': not-started: the application ended first'
		fi
	done
}

@test "created, and killed without a start" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'touch /data/work/ran'
		create
		rt kill "$ID" KILL
		wait_until ended "$(cat "$B/pid")"
		wait_until none_of_ours # although nobody has deleted the container yet
		delete
		nothing_left
		equal "$(ls "$ROOTFS/data/work")" ""
	done
}

@test "an application that cannot be executed" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'touch /data/work/ran'
		app /data/broken
		printf 'not a program' >"$ROOTFS/data/broken"
		chmod 755 "$ROOTFS/data/broken"
		# Which of the two fails differs between runtimes.
		if create; then
			start || true
		fi
		delete || true
		nothing_left
		refute logged ': (started|ended):'
		equal "$(ls "$ROOTFS/data/work")" ""
	done
}

@test "an application that ends at once" {
	for runtime in $RUNTIMES; do
		for _ in 1 2 3 4 5; do # who is faster is never the same
			make_bundle "$runtime"
			app /bin/true
			blocked_hook 'true'
			launch
			wait_until none_of_ours
			delete
			nothing_left
			refute logged ': error:'
		done
	done
}

@test "an application that ends while the hook runs" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook 'true'
		launch
		wait_until begun
		wait_for_log ': started: hook pid'
		tell 'quit 0'
		wait_until ended "$(cat "$B/pid")"
		wait_until none_of_ours # although nobody has deleted the container yet
		wait_until ended "$(hook_pid)"
		logged ': info: .*: ended: the application ended while the hook ran'
		delete
		nothing_left
	done
}

@test "an application that is killed while the hook's tree is large and deaf" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'trap "" TERM HUP; for n in 1 2 3 4 5 6 7 8 9; do sleep 1000 & done
			/probe escape 1000; echo begun; while :; do read -r word </gate; done'
		launch
		wait_until begun
		rt kill "$ID" KILL
		wait_until ended "$(cat "$B/pid")"
		wait_until none_of_ours
		delete
		nothing_left
	done
}

@test "a container that is deleted by force while the hook runs" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook 'true'
		launch
		wait_until begun
		delete
		nothing_left
	done
}

@test "a container that is started again has its hook again" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'echo run >>/data/work/runs'
		for _ in 1 2; do
			launch
			wait_for_log ': ended: exit status 0'
			wait_until none_of_ours
			rm "$LOG"
			delete
			nothing_left
		done
		equal "$(grep -c run "$ROOTFS/data/work/runs")" 2 "runs"
	done
}

@test "run in the foreground returns with the application, while its hook would run on" {
	local foreground status
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook 'true'
		made
		rt run --bundle "$B" --pid-file "$B/pid" "$ID" >"$OUT" 2>"$ERR" &
		foreground=$!
		wait_until begun
		answers
		tell 'quit 3'
		status=0
		wait "$foreground" || status=$?
		equal "$status" 3 "exit status of $runtime run"
		nothing_left # it has deleted the container
	done
}

@test "run in the foreground of an application that ends at once" {
	local status
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		app /bin/sh -c 'exit 5'
		blocked_hook 'true'
		made
		status=0
		rt run --bundle "$B" "$ID" >"$OUT" 2>"$ERR" || status=$?
		equal "$status" 5 "exit status of $runtime run"
		nothing_left
	done
}

@test "files that are not ours stay; half-written ones of killed processes go" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		install -d -m 700 "$RECORDS"
		echo '{}' >"$RECORDS/4194304-1.json"     # no pid can be as large
		echo '{"ver' >"$RECORDS/.77-88.4194304" # a writer's
		echo 'not ours' >"$RECORDS/README"
		hook 'true'
		launch
		wait_for_log ': ended: exit status 0'
		wait_until none_of_ours
		equal "$(find "$RECORDS" -mindepth 1 -maxdepth 1 ! -name cache -printf '%f\n' | sort | paste -sd' ')" \
			"$(printf '%s\n' 4194304-1.json README "$(cd "$RECORDS" && echo "$(cat "$B/pid")"-*.json)" |
				sort | paste -sd' ')" "files after the start"
		echo '{"ver' >"$RECORDS/.77-88.4194304"
		delete
		refute test -e "$RECORDS/.77-88.4194304"
		test -e "$RECORDS/README"
	done
}
