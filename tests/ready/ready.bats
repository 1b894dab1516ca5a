#!/usr/bin/env bats
# When a run has succeeded: ports and health checks, asked of real servers.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

# RUNTIME [COMMAND]...: a bundle whose application is tests/actors/server.c, obeying the commands.
server_bundle() {
	make_bundle "$1"
	app /server "${@:2}"
	hook 'echo "the hook ran"'
	SECONDS_TO_WAIT=600
}

# NAME=VALUE...: what the container's environment asks for.
ask_for() {
	set_env "$@"
	settings "{\"readyTimeout\": $SECONDS_TO_WAIT}"
}

said() {
	grep -Eqs -- "$1" "$OUT"
}

hook_ran() {
	said '^the hook ran$'
}

# PATTERN: the run has succeeded with that reason, and the hook ran; one decision, one run.
succeeds() {
	wait_for_log ": info: $ID: ready: $1"
	wait_for_log ': ended: exit status 0'
	wait_until none_of_ours
	hook_ran
	equal "$(count_log ': (ready|not-started): ')" 1 "decisions"
	equal "$(grep -c 'the hook ran' "$OUT")" 1 "runs"
	recorded '.run == "succeeded" and .hook == "succeeded" and .ms.exec <= .ms.ready and .ms.ready <= .ms.spawned'
}

# FILTER: so it stands in the record.
recorded() {
	"${AS[@]}" "$ODH" --root "$RECORDS" status --json "$ID" >"$B/recorded"
	jq -e "$1" "$B/recorded" >/dev/null || fail "not so: $1" "$(cat "$B/recorded")"
}

# PATTERN: the run has failed with that reason, the hook has not run, the author was told, the
# application lives.
fails() {
	wait_for_log ": warning: $ID: not-started: the run has failed: $1"
	wait_until none_of_ours
	refute hook_ran
	equal "$(count_log ': (ready|started|ended|not-started): ')" 1 "decisions, and runs"
	recorded '.run == "failed" and .hook == "none" and .ms.exec != null and .ms.ready == null and .reason != null'
	grep -Eqx "oci-deploy-hook: CC_RUN_SUCCEEDED_HOOK: not run: $1" "$ERR" ||
		fail "the author was not told:" "$(cat "$ERR")"
	answers
}

# PATTERN, with "after 1 s": start the bundle, whose server is not ready then.  Should the server not have
# come that far after a second, then it is started again and has more time.  REASON is what was told.
launch_in_vain() {
	local seconds
	for seconds in $TIMEOUTS; do
		REASON=${1/after 1 s/after $seconds s}
		settings "{\"readyTimeout\": $seconds}"
		launch
		wait_for_log ': not-started: '
		if logged ": warning: $ID: not-started: the run has failed: $REASON"; then
			break
		fi
		delete
		rm "$LOG"
	done
	logged ": warning: $ID: not-started: the run has failed: $REASON"
}

# --- what is waited for ---

@test "nothing asked for: the start of the program is enough" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime"
		launch
		succeeds 'the application has started$'
		refute logged 'waiting: for port'
	done
}

@test "an empty value asks for nothing" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime"
		ask_for CC_DOCKER_EXPOSED_HTTP_PORT= CC_HEALTH_CHECK_PATH= CC_HEALTH_CHECK_PATH_3=
		launch
		succeeds 'the application has started$'
	done
}

@test "a port: the hook waits for a server that listens late" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime"
		ask_for CC_DOCKER_EXPOSED_HTTP_PORT=3000
		launch
		wait_for_log ": info: $ID: waiting: for port 3000 to listen, for at most 600 s\$"
		answers
		refute logged ': (ready|started|not-started): '
		tell 'listen 0.0.0.0 3000'
		succeeds 'port 3000 listens, [0-9]+ ms after the start$'
		refute said '^asked' # it was not connected to
		answers
	done
}

