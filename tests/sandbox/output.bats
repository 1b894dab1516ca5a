#!/usr/bin/env bats
# Where a hook's output goes: the output modes, their bounds, and a log that does not take it.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

# --- the container's own output ---

@test "output goes into the container's file, and nobody overwrites anybody" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook 'echo from-hook; echo to-stderr >&2'
		launch
		wait_until begun
		answers
		open_gate
		wait_for_log ': ended: exit status 0'
		answers
		equal "$(sed 's/[0-9]*$//' "$OUT" | sort | paste -sd,)" \
			"answer-,answer-,app-up,begun,from-hook"
		grep -qx to-stderr "$ERR"
	done
}

@test "output goes into the container's pipe, which ends with the container" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		OUTPUT='pipe'
		blocked_hook 'echo from-hook'
		launch
		wait_until begun
		answers
		open_gate
		wait_for_log ': ended: exit status 0'
		wait_until grep -qx from-hook "$OUT"
		answers
		delete
		wait_until refute kill -0 "$READER" # nobody holds the other end
	done
}

@test "output goes into the container's terminal" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook 'echo from-hook; test -t 1 && echo on-a-terminal; : </dev/tty'
		on_a_terminal
		wait_until begun
		answers
		open_gate
		wait_for_log ': ended: exit status [12]'
		# Who copies from the terminal may be behind.
		wait_until grep -q '^from-hook' "$OUT"
		wait_until grep -q '^on-a-terminal' "$OUT"
		wait_until grep -q "can't open /dev/tty" "$OUT" # it is nobody's controlling terminal there
		answers
	done
}

@test "output goes to the container's socket by a relay" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		CALLER=("$TOOLS/bundle/rootfs/probe" socket "$B/socket.out")
		blocked_hook 'echo from-hook'
		create
		CALLER=()
		start
		OUT=$B/socket.out
		wait_until begun
		answers
		open_gate
		wait_for_log ': ended: exit status 0'
		wait_until grep -qx from-hook "$OUT"
		answers
	done
}

@test "an application that writes to nowhere has a hook all the same" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		OUTPUT='null'
		hook 'echo nobody reads this; echo ran >/tmp/ran'
		launch
		wait_for_log ': ended: exit status 0'
		grep -qx ran "$ROOTFS/tmp/ran"
	done
}

@test "the setting output none: nothing is written to the container's output" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		settings '{"output": "none"}'
		set_env CC_PRE_RUN_HOOK=true
		hook 'echo nobody reads this; echo nor this >&2; echo ran >/tmp/ran; exit 1'
		launch
		wait_for_log ': ended: exit status 1'
		wait_until none_of_ours
		answers
		grep -qx ran "$ROOTFS/tmp/ran"
		equal "$(grep -Evc '^(app-up|answer-)' "$OUT" || true)" 0 "foreign lines on stdout"
		equal "$(cat "$ERR")" "" "stderr"
	done
}

@test "stdin is at its end" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'cat; echo "end of stdin"'
		launch
		wait_for_log ': ended: exit status 0'
		grep -qx 'end of stdin' "$OUT"
	done
}

# --- the modes log and none ---

# LINE [STREAM]: it is in the log, with the container's id, as a whole line.
output_logged() {
	grep -Fqxa -- "$(printf 'oci-deploy-hook: info: %s: output: %s: %s' "$ID" "${2:-stdout}" "$1")" \
		<(cut -d ' ' -f 2- "$LOG") || fail "the log should have the ${2:-stdout} line: $1"
}

# The causes of all output events, without the stream's name.
logged_output() {
	sed -n "s/.*: info: $ID: output: std[a-z]*: //p" "$LOG"
}

# Nothing of the hook, and nothing of ours, is in the container's output.
container_untouched() {
	equal "$(grep -Evac '^(app-up|answer-)' "$OUT" || true)" 0 "foreign lines on stdout"
	equal "$(cat "$ERR")" "" "stderr"
}

