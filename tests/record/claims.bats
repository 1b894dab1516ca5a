#!/usr/bin/env bats
# Claims: at most one run for each start, whatever the record directory and the id are like.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper
load ../lib/records

# --- once for each start ---

@test "registered twice: one run" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		edit '.hooks.poststart += .hooks.poststart | .hooks.poststop += .hooks.poststop'
		hook 'echo run >>/data/work/runs'
		launch
		waits 0
		wait_until none_of_ours
		wait_for_log ': duplicate: '
		equal "$(cat "$ROOTFS/data/work/runs")" run runs
		delete
		nothing_left
	done
}

@test "called many times at once, and again after the end: one run" {
	local pids=()
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		edit 'del(.hooks)'
		launch
		hook 'echo run >>/data/work/runs'
		state_of "$(cat "$B/pid")" >"$B/state.json"
		for _ in {1..20}; do
			"$ODH" --root "$RECORDS" --log "$LOG" poststart <"$B/state.json" >/dev/null 3>&- &
			pids+=($!)
		done
		wait "${pids[@]}"
		waits 0
		wait_until none_of_ours
		poststart <"$B/state.json"
		wait_until none_of_ours
		equal "$(cat "$ROOTFS/data/work/runs")" run runs
		equal "$(count_log ': duplicate: ')" 20 duplicates
		refute logged ': error: '
		equal "$(cat "$ERR")" "" "what the author reads"
		records_are 1
	done
}

@test "a record of the same pid and start time, but of an earlier boot, stops nobody" {
	make_bundle "${RUNTIMES%% *}"
	hook 'echo run >>/data/work/runs'
	launch
	waits 0
	wait_until none_of_ours
	change_record '.boot = "00000000-0000-0000-0000-000000000000"'
	recorded '.live == false'
	state_of "$(cat "$B/pid")" | poststart
	waits 0
	equal "$(wc -l <"$ROOTFS/data/work/runs")" 2 runs
	recorded '.live'
}

