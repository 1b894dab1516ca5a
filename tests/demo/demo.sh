#!/bin/bash
# One container, one hook, three refused ones.  SPDX-License-Identifier: Apache-2.0
# Starts a real container with runc, in a directory of its own, and clears everything away.
set -euo pipefail

program=$(cd "$(dirname "$0")/../.." && pwd)/oci-deploy-hook
work=$(mktemp -d /tmp/oci-deploy-hook-demo.XXXXXX)
id=demo-$$

say() {
	printf '\n\033[1m%s\033[0m\n' "$*"
}

clear_away() {
	runc --root "$work/runc" delete -f "$id" >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap clear_away EXIT

# await FILE TEXT: until TEXT stands in FILE, for 30 s at most
await() {
	for _ in $(seq 300); do
		grep -qsF "$2" "$1" && return
		read -rt 0.1 <> <(:) || true
	done
	echo "'$2' did not appear in $1:" >&2
	cat "$1" "$work/log" >&2
	exit 1
}

mkdir -p "$work/bundle/rootfs/"{bin,proc,dev,sys,tmp}
cp "$(command -v busybox)" "$work/bundle/rootfs/bin/busybox"
for applet in sh echo cat sleep id; do
	ln -s busybox "$work/bundle/rootfs/bin/$applet"
done
(cd "$work/bundle" && runc spec)
jq --arg program "$program" --arg work "$work" --arg id "$id" '
	.process.terminal = false
	| del(.process.rlimits)
	| .process.args = ["/bin/sh", "-c", "echo the application has started; exec sleep 1000"]
	| .process.env += [
		"CC_RUN_SUCCEEDED_HOOK=echo \"it works!\"",
		"CC_PRE_BUILD_HOOK=echo never", "CC_PRE_RUN_HOOK=echo never",
		"CC_RUN_FAILED_HOOK=echo never"]
	| .linux.cgroupsPath = "/" + $id
	| ["oci-deploy-hook", "--root", ($work + "/records"), "--log", ($work + "/log")] as $call
	| .hooks = {
		poststart: [{path: $program, args: ($call + ["poststart"])}],
		poststop: [{path: $program, args: ($call + ["poststop"])}]}
' "$work/bundle/config.json" >"$work/config.json"
mv "$work/config.json" "$work/bundle/config.json"

say "What would run (oci-deploy-hook check)"
"$program" check --bundle "$work/bundle"

say "Starting the container with $(runc --version | head -1)"
runc --root "$work/runc" run -d -b "$work/bundle" "$id" >"$work/output" 2>&1 </dev/null
await "$work/log" ' ended: '
await "$work/output" 'it works!'
await "$work/output" CC_RUN_FAILED_HOOK

say "The container's own output"
cat "$work/output"
say "The log"
cat "$work/log"
say "The container lives on"
runc --root "$work/runc" ps "$id"
