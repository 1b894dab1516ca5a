#!/usr/bin/env bats
# The hook's rights are within its application's, on every axis: plain bundles.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper
load ../lib/differential

setup() {
	make_rights
}

# RUNTIME: a bundle whose application sleeps, started by a caller who has a key in his session.
make_sleeper() {
	make_bundle "$1"
	CALLER=("$TOOLS/bundle/rootfs/probe" key)
	app sh -c "$SLEEP"
	hook "$SLEEP"
}

all_capabilities() {
	echo AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN \
		DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE \
		LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST \
		NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT \
		SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_TIME SYS_TTY_CONFIG WAKE_ALARM
}

# ROW: start it, execute beside it, compare the three.
differs_by_design() {
	launch
	beside "$1"
}

# ROW: once it is started.
beside() {
	wait_for_log ': started: '
	rt exec --detach --pid-file "$B/exec.pid" "$ID" sh -c "$SLEEP" >"$B/exec.out" 2>&1 ||
		fail "exec: $(cat "$B/exec.out")"
	compare "$1" "$B/config.json" "$(cat "$B/pid")" "$(cat "$B/exec.pid")" "$(hook_pid)"
}

@test "no seccomp at all" {
	for runtime in $RUNTIMES; do
		make_sleeper "$runtime"
		differs_by_design "no seccomp"
	done
}

@test "one right too many is seen on each axis, and so is an axis that is missing" {
	make_sleeper "${RUNTIMES%% *}"
	edit '.linux.seccomp = $profile' --argjson profile "$(podman_profile)"
	VERDICTS=/dev/null
	differs_by_design planted
	"$RIGHTS" plant "$SNAPSHOTS/app" "$SNAPSHOTS/hook" "$SNAPSHOTS/wanted" >"$B/planted" ||
		fail "$(cat "$B/planted")"
	grep -Eqx "[34][0-9][0-9] planted, 0 not seen" "$B/planted" || fail "$(cat "$B/planted")"
}

@test "hand-written profiles: rules on all operators, values of 64 bits" {
	for runtime in $RUNTIMES; do
		for kind in denies allows; do
			make_sleeper "$runtime"
			profile "$kind"
			differs_by_design "profile that $kind by arguments"
			differ "$SNAPSHOTS/app" "$B/config.json"
			agrees "$B/config.json"
			# And the hook runs under this very program, loaded last.
			equal "$(sed -n 's/^seccomp filters\t.* //p' "$SNAPSHOTS/hook")" \
				"$(sed -n 's/^seccomp filters\t//p' "$SNAPSHOTS/ours")" "the hook's last filter"
		done
	done
}

@test "another user, with groups, umask, directory and limits" {
	for runtime in $RUNTIMES; do
		make_sleeper "$runtime"
		edit '.process.user = {uid: 1000, gid: 2000, additionalGids: [7, 3000], umask: 63}
			| .process.cwd = "/data/work" | .process.noNewPrivileges = true
			| .process.oomScoreAdj = 77
			| .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200},
				{type: "RLIMIT_CORE", soft: 0, hard: 0}]'
		differs_by_design "user 1000"
	done
}

@test "a user namespace" {
	for runtime in $RUNTIMES; do
		make_sleeper "$runtime"
		edit '.process.user.additionalGids = [7]'
		in_user_namespace
		differs_by_design "user namespace"
	done
}

@test "every capability in every set" {
	for runtime in $RUNTIMES; do
		make_sleeper "$runtime"
		capabilities "$(all_capabilities)"
		edit '.process.capabilities |= (.inheritable = .bounding | .ambient = .bounding)'
		differs_by_design "all capabilities"
	done
}

@test "fewer capabilities effective than bounding" {
	for runtime in $RUNTIMES; do
		make_sleeper "$runtime"
		edit '.process.capabilities |= (.effective = ["CAP_CHOWN", "CAP_NET_RAW"] | .permitted = .effective)'
		differs_by_design "few effective"
		axis hook 'status CapEff' 0000000000000001
	done
}

