#!/usr/bin/env bats
# podman, with runc and crun: the hook waits for the port of its own container.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; podman.bash reads and sets

load ../lib/podman

setup_file() {
	root_podman
	mkfifo "$P/rootfs/app-in"
	"${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -I"$REPO" -O1 -Wall -Wextra -static \
		-o "$P/rootfs/server" "$REPO/tests/actors/server.c"
	short_wait
	import_image
}

# Give up after 2 s, so that a test of that is over soon.
short_wait() {
	echo '{"readyTimeout": 2}' >"$P/settings.json"
	chmod 644 "$P/settings.json"
	for stage in poststart poststop; do
		jq --arg file "$P/settings.json" '.hook.args |= [.[0], "--config", $file] + .[1:]' \
			"$P/hooks.d/$stage.json" >"$P/new.json"
		mv "$P/new.json" "$P/hooks.d/$stage.json"
	done
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

ready() {
	wait_until told "$1" 'ready: 1 health check answered'
	wait_until has_ended "$1"
	wait_until shows "$1" '^hook ran$'
	told "$1" 'not-started' && fail "two decisions"
	true
}

# NAME PATTERN
not_ready() {
	wait_until told "$1" "not-started: the run has failed: $2 after 2 s"
	wait_until shows "$1" "^oci-deploy-hook: CC_RUN_SUCCEEDED_HOOK: not run: $2"
	shows "$1" '^hook ran$' 0
	lives "$1"
}

# NAME...: removed; podman's own clean-up of a container may be in the way for a moment.
gone() {
	wait_until pod rm -f -t 0 "$@" >/dev/null
}

@test "podman, a network of its own: ready, and on loopback only not" {
	for RUNTIME in $RUNTIMES; do
		serve c -- 'answer 503 200' 'listen 0.0.0.0 8080'
		ready c
		gone c
		serve c -- 'listen 127.0.0.1 8080'
		not_ready c 'port 8080 listening on loopback only'
		gone c
		kept
	done
}

@test "podman, a user namespace: ready" {
	for RUNTIME in $RUNTIMES; do
		serve c --uidmap 0:200000:1000 --gidmap 0:200000:1000 -- 'listen 0.0.0.0 8080'
		ready c
		gone c
		kept
	done
}

@test "podman, a pod of two: only the one that listens is ready" {
	for RUNTIME in $RUNTIMES; do
		pod pod create --name p >/dev/null
		serve c1 --pod p -- 'both 8080'
		serve c2 --pod p -- 'listen 127.0.0.1 3000'
		ready c1
		not_ready c2 'port 8080 not listening: others listen on it here'
		wait_until told c2 '.*; listening: 3000$'
		wait_until pod pod rm --force --ignore --time 0 p >/dev/null
		kept
	done
}

@test "podman, another's network: only the one that listens is ready" {
	for RUNTIME in $RUNTIMES; do
		pod run -d --name other localhost/bb /server 'listen 0.0.0.0 8080' >/dev/null
		serve c --network container:other --
		not_ready c 'port 8080 not listening: others listen on it here'
		gone c
		gone other
		serve other -- 'listen 0.0.0.0 8080'
		ready other
		gone other
		kept
	done
}

@test "podman, the host's network: the container's own port is ready" {
	local port
	for RUNTIME in $RUNTIMES; do
		port=$(shuf -i 20000-60000 -n 1)
		serve c --network host -e "CC_DOCKER_EXPOSED_HTTP_PORT=$port" -- "listen 127.0.0.1 $port"
		ready c
		serve d --network host -e "CC_DOCKER_EXPOSED_HTTP_PORT=$port" --
		not_ready d "port $port not listening: others listen on it here"
		gone c d
		kept
	done
}

@test "podman exec of the server: it is the container's too" {
	for RUNTIME in $RUNTIMES; do
		serve c --pid=host --network=host -e CC_DOCKER_EXPOSED_HTTP_PORT=28311 --
		pod exec -d c /server 'listen 0.0.0.0 28311'
		ready c
		gone c
		kept
	done
}
