# shellcheck shell=bash
# A private podman for the bats files that use it.  SPDX-License-Identifier: Apache-2.0
#
# Everything that it writes is below $P: storage, state, hooks.d, our log and records.  Nothing of
# the machine's own podman is read or changed.
#
# shellcheck disable=SC2016 # in single quotes: variables of jq and of other shells
# shellcheck disable=SC2153 # RUNTIMES is the tests'

# shellcheck source=tests/lib/common.bash
. "${BASH_SOURCE[0]%/*}/common.bash"

# DIRECTORY OWNER: lay out a podman below it that OWNER may use.  Sets P.
lay_out() {
	P=$1
	mkdir -p "$P/hooks.d" "$P/tmp" "$P/rootfs/"{bin,dev,etc,proc,sys,tmp,run,var}
	crun_wrapper >"$P/crun"
	chmod 755 "$P/crun"
	for stage in poststart poststop; do
		jq --arg binary "$ODH" --arg p "$P" '.hook.path = $binary
			| .hook.args = [.hook.args[0], "--root", $p + "/records", "--log", $p + "/log",
				.hook.args[1]]' \
			"$REPO/oci/hooks.d/oci-deploy-hook-$stage.json.in" >"$P/hooks.d/$stage.json"
	done
	cat >"$P/containers.conf" <<-CONF
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
		netns = "none"
		log_driver = "k8s-file"
		[engine]
		cgroup_manager = "cgroupfs"
		runtime = "runc"
		hooks_dir = ["$P/hooks.d"]
		tmp_dir = "$P/tmp"
		lock_type = "file"
		events_logger = "file"
		infra_image = "localhost/infra"
		[engine.runtimes]
		crun = ["$P/crun"]
	CONF
	printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' \
		"$P/graph" "$P/run" >"$P/storage.conf"
	cp "$(command -v busybox)" "$P/rootfs/bin/busybox"
	chroot "$P/rootfs" /bin/busybox --install -s /bin
	chmod 1777 "$P/rootfs/tmp"
	build_actor probe "$P/rootfs/probe"
	chown -R "$2" "$P"
}

# JSON: the operator's settings, for all hooks from now on.
settings() {
	local stage
	printf '%s\n' "$1" >"$P/settings.json"
	chmod 644 "$P/settings.json"
	for stage in poststart poststop; do
		jq --arg file "$P/settings.json" '.hook.args |= [.[0], "--config", $file] + .[1:]' \
			"$P/hooks.d/$stage.json" >"$P/new.json"
		mv "$P/new.json" "$P/hooks.d/$stage.json"
	done
}

# --- a plain user ---

# For setup_file: an account for this file.
make_user() {
	export TEST_USER=odh-$$
	wait_until useradd -m -d "$BATS_FILE_TMPDIR/home" "$TEST_USER" # one at a time on a machine
	install -d -m 700 -o "$TEST_USER" "$BATS_FILE_TMPDIR/runtime"
}

# Commands run as that user from now on.
become_user() {
	AS=(setpriv --reuid "$(id -u "$TEST_USER")" --regid "$(id -g "$TEST_USER")" --clear-groups
		env HOME="$BATS_FILE_TMPDIR/home" XDG_RUNTIME_DIR="$BATS_FILE_TMPDIR/runtime")
}

# For teardown_file, with no container left.
remove_user() {
	become_user
	pod system migrate >/dev/null 2>&1 # ends podman's pause process
	pod unshare rm -rf "$BATS_FILE_TMPDIR/home/.local" >/dev/null 2>&1
	pod system migrate >/dev/null 2>&1
	wait_until without_user
}

without_user() {
	userdel -r "$TEST_USER" >/dev/null 2>&1
	! id "$TEST_USER" >/dev/null
}

# --- of every file that does not say otherwise ---

# For setup_file: a podman of root's.
root_podman() {
	export P=$BATS_FILE_TMPDIR/podman
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	AS=()
	lay_out "$P" root
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
	discard --all
	forget_containers
	umount "$P/graph/overlay" 2>/dev/null || true
	wait_until no_strays
	end_noted "$BATS_FILE_TMPDIR"
}

# In a hybrid layout crun does not start: hide cgroup v2 from it.
crun_wrapper() {
	if mountpoint -q /sys/fs/cgroup/unified; then
		cat <<-'SH'
			#!/bin/sh
			exec unshare -m --propagation private sh -c \
				'mount -t tmpfs tmpfs /sys/fs/cgroup/unified && exec /usr/bin/crun "$@"' crun "$@"
		SH
	else
		printf '#!/bin/sh\nexec crun "$@"\n'
	fi
}

# ARGUMENT...: podman, as $AS (a command that becomes another user) or as we are.
pod() {
	timeout -k 5 "$DEADLINE" "${AS[@]}" env CONTAINERS_CONF="$P/containers.conf" \
		CONTAINERS_STORAGE_CONF="$P/storage.conf" podman --runtime "${RUNTIME:-runc}" "$@" \
		</dev/null 3>&-
}

import_image() {
	tar -C "$P/rootfs" -c . >"$P/image.tar"
	chmod 644 "$P/image.tar"
	pod import --change 'ENV PATH=/bin' "$P/image.tar" localhost/bb >/dev/null 2>&1
	pod import --change 'ENTRYPOINT ["/bin/sleep", "1000"]' "$P/image.tar" localhost/infra >/dev/null 2>&1
}

logged() {
	grep -Eqs -- "$1" "$P/log"
}

