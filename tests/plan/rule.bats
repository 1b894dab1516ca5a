#!/usr/bin/env bats
# Which of the variables run, and what a value may be.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

REFUSED="CC_PRE_BUILD_HOOK CC_POST_BUILD_HOOK CC_PRE_RUN_HOOK CC_RUN_FAILED_HOOK"

# What the author is told to do instead.
advice() {
	case $1 in
	CC_PRE_BUILD_HOOK | CC_POST_BUILD_HOOK) echo "do it in the Dockerfile" ;;
	CC_PRE_RUN_HOOK) echo "do it in the entrypoint" ;;
	CC_RUN_FAILED_HOOK) echo "watch the engine's events" ;;
	esac
}

# NAME: refused in the log and on the application's stderr, once each.
is_refused() {
	equal "$(count_log " oci-deploy-hook: [a-z]+: $ID: refused: $1: $(advice "$1")\$")" 1 \
		"lines in the log that refuse $1"
	equal "$(grep -cx "oci-deploy-hook: $1 is refused for Docker applications: $(advice "$1")" \
		"$ERR")" 1 "lines on the application's stderr that refuse $1"
}

# Nothing that a hook could have done was done.
nothing_ran() {
	wait_until none_of_ours
	equal "$(ls "$ROOTFS/data/work")" "" "files that hooks made"
	refute logged ': started:'
	answers
}

refused_alone() {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		set_env "$1=touch /data/work/$1; echo ran-$1"
		launch
		wait_for_log ": refused: $1"
		nothing_ran
		refute grep -q "ran-$1" "$OUT"
		is_refused "$1"
	done
}

@test "CC_RUN_SUCCEEDED_HOOK alone runs" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		set_env 'CC_RUN_SUCCEEDED_HOOK=touch /data/work/ran'
		launch
		wait_for_log ': ended: exit status 0'
		wait_until none_of_ours
		equal "$(ls "$ROOTFS/data/work")" ran
		refute logged ': refused:'
		equal "$(cat "$ERR")" "" "the application's stderr"
		answers
	done
}

@test "CC_PRE_BUILD_HOOK alone is refused" {
	refused_alone CC_PRE_BUILD_HOOK
}

@test "CC_POST_BUILD_HOOK alone is refused" {
	refused_alone CC_POST_BUILD_HOOK
}

@test "CC_PRE_RUN_HOOK alone is refused" {
	refused_alone CC_PRE_RUN_HOOK
}

@test "CC_RUN_FAILED_HOOK alone is refused" {
	refused_alone CC_RUN_FAILED_HOOK
}

@test "all five together: the one runs, once, and four are refused" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		for name in $REFUSED CC_RUN_SUCCEEDED_HOOK; do
			set_env "$name=echo $name >>/data/work/ran"
		done
		edit '.hooks.poststart += .hooks.poststart'
		launch
		wait_for_log ': ended: exit status 0'
		wait_until none_of_ours
		equal "$(cat "$ROOTFS/data/work/ran")" CC_RUN_SUCCEEDED_HOOK
		for name in $REFUSED; do
			is_refused "$name"
		done
		answers
	done
}

@test "refused lines go into a pipe as well" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		OUTPUT='pipes'
		set_env CC_PRE_RUN_HOOK=true
		launch
		wait_until grep -q 'CC_PRE_RUN_HOOK is refused for Docker applications' "$ERR"
		answers
	done
}

@test "twice with different values: the last one runs" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		set_env 'CC_RUN_SUCCEEDED_HOOK=touch /data/work/first' \
			'CC_RUN_SUCCEEDED_HOOK=touch /data/work/last'
		launch
		wait_for_log ': ended: exit status 0'
		wait_until none_of_ours
		equal "$(ls "$ROOTFS/data/work")" last
		answers
	done
}

@test "a refused one given twice is refused once" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		set_env 'CC_PRE_RUN_HOOK=touch /data/work/first' 'CC_PRE_RUN_HOOK=touch /data/work/last'
		launch
		wait_for_log ': refused:'
		nothing_ran
		is_refused CC_PRE_RUN_HOOK
	done
}

@test "an empty value is no hook" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		set_env CC_RUN_SUCCEEDED_HOOK= CC_PRE_RUN_HOOK= CC_RUN_FAILED_HOOK=
		launch
		nothing_ran
		refute logged '.'
		equal "$(cat "$ERR")" "" "the application's stderr"
	done
}

@test "emptied by a later empty value: no hook" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'touch /data/work/first'
		set_env CC_RUN_SUCCEEDED_HOOK=
		launch
		nothing_ran
		refute logged '.'
	done
}

@test "names that only look like one are none" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		set_env 'CC_RUN_SUCCEEDED_HOOK2=touch /data/work/a' 'MY_CC_RUN_SUCCEEDED_HOOK=touch /data/work/b' \
			'cc_run_succeeded_hook=touch /data/work/c' 'CC_RUN_SUCCEEDED_HOOK =touch /data/work/d' \
			'X=CC_RUN_SUCCEEDED_HOOK=touch /data/work/e' '=CC_RUN_SUCCEEDED_HOOK=touch /data/work/f'
		edit '.process.args += ["CC_RUN_SUCCEEDED_HOOK=touch /data/work/g"]
			| .annotations = {"CC_RUN_SUCCEEDED_HOOK": "touch /data/work/h"}
			| .process.env |= map(select(startswith("=") | not))'
		launch
		nothing_ran
	done
}

