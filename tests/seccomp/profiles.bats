#!/usr/bin/env bats
# Real profiles, as engines write them into config.json: our filter next to those that the runtimes
# load for them, call by call and argument case by argument case.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; podman.bash reads and sets

load ../lib/podman
load ../lib/differential

setup_file() {
	root_podman
	import_image
	make_rights
}

teardown() {
	remove_containers
	[ -z "${CONTAINERD:-}" ] || stop_containerd
}

real_profile_agrees() {
	jq -e '.linux.seccomp.syscalls | length > 5' "$P/config.json" >/dev/null || fail "no real profile"
	differ "$P/theirs" "$P/config.json"
	agrees "$P/config.json"
}

# OPTION...: with podman's default profile, for a container with these.
podman_profile_agrees() {
	for runtime in $RUNTIMES; do
		RUNTIME=$runtime
		pod run -d --name c "$@" localhost/bb sh -c "$SLEEP" >/dev/null
		cp "$(pod inspect --format '{{.OCIConfigPath}}' c)" "$P/config.json"
		take "$(pod inspect --format '{{.State.Pid}}' c)" "$P/theirs"
		discard c
		real_profile_agrees
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
	timeout -k 5 "$DEADLINE" ctr --address "$C/socket" --namespace "odh-$$" "$@" </dev/null 3>&-
}

stop_containerd() {
	if client tasks ls | grep -q '^c '; then # a test has failed
		client tasks kill --signal KILL c
		wait_until client tasks rm c
		client containers rm c
	fi
	kill "$CONTAINERD"
	wait "$CONTAINERD" || true
	rmdir "/run/containerd/runc/odh-$$" || true # its runtime's root is named by the namespace
}

@test "containerd's default profile, which is Docker's" {
	start_containerd
	for runtime in $RUNTIMES; do
		RUNTIME=$runtime
		client run --detach --null-io --rootfs --seccomp --cgroup "/odh-$$" \
			--runc-binary "$([ "$runtime" = crun ] && echo "$P/crun" || command -v runc)" \
			"$P/rootfs" c /bin/sh -c "$SLEEP"
		cp "$C/state/io.containerd.runtime.v2.task/odh-$$/c/config.json" "$P/config.json"
		take "$(client tasks ls | awk '$1 == "c" { print $2 }')" "$P/theirs"
		client tasks kill --signal KILL c
		wait_until client tasks rm c
		client containers rm c
		real_profile_agrees
	done
}
