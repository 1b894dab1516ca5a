#!/usr/bin/env bats
# The hook's rights are within its application's, on every axis: podman.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; podman.bash reads and sets

load ../lib/podman
load ../lib/differential

setup_file() {
	root_podman
	import_image
	make_rights
}

setup() {
	AS=("$P/rootfs/probe" key) # a key in the caller's session
	RUNTIMES=${RUNTIMES:-runc crun}
}

# The runtime's own exec, in a container that podman started: podman's sets rights of its own.
runtime_exec() {
	local runtime=runc
	[ "$RUNTIME" = runc ] || runtime=$P/crun
	timeout "$DEADLINE" "${AS[@]}" "$runtime" exec --detach --pid-file "$P/exec.pid" "$1" sh -c "$SLEEP" \
		>"$P/exec.out" 2>&1 </dev/null 3>&- || fail "exec: $(cat "$P/exec.out")"
}

# OPTION...: a container started with these, its exec and its hook.
differs_by_design() {
	local id
	for runtime in $RUNTIMES; do
		RUNTIME=$runtime
		pod run -d --name c -e "CC_RUN_SUCCEEDED_HOOK=$SLEEP" "$@" localhost/bb sh -c "$SLEEP" >/dev/null
		id=$(pod inspect --format '{{.Id}}' c)
		wait_until logged ": $id: started: "
		runtime_exec "$id"
		compare "$BATS_TEST_DESCRIPTION" "$(pod inspect --format '{{.OCIConfigPath}}' c)" \
			"$(pod inspect --format '{{.State.Pid}}' c)" "$(cat "$P/exec.pid")" \
			"$(sed -n "s/.*: $id: started: hook pid \([0-9]*\).*/\1/p" "$P/log")"
		discard c
	done
}

@test "podman run" {
	differs_by_design
}

@test "podman run --privileged" {
	differs_by_design --privileged
}

@test "podman run --cap-add SYS_PTRACE" {
	differs_by_design --cap-add SYS_PTRACE
}

@test "podman run --cap-drop all" {
	differs_by_design --cap-drop all
}

@test "podman run --user 1000" {
	differs_by_design --user 1000
}

@test "podman run --user 1000 --cap-add CHOWN" { # ambient, for a user
	differs_by_design --user 1000 --cap-add CHOWN
}

@test "podman run seccomp=unconfined" {
	differs_by_design --security-opt seccomp=unconfined
}

@test "podman run no-new-privileges" {
	differs_by_design --security-opt no-new-privileges
}

@test "podman run --read-only" {
	differs_by_design --read-only
}

@test "podman run --uidmap" {
	differs_by_design --uidmap "0:$UIDS:1000" --gidmap "0:$UIDS:1000"
}

@test "podman run -t" {
	differs_by_design -t
}
