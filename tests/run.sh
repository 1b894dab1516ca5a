#!/bin/bash
# Run bats files, two at a time; print in full what failed, and one line of counts at the end.
# SPDX-License-Identifier: Apache-2.0
#
#	tests/run.sh [FOLDER|FILE]...   default: every folder of tests/ that has bats files
#	tests/run.sh ready              the files of one folder
#	tests/run.sh ready/ready.bats   one file
#	FILTER=REGEX tests/run.sh FILE  the tests whose names match
#	JOBS=1 tests/run.sh             one file at a time
#	STRICT=1 tests/run.sh           a skipped test has failed
#	BUSY=1 tests/run.sh             beside programs that keep all processors busy: lib/busy.sh
#
# What the machine must be like is looked at first, and said: lib/machine.sh.  Several runs may go on at
# once, each in a clone of its own.
set -u

here=$(cd "$(dirname "$0")" && pwd)
if [ "${BUSY:-}" = 1 ]; then
	BUSY=0 exec "$here/lib/busy.sh" "$0" "$@"
fi
[ $# -gt 0 ] || set -- "$here"/*/

# FOLDER|FILE: its bats files; a name is looked for below tests/ first.
files_of() {
	local place
	for place in "$here/$1" "$here/${1#tests/}" "$1"; do
		if [ -d "$place" ]; then
			find "$place" -maxdepth 1 -name '*.bats'
			return
		elif [ -f "$place" ]; then
			echo "$place"
			return
		fi
	done
	echo "$0: there is no '$1'" >&2
	return 1
}

# The longest first, so that the shorter ones fill the rest: those that stop or kill at every system
# call, then by their lines.
found=$(for place in "$@"; do files_of "$place" || exit 1; done) || exit 1
mapfile -t files < <(xargs -d '\n' wc -l <<<"$found" | awk '$2 != "total" {
	print $1 + ($2 ~ /\/(matrix|stopped).bats$/ ? 10000 : 0), $2 }' | sort -rn | cut -d" " -f2)
set -- "${files[@]}"
"$here/lib/machine.sh" "$@" || exit 1

# FILE: its name among the results: its folder's and its own.
result_of() {
	local folder
	folder=$(dirname "$1")
	echo "$results/$(basename "$folder")-$(basename "$1")"
}

results=$(mktemp -d) || exit 1
trap 'rm -rf "$results"' EXIT

export ROWS=$results/rows # tests/lib/podman.bash writes it

# One file: its TAP in $results, an exit status that says nothing new.
# shellcheck disable=SC2016 # it is the inner shell that expands
printf '%s\0' "$@" | RESULTS=$results xargs -0 -n 1 -P "${JOBS:-2}" sh -c '
	result=$RESULTS/$(basename "$(dirname "$1")")-$(basename "$1")
	timeout -k 60 5400 bats --tap ${FILTER:+--filter "$FILTER"} "$1" >"$result.tap" 2>&1 </dev/null
	echo "$?" >"$result.status"' sh

# TAP...: the engine's ways to start a container, and which runtimes have kept all promises in each.
table() {
	[ -s "$ROWS" ] || return 0
	echo "podman. In each row that names no other promise: the hook ran once, after the start; its output,"
	echo "its failure and the refused hooks are in the container's log; the container lived on; its rights"
	echo "are as designed; a restart was another run."
	awk -F'\t' 'function cell(runtime) { return kept[name, runtime] ? "ok" : failed ? "FAILED" : "-" }
		FNR == NR { kept[$1, $2] = named[$1] = 1; next }
		match($0, /^(not )?ok [0-9]+ /) {
			name = substr($0, RLENGTH + 1)
			failed = /^not/
			if (named[name] || failed)
				printf "  %-70s runc %-7s crun %s\n", name, cell("runc"), cell("crun")
		}' "$ROWS" "$@"
}

passed=0 failed=0
for file in "$@"; do
	result=$(result_of "$file")
	tap=$result.tap
	status=$(cat "$result.status" 2>/dev/null)
	good=$(grep -c '^ok ' "$tap")
	bad=$(grep -c '^not ok ' "$tap")
	skipped=$(grep -c '^ok .* # skip' "$tap")
	plan=$(sed -n 's/^1\.\.//p' "$tap" | head -n 1)
	if [ "${STRICT:-}" = 1 ]; then
		good=$((good - skipped)) bad=$((bad + skipped))
	fi
	if [ "$bad" -gt 0 ] || [ "$skipped" -gt 0 ]; then
		echo "== $file"
		awk '/^(ok|not ok) / { shown = /^not ok / || / # skip/ } shown' "$tap"
	fi
	# Tests that have said nothing: bats itself failed, or did not come to an end.
	if [ "$((good + bad))" != "${plan:-none}" ] || { [ "$status" != 0 ] && [ "$bad" -eq 0 ]; }; then
		echo "== $file: bats ended with ${status:-nothing}, $((good + bad)) of ${plan:-?} tests told"
		grep -v '^ok ' "$tap" | tail -n 50
		bad=$((bad + 1))
	fi
	passed=$((passed + good)) failed=$((failed + bad))
done
mapfile -t with_podman < <(grep -l '^load ../lib/podman' "$@")
# shellcheck disable=SC2046 # no blanks in these names
table $(for file in "${with_podman[@]}"; do echo "$(result_of "$file").tap"; done)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
