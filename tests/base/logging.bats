#!/usr/bin/env bats
# The log: what a syslogd and a systemd-journald of our own really receive, files and daemons that do
# not take it, and what must not be in it.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

MARKER=hunter2-not-in-any-log

# CMD...: start it in a mount namespace with a /dev and a /run of its own.  Everything that CALLER is
# put before looks at these.
in_private_host() {
	[ -d "$BATS_TEST_TMPDIR/host" ] || mkdir "$BATS_TEST_TMPDIR/host"
	unshare -m --propagation private sh -c '
		mount -t tmpfs -o mode=755 tmpfs "$0" && mkdir "$0/pts" "$0/shm" "$0/mqueue" &&
		for node in null zero full random urandom tty; do cp -a "/dev/$node" "$0/" || exit 1; done &&
		ln -s /proc/self/fd "$0/fd" && ln -s pts/ptmx "$0/ptmx" &&
		mount --rbind /dev/pts "$0/pts" && mount --move "$0" /dev &&
		mount -t tmpfs -o mode=755 tmpfs /run || exit 1
		if [ -d /var/log/journal ]; then mount -t tmpfs tmpfs /var/log/journal || exit 1; fi
		exec "$@"' "$BATS_TEST_TMPDIR/host" "$@" >"$BATS_TEST_TMPDIR/daemon.out" 2>&1 3>&- </dev/null &
	DAEMON=$!
	echo "$DAEMON" >>"$BATS_TEST_TMPDIR/pids"
	HOST=/proc/$DAEMON/root
	on_private_host
}

# The runtime, and so our program, from now on.
on_private_host() {
	CALLER=(nsenter "--mount=/proc/$DAEMON/ns/mnt")
}

with_syslogd() {
	SYSLOG=$BATS_TEST_TMPDIR/syslog
	in_private_host busybox syslogd -n -O "$SYSLOG"
	wait_until [ -S "$HOST/dev/log" ]
}

# Audit=: it neither turns the kernel's audit on nor off.
with_journald() {
	[ -x /lib/systemd/systemd-journald ] || skip_or_fail "systemd-journald is not installed"
	in_private_host sh -c 'mkdir -p /run/systemd/journald.conf.d /run/log &&
		printf "[Journal]\nAudit=\nReadKMsg=no\nStorage=volatile\nForwardToSyslog=no\nForwardToWall=no\n" \
			>/run/systemd/journald.conf.d/test.conf && exec /lib/systemd/systemd-journald'
	wait_until [ -S "$HOST/run/systemd/journal/socket" ]
}

# MATCH...: the entries, a JSON object each.
journal() {
	"${CALLER[@]}" journalctl -q -D /run/log/journal -o json SYSLOG_IDENTIFIER=oci-deploy-hook "$@"
}

# FILTER [JQ-OPTION]...: some entry is so.
in_journal() {
	journal | jq -es "${@:2}" "any(.[]; $1)" >/dev/null
}

received() {
	grep -Eqs -- "$1" "$SYSLOG"
}

@test "syslog: each event at its level, with the container's id, and the hook's output" {
	for runtime in $RUNTIMES; do
		with_syslogd
		make_bundle "$runtime"
		on_private_host
		settings '{"output": "log"}'
		set_env CC_PRE_RUN_HOOK=true
		hook 'echo said; exit 3'
		launch
		hook_ended 3
		for line in "warn .*: warning: $ID: refused: CC_PRE_RUN_HOOK: do it in the entrypoint" \
			"info .*: info: $ID: waiting: " "info .*: info: $ID: ready: " \
			"info .*: info: $ID: started: hook pid [0-9]+" "info .*: info: $ID: output: stdout: said" \
			"warn .*: warning: $ID: ended: exit status 3"; do
			wait_until received " daemon\\.${line/ / oci-deploy-hook\\[[0-9]+\\]}" ||
				fail "$line" "$(cat "$SYSLOG")"
		done
		equal "$(grep -c " oci-deploy-hook.*: $ID: " "$SYSLOG")" "$(wc -l <"$LOG")" "lines"
	done
}

@test "journal: each line has the container's id in fields of its own, its level and event" {
	for runtime in $RUNTIMES; do
		with_journald
		make_bundle "$runtime"
		on_private_host
		settings '{"output": "log"}'
		set_env CC_PRE_RUN_HOOK=true
		hook 'printf "a\033b\nsecond\n"; exit 3'
		launch
		hook_ended 3
		wait_until in_journal '.OCI_DEPLOY_HOOK_EVENT == "ended"'
		for event in "4 refused: CC_PRE_RUN_HOOK: do it in the entrypoint" \
			"6 waiting: for the application to start" "6 ready: the application has started" \
			'6 output: stdout: a\x1bb' '6 output: stdout: second' "4 ended: exit status 3"; do
			wait_until in_journal '.CONTAINER_ID_FULL == $id and .CONTAINER_ID == $id[:12] and
				.PRIORITY == $event[:1] and .SYSLOG_FACILITY == "3" and
				(.MESSAGE | endswith(": " + $id + ": " + $event[2:])) and
				.OCI_DEPLOY_HOOK_EVENT == ($event[2:] | split(":")[0])' \
				--arg id "$ID" --arg event "$event" || fail "$event" "$(journal)"
		done
		equal "$(journal CONTAINER_ID_FULL="$ID" | wc -l)" "$(wc -l <"$LOG")" "entries"
	done
}

