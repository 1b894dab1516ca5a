#!/usr/bin/env bats
# podman, with runc and crun: the hook waits for the port of its own container.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; podman.bash reads and sets

load ../lib/podman

setup_file() {
	root_podman
	mkfifo "$P/rootfs/app-in"
	build_actor server "$P/rootfs/server"
	settings '{}'
	import_image
}

# NAME PATTERN: the log has such a line of that container's.
told() {
	logged ": $(pod inspect --format '{{.Id}}' "$1"): $2"
}

# NAME OPTION... -- COMMAND...: a server with a hook that waits for its health check.
serve() {
	local name=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	pod run -d --name "$name" -e CC_HEALTH_CHECK_PATH=/health -e 'CC_RUN_SUCCEEDED_HOOK=echo hook ran' \
		"${options[@]}" localhost/bb /server "${@:2}" >/dev/null
}

# The host's network is one where nobody else's ports are.
on_own_network() {
	private_network
	AS=("${NETWORK[@]}")
}

ready() {
	wait_until told "$1" 'ready: 1 health check answered'
	wait_until has_ended "$1"
	wait_until shows "$1" '^hook ran$'
	refute told "$1" 'not-started'
}

# NAME PATTERN OPTION... -- COMMAND...: such a server is not ready in time.  Should it not have come as far
# as the pattern says, it is started again and has more time.
serve_in_vain() {
	local seconds
	for seconds in 2 8 32 128; do
		printf '{"readyTimeout": %d}' "$seconds" >"$P/settings.json"
		serve "$1" "${@:3}"
		wait_until told "$1" 'not-started: '
		! told "$1" "not-started: the run has failed: $2 after $seconds s" || break
		discard "$1"
	done
	echo '{}' >"$P/settings.json"
	told "$1" "not-started: the run has failed: $2 after $seconds s"
	wait_until shows "$1" "^oci-deploy-hook: CC_RUN_SUCCEEDED_HOOK: not run: $2"
	shows "$1" '^hook ran$' 0
	lives "$1"
}

@test "podman, a network of its own: ready, and on loopback only not" {
	for RUNTIME in $RUNTIMES; do
		serve c -- 'answer 503 200' 'listen 0.0.0.0 8080'
		ready c
		discard c
		serve_in_vain c 'port 8080 listening on loopback only' -- 'listen 127.0.0.1 8080'
		discard c
		kept
	done
}

@test "podman, a user namespace: ready" {
	for RUNTIME in $RUNTIMES; do
		serve c --uidmap "0:$UIDS:1000" --gidmap "0:$UIDS:1000" -- 'listen 0.0.0.0 8080'
		ready c
		discard c
		kept
	done
}

@test "podman, a pod of two: only the one that listens is ready" {
	for RUNTIME in $RUNTIMES; do
		pod pod create --name p >/dev/null
		serve c1 --pod p -- 'both 8080'
		ready c1
		serve_in_vain c2 'port 8080 not listening: others listen on it here' --pod p -- 'listen 127.0.0.1 3000'
		wait_until told c2 '.*; listening: 3000$'
		wait_until pod pod rm --force --ignore --time 0 p >/dev/null
		kept
	done
}

@test "podman, another's network: only the one that listens is ready" {
	for RUNTIME in $RUNTIMES; do
		pod run -d --name other localhost/bb /server 'listen 0.0.0.0 8080' >/dev/null
		serve_in_vain c 'port 8080 not listening: others listen on it here' --network container:other --
		discard c
		discard other
		serve other -- 'listen 0.0.0.0 8080'
		ready other
		discard other
		kept
	done
}

@test "podman, the host's network: the container's own port is ready" {
	for RUNTIME in $RUNTIMES; do
		on_own_network
		serve c --network host -e CC_DOCKER_EXPOSED_HTTP_PORT=3000 -- 'listen 127.0.0.1 3000'
		ready c
		serve_in_vain d 'port 3000 not listening: others listen on it here' --network host \
			-e CC_DOCKER_EXPOSED_HTTP_PORT=3000 --
		discard c d
		kept
	done
}

@test "podman exec of the server: it is the container's too" {
	for RUNTIME in $RUNTIMES; do
		on_own_network
		serve c --pid=host --network=host -e CC_DOCKER_EXPOSED_HTTP_PORT=3000 --
		pod exec -d c /server 'listen 0.0.0.0 3000'
		ready c
		discard c
		kept
	done
}
