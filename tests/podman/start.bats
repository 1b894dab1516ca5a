#!/usr/bin/env bats
# podman as root, with runc and crun: the same behaviours in every way to start a container.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; podman.bash reads and sets

load ../lib/podman

setup_file() {
	root_podman
	import_image
}

@test "podman run -d" {
	row
}

@test "podman run -d -t" {
	row -t
}

@test "podman run -d -i" {
	row -i
}

@test "podman run --user 1000" {
	row --user 1000
}

@test "podman run --user 1000:2000 --group-add 3000 --workdir /tmp" {
	row --user 1000:2000 --group-add 3000 --workdir /tmp
}

@test "podman run --read-only" {
	row --read-only
}

@test "podman run --privileged: a hook is never more than its list" {
	row --privileged
}

@test "podman run --init" {
	row --init --init-path "$(command -v catatonit)"
}

@test "podman run --pid=host" {
	row --pid=host
}

@test "podman run --network=host" {
	row --network=host
}

@test "podman run --ipc=host --uts=host" {
	row --ipc=host --uts=host
}

@test "podman run --cgroupns=host" {
	row --cgroupns=host
}

@test "podman run --cgroups=disabled (crun: runc refuses it)" {
	RUNTIMES=crun row --cgroups=disabled
}

@test "podman run --cap-add all, seccomp unconfined" {
	row --cap-add all --security-opt seccomp=unconfined
}

@test "podman run --cap-drop all, no-new-privileges" {
	row --cap-drop all --security-opt no-new-privileges
}

@test "podman run --uidmap" {
	row --uidmap "0:$UIDS:5000" --gidmap "0:$UIDS:5000"
}

@test "podman run --userns=auto" {
	# It wants ids of a user "containers": shown to podman alone, not written into /etc.
	echo "containers:$((2110000000 + $$ % 500 * 70000)):70000" >"$P/subid" # more than $UIDS gives
	unshare -m --propagation private sh -c 'mount --bind "$1" /etc/subuid &&
		mount --bind "$1" /etc/subgid && echo >"$2" && exec sleep 1000' sh "$P/subid" "$P/there" 3>&- &
	KEEPER=$!
	echo "$KEEPER" >>"$BATS_TEST_TMPDIR/pids"
	wait_until test -e "$P/there"
	AS=(nsenter "--mount=/proc/$KEEPER/ns/mnt")
	row --userns=auto
}

@test "podman run -d from a terminal that goes away" {
	for RUNTIME in $RUNTIMES; do
		{
			echo '#!/bin/bash'
			declare -f pod
			declare -p P RUNTIME AS DEADLINE HOOKS
			echo 'pod run -d --name c "${HOOKS[@]}" -e "CC_RUN_SUCCEEDED_HOOK=until [ -e /tmp/go ]; do sleep 0.1; done
				echo hook ran; /probe hook; exit 3" localhost/bb sleep 1000'
		} >"$P/start"
		chmod 755 "$P/start"
		script --quiet --command "$P/start" /dev/null </dev/null >/dev/null 3>&-
		lives c
		shows c '^hook ran$' 0
		pod exec c touch /tmp/go
		behaves c
		discard c
		kept
	done
}

@test "podman run --rm, in the foreground: the output is podman's own" {
	for RUNTIME in $RUNTIMES; do
		pod run --rm --name c "${HOOKS[@]}" localhost/bb \
			sh -c 'until [ -e /tmp/done ]; do sleep 0.05; done' >"$P/out" 2>&1 &
		wait_until grep -q '^hook ran' "$P/out"
		wait_until grep -q 'CC_RUN_SUCCEEDED_HOOK: exit status 3' "$P/out"
		wait_until grep -q 'CC_PRE_RUN_HOOK is refused' "$P/out"
		pod exec c touch /tmp/done || true # its container may be gone before it can tell
		wait $!
		kept
	done
}

@test "podman create, podman start" {
	for RUNTIME in $RUNTIMES; do
		pod create --name c "${HOOKS[@]}" localhost/bb sleep 1000 >/dev/null
		pod start c >/dev/null
		behaves c
		discard c
		kept
	done
}