@test "log: each line of stdout and stderr, with the container's id, and nothing in the container" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		settings '{"output": "log"}'
		edit '.process.user = {uid: 1000, gid: 1001}'
		set_env CC_PRE_RUN_HOOK=true
		hook 'echo first; echo oops >&2; echo; printf "no newline"; exit 3'
		launch
		hook_ended 3
		output_logged first
		output_logged oops stderr
		output_logged ''
		output_logged 'no newline'
		equal "$(logged_output | wc -l)" 4 "lines of output"
		answers
		container_untouched
		equal "$(count_log 'not logged|nowhere')" 0 "lines about lost output"
	done
}

@test "log: many lines, in their order" {
	make_bundle "${RUNTIMES%% *}"
	settings '{"output": "log"}'
	hook 'x=$(head -c 900 /dev/zero | tr "\0" x); for i in $(seq 150); do echo $x$i; done'
	launch
	hook_ended
	equal "$(logged_output | tr -d x)" "$(seq 150)"
}

@test "log: any bytes, escaped; JSON stays JSON" {
	for format in text json; do
		make_bundle "${RUNTIMES%% *}"
		settings '{"output": "log"}'
		register "$ODH" --log-format "$format"
		hook 'printf "a\000b\033[31m\377\"\\ h\303\244\r\n"; head -c 3000 /dev/urandom'
		launch
		wait_for_log '(: ended: |"msg":"exit status 0")'
		wait_until none_of_ours
		if [ "$format" = text ]; then
			output_logged 'a\x00b\x1b[31m\xff"\\ hä\x0d'
		else
			jq -es --arg id "$ID" 'map(select(.event == "output"))
				| .[0].msg == "stdout: a\u0000b\u001b[31m\u00ff\"\\ hä\r"
				and all(.[]; .id == $id and .level == "info")' "$LOG" >/dev/null
		fi
		equal "$(tr -d '\n -~\200-\377' <"$LOG" | wc -c)" 0 "control characters in the log"
		iconv -f UTF-8 -t UTF-8 "$LOG" >/dev/null
	done
}

@test "log: a long line goes on in the next, no line is longer than 1 KiB" {
	make_bundle "${RUNTIMES%% *}"
	settings '{"output": "log"}'
	hook 'head -c 2500 /dev/zero | tr "\0" x; echo; echo behind'
	launch
	hook_ended
	equal "$(logged_output | awk '{ print length }' | paste -sd' ')" "1024 1024 452 6"
	output_logged behind
}

@test "log: a flood is bounded, one line tells what was dropped, and the hook is not held" {
	local count bytes
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		settings '{"output": "log"}'
		hook 'yes | head -c 20000000; yes long-$(head -c 900 /dev/zero | tr "\0" x) | head -c 20000000; exit 4'
		launch
		hook_ended 4
		bytes=$(logged_output | wc -c)
		[ "$bytes" -gt 0 ]
		[ "$bytes" -le $((2 * 1024 * 1024)) ] || fail "$bytes bytes of output are in the log"
		equal "$(count_log ": warning: $ID: output: [0-9]+ bytes of output were not logged")" 1
		count=$(sed -n 's/.*: output: \([0-9]*\) bytes of output were not logged.*/\1/p' "$LOG")
		[ "$((bytes + count))" -le 40000000 ] || fail "$bytes bytes logged and $count dropped of 40000000"
		answers
	done
}

# The confined helpers of a living hook, by pid.
helpers() {
	local pid
	for pid in $(ours); do
		[ "$(stat -c %u "/proc/$pid" 2>/dev/null)" != 65534 ] && ! grep -q '^Uid:.65534' "/proc/$pid/status" || echo "$pid"
	done
}

# PID: has it the log open?
has_log() {
	find "/proc/$1/fd" -lname "$LOG" | grep -q .
}

logger() {
	local pid
	for pid in $(helpers); do
		! has_log "$pid" || echo "$pid"
	done
}

has_logger() {
	[ -n "$(logger)" ]
}

