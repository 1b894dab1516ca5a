#!/bin/bash
# What status, its timeline and wait show of real containers: a block for the README, on stdout.
# SPDX-License-Identifier: Apache-2.0
# Starts containers with runc, in a directory of its own, and clears everything away.  The pauses are the
# hooks' own, so that the figures are about the same each time.
set -euo pipefail
export LC_ALL=C.UTF-8

program=$(cd "$(dirname "$0")/../.." && pwd)/oci-deploy-hook
work=$(mktemp -d /tmp/oci-deploy-hook-transcript.XXXXXX)
ids=()

clear_away() {
	for id in "${ids[@]}"; do
		runc --root "$work/runc" delete -f "$id" >/dev/null 2>&1 || true
	done
	rm -rf "$work"
}
trap clear_away EXIT

# The command as a user would type it: without the options that keep this script to itself.
show() {
	local status=0
	printf '$ oci-deploy-hook %s\n' "$*"
	"$program" --root "$work/records" "$@" 2>&1 | sed "s|$work|/var/lib|" || status=${PIPESTATUS[0]}
	[ "$status" = 0 ] || printf '$ echo $?\n%s\n' "$status"
	printf '\n'
}

bundle() {
	mkdir -p "$work/rootfs/"{bin,proc,dev,sys,tmp}
	cp "$(command -v busybox)" "$work/rootfs/bin/busybox"
	chroot "$work/rootfs" /bin/busybox --install -s /bin
	runc spec --bundle "$work"
}

# ID VARIABLE...: a container with these in its environment.
start() {
	local id=$1
	ids+=("$id")
	mkdir "$work/$id"
	jq --arg program "$program" --arg work "$work" --arg cgroup "/transcript-$$-$id" '
		.process.terminal = false
		| del(.process.rlimits)
		| .root.path = $work + "/rootfs"
		| .process.args = ["/bin/sleep", "1000"]
		| .process.env += $ARGS.positional
		| .linux.cgroupsPath = $cgroup
		| ["oci-deploy-hook", "--root", ($work + "/records")] as $call
		| .hooks = {
			poststart: [{path: $program, args: ($call + ["poststart"])}],
			poststop: [{path: $program, args: ($call + ["poststop"])}]}
		' "$work/config.json" --args -- "${@:2}" >"$work/$id/config.json"
	runc --root "$work/runc" run -d -b "$work/$id" "$id" >"$work/$id/output" 2>&1 </dev/null
}

await() {
	"$program" --root "$work/records" wait --timeout 30 "$1" >/dev/null 2>&1 || true
}

bundle
start shop-1 'CC_RUN_SUCCEEDED_HOOK=sleep 1.2'
start shop-2 'CC_RUN_SUCCEEDED_HOOK=sleep 0.3; exit 3' 'CC_PRE_RUN_HOOK=./migrate.sh'
start worker 'CC_PRE_BUILD_HOOK=make'
start cache 'CC_RUN_SUCCEEDED_HOOK=sleep 1000'
for id in shop-1 shop-2 worker; do
	await "$id"
done
show status
show status shop-2
show wait --timeout 1 cache
