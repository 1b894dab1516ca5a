#!/usr/bin/env bats
# The verbs status and wait, and run and check of a container by its id.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper
load ../lib/records

# ID LINE: another container, started, with its record beside the others'.
another() {
	make_bundle "${RUNTIMES%% *}"
	ID=odh-$$-$1
	edit '.linux.cgroupsPath = "/" + $id' --arg id "$ID"
	RECORDS=$BATS_TEST_TMPDIR/records
	register "$ODH"
	hook "$2"
	launch
}

# COLUMNS [ENVIRONMENT] WORD...: status on a terminal of that width, to $B/terminal.
on_terminal() {
	env "${@:2}" SHELL=/bin/sh timeout "$DEADLINE" script --quiet --return --command \
		"stty cols $1 && exec $ODH --root $RECORDS ${STATUS:-status --all}" /dev/null </dev/null 3>&- |
		tr -d '\r' >"$B/terminal"
}

escapes() {
	grep -c $'\033' "$B/terminal" || true
}

@test "status: what is unfinished or lives; --all: ended starts too, the newest first" {
	another one 'exit 0'
	waits 0
	wait_until none_of_ours
	delete
	another two 'exit 3'
	waits 3
	exits 0 --root "$RECORDS" status
	equal "$(awk '{ print $1, $4, $5 }' "$B/stdout" | paste -sd,)" "CONTAINER EXIT TOOK,odh-$$-two failed 3"
	exits 0 --root "$RECORDS" status --all
	equal "$(awk '{ print $1, $4, $5 }' "$B/stdout" | paste -sd,)" \
		"CONTAINER EXIT TOOK,odh-$$-two failed 3,odh-$$-one succeeded 0"
	exits 0 --root "$RECORDS" status --json
	equal "$(jq -c 'map(.hook)' "$B/stdout")" '["failed"]'
	exits 0 --root "$RECORDS" status --json --all
	equal "$(jq -c 'map([.hook, .live])' "$B/stdout")" '[["failed",true],["succeeded",false]]'
	exits 0 --root "$RECORDS" status --all "odh-$$-o" # all starts of that one
	equal "$(wc -l <"$B/stdout")" 2 lines
}

@test "status: no record directory, and an empty one" {
	make_bundle "${RUNTIMES%% *}"
	exits 0 --root "$RECORDS" status
	equal "$(wc -l <"$B/stdout")" 1 lines
	exits 0 --root "$RECORDS" status --json
	equal "$(cat "$B/stdout")" '[]'
	refute test -e "$RECORDS"
	mkdir "$RECORDS"
	exits 0 --root "$RECORDS" status --all
	exits 125 --root "$RECORDS" status nobody
	complained "no start of a container 'nobody'"
}

@test "status of a container that was started five times: the newest; --all: each" {
	local n
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'n=$(cat /data/work/n); echo $((n + 1)) >/data/work/n; exit $((n + 1))'
		echo 0 >"$ROOTFS/data/work/n"
		for n in 1 2 3 4 5; do
			launch
			waits "$n"
			wait_until none_of_ours
			delete
		done
		recorded '.exit == 5'
		exits 0 --root "$RECORDS" status --all --json "$ID"
		equal "$(jq -c 'map(.exit)' "$B/stdout")" '[5,4,3,2,1]'
		records_are 5
	done
}

@test "a unique prefix is enough; one that is not tells how many match; an exact id wins" {
	another a 'exit 1'
	another ab1 'exit 2'
	another ab2 'exit 3'
	for verb in status wait run check; do
		exits 125 --root "$RECORDS" "$verb" "odh-$$-ab"
		complained 'ambiguous: .* 2 containers'
		exits 125 --root "$RECORDS" "$verb" "odh-$$"
		complained 'ambiguous: .* 3 containers'
		exits 125 --root "$RECORDS" "$verb" "odh-$$-x"
		complained "no start of a container 'odh-$$-x'"
		exits 125 --root "$RECORDS" "$verb" ''
		[ -s "$B/stderr" ]
	done
	exits 1 --root "$RECORDS" wait "odh-$$-a"
	exits 3 --root "$RECORDS" wait "odh-$$-ab2"
	exits 2 --root "$RECORDS" wait "odh-$$-ab1"
}