is_stopped() {
	grep -q '^State:.T' "/proc/$1/status"
}

@test "log: relay and logger have no rights and no other descriptors" {
	make_bundle "${RUNTIMES%% *}"
	settings '{"output": "log"}'
	blocked_hook true
	launch
	wait_for_log ': output: stdout: begun'
	equal "$(helpers | wc -l)" 2 "confined helpers"
	for pid in $(helpers); do
		for line in 'Uid:.65534.65534.65534.65534' 'Gid:.65534.65534.65534.65534' 'Groups:\s*$' \
			'CapPrm:.0{16}' 'CapEff:.0{16}' 'NoNewPrivs:.1' 'Seccomp:.2'; do
			grep -Eq "^$line" "/proc/$pid/status" || fail "$line is not so:" "$(cat "/proc/$pid/status")"
		done
		equal "$(find "/proc/$pid/fd" -type l -lname '/dev/null' | wc -l)" 3 "descriptors of /dev/null"
		equal "$(find "/proc/$pid/fd" -type l -not -lname 'pipe:*' -not -lname 'socket:*' \
			-not -lname /dev/null -not -lname "$LOG" | wc -l)" 0 "other descriptors"
	done
	equal "$(logger | wc -l)" 1 "processes that hold the log"
	open_gate
	hook_ended
}

@test "log: a log that hangs does not hold the hook, nor the container" {
	local held
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		settings '{"output": "log"}'
		blocked_hook 'yes | head -c 3000000; exit 5'
		launch
		wait_for_log ': output: stdout: begun'
		held=$(logger)
		kill -STOP "$held"
		wait_until is_stopped "$held"
		open_gate
		hook_ended 5
		logged ': output: [0-9]+ bytes of output were not logged'
		answers
		refute kill -0 "$held"
	done
}

@test "log: a killed relay or logger ends neither the container nor the supervisor" {
	for which in logger relay; do
		make_bundle "${RUNTIMES%% *}"
		settings '{"output": "log"}'
		blocked_hook 'trap "" PIPE; echo more; echo more >&2; exit 6'
		launch
		wait_for_log ': output: stdout: begun'
		if [ "$which" = logger ]; then
			kill -KILL "$(logger)"
		else
			kill -KILL "$(helpers | grep -vx "$(logger)")"
		fi
		open_gate
		hook_ended 6
		answers
	done
}

@test "log: a FIFO that nobody empties takes what fits, and the hook goes on" {
	make_bundle "${RUNTIMES%% *}"
	settings '{"output": "log"}'
	mkfifo "$B/fifo"
	exec 7<>"$B/fifo" # a reader that never reads
	register "$ODH" --log "$B/fifo"
	hook 'yes | head -c 3000000; touch /tmp/done'
	launch
	wait_until [ -e "$ROOTFS/tmp/done" ]
	wait_until none_of_ours
	answers
	exec 7<&-
}

@test "log: --log-level warning keeps the output out" {
	make_bundle "${RUNTIMES%% *}"
	settings '{"output": "log"}'
	register "$ODH" --log-level warning
	hook 'echo quiet; exit 7'
	launch
	hook_ended 7
	equal "$(count_log ': output: ')" 0 "lines of output"
}

@test "none: no line, neither of the output nor about it" {
	make_bundle "${RUNTIMES%% *}"
	settings '{"output": "none"}'
	hook 'yes | head -c 3000000; echo nobody reads this >&2; exit 8'
	launch
	hook_ended 8
	equal "$(count_log 'output|nobody')" 0 "lines about output"
	answers
	container_untouched
}

@test "log: the hook's descriptors are three pipes, and the application's output is not among them" {
	make_bundle "${RUNTIMES%% *}"
	settings '{"output": "log", "shell": ["/probe", "hook"]}'
	hook 'a word'
	launch
	hook_ended
	equal "$(logged_output | grep -c '^hook fd ')" 3 "open descriptors"
	equal "$(logged_output | grep -c '^hook fd .* fifo$')" 3 "pipes"
}