@test "a port: any address that a client could reach" {
	local case
	for runtime in $RUNTIMES; do
		for case in 'listen 0.0.0.0 8080' 'listen :: 8080' 'both 8080'; do
			CASE=$case
			server_bundle "$runtime" "$case"
			ask_for CC_DOCKER_EXPOSED_HTTP_PORT=8080
			launch
			succeeds 'port 8080 listens'
		done
	done
}

@test "a port on loopback only is none that a client could reach" {
	local address
	for runtime in $RUNTIMES; do
		for address in 127.0.0.1 127.1.2.3 ::1 ::ffff:127.0.0.1; do
			CASE=$address
			server_bundle "$runtime" "listen $address 8080"
			ask_for CC_DOCKER_EXPOSED_HTTP_PORT=8080
			launch_in_vain 'port 8080 listening on loopback only after 1 s'
			fails "$REASON"
		done
	done
}

@test "another port: the reason names those that listen" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime" 'listen 0.0.0.0 3000' 'listen :: 3000' 'listen 127.0.0.1 4000'
		ask_for CC_DOCKER_EXPOSED_HTTP_PORT=8080
		launch_in_vain 'port 8080 not listening after 1 s; listening: 3000, 4000|.*: 4000, 3000'
		fails "$REASON"
		server_bundle "$runtime"
		ask_for CC_DOCKER_EXPOSED_HTTP_PORT=8080
		launch_in_vain 'port 8080 not listening after 1 s; listening: none'
		fails "$REASON"
	done
}

@test "the setting port: 8080 where the environment names none; health checks are not asked" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime" 'answer 500'
		set_env CC_HEALTH_CHECK_PATH=/health
		settings '{"ready": "port"}'
		launch
		wait_for_log 'waiting: for port 8080 to listen, for at most 180 s$'
		tell 'listen 0.0.0.0 8080'
		succeeds 'port 8080 listens'
		refute said '^asked'
	done
}

@test "the setting exec: the environment asks in vain" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime"
		set_env CC_HEALTH_CHECK_PATH=/health CC_DOCKER_EXPOSED_HTTP_PORT=no-number
		settings '{"ready": "exec"}'
		launch
		succeeds 'the application has started$'
	done
}

# --- health checks ---

@test "a health check: 503 twice, then 200" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime" 'answer 503 503 200' 'listen 0.0.0.0 8080'
		ask_for CC_HEALTH_CHECK_PATH=/health
		launch
		wait_for_log 'waiting: for 1 health check to answer on port 8080, for at most 600 s$'
		succeeds '1 health check answered on port 8080, [0-9]+ ms after the start$'
		equal "$(grep -c '^asked' "$OUT")" 3 "requests"
		answers
	done
}

@test "every path is asked as it stands, on the port that the environment names" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime" 'answer 200 204 299 interim 200' 'listen :: 3000'
		ask_for CC_DOCKER_EXPOSED_HTTP_PORT=3000 CC_HEALTH_CHECK_PATH=/ \
			'CC_HEALTH_CHECK_PATH_0=/a?b=c&d=%20e%00' CC_HEALTH_CHECK_PATH_3='/~x/%2e%2E//;v=1' \
			CC_HEALTH_CHECK_PATH_5='/"<\>' CC_HEALTH_CHECK_PATH_6=/never
		launch
		succeeds '4 health checks answered on port 3000'
		equal "$(grep '^asked' "$OUT" | cut -d ' ' -f 3- | paste -sd' ')" \
			'/ localhost:3000 /a?b=c&d=%20e%00 localhost:3000 /~x/%2e%2E//;v=1 localhost:3000 /"<\> localhost:3000'
	done
}

