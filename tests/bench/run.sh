#!/bin/bash
# What we cost, as ratios against peers in the same run.  SPDX-License-Identifier: Apache-2.0
#
#	tests/bench/run.sh          as root; RUNS (100) and ROUNDS (5) of each
#
# Medians of all rounds; in each round every command has its turn, so that a busy minute hits all.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$here/../../oci-deploy-hook
: "${RUNS:=100}" "${ROUNDS:=5}"

work=$(mktemp -d)
bundle=$work/bundle
finish() {
	runc --root "$work/state" delete --force bench-$$ >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap finish EXIT

for tool in median floor; do
	"${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -O2 -static -o "$work/$tool" "$here/$tool.c"
done

# A container that sleeps, with podman's default seccomp profile; its hook is /bin/true.
make_container() {
	mkdir -p "$bundle/rootfs/"{bin,dev,proc,sys,tmp}
	cp "$(command -v busybox)" "$bundle/rootfs/bin/busybox"
	chroot "$bundle/rootfs" /bin/busybox --install -s /bin
	runc spec --bundle "$bundle"
	jq 'del(.process.rlimits, .linux.resources)
		| .process.terminal = false | .process.args = ["/bin/sleep", "100000"]
		| .root.readonly = false | .linux.namespaces += [{"type": "cgroup"}]
		| .process.env = ["PATH=/bin", "CC_RUN_SUCCEEDED_HOOK=true"]' \
		"$bundle/config.json" >"$work/config.json"
	jq --slurpfile config "$work/config.json" -f "$here/../lib/profile.jq" \
		/usr/share/containers/seccomp.json >"$work/profile.json"
	jq --slurpfile profile "$work/profile.json" '.linux.seccomp = $profile[0]' \
		"$work/config.json" >"$bundle/config.json"
	runc --root "$work/state" run --detach --bundle "$bundle" --pid-file "$work/pid" bench-$$ \
		</dev/null >/dev/null 2>&1
	pid=$(cat "$work/pid")
	state hooked "$bundle"
	mkdir "$work/plain"
	jq '.process.env = ["PATH=/bin"]' "$bundle/config.json" >"$work/plain/config.json"
	state plain "$work/plain"
	echo '{"shell": ["/bin/true"]}' >"$work/settings.json"
}

# NAME BUNDLE
state() {
	jq -n --arg bundle "$2" --argjson pid "$pid" '{ociVersion: "1.0.2", id: "bench",
		status: "running", pid: $pid, bundle: $bundle}' >"$work/$1.json"
}

declare -A figures

# NAME STATE DIRECTORY COMMAND...: one turn.
turn() {
	figures[$1]+="$("$work/median" "$RUNS" "$2" "$3" "${@:4}") "
}

one_round() {
	local ours=("$binary" --root "$work/records")
	turn 'true' "$work/plain.json" - /bin/true
	turn plain "$work/plain.json" - "${ours[@]}" poststart
	turn hooked "$work/hooked.json" "$work/records" "${ours[@]}" poststart
	turn run /dev/null - "${ours[@]}" --config "$work/settings.json" run --pid "$pid" --bundle "$bundle"
	turn floor /dev/null - "$work/floor" "$pid" /bin/true
	RUNS=$((RUNS / 10 + 1)) turn runc /dev/null - "$(command -v runc)" --root "$work/state" exec bench-$$ /bin/true
}

# NAME: the median of its rounds.
of() {
	local sorted
	mapfile -t sorted < <(tr " " "\n" <<<"${figures[$1]}" | grep . | sort -n)
	echo "${sorted[${#sorted[@]} / 2]}"
}

# WHAT OURS PEER LIMIT
line() {
	awk -v what="$1" -v ours="$(of "$2")" -v peer="$(of "$3")" -v limit="$4" -v name="$3" 'BEGIN {
		printf "%-52s %6d us %8d us (%s) %7.2f x  at most %s\n", what, ours, peer, name, ours / peer, limit }'
}

make_container
mkdir -m 700 "$work/records"
for ((round = 0; round < ROUNDS; round++)); do
	one_round
done
line 'a container without a hook: our whole process' plain 'true' '1.00'
line 'a container with a hook: the runtime is blocked' hooked 'true' '2.00'
line 'run of /bin/true, against the floor' run floor '2.00'
line 'the same, against runc exec' run runc '0.17'