# --- for the application's author, who sees only the container's output ---

# TEXT [COUNT]: a whole line of ours is in the file of the application's stderr, once.
author_reads() {
	wait_until grep -Fqa -- "oci-deploy-hook: $1" "${AUTHOR:-$ERR}"
	wait_until none_of_ours
	equal "$(tr -d '\r' <"${AUTHOR:-$ERR}" | grep -Fxca -- "oci-deploy-hook: $1")" 1 "lines for the author: $1"
}

not_run="CC_RUN_SUCCEEDED_HOOK: the hook was not run"
refused="CC_PRE_RUN_HOOK is refused for Docker applications: do it in the entrypoint"

@test "the author reads: refused, failed, killed, timed out, not executable" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		OUTPUT='pipes'
		edit '.process.user = {uid: 1000, gid: 1001}'
		set_env CC_PRE_RUN_HOOK=hunter2
		hook 'exit 3'
		launch
		author_reads "$refused"
		author_reads 'CC_RUN_SUCCEEDED_HOOK: exit status 3'
		make_bundle "$runtime"
		settings '{"timeout": 1}'
		hook 'sleep 1000; true'
		launch
		author_reads "CC_RUN_SUCCEEDED_HOOK: killed after 1 s (the setting 'timeout')"
		make_bundle "$runtime"
		hook 'kill -KILL $$'
		launch
		author_reads 'CC_RUN_SUCCEEDED_HOOK: killed by signal 9'
		make_bundle "$runtime"
		rm "$ROOTFS/bin/sh"
		hook true
		launch
		wait_until grep -q '^oci-deploy-hook: CC_RUN_SUCCEEDED_HOOK: exit status 127: .*/bin/sh' "$ERR"
	done
}

@test "the author reads it on a terminal, and a succeeding hook says nothing" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		set_env CC_PRE_RUN_HOOK=true
		edit '.process.user = {uid: 1000, gid: 1001}'
		hook 'exit 3'
		on_a_terminal
		AUTHOR=$OUT author_reads "$refused"
		AUTHOR=$OUT author_reads 'CC_RUN_SUCCEEDED_HOOK: exit status 3'
		make_bundle "$runtime"
		hook true
		launch
		hook_ended
		equal "$(cat "$ERR")" "" "stderr"
	done
}

@test "the author reads why the hook was not run, though it failed before there was one" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		echo '{"defaultAction": "SCMP_ACT_MAYBE"}' >"$B/profile.json"
		settings "{\"seccomp\": \"$B/profile.json\"}"
		set_env CC_PRE_RUN_HOOK=true
		hook 'touch /tmp/ran'
		launch
		wait_until grep -q "^oci-deploy-hook: $not_run: .*profile.json.*SCMP_ACT_MAYBE" "$ERR"
		author_reads "$refused"
		equal "$(grep -c '^oci-deploy-hook: ' "$ERR")" 2 "lines for the author"
		equal "$(count_log ": error: $ID: error: no hook is run: .*profile.json")" 1
		equal "$(count_log ': (waiting|started|ended): ')" 0 "events of a hook"
		wait_for_log ': ready: ' # the run is decided all the same
		[ ! -e "$ROOTFS/tmp/ran" ]
		answers
		delete
		nothing_left
	done
}

@test "the author reads that the operator's settings are wrong, but not in what" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		settings '{"seecomp": "/secret/place"}'
		hook 'touch /tmp/ran'
		launch
		author_reads "$not_run: the operator's settings have an error"
		equal "$(wc -l <"$ERR")" 1 "lines on stderr"
		logged "settings.json: seecomp: unknown key, did you mean 'seccomp'"
		[ ! -e "$ROOTFS/tmp/ran" ]
	done
}

