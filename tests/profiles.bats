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
}

teardown_file() {
	AS=()
	pod rm -f -t 0 -a >/dev/null 2>&1
	umount "$P/graph/overlay" 2>/dev/null || true
}

# CONFIG.JSON PID: how our filter differs from the runtime's, a line a call, in $P/differences.
differ() {
	jq -e '.linux.seccomp.syscalls | length > 5' "$1" >/dev/null || fail "no real profile in $1"
	"$RIGHTS" compile "$1" >"$P/ours"
	take "$2" "$P/theirs"
	"$RIGHTS" filters "$P/theirs" "$P/ours" >"$P/differences" || [ $? = 1 ]
}

# OPTION...: with podman's default profile, for a container with these.
podman_profile_agrees() {
	for runtime in $RUNTIMES; do
		RUNTIME=$runtime
		pod run -d --name c "$@" localhost/bb sh -c "$SLEEP" >/dev/null
		differ "$(pod inspect --format '{{.OCIConfigPath}}' c)" "$(pod inspect --format '{{.State.Pid}}' c)"
		pod rm -f -t 0 c >/dev/null
		wc -l "$P/differences" >&2
		cut -c 1-150 "$P/differences" >&2
	done
	false
}

@test "podman's default profile" {
	podman_profile_agrees
}