@test "an answer that is none: each is told, and the hook does not run" {
	local case runtime=${RUNTIMES%% *}
	local -A reason=(
		[redirect]='answered 302' [404]='answered 404' [500]='answered 500' [300]='answered 300'
		[199]='answered with something else than HTTP/1' # 1xx is not the last word, but "ok" follows
		[099]='answered with something else than HTTP/1'
		[endless]='answered with too large a header' [drip]='has not answered'
		[garbage]='answered with something else than HTTP/1' [silent]='has not answered'
		[close]='was closed before a whole header')
	for case in "${!reason[@]}"; do
		CASE=$case
		server_bundle "$runtime" "answer $case" 'both 8080'
		ask_for CC_HEALTH_CHECK_PATH_1=/good CC_HEALTH_CHECK_PATH_2=/bad
		launch_in_vain "CC_HEALTH_CHECK_PATH_2 ${reason[$case]} on port 8080 after 1 s"
		fails "$REASON"
		delete
	done
}

@test "who asks is stopped, as a container could that sees the host's processes: another one asks" {
	server_bundle "${RUNTIMES%% *}" 'answer silent 200' 'listen 0.0.0.0 8080'
	ask_for CC_HEALTH_CHECK_PATH=/health
	launch
	wait_until said '^asked 1 '
	kill -STOP "$(pgrep -P "$(ours | paste -sd,)")"
	succeeds '1 health check answered'
	said '^asked 2 '
}

@test "a slow drip holds up one try only" {
	server_bundle "${RUNTIMES%% *}" 'answer drip 200' 'listen 0.0.0.0 8080'
	ask_for CC_HEALTH_CHECK_PATH=/health
	launch
	succeeds '1 health check answered on port 8080'
	equal "$(grep -c '^asked' "$OUT")" 2 "requests"
}

@test "a health check needs a port that a client could reach" {
	server_bundle "${RUNTIMES%% *}" 'listen 127.0.0.1 8080'
	ask_for CC_HEALTH_CHECK_PATH=/health
	launch_in_vain 'port 8080 listening on loopback only after 1 s'
	fails "$REASON"
	refute said '^asked'
}

@test "a value that cannot be used: the run has failed at once, and the value is not shown" {
	local case name value reason runtime=${RUNTIMES%% *}
	while IFS='|' read -r name value reason; do
		CASE="$name=$value"
		server_bundle "$runtime" 'both 8080'
		ask_for "$name=$(printf '%b' "$value")"
		launch
		fails "$name: $reason"
		refute logged secret
		refute grep -q secret "$ERR"
		delete
	done <<-'CASES'
		CC_HEALTH_CHECK_PATH|secret|expected a path that begins with '/'
		CC_HEALTH_CHECK_PATH_0|http://secret/|expected a path that begins with '/'
		CC_HEALTH_CHECK_PATH_1|/secret path|byte 8 is a space, which a path cannot hold: write %20
		CC_HEALTH_CHECK_PATH_2|/secret\r\nHost: x|byte 8 is a carriage return, .*: write %0D
		CC_HEALTH_CHECK_PATH_3|/secret\nx|byte 8 is a line feed, .*: write %0A
		CC_HEALTH_CHECK_PATH_4|/secret\033[m|byte 8 is a control character, .*: write %1B
		CC_HEALTH_CHECK_PATH_5|/secret\0303\0244|byte 8 is no ASCII, .*: write %C3
		CC_HEALTH_CHECK_PATH|/secret#x|byte 8 is '#', .*: write %23
		CC_DOCKER_EXPOSED_HTTP_PORT|0|expected a port number from 1 to 65535
		CC_DOCKER_EXPOSED_HTTP_PORT|65536|expected a port number from 1 to 65535
		CC_DOCKER_EXPOSED_HTTP_PORT|08080|expected a port number from 1 to 65535
		CC_DOCKER_EXPOSED_HTTP_PORT|80secret|expected a port number from 1 to 65535
		CC_DOCKER_EXPOSED_HTTP_PORT|-80|expected a port number from 1 to 65535
	CASES
}

# --- the end ---

@test "the application ends before it listens: no hook, and nothing is left" {
	local end
	for runtime in $RUNTIMES; do
		for end in crash 'quit 0'; do
			CASE=$end
			server_bundle "$runtime"
			ask_for CC_DOCKER_EXPOSED_HTTP_PORT=8080
			launch
			wait_for_log 'waiting: for port'
			wait_until said app-up
			tell "$end"
			wait_for_log ': not-started: the application ended first: port 8080 not listening$'
			refute hook_ran
			equal "$(count_log ': (ready|not-started): ')" 1 "decisions"
			delete
			nothing_left
		done
	done
}

@test "the application ends while it is asked: no hook, and nothing is left" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime" 'answer silent' 'both 8080'
		ask_for CC_HEALTH_CHECK_PATH=/health
		launch
		wait_until said '^asked 1 /health'
		tell crash
		wait_for_log ': not-started: the application ended first: CC_HEALTH_CHECK_PATH (has not answered|was closed before a whole header) on port 8080'
		refute hook_ran
		delete
		nothing_left
	done
}