@test "the author reads that the start could not be claimed; two calls at once are no such case" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		touch "$RECORDS" # no directory
		hook 'touch /tmp/ran'
		launch
		wait_until grep -q "^oci-deploy-hook: $not_run: .*$RECORDS" "$ERR"
		wait_until none_of_ours
		[ ! -e "$ROOTFS/tmp/ran" ]
		make_bundle "$runtime"
		edit '.hooks.poststart += .hooks.poststart'
		hook 'exit 3'
		launch
		author_reads 'CC_RUN_SUCCEEDED_HOOK: exit status 3'
		equal "$(wc -l <"$ERR")" 1 "lines on stderr"
	done
}

@test "the author reads nothing in the modes log and none, whatever fails" {
	for mode in log none; do
		make_bundle "${RUNTIMES%% *}"
		echo '{}' >"$B/profile.json"
		settings "{\"output\": \"$mode\", \"seccomp\": \"$B/profile.json\"}"
		set_env CC_PRE_RUN_HOOK=true
		hook true
		launch
		wait_for_log ": error: $ID: error: no hook is run"
		wait_until none_of_ours
		answers
		container_untouched
	done
}

@test "what the author reads is escaped" {
	make_bundle "${RUNTIMES%% *}"
	settings '{"seccomp": "/no/\u001b[31m\nsuch"}'
	hook true
	launch
	author_reads "$not_run: open '/no/\\x1b[31m\\x0asuch': No such file or directory"
}

@test "a full pipe: the line waits for its reader, and nobody for the line" {
	make_bundle "${RUNTIMES%% *}"
	OUTPUT='pipes'
	blocked_hook 'head -c 65536 /dev/zero >&2; exit 3'
	launch
	wait_until begun
	kill -STOP "$READER"
	wait_until is_stopped "$READER"
	open_gate
	wait_for_log ': ended: exit status 3'
	answers
	kill -CONT "$READER"
	author_ends() { tr '\0' '\n' <"$ERR" | grep -qx 'oci-deploy-hook: CC_RUN_SUCCEEDED_HOOK: exit status 3'; }
	wait_until author_ends
	wait_until none_of_ours
}

@test "a full pipe that nobody ever reads, and an end meanwhile: nothing is left" {
	make_bundle "${RUNTIMES%% *}"
	OUTPUT='pipes'
	blocked_hook 'head -c 65536 /dev/zero >&2; exit 3'
	launch
	wait_until begun
	kill -STOP "$READER"
	wait_until is_stopped "$READER"
	open_gate
	wait_for_log ': ended: exit status 3'
	answers
	delete
	nothing_left
}

# --- in the record ---

@test "log: the last 4 KiB are in the record; in the other modes nothing is" {
	local output
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		settings '{"output": "log"}'
		hook 'head -c 100000 /dev/zero | tr "\0" x; printf "\033[31mred\n\377last\n"; exit 3'
		launch
		hook_ended 3
		output=$(jq -r .output "$RECORDS"/*.json)
		[ "${#output}" -ge 3500 ] && [ "${#output}" -le 4200 ] || fail "${#output} letters are kept"
		[[ $output = xxx*red*last* ]]
		equal "$(tr -d '\n -~\200-\377' <"$(echo "$RECORDS"/*.json)" | wc -c)" 0 "control characters in the file"
	done
	for mode in container none; do
		make_bundle "${RUNTIMES%% *}"
		settings "{\"output\": \"$mode\"}"
		hook 'echo said; exit 3'
		launch
		hook_ended 3
		equal "$(jq '.output // ""' "$RECORDS"/*.json)" '""' "output in the record, mode $mode"
	done
}

@test "the record tells why a hook was not run, also where it failed before there was one" {
	make_bundle "${RUNTIMES%% *}"
	settings '{"seccomp": "/no/such"}'
	hook true
	launch
	author_reads "$not_run: open '/no/such': No such file or directory"
	equal "$(jq -r '.run + " " + .hook' "$RECORDS"/*.json)" "succeeded failed"
	[[ $(jq -r .reason "$RECORDS"/*.json) = *"/no/such"* ]]
}