@test "wait: --timeout, and how it is spelt wrong" {
	make_bundle "${RUNTIMES%% *}"
	blocked_hook 'exit 0'
	launch
	wait_until recorded '.hook == "running"'
	exits 125 --root "$RECORDS" wait --timeout 0 "$ID"
	complained 'not within 0 s: the hook is running'
	exits 125 --root "$RECORDS" wait --timeout 1 "$ID"
	complained 'not within 1 s'
	open_gate
	exits 0 --root "$RECORDS" wait --timeout "$DEADLINE" "$ID"
	exits 0 --root "$RECORDS" wait --timeout 0 "$ID"
	for word in -1 5m '' 99999999999 1.5; do
		exits 125 --root "$RECORDS" wait "--timeout=$word" "$ID"
		complained 'number of seconds'
	done
	exits 125 --root "$RECORDS" wait
	complained CONTAINER
}

@test "wait means the start that it found, also when the container is started again" {
	make_bundle "${RUNTIMES%% *}"
	blocked_hook 'exit 0'
	launch
	wait_until recorded '.hook == "running"'
	wait_in_background
	delete
	waited 125
	complained 'abandoned'
	edit '.process.env += ["CC_RUN_SUCCEEDED_HOOK=exit 0"]'
	launch
	waits 0
}