@test "a kept record of the same pid with another start time stops nobody" {
	local pid
	make_bundle "${RUNTIMES%% *}"
	edit 'del(.hooks)'
	launch
	hook 'exit 0'
	pid=$(cat "$B/pid")
	state_of "$pid" | poststart
	waits 0
	wait_until none_of_ours
	change_record '.startTime -= 1 | .hook = "failed"'
	mv "$RECORDS"/*.json "$RECORDS/$pid-$(jq .startTime "$RECORDS"/*.json).json"
	state_of "$pid" | poststart
	wait_until none_of_ours
	records_are 2
}

@test "the last 256 ended records are kept, and no living one is removed" {
	local n file
	make_bundle "${RUNTIMES%% *}"
	hook 'exit 0'
	launch
	waits 0
	wait_until none_of_ours
	file=$(echo "$RECORDS"/*.json)
	touch -d '2001-01-01' "$file" # by far the oldest
	for n in {1..300}; do
		jq -c --argjson n "$n" '.pid = 4194304 | .startTime = $n | .id = "old-\($n)"' "$file" \
			>"$RECORDS/4194304-$n.json"
		touch -d "2002-01-01 +$n min" "$RECORDS/4194304-$n.json"
	done
	state_of 0 'del(.pid) | .id = "another"' | runtime_calls poststop
	test -e "$file"
	equal "$(find "$RECORDS" -name '4194304-*' | sed 's/.*-\(.*\).json$/\1/' | sort -n | paste -sd' ')" \
		"$(seq -s' ' 45 300)" "kept ones"
}

# --- the record directory ---

# PATTERN: the container starts and lives, no hook has run, and the log says why.
no_claim() {
	launch
	wait_for_log ": error: $ID: error: no hook is run: .*($1)"
	wait_until none_of_ours
	equal "$(ls "$ROOTFS/data/work")" "" "what the hook made"
	answers
	CALLER=()
	delete
}

# OPTIONS: a tmpfs on the record directory, for the runtime and us alone.  Sets CALLER.
mount_records() {
	mkdir -p "$RECORDS"
	unshare -m --propagation private sh -c 'mount -t tmpfs -o "$1" tmpfs "$2" && echo >"$3" && exec sleep 1000' \
		sh "$1" "$RECORDS" "$B/mounted" 3>&- &
	KEEPER=$!
	echo "$KEEPER" >>"$BATS_TEST_TMPDIR/pids"
	wait_until test -e "$B/mounted"
	CALLER=(nsenter "--mount=/proc/$KEEPER/ns/mnt")
}

@test "the record directory is read-only" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'touch /data/work/ran'
		mount_records ro,mode=700
		no_claim 'Read-only file system'
	done
}

@test "the record directory is full" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'touch /data/work/ran'
		mount_records size=64k,mode=700
		"${CALLER[@]}" sh -c 'cat /dev/zero >"$1/fill" 2>/dev/null' sh "$RECORDS" || true
		no_claim 'No space left on device'
		equal "$(nsenter "--mount=/proc/$KEEPER/ns/mnt" ls -A "$RECORDS")" fill "files"
	done
}

@test "the record directory fills up while the hook runs: the cache makes room for its end" {
	make_bundle "${RUNTIMES%% *}"
	blocked_hook 'exit 0'
	mount_records size=64k,mode=700
	launch
	wait_for_log ': started: '
	"${CALLER[@]}" sh -c 'cat /dev/zero >"$1/fill" 2>/dev/null' sh "$RECORDS" || true
	open_gate
	wait_for_log ': ended: exit status 0'
	wait_until none_of_ours
	refute logged ': error: '
	"${CALLER[@]}" sh -c 'cat "$1/$2"-*.json' sh "$RECORDS" "$(cat "$B/pid")" | jq -e '.hook == "succeeded"'
}

@test "the record directory is full of ended records: they make room" {
	local n
	make_bundle "${RUNTIMES%% *}"
	hook 'exit 0'
	mount_records size=64k,mode=700
	n=0
	while "${CALLER[@]}" sh -c 'head -c 3000 /dev/zero >"$1/4194304-$2.json"' sh "$RECORDS" "$((++n))" 2>/dev/null; do
		[ "$n" -lt 100 ]
	done
	launch
	wait_for_log ': ended: exit status 0'
	wait_until none_of_ours
	refute logged ': error: '
	"${CALLER[@]}" sh -c 'cat "$1/$2"-*.json' sh "$RECORDS" "$(cat "$B/pid")" | jq -e '.hook == "succeeded"'
}

@test "the record directory's parent is missing" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		RECORDS=$B/no/such/records
		register "$ODH"
		hook 'touch /data/work/ran'
		no_claim 'No such file or directory'
		exits 0 --root "$RECORDS" status --all --json
		equal "$(cat "$B/stdout")" '[]' stdout
		exits 125 --root "$RECORDS" wait "$ID"
		complained "no start of a container '$ID'"
	done
}

@test "the record directory is a symlink, or others' or writable by others" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'touch /data/work/ran'
		mkdir -m 700 "$B/target"
		ln -s target "$RECORDS"
		chown -h 1000 "$RECORDS"
		CASE=symlink no_claim 'Not a directory|Too many levels'
		equal "$(ls -A "$B/target")" "" "behind the symlink"
		exits 125 --root "$RECORDS" status
		rm "$RECORDS" "$LOG"
		mkdir -m 1777 "$RECORDS"
		CASE=1777 no_claim 'mode 1777'
		exits 125 --root "$RECORDS" status
		rm "$LOG"
		chmod 700 "$RECORDS"
		chown 1000 "$RECORDS"
		CASE=owner no_claim 'owned by uid 1000'
		equal "$(ls -A "$RECORDS")" "" "in the record directory"
	done
}

# --- hostile ids ---

@test "an id of 1,024 characters, with dots, slashes, newlines, escapes: no file elsewhere, no broken table" {
	local filter
	make_bundle "${RUNTIMES%% *}"
	edit 'del(.hooks)'
	launch
	hook 'exit 0'
	for filter in '"x" * 1024' '"../../../../etc/evil"' '"/"' '".."' '"a\nb\rc\td"' '"\u001b[2J\u001b]0;t\u0007"' \
		'"\u0085\u009b31m"' '"\"}],\u007f\\"' '"\u00e4\u4e16\ud83d\ude00" * 40' '"%s%n%d"' '"-rf"'; do
		CASE=$filter
		rm -rf "$RECORDS"
		state_of "$(cat "$B/pid")" ".id = $filter" >"$B/state.json"
		jq -j .id "$B/state.json" >"$B/id"
		poststart <"$B/state.json"
		exits 0 --root "$RECORDS" wait --timeout "$DEADLINE" -- "$(cat "$B/id")"
		wait_until none_of_ours
		equal "$(find "$BATS_RUN_TMPDIR" -newer "$B/id" -type f ! -path "$RECORDS/*" ! -path "$LOG" \
			! -path "$B/std*" ! -path "$B/poststart.out")" "" "new files elsewhere"
		equal "$(record_files)" "$(cat "$B/pid")-$(jq .startTime "$RECORDS"/*.json).json" "files in the record directory"
		equal "$(jq -j .id "$RECORDS"/*.json | sha256sum)" "$(sha256sum <"$B/id")" id
		exits 0 --root "$RECORDS" status
		equal "$(wc -l <"$B/stdout")" 2 "lines of the table"
		equal "$(tr -d '\n -~' <"$B/stdout" | wc -c)" 0 "other bytes of the table"
		equal "$(awk 'length > 80' "$B/stdout")" "" "lines that are too long"
		equal "$(awk '{ print index($0, "HOOK") + index($0, "succeeded") }' "$B/stdout" | uniq | wc -l)" 1 \
			"positions of the column HOOK"
		exits 0 --root "$RECORDS" status -- "$(cat "$B/id")"
		equal "$(tr -d '\n -~\200-\377' <"$B/stdout" | wc -c)" 0 "control characters of the timeline"
		equal "$(sed -n '1,2s/ .*//p' "$B/stdout" | paste -sd' ')" 'container started' "lines"
	done
}
