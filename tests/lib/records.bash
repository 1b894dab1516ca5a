# shellcheck shell=bash
# Asking for records: for the bats files that load helper.bash too.  SPDX-License-Identifier: Apache-2.0
#
# shellcheck disable=SC2016 # in single quotes: for eval, later

# STATUS WORD...: run the program; its output goes to $B/stdout and $B/stderr.
exits() {
	local status=0
	timeout -k 5 "$DEADLINE" "$ODH" "${@:2}" </dev/null >"$B/stdout" 2>"$B/stderr" 3>&- || status=$?
	equal "$status" "$1" "exit status of oci-deploy-hook ${*:2}"
}

complained() {
	grep -Eq "^oci-deploy-hook: .*($1)" "$B/stderr" || fail "stderr should say '$1':" "$(cat "$B/stderr")"
	equal "$(wc -l <"$B/stderr")" 1 "lines on stderr"
}

# FILTER [JQ-OPTION]...: it is true of the record of this bundle's newest start.
recorded() {
	exits 0 --root "$RECORDS" status --json "$ID"
	jq -e "${@:2}" "$1" "$B/stdout" >/dev/null || fail "not so: $1" "$(cat "$B/stdout")"
}

recorded_value() {
	exits 0 --root "$RECORDS" status --json "$ID"
	jq -r "$1" "$B/stdout"
}

# NUMBER: of files in the record directory.
records_are() {
	equal "$(find "$RECORDS" -mindepth 1 -maxdepth 1 ! -name cache | wc -l)" "$1" "files in the record directory"
}

# FILTER: change the only record, as nobody does.
change_record() {
	jq -c "$1" "$RECORDS"/*.json >"$B/record"
	cat "$B/record" >"$(echo "$RECORDS"/*.json)"
}

# HOOK [EXIT]: the table and the timeline say so.
shown_as() {
	exits 0 --root "$RECORDS" status --all
	awk -v id="${ID:0:20}" -v hook="$1" -v code="${2:-}" '
		$1 == id && $4 == hook && (code == "" || $5 == code) { found = 1 }
		END { exit !found }' "$B/stdout" || fail "no such row: $*" "$(cat "$B/stdout")"
	exits 0 --root "$RECORDS" status "$ID"
	grep -Eq "^hook +$1" "$B/stdout" || fail "no such hook: $1" "$(cat "$B/stdout")"
	grep -Eq '^  called +0ms' "$B/stdout" || fail "no timeline" "$(cat "$B/stdout")"
}

# STATUS: of wait.
waits() {
	exits "$1" --root "$RECORDS" wait "$ID"
}

wait_in_background() {
	rm -f "$B/waited"
	(
		status=0
		timeout -k 5 "$DEADLINE" "$ODH" --root "$RECORDS" wait "$ID" </dev/null >"$B/wait.out" \
			2>"$B/wait.err" || status=$?
		echo "$status" >"$B/waited"
	) 3>&- &
	wait_until eval 'waiter >/dev/null && grep -qs inotify "/proc/$(waiter)/fdinfo/"*'
}

waiter() {
	pgrep -f -- "^$ODH --root $RECORDS wait"
}

# It sleeps until something happens: poll(2) without a timeout, on x86-64.
waits_on() {
	[ "$(uname -m)" = x86_64 ] || return 0
	wait_until eval 'grep -Eq "^7 0x[0-9a-f]+ 0x2 0xffffffff(ffffffff)? " "/proc/$(waiter)/syscall"'
}

# STATUS: the wait in the background has ended with it.
waited() {
	wait_until test -s "$B/waited"
	cp "$B/wait.err" "$B/stderr"
	equal "$(cat "$B/waited")" "$1" "exit status of wait"
}

# VERB: as a runtime does.
runtime_calls() {
	(cd / && env -i "$ODH" --root "$RECORDS" --log "$LOG" "$1") 3>&-
}