# NAME PATTERN [COUNT]: that many lines of the container's output match.
shows() {
	[ "$(pod logs "$1" 2>&1 | tr -d '\r' | grep -Ec -- "$2")" = "${3:-1}" ]
}

# NAME: our log has told the end of COUNT hooks of that container.
has_ended() {
	local id
	id=$(pod inspect --format '{{.Id}}' "$1")
	[ "$(grep -c ": $id: ended: exit" "$P/log")" = "${2:-1}" ]
}

# NAME... (or --all): remove it.  podman's own cleanup of the container may be in its way for a moment, so
# that it finds a mount busy; also without any hook.
discard() {
	wait_until pod rm --force --ignore --time 0 "$@" >/dev/null
}

remove_containers() {
	local name
	[ -n "${BATS_TEST_COMPLETED:-}" ] || { tail -n 30 "$P/log"; for name in $(pod ps -aq); do
		printf -- '--- %s\n' "$(pod inspect --format '{{.Name}} {{.State.Status}}' "$name")"
		pod logs "$name" 2>&1 | tail -n 20
	done; } >&2
	pod pod rm -f -t 0 -a >/dev/null 2>&1 || true
	discard --all
	rm -f "$P/log"
	end_noted "$BATS_TEST_TMPDIR"
}

# What the runtimes still know of containers below $P: where conmon was killed, podman does not tell
# them of the end.
forget_containers() {
	local runtime id
	for runtime in runc crun; do
		"$runtime" list --format json 2>/dev/null |
			jq -r --arg p "$P/" '.[]? | select(.bundle | startswith($p)) | .id' |
			while read -r id; do "$runtime" delete --force "$id" >/dev/null 2>&1; done
	done
}

# No process of ours is left.
no_strays() {
	[ -z "$(pgrep -f -- "--root $P/")" ]
}

# Tell the table at the end of the test run that RUNTIME has kept every promise of this test.
kept() {
	printf '%s\t%s\n' "$BATS_TEST_DESCRIPTION" "$RUNTIME" >>"${ROWS:-/dev/null}"
}

# --- what every start promises ---

# A hook that fails after it has shown who it is, and a refused one.
HOOKS=(-e 'CC_RUN_SUCCEEDED_HOOK=echo "hook ran"; /probe hook; exit 3' -e 'CC_PRE_RUN_HOOK=echo never')

# OPTION...: in a container started with these, everything that every start promises.
row() {
	local runtime
	for runtime in $RUNTIMES; do
		RUNTIME=$runtime
		pod run -d --name c "${HOOKS[@]}" "$@" localhost/bb /probe app sh -c 'echo app-up; sleep 1000' >/dev/null
		behaves c
		is_like_its_application c
		restarts c
		discard c
		kept
	done
}

# NAME: the hook ran once, its output and its failure and the refusal are in podman logs, and the
# container lives on.
behaves() {
	wait_until has_ended "$1"
	wait_until shows "$1" '^hook ran$'
	wait_until shows "$1" '^oci-deploy-hook: CC_PRE_RUN_HOOK is refused .* do it in the entrypoint$'
	wait_until shows "$1" '^oci-deploy-hook: CC_RUN_SUCCEEDED_HOOK: exit status 3$'
	shows "$1" '^never' 0
	lives "$1"
	has_rights "$1"
}

lives() {
	[ "$(pod inspect --format '{{.State.Running}}' "$1")" = true ]
	pod exec "$1" true
}

# NAME: the hook had the designed rights, not more than its own list of capabilities.
has_rights() {
	local lines kept=00000000000004fb value line set
	lines=$(pod logs "$1" 2>&1 | tr -d '\r' | grep '^hook ')
	for line in 'NoNewPrivs: 1' 'Seccomp: 2' 'CapInh: 0000000000000000' 'CapAmb: 0000000000000000'; do
		grep -qx "hook $line" <<<"$lines" || fail "no line '$line':" "$lines"
	done
	for set in CapEff CapPrm CapBnd; do
		value=$(sed -n "s/^hook $set: //p" <<<"$lines")
		if [ "${#value}" != 16 ] || [ $((0x$value & ~0x$kept)) != 0 ]; then
			fail "$set is '$value'"
		fi
	done
}

# NAME: the hook is whom, where and within what the application is, by the probe in both.
is_like_its_application() {
	local lines key app hook
	lines=$(pod logs "$1" 2>&1 | tr -d '\r')
	for key in uid gid groups umask cwd 'rlimit [0-9]*' 'ns [a-z]*'; do
		app=$(sed -n "s/^app $key: /&/p" <<<"$lines" | cut -d' ' -f2- | sort -u)
		hook=$(sed -n "s/^hook $key: /&/p" <<<"$lines" | cut -d' ' -f2- | sort -u)
		[ -n "$app" ] || [ "$key" = groups ] || fail "the application's probe has no '$key'"
		[ "$app" = "$hook" ] || fail "$key of the application:" "$app" "of the hook:" "$hook"
	done
	# no identity or bound of the hook exceeds its application's
	for key in CapEff CapPrm CapBnd; do
		app=$(sed -n "s/^app $key: //p" <<<"$lines") hook=$(sed -n "s/^hook $key: //p" <<<"$lines")
		[ $((0x${hook:-x} & ~0x${app:-x})) = 0 ] || fail "$key $hook exceeds the application's $app"
	done
}

# NAME: another start, another run.
restarts() {
	wait_until pod restart -t 0 "$1" >/dev/null # see discard
	wait_until has_ended "$1" 2
	wait_until shows "$1" '^hook ran$' 2
	lives "$1"
}
