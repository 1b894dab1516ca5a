#!/usr/bin/env bats
# podman of a plain user, with runc and crun: the hook is root of the user's namespace only.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; podman.bash reads and sets

load ../lib/podman

setup_file() {
	export P=$BATS_FILE_TMPDIR/podman
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	make_user
	become_user
	lay_out "$P" "$TEST_USER:"
	import_image
}

setup() {
	become_user
	RUNTIMES=${RUNTIMES:-runc crun}
}

teardown_file() {
	become_user
	discard --all
	wait_until no_strays
	remove_user
}

@test "rootless: podman run -d" {
	row
}

@test "rootless: podman run -d -t" {
	row -t
}

@test "rootless: podman run --user 1000" {
	row --user 1000
}

@test "rootless: podman run --read-only" {
	row --read-only
}

@test "rootless: podman run --privileged" {
	row --privileged
}

@test "rootless: podman run --pid=host" {
	row --pid=host
}

@test "rootless: podman run --network=host" {
	row --network=host
}

@test "rootless: podman run --userns=keep-id" {
	row --userns=keep-id
}

@test "rootless: podman run --userns=auto" {
	row --userns=auto
}

@test "rootless: the hook waits for the health check" {
	local options port=3000
	private_network # of the host's network nobody else uses a port
	AS=("${NETWORK[@]}" "${AS[@]}")
	for RUNTIME in $RUNTIMES; do
		for options in '' '--user 1000' '--network=host' '--network=host --pid=host' '--userns=keep-id'; do
			# shellcheck disable=SC2086 # some options, or none
			pod run -d --name c $options -e CC_HEALTH_CHECK_PATH=/index.html \
				-e "CC_DOCKER_EXPOSED_HTTP_PORT=$port" -e 'CC_RUN_SUCCEEDED_HOOK=echo hook ran' \
				localhost/bb sh -c "mkdir /tmp/w; while ! test -e /tmp/go; do sleep 0.1; done
					echo fine >/tmp/w/index.html; exec httpd -f -p $port -h /tmp/w" >/dev/null
			wait_until logged ": $(pod inspect --format '{{.Id}}' c): waiting: for 1 health check"
			shows c '^hook ran$' 0
			pod exec c touch /tmp/go
			wait_until has_ended c
			wait_until shows c '^hook ran$'
			lives c
			discard c
		done
		kept
	done
}

# A user's login makes /run/user/UID; hooks.d is the host's.
@test "rootless: installed, found in the default directory, records in the default place" {
	local uid
	uid=$(id -u "$TEST_USER")
	make_install install PREFIX="$P/usr" DESTDIR= HOOKSDIR="$P/installed" >/dev/null
	chmod 755 "$P/usr" "$P/usr/bin"
	grep -v hooks_dir "$P/containers.conf" >"$P/plain.conf"
	chmod 644 "$P/plain.conf"
	for RUNTIME in $RUNTIMES; do
		pod system migrate # podman's pause process holds the mounts that it has seen
		unshare -m --propagation private bash -c '
			set -e
			p=$1 runtime=$2 uid=$3 deadline=$4
			shift 4
			mkdir -p /usr/share/containers/oci/hooks.d /run/user
			mount --bind "$p/installed" /usr/share/containers/oci/hooks.d
			mount -t tmpfs tmpfs /run/user
			mkdir -m 700 "/run/user/$uid"
			chown "$uid" "/run/user/$uid"
			export CONTAINERS_CONF=$p/plain.conf CONTAINERS_STORAGE_CONF=$p/storage.conf
			timeout "$deadline" "$@" podman --runtime "$runtime" run --rm \
				-e "CC_RUN_SUCCEEDED_HOOK=echo hook ran; touch /tmp/done" \
				localhost/bb sh -c "until [ -e /tmp/done ]; do sleep 0.05; done"
			ls -d "/run/user/$uid/oci-deploy-hook"
			"$@" podman system migrate
		' _ "$P" "$RUNTIME" "$uid" "$DEADLINE" "${AS[@]}" >"$P/out" 2>&1 </dev/null 3>&- || fail "$(cat "$P/out")"
		grep -q '^hook ran' "$P/out" || fail "$(cat "$P/out")"
		kept
	done
}

@test "rootless: a hook that hangs ends with podman rm -f" {
	for RUNTIME in $RUNTIMES; do
		pod run -d --name c -e 'CC_RUN_SUCCEEDED_HOOK=trap "" TERM; echo hook ran; mkfifo /tmp/f; read x </tmp/f' \
			localhost/bb sleep 1000 >/dev/null
		wait_until shows c '^hook ran$'
		discard c
		wait_until no_strays
		kept
	done
}

@test "rootless: what a hook leaves behind goes" {
	for RUNTIME in $RUNTIMES; do
		pod run -d --name c -e 'CC_RUN_SUCCEEDED_HOOK=echo hook ran; sleep 1000 & sleep 1000 & exit 0' \
			localhost/bb sleep 2000 >/dev/null
		wait_until has_ended c
		wait_until no_strays
		[ "$(pod exec c ps | grep -c 'sleep 1000')" = 0 ]
		discard c
		kept
	done
}

@test "rootless: the output mode log" {
	local id
	settings '{"output": "log"}'
	for RUNTIME in $RUNTIMES; do
		id=$(pod run -d --name c -e 'CC_PRE_RUN_HOOK=true' -e 'CC_RUN_SUCCEEDED_HOOK=echo said; exit 3' \
			localhost/bb sleep 1000)
		wait_until has_ended c
		logged ": info: $id: output: stdout: said\$"
		logged ": warning: $id: ended: exit status 3\$"
		output=$(pod logs c 2>&1)
		[ -z "$output" ] || fail "$output"
		discard c
	done
	sed -i "s|\"--config\", \"$P/settings.json\", ||" "$P"/hooks.d/*.json
}
