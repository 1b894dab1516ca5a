#!/usr/bin/env bats
# A hook's cgroup, in version 1 and in version 2: its whole tree ends, also of paused containers.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

ROWS="v1:runc v1:crun v2:runc v2:crun"

# VERSION:RUNTIME: a bundle whose runtime sees cgroups of that version only.
cgroup_bundle() {
	VERSION=${1%:*}
	make_bundle "${1#*:}"
	CASE=$1
	case $VERSION in
	v1) # what is mounted beside it is hidden
		[ -d /sys/fs/cgroup/freezer ] || skip_or_fail "no cgroup version 1 on this machine"
		CALLER=(unshare -m --propagation private sh -c 'if mountpoint -q /sys/fs/cgroup/unified; then
			mount -t tmpfs tmpfs /sys/fs/cgroup/unified; fi && exec "$@"' sh)
		;;
	v2)
		CALLER=(unshare -m --propagation private sh -c 'umount -R /sys/fs/cgroup &&
			mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"' sh)
		;;
	esac
}

# The cgroup that the hook lives in, of the version in question.
hook_cgroup() {
	if [ "$VERSION" = v1 ]; then
		sed -n 's/^[0-9]*:freezer://p' "/proc/$(hook_pid)/cgroup"
	else
		sed -n 's/^0:://p' "/proc/$(hook_pid)/cgroup"
	fi
}

# Nothing of the hook is left.
hook_is_gone() {
	only_the_app
	no_cgroup_left
}

DEAF_TREE='trap "" TERM HUP; for n in 1 2 3; do (trap "" TERM HUP; while :; do sleep 1000; done) & done
	/probe escape 1000; echo begun; while :; do read -r word </gate; done'

@test "the hook lives in a fresh child of the application's cgroup" {
	for row in $ROWS; do
		cgroup_bundle "$row"
		blocked_hook 'true'
		launch
		wait_until begun
		wait_for_log ': started: '
		case $(hook_cgroup) in
		"/$ID/oci-deploy-hook-"????????????????) ;;
		*) fail "$row: cgroup of the hook: $(hook_cgroup)" ;;
		esac
		open_gate
		wait_for_log ': ended: exit status 0'
		wait_until hook_is_gone
		answers
		delete
		nothing_left
	done
}

@test "a deaf tree, its escaped daemon included, ends at the timeout" {
	for row in $ROWS; do
		for seconds in $TIMEOUTS; do
			cgroup_bundle "$row"
			settings "{\"timeout\": $seconds}"
			hook "$DEAF_TREE"
			launch
			! in_time begun || break
		done
		wait_for_log ': timed-out: '
		wait_until none_of_ours
		hook_is_gone
		answers
		delete
		nothing_left
	done
}

@test "paused before the hook starts: it runs after the resume" {
	for row in $ROWS; do
		paused_before_the_hook "$row"
		rt resume "$ID"
		wait_for_log ': ended: exit status 0'
		wait_until none_of_ours
		grep -qx 'hook ran' "$OUT"
		hook_is_gone
		answers
		delete
	done
}

# A runtime kills init and then resumes: from there on a hook may start and be killed, in any order.
@test "paused before the hook starts, and removed" {
	for row in $ROWS; do
		paused_before_the_hook "$row"
		refute grep -qx 'hook ran' "$OUT"
		delete
		wait_until none_of_ours
		equal "$(cgroups_named "$ID")" "" "cgroups of the container"
	done
}

@test "paused before the hook starts, and removed before our process goes on: no hook" {
	for row in $ROWS; do
		paused_before_the_hook "$row"
		kill -STOP "$(cat "$(find_cgroup)/cgroup.procs")" # it stops at the resume
		delete
		wait_until none_of_ours
		refute grep -qx 'hook ran' "$OUT"
		equal "$(cgroups_named "$ID")" "" "cgroups of the container"
	done
}

# VERSION:RUNTIME: a paused container with our joiner at its cgroup, or the hook in it.
paused_before_the_hook() {
	cgroup_bundle "$1"
	edit 'del(.hooks)'
	launch
	rt pause "$ID"
	wait_until status_is paused
	hook 'echo hook ran'
	state_of "$(cat "$B/pid")" | poststart
	wait_for_log ': ready: '
	wait_until at_the_cgroup
}

at_the_cgroup() {
	grep -q . "$(find_cgroup)/cgroup.procs"
}

find_cgroup() {
	cgroups_named 'oci-deploy-hook-*' | grep "/$ID/"
}

@test "paused while the hook lives: the hook too, and it goes on after the resume" {
	for row in $ROWS; do
		cgroup_bundle "$row"
		blocked_hook 'echo went on'
		launch
		wait_until begun
		rt pause "$ID"
		wait_until status_is paused
		rt resume "$ID"
		open_gate
		wait_for_log ': ended: exit status 0'
		grep -qx 'went on' "$OUT"
		answers
		delete
		nothing_left
	done
}

@test "paused while the hook lives, past its timeout: all of it ends after the resume at the latest" {
	for row in $ROWS; do
		for seconds in $TIMEOUTS; do
			cgroup_bundle "$row"
			settings "{\"timeout\": $seconds}"
			hook "$DEAF_TREE"
			launch
			in_time begun || continue
			rt pause "$ID"
			wait_until status_is paused
			logged ': timed-out: ' || break
			delete # paused too late: the timeout was over
		done
		sleep "$seconds" # past the timeout; the test asks for nothing until the resume
		rt resume "$ID"
		wait_for_log ': timed-out: '
		wait_until none_of_ours
		hook_is_gone
		answers
		delete
		nothing_left
	done
}

@test "paused while the hook lives, and removed" {
	for row in $ROWS; do
		cgroup_bundle "$row"
		hook "$DEAF_TREE"
		launch
		wait_until begun
		rt pause "$ID"
		wait_until status_is paused
		delete
		nothing_left
	done
}

@test "in a cgroup with a path of a kilobyte too, what a hook leaves behind is killed" {
	local long
	long=$(printf 'x%.0s' $(seq 240))
	for row in $ROWS; do
		cgroup_bundle "$row"
		edit '.linux.cgroupsPath = "/" + ([$id, $x, $x, $x, $x] | join("/"))' --arg id "$ID" --arg x "$long"
		hook 'sleep 1000 & exit 0'
		launch
		wait_for_log ': ended: exit status 0'
		wait_for_log 'left behind were killed'
		wait_until hook_is_gone
		delete
		for directory in $(cgroups_named "$ID"); do # the runtime leaves those above its own
			find "$directory" -depth -type d -exec rmdir {} \;
		done
	done
}

@test "a cgroup that takes no child cgroups: the hook does not run, the container does not care" {
	for runtime in $RUNTIMES; do
		cgroup_bundle "v2:$runtime"
		edit 'del(.hooks)'
		launch
		echo 0 >"$(cgroups_named "$ID" | head -n 1)/cgroup.max.descendants"
		hook 'echo hook ran'
		state_of "$(cat "$B/pid")" | poststart
		wait_for_log ': error: .*make a child of the application.s cgroup'
		wait_until none_of_ours
		refute grep -qx 'hook ran' "$OUT"
		answers
		delete
	done
}

@test "on a host with more than a megabyte of mounts" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		mkdir "$B/many"
		CALLER=(unshare -m --propagation private sh -c 'source=$(printf "%03500d" 0)
			for _ in $(seq 320); do mount -t tmpfs "$source" "$0"; done && exec "$@"' "$B/many")
		hook 'echo hook ran'
		launch
		wait_for_log ': ended: exit status 0'
		grep -qx 'hook ran' "$OUT"
		CALLER=()
	done
}