@test "a profile whose default is to kill or to trap" {
	for runtime in $RUNTIMES; do
		for action in KILL_PROCESS TRAP; do
			make_sleeper "$runtime"
			edit '.linux.seccomp = ($profile | .defaultAction = "SCMP_ACT_" + $action | del(.defaultErrnoRet))' \
				--argjson profile "$(podman_profile)" --arg action "$action"
			differs_by_design "default $action"
		done
	done
}

@test "the settings' list of capabilities, which the application lacks in part" {
	LISTED_CAPS='{"CAP_CHOWN": 1, "CAP_NET_RAW": 8192, "CAP_SYS_ADMIN": 2097152}'
	for runtime in $RUNTIMES; do
		make_sleeper "$runtime"
		settings '{"capabilities": ["CAP_NET_RAW", "CAP_SYS_ADMIN", "CAP_CHOWN"]}'
		differs_by_design "capabilities by the settings"
		axis hook 'status CapEff' 0000000000002001
	done
}

@test "priorities and personality: the application's, also where its runtime passes over config.json" {
	for runtime in $RUNTIMES; do
		make_sleeper "$runtime"
		edit '.process.scheduler = {policy: "SCHED_FIFO", priority: 20}
			| .process.ioPriority = {class: "IOPRIO_CLASS_RT", priority: 2}
			| .process.execCPUAffinity = {initial: "0", final: "0"}
			| .linux.personality = {domain: "LINUX32"}'
		differs_by_design "priorities asked"
	done
}

@test "priorities and personality: those that the application was given by others" {
	local pid
	for runtime in $RUNTIMES; do
		make_sleeper "$runtime"
		CALLER=(setarch --addr-no-randomize taskset --cpu-list 1 "${CALLER[@]}")
		create
		pid=$(cat "$B/pid")
		renice -n -5 -p "$pid" >&2
		ionice -c 2 -n 1 -p "$pid"
		CALLER=("${CALLER[@]:5}")
		prlimit --pid "$pid" --nofile=50:60
		start
		beside "priorities given"
		axis hook 'sched nice' -5
	done
}

@test "started by somebody with other attributes than who created it" {
	for runtime in $RUNTIMES; do
		make_sleeper "$runtime"
		create
		CALLER=(sh -c 'umask 0; cd /tmp; exec "$@"' sh env -i "PATH=$PATH" SECRET=1
			--ignore-signal=USR1 --block-signal=USR2 nice -n 5 ionice -c 2 -n 7
			setarch --addr-no-randomize taskset --cpu-list 0 prlimit --nofile=500: --fsize=1000000:
			setpriv --inh-caps +kill choom -n 100 -- "${CALLER[@]}")
		start
		CALLER=("${CALLER[@]: -2}")
		beside "another starter"
	done
}

@test "a batch and an idle application" {
	for policy in batch idle; do
		make_sleeper "${RUNTIMES%% *}"
		create
		chrt "--$policy" -p 0 "$(cat "$B/pid")"
		start
		beside "policy $policy"
	done
}

@test "an application with reserved time: what it forks has none, and the hook neither" {
	make_sleeper "${RUNTIMES%% *}"
	create
	chrt --deadline --sched-runtime 1000000 --sched-deadline 100000000 --sched-period 100000000 \
		-p 0 "$(cat "$B/pid")"
	start
	VERDICTS=/dev/null
	refute beside "policy deadline" 2>/dev/null
	equal "$(awk -F'\t' '$3 != "ok" { print $1 }' "$SNAPSHOTS/hook.verdict" | sort | paste -sd,)" \
		"prctl timer slack,sched deadline,sched policy,timerslack_ns" "axes that differ"
	axis hook 'sched policy' '0 0'
	axis hook 'sched nice' 0
}
