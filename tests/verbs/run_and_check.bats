#!/usr/bin/env bats
# The verbs for people: run and check, their exit statuses and what they print; wrong usage.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper
load ../lib/records

# STATUS LINE [OPTION]...: a hook of the living container, by run.
run_exits() {
	edit '.process.env |= map(select(startswith("CC_") | not))'
	hook "$2"
	exits "$1" --root "$RECORDS" "${@:3}" run --pid "$(cat "$B/pid")" --bundle "$B"
}

printed() {
	equal "$(cat "$B/stdout")" "$1" stdout
}

silent() {
	equal "$(cat "$B/stderr")" "" stderr
}

# --- run ---

@test "run: the hook's output on our own, its status is ours" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		launch
		run_exits 0 'echo to-stdout; echo to-stderr >&2'
		printed to-stdout
		equal "$(cat "$B/stderr")" to-stderr
		run_exits 7 'echo before; exit 7'
		printed before
		run_exits 255 'exit 255'
		run_exits 0 'cat; echo "end of stdin"'
		printed 'end of stdin'
		equal "$(cat "$OUT")" app-up "the container's own output"
		equal "$(cat "$ERR")" "" "the container's own stderr"
		answers
	done
}

@test "run: all of a flood arrives, also where nobody reads for a while" {
	make_bundle "${RUNTIMES%% *}"
	launch
	hook 'head -c 3000000 /dev/zero; echo; echo the end'
	mkfifo "$B/pipe"
	timeout "$DEADLINE" sh -c 'exec <"$1"; read -r word <"$2"; exec cat >"$3"' sh "$B/pipe" "$ROOTFS/gate" \
		"$B/flood" 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/pids"
	# Our stdout may have been made non-blocking by whoever had it before.
	timeout "$DEADLINE" sh -c '"$1" nonblock; shift; exec "$@"' sh "$TOOLS/bundle/rootfs/probe" \
		"$ODH" --root "$RECORDS" run --pid "$(cat "$B/pid")" --bundle "$B" >"$B/pipe" </dev/null 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/pids"
	wait_until eval '[ "$(pids_beside "$(cat "$B/pid")" | wc -l)" -ge 2 ]'
	open_gate
	wait $!
	wait_until eval '[ "$(wc -c <"$B/flood")" = 3000009 ]'
	equal "$(tail -n 1 "$B/flood")" 'the end'
}

@test "run: 128 and the signal that killed the hook" {
	make_bundle "${RUNTIMES%% *}"
	launch
	run_exits 137 'kill -KILL $$'
	complained 'signal 9'
	run_exits 143 'kill -TERM $$'
	run_exits 139 'kill -SEGV $$'
}

@test "run: 124 at the timeout, and nobody is left in the container" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		settings '{"timeout": 1}'
		launch
		run_exits 124 'sleep 1000 & sleep 1000; true' --config "$B/settings.json"
		complained 'timeout'
		wait_until eval '[ "$(pids_beside "$(cat "$B/pid")")" = "$(cat "$B/pid")" ]'
	done
}

@test "run: 126 not executable, 127 not found, by the shell and of the shell" {
	make_bundle "${RUNTIMES%% *}"
	touch "$ROOTFS/data/plain"
	launch
	run_exits 126 '/data/plain'
	run_exits 127 '/no/such/command'
	settings '{"shell": ["/data/plain", "-c"]}'
	run_exits 126 'true' --config "$B/settings.json"
	complained '/data/plain'
	settings '{"shell": ["/no/such/shell", "-c"]}'
	run_exits 127 'true' --config "$B/settings.json"
	complained 'tools'
	rm "$ROOTFS/bin/sh"
	run_exits 127 'true'
	complained '/bin/sh.*tools'
}

@test "run: 125 where there is nothing to run, or no application to run it in" {
	make_bundle "${RUNTIMES%% *}"
	launch
	exits 125 --root "$RECORDS" run --pid "$(cat "$B/pid")" --bundle "$B"
	complained 'CC_RUN_SUCCEEDED_HOOK'
	hook 'touch /data/work/ran'
	exits 125 --root "$RECORDS" run --pid 1 --bundle "$B"
	complained 'pid 1'
	exits 125 --root "$RECORDS" run --pid 4194304 --bundle "$B"
	complained 'ended|No such process'
	exits 125 --root "$RECORDS" run --pid "$$" --bundle "$B"
	exits 125 --root "$RECORDS" run --pid "$(cat "$B/pid")" --bundle "$B/no/such"
	complained 'no/such'
	exits 125 --root "$RECORDS" run --pid "$(cat "$B/pid")" --bundle /
	complained 'config.json'
	exits 125 --root "$RECORDS" --config "$B/no-such.json" run --pid "$(cat "$B/pid")" --bundle "$B"
	complained 'no-such.json'
	equal "$(ls "$ROOTFS/data/work")" ""
}