@test "a container that is deleted while it is asked" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime" 'answer silent' 'both 8080'
		ask_for CC_HEALTH_CHECK_PATH=/health
		launch
		wait_until said '^asked 1 /health'
		delete
		nothing_left
		refute hook_ran
	done
}

@test "the application ends after it was ready: the hook has run, and ends with it" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime" 'listen 0.0.0.0 8080'
		ask_for CC_DOCKER_EXPOSED_HTTP_PORT=8080
		blocked_hook true
		launch
		wait_until begun
		tell crash
		wait_for_log ': ended: the application ended while the hook ran'
		equal "$(count_log ': (ready|not-started): ')" 1 "decisions"
		delete
		nothing_left
	done
}

@test "a supervisor that is told to end while it waits leaves the container alone" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime" 'answer silent' 'both 8080'
		ask_for CC_HEALTH_CHECK_PATH=/health
		launch
		wait_until said '^asked 1 /health'
		kill -TERM "$(supervisor)"
		wait_for_log ': abandoned: the supervisor was ended by signal 15'
		wait_until none_of_ours
		answers
	done
}

# Our process that is nobody's child among ours.
supervisor() {
	local pid
	for pid in $(ours); do
		if ! ours | grep -qx "$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status")"; then
			echo "$pid"
		fi
	done
}

@test "a supervisor that is killed while it waits: who asks dies with it, the container lives" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime" 'answer silent' 'both 8080'
		ask_for CC_HEALTH_CHECK_PATH=/health
		launch
		wait_until said '^asked 1 /health'
		kill -KILL "$(supervisor)"
		wait_until none_of_ours
		refute hook_ran
		answers
	done
}

@test "a supervisor that is stopped while it waits does not hold the container" {
	local pid
	for runtime in $RUNTIMES; do
		server_bundle "$runtime" 'answer silent' 'both 8080'
		ask_for CC_HEALTH_CHECK_PATH=/health
		launch
		wait_until said '^asked 1 /health'
		pid=$(supervisor)
		kill -STOP "$pid"
		delete
		status_is '' # it is gone
		kill -CONT "$pid"
		nothing_left
		refute hook_ran
	done
}

@test "CC_RUN_FAILED_HOOK alone: one decision, and it is refused either way" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		app /server
		SECONDS_TO_WAIT=1
		ask_for CC_RUN_FAILED_HOOK='echo never' CC_DOCKER_EXPOSED_HTTP_PORT=8080
		launch
		wait_for_log 'the run has failed: port 8080 not listening after 1 s; listening: none; CC_RUN_FAILED_HOOK is refused for Docker applications$'
		wait_until none_of_ours
		answers
		grep -q 'CC_RUN_FAILED_HOOK is refused for Docker applications: watch' "$ERR"
		refute grep -q 'not run' "$ERR"
		make_bundle "$runtime"
		app /server 'both 8080'
		ask_for CC_RUN_FAILED_HOOK='echo never' CC_DOCKER_EXPOSED_HTTP_PORT=8080
		launch
		wait_for_log ': ready: port 8080 listens'
		wait_until none_of_ours
		equal "$(count_log ': (ready|not-started|started): ')" 1 "decisions, and runs"
		refute said never
	done
}

