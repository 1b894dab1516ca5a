#!/bin/bash
# The processes beside a container, in each phase of a start: a block for HACKING.md, on stdout.
# SPDX-License-Identifier: Apache-2.0
# Starts a container with runc, in a directory of its own, and clears everything away.  Needs the test
# build: it holds the joiner at its last step, so that it can be looked at.
set -euo pipefail

program=$(cd "$(dirname "$0")/../.." && pwd)/build/test/oci-deploy-hook
work=$(mktemp -d /tmp/oci-deploy-hook-processes.XXXXXX)
id=processes-$$

clear_away() {
	runc --root "$work/runc" delete -f "$id" >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap clear_away EXIT

# await COMMAND...: until it succeeds, for 30 s at most
await() {
	for _ in $(seq 300); do
		"$@" && return
		read -rt 0.1 <> <(:) || true
	done
	echo "not within 30 s: $*" >&2
	cat "$work/log" >&2
	exit 1
}

# Ours, without the threads of a pipeline that this script forks.
ours() {
	pgrep -f -- "--root $work/records" || true
}

# What is this process of ours?  Only its place in the tree tells.
role() {
	local parent grandparent
	parent=$(ps -o ppid= -p "$1" | tr -d ' ')
	grandparent=$(ps -o ppid= -p "$parent" | tr -d ' ')
	if [ -e "$work/gate" ] && [ "$phase" = call ]; then
		echo poststart
	elif ! ours | grep -qx "$parent"; then
		[ "$phase" = wait ] && echo supervisor || echo "supervisor, now the guard"
	elif ! ours | grep -qx "$grandparent"; then
		echo watcher
	else
		echo "joiner, at its last step"
	fi
}

# Whose pid namespace is it in?
lives_in() {
	[ "$(readlink "/proc/$1/ns/pid")" = "$(readlink /proc/self/ns/pid)" ] && echo host || echo container
}

# line PID WHAT
line() {
	printf '%7d %s  %-9s  %s\n' "$1" "$(ps -o ppid=,sid= -p "$1" | awk '{ printf "%7d %7d", $1, $2 }')" \
		"$(lives_in "$1")" "$2"
}

# show PHASE WORDS
show() {
	local pid init
	phase=$1
	printf '%s\n\n    PID    PPID     SID  IN         WHAT\n' "$2"
	for pid in $(ours); do
		line "$pid" "$(role "$pid")"
	done
	init=$(cat "$work/pid" 2>/dev/null) || return 0
	line "$init" "the container's init$([ "$phase" = wait ] && echo ', which waits for runc start')"
	[ "$phase" != hook ] || line "$(pgrep -P "$watcher")" "the hook"
	echo
}

has_hook() {
	watcher=$(pgrep -P "$(ours | head -n 1)") && pgrep -P "$watcher" >/dev/null
}

joiner_is_stopped() {
	# shellcheck disable=SC2046 # pids
	[ -n "$(ours)" ] && ps -o stat= -p $(ours) | grep -q '^T'
}

# The call is held at its stdin, which the runtime would have closed at once.
hold_the_call() {
	mkfifo "$work/gate"
	exec 9<>"$work/gate" # so that who opens it for reading does not wait
	printf '#!/bin/sh\ncat >"%s/state"\nexec "%s" --root "%s/records" --log "%s/log" --fault stop:clone poststart <"%s/gate"\n' \
		"$work" "$program" "$work" "$work" "$work" >"$work/hook"
	chmod +x "$work/hook"
}

mkdir -p "$work/rootfs/"{bin,proc,dev,sys,tmp}
cp "$(command -v busybox)" "$work/rootfs/bin/busybox"
chroot "$work/rootfs" /bin/busybox --install -s /bin
hold_the_call
(cd "$work" && runc spec)
jq --arg work "$work" --arg id "$id" '
	.process.terminal = false
	| del(.process.rlimits)
	| .process.args = ["/bin/sleep", "1000"]
	| .process.env += ["CC_RUN_SUCCEEDED_HOOK=exec sleep 1001"]
	| .linux.cgroupsPath = "/" + $id
	| .hooks = {poststart: [{path: ($work + "/hook")}]}
' "$work/config.json" >"$work/config.new"
mv "$work/config.new" "$work/config.json"

runc --root "$work/runc" create -b "$work" --pid-file "$work/pid" "$id" >"$work/output" 2>&1 </dev/null 9>&- &
creating=$!
await sh -c "[ -s '$work/state' ] && pgrep -f -- '--root $work/records' >/dev/null"
show call "The runtime has called poststart, and waits for it:"
echo
cat "$work/state" >&9
exec 9>&-
wait "$creating"
rm "$work/gate"
show wait "runc create has returned; the application has not started:"
runc --root "$work/runc" start "$id"
await joiner_is_stopped
show join "The application has started, and the hook is about to be born:"
# shellcheck disable=SC2046 # pids
kill -CONT $(ours)
await has_hook
show hook "The hook runs:"