@test "run: 125 for an application that has not started" {
	make_bundle "${RUNTIMES%% *}"
	create
	hook 'touch /data/work/ran'
	exits 125 --root "$RECORDS" run --pid "$(cat "$B/pid")" --bundle "$B"
	complained 'not started'
	equal "$(ls "$ROOTFS/data/work")" ""
}

@test "run: the sandbox is the one of poststart" {
	local key
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		edit '.process.user = {uid: 0, gid: 0, additionalGids: [7]} | .process.cwd = "/data/work"'
		settings '{"shell": ["/probe", "hook"]}'
		hook 'by the probe'
		launch
		wait_for_log ': ended: exit status 0'
		wait_until none_of_ours
		(
			cd /tmp
			umask 077
			exits 0 --root "$RECORDS" --config "$B/settings.json" run --pid "$(cat "$B/pid")" --bundle "$B"
		)
		silent
		for key in uid gid groups umask cwd env 'rlimit [0-9]*' 'ns [a-z]*' 'Cap[A-Z][a-z]*' NoNewPrivs \
			'Seccomp.*' 'Sig[A-Z][a-z]*' oom_score_adj 'session leader' parent terminal; do
			[ -n "$(probed hook "$key")" ] || fail "the probe has no '$key'"
			equal "$(probed hook "$key" "$B/stdout")" "$(probed hook "$key")" "$key"
		done
		equal "$(grep -c '^hook fd ' "$B/stdout")" 3 "open descriptors"
		equal "$(grep -c '^hook fd .* fifo$' "$B/stdout")" 3 "pipes"
	done
}

@test "run: interrupted, the hook is killed with it" {
	make_bundle "${RUNTIMES%% *}"
	launch
	blocked_hook 'true'
	timeout --foreground "$DEADLINE" "$ODH" --root "$RECORDS" run --pid "$(cat "$B/pid")" --bundle "$B" >"$OUT" </dev/null 2>"$B/stderr" 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/pids"
	wait_until begun
	kill -TERM "$(pgrep -P $!)"
	local status=0
	wait $! || status=$?
	equal "$status" 143 "exit status"
	wait_until eval '[ "$(pids_beside "$(cat "$B/pid")")" = "$(cat "$B/pid")" ]'
}

# --- check ---

# Everything in the bundle, with contents and times.
picture() {
	find "$B/rootfs" "$B/config.json" -printf '%p %T@ %m %U\n' | sort
	cat "$B/config.json"
}

@test "check: 0, and what would run, as whom, with which rights; nothing is changed" {
	local before
	make_bundle "${RUNTIMES%% *}"
	edit '.process.user = {uid: 1000, gid: 1001, additionalGids: [7]} | .process.cwd = "/data/work"'
	capabilities CHOWN NET_RAW
	podman_profile >"$B/profile.json"
	edit '.linux.seccomp = $profile[0] | .process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 4096}]' \
		--slurpfile profile "$B/profile.json"
	hook 'touch /data/work/ran # hunter2'
	set_env CC_PRE_RUN_HOOK=true CC_RUN_FAILED_HOOK=true
	before=$(picture)
	exits 0 --root "$RECORDS" check --bundle "$B"
	silent
	for pattern in CC_RUN_SUCCEEDED_HOOK /bin/sh 'uid 1000.*gid 1001.* 7' /data/work 'chown' 'net_raw' \
		'CC_PRE_RUN_HOOK.*do it in the entrypoint' "CC_RUN_FAILED_HOOK.*watch the engine's events" \
		'the hook.s own profile: allows [12][0-9]+ of [34][0-9]+ calls, and [1-9][0-9]* by their arguments' \
		"the container's profile: allows [234][0-9]+ of [34][0-9]+ calls, and [1-9][0-9]* by their arguments" \
		'^no_new_privs +yes' '^namespaces +the container.s: .*mount' 'the host.s: user' \
		'^limits +RLIMIT_CORE: soft 0, hard 4096' 'others: as the application has them' \
		'^scheduling +as the application has it' '^differs' 'capabilities: cut to' 'no_new_privs: set; the application lacks it' \
		'oom_score_adj 1000' 'cgroup: a child'; do
		grep -Eq "$pattern" "$B/stdout" || fail "check does not say '$pattern':" "$(cat "$B/stdout")"
	done
	refute grep -q hunter2 "$B/stdout"
	equal "$(picture)" "$before" "the bundle"
	[ ! -e "$RECORDS" ]
	none_of_ours
}

