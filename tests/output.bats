#!/usr/bin/env bats
# Where a hook's output goes: the output modes, their bounds, and a log that does not take it.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load helper

# LINE [STREAM]: it is in the log, with the container's id, as a whole line.
output_logged() {
	grep -Fqxa -- "$(printf 'oci-deploy-hook: info: %s: output: %s: %s' "$ID" "${2:-stdout}" "$1")" \
		<(cut -d ' ' -f 2- "$LOG") || fail "the log should have the ${2:-stdout} line: $1"
}

# The causes of all output events, without the stream's name.
logged_output() {
	sed -n "s/.*: info: $ID: output: std[a-z]*: //p" "$LOG"
}

ended() {
	wait_for_log ": $ID: ended: exit status ${1:-0}"
	wait_until none_of_ours
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
		ended 3
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

@test "log: its order, from two streams and many lines" {
	make_bundle "${RUNTIMES%% *}"
	settings '{"output": "log"}'
	hook 'for i in $(seq 150); do echo $i; done'
	launch
	ended
	equal "$(logged_output)" "$(seq 150)"
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
	ended
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
		ended 4
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

logger_stopped() {
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
	ended
}

@test "log: a log that hangs does not hold the hook, nor the container" {
	local stopped
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		settings '{"output": "log"}'
		blocked_hook 'yes | head -c 3000000; exit 5'
		launch
		wait_for_log ': output: stdout: begun'
		stopped=$(logger)
		kill -STOP "$stopped"
		wait_until logger_stopped "$stopped"
		open_gate
		ended 5
		logged ': output: [0-9]+ bytes of output were not logged'
		answers
		refute kill -0 "$stopped"
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
		ended 6
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
	ended 7
	equal "$(count_log ': output: ')" 0 "lines of output"
}

@test "none: no line, neither of the output nor about it" {
	make_bundle "${RUNTIMES%% *}"
	settings '{"output": "none"}'
	hook 'yes | head -c 3000000; echo nobody reads this >&2; exit 8'
	launch
	ended 8
	equal "$(count_log 'output|nobody')" 0 "lines about output"
	answers
	container_untouched
}

@test "log: the hook's descriptors are three pipes, and the application's output is not among them" {
	make_bundle "${RUNTIMES%% *}"
	settings '{"output": "log", "shell": ["/probe", "hook"]}'
	hook 'a word'
	launch
	ended
	equal "$(logged_output | grep -c '^hook fd ')" 3 "open descriptors"
	equal "$(logged_output | grep -c '^hook fd .* fifo$')" 3 "pipes"
}