@test "the verb run does not wait" {
	local status=0
	for runtime in $RUNTIMES; do
		server_bundle "$runtime"
		ask_for CC_DOCKER_EXPOSED_HTTP_PORT=8080
		launch
		wait_for_log 'waiting: for port'
		timeout -k 5 "$DEADLINE" "$ODH" --root "$B/run-records" "${SETTINGS[@]}" run --pid "$(cat "$B/pid")" \
			--bundle "$B" >"$B/stdout" 2>"$B/stderr" || status=$?
		equal "$status" 0
		equal "$(cat "$B/stdout")" 'the hook ran'
		refute logged ': (ready|not-started): '
	done
}

# --- whose port, in which namespace ---

# The container has the host's network, which is one where nobody else's ports are.
host_network() {
	private_network
	CALLER=("${NETWORK[@]}")
	edit '.linux.namespaces |= map(select(.type != "network"))'
}

# COMMAND...: a server on the host, which is no container's.
foreign_server() {
	mkfifo "$B/foreign-in"
	SERVER_IN=$B/foreign-in "${NETWORK[@]}" "$ROOTFS/server" "$@" >"$B/foreign" 2>&1 3>&- </dev/null &
	echo $! >>"$BATS_TEST_TMPDIR/pids"
	wait_until grep -q '^listening' "$B/foreign"
}

@test "in the host's network only the container's own sockets count, loopback too" {
	local port=3000
	for runtime in $RUNTIMES; do
		server_bundle "$runtime"
		host_network
		ask_for "CC_DOCKER_EXPOSED_HTTP_PORT=$port" CC_HEALTH_CHECK_PATH=/health
		foreign_server "listen ::1 $port"
		launch
		wait_until said '^app-up'
		tell "listen 127.0.0.1 $port"
		succeeds "1 health check answered on port $port"
		said '^asked 1 /health'
		refute grep -q '^asked' "$B/foreign"
		answers
	done
}

@test "in the host's network another's port is not the application's" {
	local port=3000
	for runtime in $RUNTIMES; do
		server_bundle "$runtime"
		host_network
		ask_for "CC_DOCKER_EXPOSED_HTTP_PORT=$port"
		foreign_server "both $port"
		launch_in_vain "port $port not listening: others listen on it here after 1 s; listening: none"
		fails "$REASON"
	done
}

@test "in the host's network and pid namespace a child of the application's counts" {
	local port=3000
	for runtime in $RUNTIMES; do
		server_bundle "$runtime"
		host_network
		edit '.linux.namespaces |= map(select(.type != "pid"))'
		app /bin/sh -c "/server 'listen 0.0.0.0 $port' & wait"
		ask_for "CC_DOCKER_EXPOSED_HTTP_PORT=$port"
		launch
		succeeds "port $port listens"
	done
}

@test "a user namespace: ports and health checks" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime" 'answer 503 200' 'listen :: 8080'
		in_user_namespace
		ask_for CC_HEALTH_CHECK_PATH=/health
		launch
		succeeds '1 health check answered'
	done
}

@test "a plain user's container: ports and health checks" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime" 'answer 503 200' 'listen 0.0.0.0 8080'
		of_plain_user cgroup
		ask_for CC_HEALTH_CHECK_PATH=/health
		hand_over
		launch
		succeeds '1 health check answered'
	done
}

# --- who asks ---

# The process that asks: a child of the supervisor's in the container's network namespace.
asking() {
	local pid
	for pid in $(ours); do
		if [ "$(readlink "/proc/$pid/ns/net")" = "$(readlink "/proc/$(cat "$B/pid")/ns/net")" ]; then
			echo "$pid"
		fi
	done
}

