#!/bin/bash
# Run bats files, two at a time; print in full what failed, and one line of counts at the end.
# SPDX-License-Identifier: Apache-2.0
#
#	tests/run.sh [FILE]...      default: all of tests/*.bats
#	JOBS=1 tests/run.sh         one at a time
#	STRICT=1 tests/run.sh       a skipped test has failed
set -u

here=$(cd "$(dirname "$0")" && pwd)
if [ $# -eq 0 ]; then
	# The longest first, so that the shorter ones fill the rest: those that stop or kill at every
	# system call, then by their lines.
	mapfile -t files < <(wc -l "$here"/*.bats | awk '$2 != "total" {
		print $1 + ($2 ~ /\/(matrix|stopped).bats$/ ? 10000 : 0), $2 }' | sort -rn | cut -d" " -f2)
	set -- "${files[@]}"
fi
results=$(mktemp -d) || exit 1
# What is installed by tests keeps its records where an operator's does.
standard=/run/oci-deploy-hook
[ ! -e "$standard" ] || standard=
trap 'rm -rf "$results" $standard' EXIT

export ROWS=$results/rows # tests/podman.bash writes it

# One file: its TAP in $results, an exit status that says nothing new.
# shellcheck disable=SC2016 # it is the inner shell that expands
printf '%s\0' "$@" | RESULTS=$results xargs -0 -n 1 -P "${JOBS:-2}" sh -c '
	timeout -k 10 600 bats --tap "$1" >"$RESULTS/$(basename "$1").tap" 2>&1 </dev/null
	echo "$?" >"$RESULTS/$(basename "$1").status"' sh

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
	tap=$results/$(basename "$file").tap
	status=$(cat "$results/$(basename "$file").status" 2>/dev/null)
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
# shellcheck disable=SC2046 # no blanks in these names
table $(grep -l '^load podman' "$@" | sed "s|.*/|$results/|; s|\$|.tap|")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