@test "podman run --rootfs" {
	for RUNTIME in $RUNTIMES; do
		pod run -d --name c "${HOOKS[@]}" --rootfs "$P/rootfs" sleep 1000 >/dev/null
		behaves c
		discard c
		kept
	done
}

# End the application.  The container may be gone before podman has the exit status of this.
again() {
	pod exec c sh -c 'echo again >/tmp/word' || true
}

@test "podman run --restart: every start is one run" {
	for RUNTIME in $RUNTIMES; do
		pod run -d --name c --restart on-failure:2 "${HOOKS[@]}" localhost/bb \
			sh -c 'until grep -qs again /tmp/word; do sleep 0.05; done; rm /tmp/word; exit 1' >/dev/null
		wait_until shows c '^hook ran$'
		again
		wait_until shows c '^hook ran$' 2
		again
		wait_until shows c '^hook ran$' 3
		discard c
		kept
	done
}

@test "a pod: each container its own hook, the infra container none" {
	for RUNTIME in $RUNTIMES; do
		pod pod create --name p >/dev/null
		pod run -d --pod p --name c1 "${HOOKS[@]}" localhost/bb sleep 1000 >/dev/null
		pod run -d --pod p --name c2 "${HOOKS[@]}" localhost/bb sleep 1000 >/dev/null
		behaves c1
		behaves c2
		wait_until pod pod rm --force --ignore --time 0 p >/dev/null
		kept
	done
}

@test "podman kube play" {
	for RUNTIME in $RUNTIMES; do
		cat >"$P/pod.yaml" <<-'YAML'
			apiVersion: v1
			kind: Pod
			metadata: {name: kp}
			spec:
			  hostNetwork: true
			  containers:
			  - name: c
			    image: localhost/bb
			    command: [sleep, "1000"]
			    env:
			    - {name: CC_RUN_SUCCEEDED_HOOK, value: 'echo "hook ran"; /probe hook; exit 3'}
			    - {name: CC_PRE_RUN_HOOK, value: "x"}
		YAML
		pod kube play "$P/pod.yaml" >/dev/null
		behaves kp-c
		wait_until pod pod rm --force --ignore --time 0 kp >/dev/null
		kept
	done
}

@test "twenty starts at once: twenty runs, no mix-up" {
	local n pids=()
	for n in $(seq 20); do
		RUNTIME=$([ $((n % 2)) = 0 ] && echo crun || echo runc) pod run -d --name "c$n" \
			-e "CC_RUN_SUCCEEDED_HOOK=echo hook $n ran" localhost/bb sleep 1000 >/dev/null &
		pids+=($!)
	done
	for n in "${pids[@]}"; do
		wait "$n"
	done
	for n in $(seq 20); do
		wait_until shows "c$n" '^hook .* ran$'
		shows "c$n" "^hook $n ran\$"
	done
}

@test "podman stop and podman rm -f return while a hook hangs" {
	for RUNTIME in $RUNTIMES; do
		for how in "stop -t 0" "rm -f -t 0" "kill"; do
			pod run -d --name c -e 'CC_RUN_SUCCEEDED_HOOK=trap "" TERM; echo hook ran; mkfifo /tmp/f; read x </tmp/f' \
				localhost/bb sleep 1000 >/dev/null
			wait_until shows c '^hook ran$'
			# shellcheck disable=SC2086 # words
			pod $how c >/dev/null
			wait_until no_strays
			discard c
		done
		kept
	done
}

HANGING='CC_RUN_SUCCEEDED_HOOK=trap "" TERM; echo hook ran; until [ -e /tmp/go ]; do sleep 0.05; done; echo went on'

