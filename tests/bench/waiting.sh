#!/bin/bash
# What waiting supervisors cost: wakeups, processor and memory, for 1 and for many containers.
# SPDX-License-Identifier: Apache-2.0
#
#	tests/bench/waiting.sh [SECONDS [CONTAINERS [RUNTIME]]]      default: 60 200 runc
#
# Of real containers: created, which wait for the start; and started, which wait for a port that
# never listens.  Read from /proc/PID/status, schedstat and smaps_rollup.  As root.
# shellcheck disable=SC2034 # helper.bash reads them
set -eo pipefail

seconds=${1:-60} count=${2:-200} runtime=${3:-runc}
work=$(mktemp -d /tmp/oci-deploy-hook-bench.XXXXXX)
BATS_RUN_TMPDIR=$work BATS_FILE_TMPDIR=$work BATS_TEST_TMPDIR=$work BATS_TEST_COMPLETED=1
# shellcheck source=tests/lib/helper.bash
. "$(cd "$(dirname "$0")/.." && pwd)/lib/helper.bash"

clear_away() {
	remove_all || true
	rm -rf "$work"
}
trap clear_away EXIT

supervisors() {
	pgrep -f -- "--root $work/.* poststart" || true
}

# FIELD: summed over the supervisors; what ends meanwhile counts as 0.
sum() {
	local pid
	for pid in $(supervisors); do
		case $1 in
		wakeups) awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$pid/status" ;;
		ns) awk '{ print $1 }' "/proc/$pid/schedstat" ;;
		pss) awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup" ;;
		esac
	done 2>/dev/null | awk '{ n += $1 } END { printf "%.0f\n", n }'
}

# WHAT: one row about all supervisors there are.
measure() {
	local n wakeups ns
	n=$(supervisors | wc -l)
	wakeups=$(sum wakeups) ns=$(sum ns)
	sleep "$seconds" # the time that is measured
	awk -v what="$1" -v n="$n" -v s="$seconds" -v w=$(($(sum wakeups) - wakeups)) \
		-v ns=$(($(sum ns) - ns)) -v pss="$(sum pss)" 'BEGIN {
		printf "%-14s %10d %12.2f %10.1f %14.4f %10.0f\n", what, n, w / s / n,
			ns / s / n / 1000, ns / s / 1e7, pss / n }'
}

# N: that many bundles, created.
create_containers() {
	local i
	bundles=()
	for i in $(seq "$1"); do
		make_bundle "$runtime"
		app /server
		set_env CC_RUN_SUCCEEDED_HOOK=true CC_DOCKER_EXPOSED_HTTP_PORT=8080
		settings '{"readyTimeout": 604800}'
		create
		bundles+=("$B")
	done
}

waiting_for_port() {
	grep -qs 'waiting: for port' "$LOG"
}

start_containers() {
	for B in "${bundles[@]}"; do
		take_up "$B"
		start
		wait_until waiting_for_port
	done
	sleep 3 # until the pauses have grown to their longest
}

setup_file
mv "$TOOLS/bundle/rootfs" "$work/rootfs" # one for all of them
jq --arg path "$work/rootfs" '.root.path = $path' "$TOOLS/bundle/config.json" >"$work/config.json"
mv "$work/config.json" "$TOOLS/bundle/config.json"
printf '%s, %s s each\n%-14s %10s %12s %10s %14s %10s\n%-14s %10s %12s %10s %14s %10s\n' \
	"$runtime" "$seconds" 'waiting for' containers 'wakeups/s' 'CPU us/s' 'CPU % of core' 'PSS KiB' \
	'' '' each each together each
for n in 1 "$count"; do
	create_containers "$n"
	measure 'the start'
	start_containers
	measure 'a port'
	remove_all
	rm -f "$work/containers"
done
