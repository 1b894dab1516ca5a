#!/usr/bin/env bats
# What the differential test looks through: does it see the rights of real processes, and does it judge
# filters as the kernel does?  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of other shells
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper
load ../lib/differential

setup() {
	make_rights
	cp "$(command -v busybox)" "$BATS_TEST_TMPDIR/sleep"
	cd "$BATS_TEST_TMPDIR" || return
	sleeping base
}

# NAME CMD...: the command executes a program that sleeps; take its snapshot.
sleeping() {
	env -i "PATH=$PATH" HOME=/ "PWD=$PWD" "${@:2}" "$BATS_TEST_TMPDIR/sleep" 100000 </dev/null >/dev/null 2>&1 3>&- &
	echo "$!" >>"$BATS_TEST_TMPDIR/pids"
	take "$!" "$1"
}

# "AXIS,AXIS" CMD...: what the command does to a process is seen on these axes, and on no other.
seen() {
	sleeping changed "${@:2}"
	"$RIGHTS" compare base changed >verdict || true
	equal "$(awk -F'\t' '$2 !~ /[=.]/ { print $1 }' verdict | sort | paste -sd,)" "$1" "axes, after ${*:2}:"
}

@test "what is changed in a process is seen on its axis, and on no other" {
	seen ""
	seen "status Umask" sh -c 'umask 0; exec "$@"' sh
	seen "keyring session,status CapEff,status CapPrm,status Uid" setpriv --reuid 4242
	seen "status Gid" setpriv --regid 4242 --keep-groups
	seen "status Groups" setpriv --groups 4242
	seen "status CapBnd,status CapEff,status CapPrm" setpriv --bounding-set -kill
	seen "status CapInh" setpriv --inh-caps +kill
	seen "status CapAmb,status CapInh" setpriv --inh-caps +kill --ambient-caps +kill
	seen "status NoNewPrivs" setpriv --no-new-privs
	seen "prctl securebits" setpriv --securebits +no_setuid_fixup
	seen "status SigIgn" env --ignore-signal=USR1
	seen "status SigBlk" env --block-signal=USR1
	seen "sched cpus,status Cpus_allowed" taskset --cpu-list 0
	seen "limit Max open files" prlimit --nofile=100:100
	seen "limit Max core file size" prlimit --core=0:0
	seen "oom_score_adj" choom -n 500 --
	seen "personality" setarch --addr-no-randomize
	seen "sched nice" nice -n 5
	seen "sched policy" chrt --batch 0
	seen "sched io priority" ionice -c 2 -n 1
	seen "ns uts" unshare --uts
	seen "ns ipc" unshare --ipc
	seen "ns net" unshare --net
	seen "ns cgroup" unshare --cgroup
	seen "env PLANTED" env PLANTED=1
	seen "env HOME" env HOME=/elsewhere
	seen "fd 9" sh -c 'exec "$@" 9</etc/passwd' sh
	seen "cwd,env OLDPWD,env PWD" sh -c 'cd / && exec "$@"' sh
	seen "keyring session" "$TOOLS/bundle/rootfs/probe" key
}

# NUMBER CONDITIONS: our programs for a profile with these conditions.
compiled() {
	CONDITIONS=$2
	cp "$TOOLS/bundle/config.json" "$B/config.json"
	profile "$3"
	"$RIGHTS" compile "$B/config.json" >"$1"
}

@test "one argument more or less is seen for each operator, and where" {
	local changed calls number call rest
	make_bundle "${RUNTIMES%% *}"
	compiled before "$CONDITIONS" denies
	"$RIGHTS" filters before before
	mapfile -t calls <<<"${CONDITIONS#?}"
	for number in "${!calls[@]}"; do
		for step in 1 -1; do
			read -r call letter index operator value two <<<"${calls[number]}"
			[ "$operator" != MASKED_EQ ] || two=$(printf '%u' "$((two ^ 1 << 37))")
			[ "$operator" = MASKED_EQ ] || value=$(printf '%u' "$((value + step))")
			changed=("${calls[@]}")
			changed[number]="$call $letter $index $operator $value $two"
			compiled after "$(printf '\n%s' "${changed[@]}")" denies
			"$RIGHTS" filters before after >differences || [ $? = 1 ]
			equal "$(awk '{ print $4 }' differences | sort -u)" "$call:" "calls that differ after ${changed[number]}"
		done
	done
}

@test "a right more is told from a right less, and from another error" {
	make_bundle "${RUNTIMES%% *}"
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{names: ["mount", "bpf", "ptrace"], action: "SCMP_ACT_ERRNO"}]}'
	"$RIGHTS" compile "$B/config.json" >a
	edit '.linux.seccomp.syscalls = [{names: ["bpf", "kexec_load"], action: "SCMP_ACT_ERRNO"},
		{names: ["ptrace"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]'
	"$RIGHTS" compile "$B/config.json" >b
	"$RIGHTS" filters a b >differences || [ $? = 1 ]
	equal "$(awk '$2 == "x86_64" { print $1, $4 }' differences | sort | paste -sd,)" \
		"< kexec_load:,> mount:,~ ptrace:" "differences"
}