@test "podman stop, which asks first: the application ends by itself, its hook with it" {
	for RUNTIME in $RUNTIMES; do
		pod run -d --name c -e 'CC_RUN_SUCCEEDED_HOOK=trap "" TERM; echo hook ran; mkfifo /tmp/f; read x </tmp/f' \
			localhost/bb sh -c 'trap "exit 7" TERM; while :; do sleep 0.1; done' >/dev/null
		wait_until shows c '^hook ran$'
		pod stop -t 50 c >/dev/null
		[ "$(pod inspect --format '{{.State.ExitCode}}' c)" = 7 ]
		wait_until no_strays
		discard c
		kept
	done
}

@test "podman is killed while a hook hangs: container and hook live on" {
	for RUNTIME in $RUNTIMES; do
		pod run --name c -e "$HANGING" localhost/bb sleep 1000 >/dev/null 2>&1 &
		wait_until shows c '^hook ran$'
		kill -KILL "$(pgrep -P "$(pgrep -P $! timeout)" podman)"
		wait $! || true
		lives c
		pod exec c touch /tmp/go
		wait_until shows c '^went on$'
		wait_until has_ended c
		discard c
		kept
	done
}

@test "conmon is killed while a hook hangs: both end with podman rm" {
	for RUNTIME in $RUNTIMES; do
		pod run -d --name c -e "$HANGING" localhost/bb sleep 1000 >/dev/null
		wait_until shows c '^hook ran$'
		kill -KILL "$(pod inspect --format '{{.State.ConmonPid}}' c)"
		discard c
		wait_until no_strays
		kept
	done
}

@test "podman rm -f at any moment" {
	local delay
	for RUNTIME in $RUNTIMES; do
		for delay in 0 0.01 0.03; do
			pod run -d --name c "${HOOKS[@]}" localhost/bb sleep 1000 >/dev/null
			sleep "$delay" # nothing depends on how long that is
			discard c
			wait_until no_strays
		done
		refute_logged ': error: '
		kept
	done
}

refute_logged() {
	if logged "$1"; then
		fail "logged: $1"
	fi
}

@test "an application that ends at once" {
	for RUNTIME in $RUNTIMES; do
		pod run --rm "${HOOKS[@]}" localhost/bb true
		wait_until no_strays
		[ -z "$(find "$P/records" -maxdepth 1 -type f ! -name '*-*.json')" ]
		"$ODH" --root "$P/records" status --json | jq -e 'length == 0' # none is unfinished
		kept
	done
}

@test "a container without a hook: nothing is logged, nothing is recorded" {
	for RUNTIME in $RUNTIMES; do
		rm -rf "$P/records"
		pod run --rm localhost/bb echo app-up | grep -q app-up
		[ ! -e "$P/log" ]
		[ ! -e "$P/records" ]
		kept
	done
}

@test "installed: found in the default directory, without any option; records in the default place" {
	local prefix=$P/usr
	make_install install PREFIX="$prefix" DESTDIR= HOOKSDIR="$P/installed" >/dev/null
	grep -v hooks_dir "$P/containers.conf" >"$P/plain.conf"
	for RUNTIME in $RUNTIMES; do
		unshare -m --propagation private bash -c '
			set -e
			mkdir -p /usr/share/containers/oci/hooks.d
			mount --bind "$1/installed" /usr/share/containers/oci/hooks.d
			mount -t tmpfs tmpfs /run # the records of this start alone
			export CONTAINERS_CONF=$1/plain.conf CONTAINERS_STORAGE_CONF=$1/storage.conf
			timeout "$3" podman --runtime "$2" run --rm -e "CC_RUN_SUCCEEDED_HOOK=echo hook ran; touch /tmp/done" \
				localhost/bb sh -c "until [ -e /tmp/done ]; do sleep 0.05; done"
			ls -d /run/oci-deploy-hook
		' _ "$P" "$RUNTIME" "$DEADLINE" >"$P/out" 2>&1 </dev/null 3>&-
		grep -q '^hook ran' "$P/out"
		kept
	done
	make_install uninstall GRACE=0 PREFIX="$prefix" DESTDIR= HOOKSDIR="$P/installed" >/dev/null
	[ -z "$(find "$prefix" "$P/installed" -type f)" ]
}
