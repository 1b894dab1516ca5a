#!/usr/bin/env bats
# hooks.postDeploy of clevercloud/docker.json: deprecated, told, never run.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of jq and of other shells
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

ADVICE='hooks.postDeploy of clevercloud/docker.json is deprecated and ignored: use CC_RUN_SUCCEEDED_HOOK'
OLD='{"hooks": {"postDeploy": "/data/work/old.sh"}}'

# RUNTIME [DIRECTORY]: a bundle with a hook, and place for the file.
deploy_bundle() {
	make_bundle "$1"
	hook 'echo "the hook ran"'
	DIRECTORY=$ROOTFS${2:-}/clevercloud
	mkdir -p "$DIRECTORY"
	printf '#!/bin/sh\necho "old hook ran"\n' >"$ROOTFS/data/work/old.sh"
	chmod 755 "$ROOTFS/data/work/old.sh"
}

# The hook has run, the old one has not, and COUNT lines of the log tell of it.
told() {
	wait_for_log ': ended: exit status 0'
	wait_until none_of_ours
	equal "$(count_log ": warning: $ID: refused: $ADVICE\$")" "$1" "lines in the log"
	equal "$(grep -cx "oci-deploy-hook: $ADVICE" "$ERR")" "$1" "lines for the author"
	grep -qx 'the hook ran' "$OUT"
	refute grep -q 'old hook' "$OUT"
	answers
}

# The file is looked for during one second: on a busy machine the start is tried again.
launch_in_time() {
	launch
	hook_ended
	for _ in 1 2 3; do # it has a second, which may be too short on a busy machine
		! logged ": refused: $ADVICE" || return 0
		delete
		rm "$LOG"
		launch
		hook_ended
	done
}

@test "postDeploy in the root directory, and in the working directory" {
	for runtime in $RUNTIMES; do
		deploy_bundle "$runtime"
		echo "$OLD" >"$DIRECTORY/docker.json"
		launch_in_time
		told 1
		deploy_bundle "$runtime" /data/work
		edit '.process.cwd = "/data/work" | .process.user = {uid: 1000, gid: 1000}'
		echo "$OLD" >"$DIRECTORY/docker.json"
		launch_in_time
		told 1
		deploy_bundle "$runtime" /data/work # not the working directory
		echo "$OLD" >"$DIRECTORY/docker.json"
		launch
		told 0
	done
}

@test "postDeploy in a user namespace" {
	for runtime in $RUNTIMES; do
		deploy_bundle "$runtime"
		echo "$OLD" >"$DIRECTORY/docker.json"
		in_user_namespace
		launch_in_time
		told 1
	done
}

@test "postDeploy that is found only through the container's own links" {
	for runtime in $RUNTIMES; do
		deploy_bundle "$runtime"
		echo "$OLD" >"$ROOTFS/data/old.json"
		ln -s /data/old.json "$DIRECTORY/docker.json"
		launch_in_time
		told 1
		deploy_bundle "$runtime" # what it would be on the host is not looked at
		echo "$OLD" >"$B/host.json"
		ln -s "$B/host.json" "$DIRECTORY/docker.json"
		launch
		told 0
	done
}

@test "links through a descriptor of who reads it, and such a directory, lead nowhere (CVE-2024-21626)" {
	local case n up=/../../../../../../../../..
	for runtime in $RUNTIMES; do
		for case in link directory; do
			for n in 0 3; do
				CASE="$case through descriptor $n"
				deploy_bundle "$runtime" # its procfs knows our processes, so that "self" is ours
				edit '.linux.namespaces |= map(select(.type != "pid"))'
				mkdir -p "$B/host/clevercloud"
				echo "$OLD" | tee "$B/host.json" >"$B/host/clevercloud/docker.json"
				chmod -R a+rX "$B/host" "$B/host.json"
				edit 'del(.hooks)'
				launch
				case $case in
				link) ln -s "/proc/self/fd/$n$up$B/host.json" "$DIRECTORY/docker.json" ;;
				directory) edit '.process.cwd = $cwd' --arg cwd "/proc/self/fd/$n$up$B/host" ;;
				esac
				state_of "$(cat "$B/pid")" | poststart
				wait_for_log ': (ended|error): '
				wait_until none_of_ours
				refute logged ': refused: '
				delete
			done
		done
	done
}