@test "journal: ids of any bytes and length are one field, and add none" {
	local id
	with_journald
	make_bundle "${RUNTIMES%% *}"
	on_private_host
	hook true
	state_of 1 '.id = "evil\nPRIORITY=0\nMESSAGE=forged\u001b[31m"' | poststart
	state_of 1 '.id = "x" * 1024' | poststart
	wait_until in_journal '.CONTAINER_ID_FULL == "x" * 1024'
	in_journal '(.CONTAINER_ID_FULL | if type == "array" then implode else . end)
		== "evil\nPRIORITY=0\nMESSAGE=forged\u001b[31m"' || fail "$(journal)"
	refute in_journal '.MESSAGE == "forged" or .PRIORITY == "0"'
	equal "$(journal | wc -l)" 2 "entries"
	equal "$(wc -l <"$LOG")" 2 "lines of the file"
}

@test "a daemon that is restarted while an application waits gets what follows" {
	local old
	with_syslogd
	make_bundle "${RUNTIMES%% *}"
	on_private_host
	blocked_hook 'exit 3'
	launch
	wait_until begun
	wait_until received ": started: "
	# The namespace outlives the daemon that was its first process: the supervisor is in it too.
	"${CALLER[@]}" sleep 1000 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/pids"
	wait_until [ "/proc/$!/ns/mnt" -ef "/proc/$DAEMON/ns/mnt" ]
	CALLER=(nsenter "--mount=/proc/$!/ns/mnt")
	kill -KILL "$DAEMON"
	wait_until refute kill -0 "$DAEMON"
	rm "$SYSLOG"
	"${CALLER[@]}" busybox syslogd -n -O "$SYSLOG" 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/pids"
	wait_until received 'syslogd started'
	open_gate
	hook_ended 3
	wait_until received ": ended: exit status 3"
}

# A whole start with a failing hook, which the file and the author are told of.
start_and_end() {
	set_env CC_PRE_RUN_HOOK=true
	hook 'echo on stdout; exit 3'
	launch
	hook_ended 3
	logged ': refused: '
	wait_until grep -q 'CC_RUN_SUCCEEDED_HOOK: exit status 3' "$ERR"
	answers
	delete
	nothing_left
}

@test "nothing waits for a /dev/log that is full" {
	build_actor deaf "$BATS_TEST_TMPDIR/deaf"
	for runtime in $RUNTIMES; do
		in_private_host "$BATS_TEST_TMPDIR/deaf" /dev/log
		wait_until grep -q '^full after [1-9]' "$BATS_TEST_TMPDIR/daemon.out"
		make_bundle "$runtime"
		on_private_host
		start_and_end
		make_bundle "$runtime"
		on_private_host
		settings '{"output": "log"}'
		hook 'for i in $(seq 100); do echo $i; done; exit 4'
		launch
		hook_ended 4
		equal "$(count_log ': output: stdout: ')" 100 "lines of the hook in the file"
		answers
	done
}

@test "nothing waits for a journal that is full" {
	build_actor deaf "$BATS_TEST_TMPDIR/deaf"
	in_private_host sh -c 'mkdir -p /run/systemd/journal && exec "$@"' sh \
		"$BATS_TEST_TMPDIR/deaf" /run/systemd/journal/socket
	wait_until grep -q '^full after [1-9]' "$BATS_TEST_TMPDIR/daemon.out"
	make_bundle "${RUNTIMES%% *}"
	on_private_host
	start_and_end
}

@test "nothing waits for a /dev/log that is gone, or has no listener" {
	for runtime in $RUNTIMES; do
		in_private_host sleep 1000
		wait_until [ -e "$HOST/dev/full" ]
		refute [ -e "$HOST/dev/log" ]
		make_bundle "$runtime"
		on_private_host
		start_and_end
		"${CALLER[@]}" busybox syslogd -n -O /dev/null 3>&- &
		echo $! >>"$BATS_TEST_TMPDIR/pids"
		wait_until [ -S "$HOST/dev/log" ]
		kill -KILL $! # it leaves its socket
		wait_until refute kill -0 $!
		make_bundle "$runtime"
		on_private_host
		start_and_end
	done
}

# The log's file is of no use: the author is told all the same, and syslog of the file, if at all.
start_without_file() {
	set_env CC_PRE_RUN_HOOK=true
	hook 'exit 3'
	launch
	wait_until grep -q 'CC_RUN_SUCCEEDED_HOOK: exit status 3' "$ERR"
	grep -q 'CC_PRE_RUN_HOOK is refused' "$ERR"
	wait_until none_of_ours
	answers
	delete
	nothing_left
}