# What /proc tells of who asks, to $B/asking.*.  He lives for five seconds at most, so it is taken at once, of
# one who has lived until then.
take_who_asks() {
	ASKING=$(asking)
	[ "$(wc -w <<<"$ASKING")" = 1 ] || return 1
	cat "/proc/$ASKING/status" >"$B/asking.status" || return 1
	readlink "/proc/$ASKING/ns/"{mnt,pid,ipc,uts,user,cgroup} >"$B/asking.ns" || return 1
	readlink "/proc/$ASKING/fd/"* >"$B/asking.fds" || return 1
	pids_beside "$(cat "$B/pid")" >"$B/asking.beside"
	[ "$(asking)" = "$ASKING" ]
}

@test "who asks has no rights, and shares the network with the container and nothing else" {
	local key parent asked
	for runtime in $RUNTIMES; do
		server_bundle "$runtime" 'answer silent' 'both 8080'
		ask_for CC_HEALTH_CHECK_PATH=/health
		launch
		wait_until said '^asked 1 /health'
		wait_until take_who_asks
		for key in 'Uid:65534 65534 65534 65534' 'Gid:65534 65534 65534 65534' 'Groups:' \
			'NoNewPrivs:1' 'Seccomp:2' 'CapEff:0000000000000000' 'CapPrm:0000000000000000' \
			'CapInh:0000000000000000'; do
			equal "$(sed -n "s/^${key%%:*}:[[:space:]]*//p" "$B/asking.status" | tr '\t' ' ' |
				sed 's/ *$//')" "${key#*:}" "${key%%:*} of who asks"
		done
		parent=$(sed -n 's/^PPid:[[:space:]]*//p' "$B/asking.status")
		equal "$(cat "$B/asking.ns")" "$(readlink "/proc/$parent/ns/"{mnt,pid,ipc,uts,user,cgroup})" \
			"namespaces of who asks"
		equal "$(sed 's/:.*//' "$B/asking.fds" | sort | paste -sd' ')" \
			"/dev/null /dev/null /dev/null socket" "descriptors of who asks"
		equal "$(grep -cx "$ASKING" "$B/asking.beside" || true)" 0 "seen by the container"
		asked=$(grep -c '^asked' "$OUT")
		kill -KILL "$ASKING" || true # is asked again by another one
		wait_until said "^asked $((asked + 1)) /health"
		delete
		nothing_left
	done
}

# --- real servers ---

@test "busybox httpd" {
	for runtime in $RUNTIMES; do
		server_bundle "$runtime"
		app /bin/busybox httpd -f -p 8080 -h /data
		echo fine >"$ROOTFS/data/health.txt"
		ask_for CC_HEALTH_CHECK_PATH=/health.txt
		launch
		succeeds '1 health check answered'
		server_bundle "$runtime"
		app /bin/busybox httpd -f -p 8080 -h /data
		ask_for CC_HEALTH_CHECK_PATH=/health.txt
		launch_in_vain 'CC_HEALTH_CHECK_PATH answered 404 on port 8080 after 1 s'
	done
}

@test "a Node.js server" {
	local directory
	command -v node >/dev/null || skip_or_fail "there is no node"
	for runtime in $RUNTIMES; do
		server_bundle "$runtime"
		for directory in /usr /lib /lib64; do
			[ -e "$directory" ] || continue
			mkdir -p "$ROOTFS$directory"
			edit '.mounts += [{destination: $d, type: "bind", source: ($d + "/."),
				options: ["rbind", "ro"]}]' --arg d "$directory"
		done
		app "$(command -v node)" -e 'let n = 0; require("http").createServer((request, response) => {
			console.log("asked", ++n, request.url, request.headers.connection);
			response.writeHead(n < 3 ? 503 : 200); response.end("x".repeat(1e5)); }).listen(3000)'
		ask_for CC_HEALTH_CHECK_PATH='/?ready=1' CC_DOCKER_EXPOSED_HTTP_PORT=3000
		launch
		succeeds '1 health check answered on port 3000'
		equal "$(grep '^asked' "$OUT" | paste -sd,)" \
			'asked 1 /?ready=1 close,asked 2 /?ready=1 close,asked 3 /?ready=1 close'
	done
}
