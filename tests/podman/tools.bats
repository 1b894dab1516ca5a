#!/usr/bin/env bats
# The setting tools under podman, of root and of a plain user.  Needs build/tools, see `make tools`.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; podman.bash reads and sets

load ../lib/podman

setup_file() {
	[ -x "${KIT:=$REPO/build/tools}/bin/node" ] || fail "there is no $KIT: run make tools"
	export SERVED=$BATS_FILE_TMPDIR/kit
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	cp -a "$KIT" "$SERVED"
	chown -R 0:0 "$SERVED"
	make_user
	be_root && prepare root
	be_user && prepare "$TEST_USER"
}

be_root() {
	AS=() P=$BATS_FILE_TMPDIR/root
}

be_user() {
	P=$BATS_FILE_TMPDIR/user
	become_user
}

# OWNER: a podman whose hooks have the tools, and two images: busybox, and one program alone.
prepare() {
	lay_out "$P" "$1:"
	settings "{\"tools\": \"$SERVED\"}"
	import_image
	mkdir "$P/one"
	printf '#include <unistd.h>\nint main(void) { for (;;) pause(); }\n' | build_program "$P/one/program"
	tar -C "$P/one" -cf "$P/one.tar" .
	chmod 644 "$P/one.tar"
	pod import "$P/one.tar" localhost/one >/dev/null 2>&1
}

teardown_file() {
	be_root
	discard --all
	wait_until no_strays
	pod system migrate >/dev/null 2>&1
	be_user
	discard --all
	wait_until no_strays
	remove_user
}

# OPTION...: in both images, with these, node runs in the hook; a secret below /run is there.
runs_node() {
	for RUNTIME in $RUNTIMES; do
		pod run -d --name one -e 'CC_RUN_SUCCEEDED_HOOK=node -p process.version && ls /' "$@" \
			localhost/one /program >/dev/null
		pod run -d --name bb -v "$P/settings.json:/run/secrets/token:ro" \
			-e 'CC_RUN_SUCCEEDED_HOOK=node -p process.version; grep -c tools /run/secrets/token' "$@" \
			localhost/bb sleep 1000 >/dev/null
		for name in one bb; do
			wait_until has_ended "$name"
			wait_until shows "$name" '^v18\.[0-9.]*$'
			equal "$(pod inspect --format '{{.State.Running}}' "$name")" true
		done
		wait_until shows bb '^1$'
		wait_until shows one '^program$'
		equal "$(pod exec bb ls -A /proc/fs/nfsd)" ""
		discard one
		discard bb
		rm -f "$P/log"
		kept
	done
}

@test "tools: podman run" {
	be_root
	runs_node
}

@test "tools: podman run --read-only --user 1000" {
	be_root
	runs_node --read-only --user 1000
}

@test "tools: podman run --privileged --pid=host" {
	be_root
	runs_node --privileged --pid=host
}

@test "tools: podman run --uidmap" {
	be_root
	runs_node --uidmap "0:$UIDS:2000" --gidmap "0:$UIDS:2000"
}

@test "tools, rootless: podman run" {
	be_user
	runs_node
}

@test "tools, rootless: podman run --read-only --user 1000" {
	be_user
	runs_node --read-only --user 1000
}

@test "tools, rootless: podman run --userns=keep-id --pid=host" {
	be_user
	runs_node --userns=keep-id --pid=host
}