@test "--log: a directory, a FIFO without reader: the start goes on, syslog is told" {
	with_syslogd
	for runtime in $RUNTIMES; do
		for CASE in directory fifo; do
			make_bundle "$runtime"
			on_private_host
			LOG=$B/$CASE
			if [ "$CASE" = fifo ]; then mkfifo "$LOG"; else mkdir "$LOG"; fi
			register "$ODH"
			start_without_file
			wait_until received "open the log '$LOG': (Is a directory|No such device or address)"
			wait_until received ": $ID: ended: exit status 3"
		done
	done
}

@test "--log: a full disk" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		in_private_host sh -c 'mkdir -p /run/small && mount -t tmpfs -o size=64k tmpfs /run/small &&
			touch /run/small/log && ! cat /dev/zero >/run/small/rest 2>/dev/null && exec sleep 1000'
		wait_until [ -s "$HOST/run/small/rest" ]
		wait_until grep -qx sleep "/proc/$DAEMON/comm"
		on_private_host
		LOG=/run/small/log
		register "$ODH"
		start_without_file
		equal "$(wc -c <"$HOST/run/small/log")" 0 "bytes written"
		make_bundle "$runtime"
		LOG=/dev/full
		CALLER=()
		register "$ODH"
		start_without_file
	done
}

@test "--log: the reader of a FIFO goes away while the hook runs" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		LOG=$B/fifo
		mkfifo "$LOG"
		timeout "$DEADLINE" cat "$LOG" >"$B/read" 3>&- &
		echo $! >>"$BATS_TEST_TMPDIR/pids"
		register "$ODH"
		blocked_hook 'exit 3'
		launch
		wait_until grep -q ': started: ' "$B/read"
		kill -KILL "$(pgrep -P $!)"
		open_gate
		wait_until grep -q 'CC_RUN_SUCCEEDED_HOOK: exit status 3' "$ERR"
		wait_until none_of_ours
		answers
		delete
		nothing_left
	done
}

@test "JSON: every line is an object of time, level, msg, id and event" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		register "$ODH" --log-format json
		set_env CC_PRE_RUN_HOOK=true
		hook 'exit 3'
		launch
		wait_for_log '"msg":"exit status 3"'
		wait_until none_of_ours
		jq -es --arg id "$ID" 'length >= 4 and all(.[]; (keys_unsorted == ["time", "level", "msg", "id", "event"])
			and .id == $id and (.level | IN("error", "warning", "info"))
			and (.time | test("^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9][.][0-9]{3}Z$")))
			and (map(.event) | . - ["refused", "waiting", "ready", "started", "ended"] == [])' "$LOG" >/dev/null ||
			fail "$(cat "$LOG")"
		# the clock's, not another one
		[ "$(date -d "$(jq -r .time "$LOG" | head -n 1)" +%s)" -ge "$(stat -c %Y "$B/rootfs/app-in")" ]
	done
}

@test "no line has a value of the environment, whatever fails" {
	with_syslogd
	for CASE in succeeds fails bad-profile bad-settings bad-claim no-shell timeout; do
		make_bundle "${RUNTIMES%% *}"
		on_private_host
		set_env "SECRET=$MARKER" "CC_PRE_RUN_HOOK=$MARKER" "CC_RUN_FAILED_HOOK=$MARKER" "HOME=/$MARKER"
		hook ": $MARKER"
		case $CASE in
		fails) hook "exit 3 # $MARKER" ;;
		bad-profile) settings '{"seccomp": "/no/such"}' ;;
		bad-settings) settings '{"timeout": "5m"}' ;;
		bad-claim) touch "$RECORDS" ;;
		no-shell) rm "$ROOTFS/bin/sh" ;;
		timeout)
			settings '{"timeout": 1}'
			hook "sleep 1000; : $MARKER"
			;;
		esac
		register "$ODH" --log-level debug
		"$ODH" "${SETTINGS[@]}" check --bundle "$B" >"$B/check.out" 2>&1 || true
		launch
		wait_until grep -Eq ': (ended|timed-out|error): ' "$LOG"
		wait_until none_of_ours
		delete
		refute grep -rq "$MARKER" "$LOG" "$ERR" "$OUT" "$B/check.out" "$SYSLOG" "$B/start.out"
	done
	received "$ID" # the marker was looked for where lines are
}

@test "the events in the source are those of the man page" {
	local documented used
	documented=$(sed -n '/^\.Sh LOG/,/^\.Sh /s/^\.It //p' "$REPO/man/oci-deploy-hook.8" | sort -u)
	used=$(find "$REPO/shim" -name '*.c' -exec cat {} + | tr -d '\n' |
		grep -Eo '(log_event|log_bytes)\([^;]*|\.level = LOG_LEVEL_[A-Z]*,[[:space:]]*\.event = "[a-z-]*"' |
		grep -Eo 'LOG_LEVEL_[A-Z]*,[^"]*"[a-z-]*"' | sed 's/.*"\(.*\)"/\1/' | grep -vx -- - | sort -u)
	equal "$used" "$documented" "events"
}