@test "spelt with JSON escapes, it runs all the same" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'touch /data/work/ran; env | grep "^CC_RUN_.*=touch" >/data/work/value'
		sed -i 's/CC_RUN_SUCCEEDED_HOOK=/\\u0043C_RUN_\\u0053UCCEEDED_HOO\\u004b\\u003d/' "$B/config.json"
		grep -q 'HOO.u004b' "$B/config.json"
		refute grep -q CC_RUN_SUCCEEDED_HOOK "$B/config.json"
		launch
		wait_for_log ': ended: exit status 0'
		[ -e "$ROOTFS/data/work/ran" ]
		grep -q '^CC_RUN_SUCCEEDED_HOOK=touch' "$ROOTFS/data/work/value" # the application's variable is the hook's
		answers
	done
}

@test "spelt with JSON escapes, it is refused all the same" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		set_env 'CC_PRE_RUN_HOOK=touch /data/work/ran'
		sed -i 's/CC_PRE_RUN_HOOK=/\\u0043\\u0043\\u005fPRE_RUN\\u005FHOOK=/' "$B/config.json"
		grep -q 'u005FHOOK' "$B/config.json"
		launch
		wait_for_log ': refused: CC_PRE_RUN_HOOK'
		nothing_ran
		is_refused CC_PRE_RUN_HOOK
	done
}

@test "no variable: nothing is logged, nothing is left, no process" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		launch
		none_of_ours
		[ ! -e "$LOG" ] || fail "there is a log"
		[ ! -e "$RECORDS" ] || fail "there is a record directory"
		answers
		delete
		none_of_ours
		[ ! -e "$LOG" ] || fail "there is a log after the deletion"
		[ ! -e "$RECORDS" ] || fail "there is a record directory after the deletion"
		nothing_left
	done
}

@test "disabled by the settings: nothing runs, nothing is left" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		settings '{"enabled": false}'
		hook 'touch /data/work/ran'
		set_env 'CC_PRE_RUN_HOOK=true'
		launch
		nothing_ran
		refute logged ': refused:'
		delete
		nothing_left
	done
}

# --- values ---

@test "a script in the working directory runs" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		edit '.process.cwd = "/data"'
		printf '#!/bin/sh\necho "script $0 in $PWD"\n' >"$ROOTFS/data/hook.sh"
		chmod 755 "$ROOTFS/data/hook.sh"
		hook './hook.sh'
		launch
		wait_for_log ': ended: exit status 0'
		grep -qx 'script ./hook.sh in /data' "$OUT"
	done
}

@test "a script below the working directory runs, with arguments, for a user too" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		edit '.process.user = {uid: 1000, gid: 1000} | .process.cwd = "/data"'
		printf '#!/bin/sh\necho "script with $# arguments: $1"\n' >"$ROOTFS/data/work/hook.sh"
		chmod 755 "$ROOTFS/data/work/hook.sh"
		hook 'work/hook.sh "one two" three'
		launch
		wait_for_log ': ended: exit status 0'
		grep -qx 'script with 2 arguments: one two' "$OUT"
	done
}

@test "quotes, newlines, dollars, backslashes and UTF-8 arrive as they are" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		set_env 'NAME=Zoë $HOME "x"'
		hook 'echo "a  b" '"'c \$NAME \"d\"'"' # a comment: "
echo "$NAME" | tr -d z; printf "%s\n" e\\f '"'ünï→🚀'"'
case $# in 0) echo none ;; esac
echo "$(echo $((6 * 7)))" `echo g`'
		launch
		wait_for_log ': ended: exit status 0'
		equal "$(grep -v '^app-up' "$OUT")" 'a  b c $NAME "d"
Zoë $HOME "x"
e\f
ünï→🚀
none
42 g'
	done
}

@test "a line of 100 KB arrives whole" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		# The longest that Linux takes for one string, less the variable's name and "=".
		{
			printf 'echo "${#CC_RUN_SUCCEEDED_HOOK}"; : '
			head -c 100000 /dev/zero | tr '\0' x
			printf '; echo the end'
		} >"$B/line"
		edit '.process.env += ["CC_RUN_SUCCEEDED_HOOK=" + $line]' --rawfile line "$B/line"
		launch
		wait_for_log ': ended: exit status 0'
		grep -qx "$(wc -c <"$B/line")" "$OUT"
		grep -qx 'the end' "$OUT"
		answers
	done
}

@test "an environment of a megabyte arrives whole" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		hook 'echo "$LONG_10" | wc -c; env | wc -l'
		edit '.process.env += [range(10; 20) | "LONG_\(.)=" + ("y" * 100000)]'
		launch
		wait_for_log ': ended: exit status 0'
		grep -qx 100001 "$OUT"
		answers
	done
}

@test "the value is never in the log" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		set_env 'CC_PRE_RUN_HOOK=login --password=hunter2' 'OTHER=hunter2'
		hook 'exit 3 # hunter2'
		launch
		wait_for_log ': ended: exit status 3'
		wait_until none_of_ours
		refute logged hunter2
		refute grep -q hunter2 "$ERR"
	done
}

@test "an id with control characters cannot forge a line of the log" {
	make_bundle runc # by hand: no runtime accepts such an id
	launch
	hook true
	state_of "$(cat "$B/pid")" '.id = "x\n2024-01-01T00:00:00Z oci-deploy-hook: info: y\u001b[1m"' |
		poststart
	wait_for_log ': ended: exit status 0'
	refute grep -q '^2024-01-01' "$LOG"
	equal "$(tr -d '\n -~' <"$LOG" | wc -c)" 0 "control characters in the log"
}
