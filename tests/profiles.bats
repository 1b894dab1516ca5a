#!/usr/bin/env bats
# Real profiles, as engines write them into config.json: our filter next to those that the runtimes
# load for them, call by call and argument case by argument case.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; podman.bash reads and sets

load podman
load differential

setup_file() {
	export P=$BATS_FILE_TMPDIR/podman
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	AS=()
	lay_out "$P" root
	import_image
	make_rights
}

setup() {
	AS=()
	RUNTIMES=${RUNTIMES:-runc crun}
}

teardown() {
	remove_containers
	[ -z "${CONTAINERD:-}" ] || stop_containerd
}

teardown_file() {
	AS=()
	pod rm -f -t 0 -a >/dev/null 2>&1
	umount "$P/graph/overlay" 2>/dev/null || true
}

# PID: of a container with $P/config.json: how our filter differs from the runtime's, a line a call, in $P/differences.
differ() {
	jq -e '.linux.seccomp.syscalls | length > 5' "$P/config.json" >/dev/null || fail "no real profile"
	"$RIGHTS" compile "$P/config.json" >"$P/ours"
	take "$1" "$P/theirs"
	"$RIGHTS" filters "$P/theirs" "$P/ours" >"$P/differences" || [ $? = 1 ]
}

# runc's filter is ours; crun's but for calls newer than the profile, which are listed.
agrees() {
	local newest
	if [ "$RUNTIME" = runc ]; then
		[ ! -s "$P/differences" ] || fail "not as runc's:" "$(head -n 40 "$P/differences")"
		return
	fi
	grep -v '^~ [a-z0-9_]* [0-9]* .*: A answers EPERM, B answers ENOSYS (' "$P/differences" >"$P/others" || true
	[ ! -s "$P/others" ] || fail "not as crun's, and not by ENOSYS:" "$(head -n 40 "$P/others")"
	for arch in x86_64 i386 x32; do
		newest=$("$RIGHTS" newest "$P/config.json" "$arch")
		awk -v arch="$arch" -v newest="$newest" '$2 == arch && $3 <= newest' "$P/differences" >"$P/others"
		[ ! -s "$P/others" ] || fail "$arch: not newer than call $newest:" "$(cat "$P/others")"
	done
	echo "# newer than the profile, ENOSYS with us, EPERM with crun:" \
		"$(awk '$2 == "x86_64" && $4 != "?:" { sub(":", "", $4); printf "%s ", $4 }' "$P/differences")" >&3
}

# OPTION...: with podman's default profile, for a container with these.
podman_profile_agrees() {
	for runtime in $RUNTIMES; do
		RUNTIME=$runtime
		pod run -d --name c "$@" localhost/bb sh -c "$SLEEP" >/dev/null
		cp "$(pod inspect --format '{{.OCIConfigPath}}' c)" "$P/config.json"
		differ "$(pod inspect --format '{{.State.Pid}}' c)"
		pod rm -f -t 0 c >/dev/null
		agrees
	done
}

@test "podman's default profile" {
	podman_profile_agrees
}

@test "podman's default profile, with more capabilities and other rules for them" {
	podman_profile_agrees --cap-add SYS_ADMIN --cap-add SYS_NICE --cap-add BPF
}

# --- containerd ---

# A private one; it ends with the test.
start_containerd() {
	C=$P/containerd
	mkdir -p "$C"
	cat >"$C/config.toml" <<-TOML
		version = 2
		root = "$C/root"
		state = "$C/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
		[grpc]
		address = "$C/socket"
		[ttrpc]
		address = "$C/socket.ttrpc"
	TOML
	containerd --config "$C/config.toml" >"$C/log" 2>&1 </dev/null 3>&- &
	CONTAINERD=$!
	wait_until client version >/dev/null
}

client() {
	timeout -k 5 "$DEADLINE" ctr --address "$C/socket" "$@" </dev/null 3>&-
}

stop_containerd() {
	if client tasks ls | grep -q '^c '; then # a test has failed
		client tasks kill --signal KILL c
		wait_until client tasks rm c
		client containers rm c
	fi
	kill "$CONTAINERD"
	wait "$CONTAINERD" || true
}

@test "containerd's default profile, which is Docker's" {
	start_containerd
	for runtime in $RUNTIMES; do
		RUNTIME=$runtime
		client run --detach --null-io --rootfs --seccomp --cgroup "/odh-$BASHPID" \
			--runc-binary "$([ "$runtime" = crun ] && echo "$P/crun" || command -v runc)" \
			"$P/rootfs" c /bin/sh -c "$SLEEP"
		cp "$C/state/io.containerd.runtime.v2.task/default/c/config.json" "$P/config.json"
		differ "$(client tasks ls | awk '$1 == "c" { print $2 }')"
		client tasks kill --signal KILL c
		wait_until client tasks rm c
		client containers rm c
		agrees
	done
}