@test "check: 1 where no hook would run" {
	make_bundle "${RUNTIMES%% *}"
	exits 1 check --bundle "$B"
	silent
	set_env CC_PRE_RUN_HOOK=true CC_RUN_SUCCEEDED_HOOK=
	exits 1 check --bundle "$B"
	grep -Eq 'CC_PRE_RUN_HOOK.*do it in the entrypoint' "$B/stdout"
	hook true
	set_env CC_HEALTH_CHECK_PATH=no-slash
	exits 1 check --bundle "$B"
	grep -Eq '^ready +never, so no hook runs: CC_HEALTH_CHECK_PATH' "$B/stdout"
	settings '{"enabled": false}'
	exits 1 --config "$B/settings.json" check --bundle "$B"
	silent
}

@test "check: 2 for bad input" {
	make_bundle "${RUNTIMES%% *}"
	hook true
	cp "$B/config.json" "$B/config.good"
	exits 2 check --bundle "$B/no/such"
	complained 'no/such'
	edit '.process.user.uid = "0"'
	exits 2 check --bundle "$B"
	complained 'process\.user\.uid'
	cp "$B/config.good" "$B/config.json"
	settings '{"nosuchkey": 1}'
	exits 2 --config "$B/settings.json" check --bundle "$B"
	complained 'nosuchkey'
	rm "$B/config.json"
	exits 2 check --bundle "$B"
	complained 'config.json'
}

@test "check: a relative directory, and one with strange characters" {
	make_bundle "${RUNTIMES%% *}"
	hook true
	edit '.process.cwd = "/a\u001b[31m\nb"'
	(
		cd "$B/.."
		exits 0 check --bundle "./$(basename "$B")"
	)
	grep -q '^directory' "$B/stdout"
	equal "$(tr -d '\n -~' <"$B/stdout" | wc -c)" 0 "control characters on stdout"
}

# --- usage ---

@test "--help and --version" {
	make_bundle "${RUNTIMES%% *}"
	exits 0 --help
	silent
	for word in poststart poststop check run --config --root --log --log-level; do
		grep -q -- "$word" "$B/stdout" || fail "--help does not name $word"
	done
	exits 0 --version
	silent
	grep -Eqx 'oci-deploy-hook [0-9]+\.[0-9]+\.[0-9]+' "$B/stdout"
}

@test "wrong usage is 125 and one line" {
	make_bundle "${RUNTIMES%% *}"
	exits 125
	complained 'verb'
	exits 125 nosuchverb
	complained 'nosuchverb'
	exits 125 --nosuchoption check
	complained 'nosuchoption'
	exits 125 --log
	complained '--log'
	exits 125 --log-level loud check
	complained 'loud'
	exits 125 --root "$RECORDS" run --pid x --bundle "$B"
	complained 'pid'
	exits 125 --root "$RECORDS" run --pid -1 --bundle "$B"
	exits 125 --root "$RECORDS" run --pid 12x --bundle "$B"
	exits 125 --root "$RECORDS" run --bundle "$B"
	exits 125 --root "$RECORDS" run --pid 2
	exits 125 check --bundle "$B" one too many
	exits 125 --fault list
}

@test "a full disk behind stdout is an error" {
	make_bundle "${RUNTIMES%% *}"
	local status=0
	"$ODH" --help >/dev/full 2>"$B/stderr" || status=$?
	refute [ "$status" = 0 ]
}

@test "wrong usage by a runtime: status 0, no output, stdin is read to its end" {
	make_bundle "${RUNTIMES%% *}"
	for CASE in --nosuchoption --log-level=loud --root=relative --config; do
		{
			head -c 3000000 /dev/zero
			echo written >"$B/written"
		} | poststart "$CASE"
		grep -q written "$B/written"
		rm "$B/written"
	done
	state_of 1 >"$B/state.json"
	poststart one too many <"$B/state.json"
	none_of_ours
}