@test "files that are none: no line, no hang, the hook runs" {
	local case
	for runtime in $RUNTIMES; do
		for case in fifo directory device null socketless large deep garbage unreadable other string none; do
			CASE=$case
			deploy_bundle "$runtime"
			edit '.process.user = {uid: 1000, gid: 1000}'
			case $case in
			fifo) mkfifo -m 666 "$DIRECTORY/docker.json" ;;
			directory) mkdir "$DIRECTORY/docker.json" ;;
			device) mknod -m 666 "$DIRECTORY/docker.json" c 1 5 ;; # zero: endless
			null) : >"$DIRECTORY/docker.json" ;;
			socketless) ln -s docker.json "$DIRECTORY/docker.json" ;;
			large) { echo "$OLD"; head -c 70000 /dev/zero | tr '\0' ' '; } >"$DIRECTORY/docker.json" ;;
			deep) head -c 60000 /dev/zero | tr '\0' '[' >"$DIRECTORY/docker.json" ;;
			garbage) printf '{"hooks": {"postDeploy": "\001\377' >"$DIRECTORY/docker.json" ;;
			unreadable) echo "$OLD" >"$DIRECTORY/docker.json" && chmod 600 "$DIRECTORY/docker.json" ;;
			other) echo '{"hooks": {"postBuild": "x"}, "postDeploy": "x"}' >"$DIRECTORY/docker.json" ;;
			string) echo '{"hooks": "postDeploy"}' >"$DIRECTORY/docker.json" ;;
			none) rmdir "$DIRECTORY" ;;
			esac
			launch
			told 0
			delete
		done
	done
}

@test "postDeploy alone is not looked for: nothing of ours runs" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		mkdir "$ROOTFS/clevercloud"
		echo "$OLD" >"$ROOTFS/clevercloud/docker.json"
		launch
		answers
		none_of_ours
		refute test -s "$LOG"
	done
}

@test "who reads it has no rights, and is not seen" {
	local pid key
	for runtime in $RUNTIMES; do
		deploy_bundle "$runtime"
		echo "$OLD" >"$DIRECTORY/docker.json"
		register "$ODH_TEST" --fault stop:postDeploy
		launch
		wait_until reader_stopped
		pid=$(reader)
		for key in 'NoNewPrivs:1' 'CapEff:0000000000000000' 'CapPrm:0000000000000000' \
			'CapInh:0000000000000000' 'CapBnd:0000000000000000'; do
			equal "$(sed -n "s/^${key%%:*}:[[:space:]]*//p" "/proc/$pid/status")" "${key#*:}" \
				"${key%%:*} of the reader"
		done
		equal "$(pids_beside "$(cat "$B/pid")" | grep -cx "$pid")" 0 "seen by the container"
		equal "$(readlink "/proc/$pid/fd/"* | sed 's|.*/||' | paste -sd' ')" \
			"null null null docker.json docker.json" "descriptors of the reader"
		kill -KILL "$pid"
		told 0
	done
}

@test "a reader that hangs holds up the hook for a moment only" {
	deploy_bundle "${RUNTIMES%% *}"
	echo "$OLD" >"$DIRECTORY/docker.json"
	register "$ODH_TEST" --fault stop:postDeploy
	launch
	told 0 # nobody has let it go on
}

@test "who reads it is ended at a system call that it does not need" {
	for runtime in $RUNTIMES; do
		deploy_bundle "$runtime"
		echo "$OLD" >"$DIRECTORY/docker.json"
		register "$ODH_TEST" --fault fail:postDeploy
		launch
		told 0
	done
}

reader() {
	local pid
	for pid in $(ours); do
		if [ "$(readlink "/proc/$pid/ns/mnt")" = "$(readlink "/proc/$(cat "$B/pid")/ns/mnt")" ]; then
			echo "$pid"
		fi
	done
}

reader_stopped() {
	[ "$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$(reader)/status")" = T ]
}

check_tells() {
	"$ODH" --root "$RECORDS" check "$ID" >"$B/stdout"
	grep -Eqx "refused +$ADVICE" "$B/stdout"
}

@test "check of a container that lives tells it, of one that has ended not" {
	deploy_bundle "${RUNTIMES%% *}"
	launch
	told 0
	"$ODH" --root "$RECORDS" check "$ID" >"$B/stdout"
	refute grep "$ADVICE" "$B/stdout"
	echo "$OLD" >"$DIRECTORY/docker.json"
	wait_until check_tells || fail "$(cat "$B/stdout")"
	refute grep -q 'old hook' "$OUT"
	delete
	"$ODH" --root "$RECORDS" check "$ID" >"$B/stdout"
	refute grep "$ADVICE" "$B/stdout"
}