@test "wait is woken by the record, not only by the end of who wrote it" {
	make_bundle "${RUNTIMES%% *}"
	blocked_hook 'exit 0'
	launch
	wait_until recorded '.hook == "running"'
	wait_in_background
	waits_on
	jq -c '.hook = "failed" | .exit = 9' "$RECORDS"/*.json >"$B/record"
	mv "$B/record" "$(echo "$RECORDS"/*.json)"
	waited 9
	ours >/dev/null
	open_gate
}

@test "wait: a record that is removed under it" {
	make_bundle "${RUNTIMES%% *}"
	blocked_hook 'exit 0'
	launch
	wait_until recorded '.hook == "running"'
	wait_in_background
	rm "$RECORDS"/*.json
	waited 125
	complained 'No such file'
}

@test "a record that cannot be read is told, and the others are shown" {
	make_bundle "${RUNTIMES%% *}"
	hook 'exit 0'
	launch
	waits 0
	echo '{"version": 2}' >"$RECORDS/1-2.json"
	mkfifo "$RECORDS/3-4.json"
	ln -s /etc/passwd "$RECORDS/5-6.json"
	head -c 300000 /dev/zero | tr '\0' ' ' >"$RECORDS/7-8.json"
	exits 0 --root "$RECORDS" status
	complained '4 records cannot be read'
	equal "$(wc -l <"$B/stdout")" 2 lines
	state_of 0 'del(.pid)' | runtime_calls poststop
}

# --- on a terminal ---

@test "colours on a terminal, but not with NO_COLOR, TERM=dumb, without TERM, or through a pipe" {
	make_bundle "${RUNTIMES%% *}"
	hook 'exit 3'
	launch
	waits 3
	on_terminal 80 TERM=xterm
	equal "$(escapes)" 1 "lines with escapes"
	STATUS="status $ID" on_terminal 80 TERM=xterm
	refute [ "$(escapes)" = 0 ]
	for CASE in TERM=dumb -uTERM 'NO_COLOR=1 TERM=xterm'; do
		# shellcheck disable=SC2086 # words
		on_terminal 80 $CASE
		equal "$(escapes)" 0 "lines with escapes"
		grep -q failed "$B/terminal"
	done
	TERM=xterm exits 0 --root "$RECORDS" status
	refute grep -q $'\033' "$B/stdout"
}

@test "the table and the timeline fit the terminal, or 80 columns" {
	local columns
	make_bundle "${RUNTIMES%% *}"
	register "$ODH_TEST" --fault fail:namespaces # a long reason
	hook 'exit 0'
	launch
	waits 125
	for columns in 40 50 60 61 70 80 120; do
		CASE="$columns columns"
		on_terminal "$columns" TERM=dumb
		equal "$(awk -v most="$columns" 'length > most' "$B/terminal")" "" "lines that are too long"
		grep -q "failed" "$B/terminal"
		STATUS="status $ID" on_terminal "$columns" TERM=dumb LC_ALL=C
		equal "$(awk -v most="$columns" '/^  / && length > most' "$B/terminal")" "" "lines that are too long"
	done
	on_terminal 200 TERM=dumb
	grep -q "step 'namespaces'" "$B/terminal"
	exits 0 --root "$RECORDS" status
	equal "$(awk 'length > 80' "$B/stdout")" "" "lines that are too long"
}

@test "the timeline: blocks where the locale is UTF-8, and what the hook has put out" {
	local file
	make_bundle "${RUNTIMES%% *}"
	hook 'sleep 0.1'
	launch
	waits 0
	LC_ALL=C.UTF-8 exits 0 --root "$RECORDS" status "$ID"
	grep -q $'  hook .*\342\226\210' "$B/stdout"
	LC_ALL=C exits 0 --root "$RECORDS" status "$ID"
	grep -q '  hook .*##' "$B/stdout"
	refute grep -q 'last output' "$B/stdout"
	change_record '.output = ([range(20) | "line \(.)\n"] | add) + "\u001b[31m \u009bm end\n"'
	exits 0 --root "$RECORDS" status "$ID"
	grep -q '^last output:$' "$B/stdout"
	equal "$(sed -n '/^last output:/,$p' "$B/stdout" | sed -n '2p;$p')" \
		"$(printf '  line 11\n  \\x1b[31m \\xc2\\x9bm end')" "first and last line"
}

# --- run and check ---

@test "run CONTAINER: now, in the foreground; not one that has ended" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'echo run >>/data/work/runs; echo out; exit 4'
		launch
		waits 4
		exits 4 --root "$RECORDS" run "$ID"
		equal "$(cat "$B/stdout")" out stdout
		equal "$(wc -l <"$ROOTFS/data/work/runs")" 2 runs
		exits 125 --root "$RECORDS" run --pid "$(cat "$B/pid")" "$ID"
		complained 'run needs'
		change_record '.startTime += 1' # the pid is somebody else's now
		exits 125 --root "$RECORDS" run "$ID"
		complained 'has ended'
		change_record '.startTime -= 1'
		wait_until none_of_ours
		delete
		exits 125 --root "$RECORDS" run "$ID"
		complained 'has ended'
		equal "$(wc -l <"$ROOTFS/data/work/runs")" 2 runs
	done
}

@test "check CONTAINER: its bundle" {
	make_bundle "${RUNTIMES%% *}"
	hook 'exit 0'
	launch
	waits 0
	exits 0 --root "$RECORDS" check "$ID"
	grep -q CC_RUN_SUCCEEDED_HOOK "$B/stdout"
	exits 2 --root "$RECORDS" check --bundle "$B" "$ID"
	edit '.process.env = []'
	exits 1 --root "$RECORDS" check "$ID"
}

@test "the README's transcript is what the program shows" {
	"$REPO/tests/demo/transcript.sh" >"$BATS_TEST_TMPDIR/transcript" 3>&-
	for line in '^\$ oci-deploy-hook status$' '^CONTAINER +STARTED +HOOK' '^shop-2 .*failed +3' '^shop-1 .*succeeded' \
		'^cache .*running' '^worker .*refused' '^  called +0ms' '^  hook +' '^125$'; do
		grep -Eq "$line" "$BATS_TEST_TMPDIR/transcript" || fail "no line '$line'" "$(cat "$BATS_TEST_TMPDIR/transcript")"
	done
}
