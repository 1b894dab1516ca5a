#!/usr/bin/env bats
# Whose rights the hook has: the application's, and fewer.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

# The hook is the probe, with no shell in between that could change something.
probe_hook() {
	settings "$(jq -n --argjson more "${1:-{\}}" '{shell: ["/probe", "hook"]} + $more')"
	hook 'no shell: a word for the probe'
	app /probe app /app
}

launch_probe() {
	launch
	wait_for_log ': ended: exit status 0'
	[ -n "$(probed hook uid)" ] || fail "the hook's probe has said nothing"
}

@test "root's hook has the application's ids, directory, environment, limits and namespaces" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		edit '.process.user = {uid: 0, gid: 0, additionalGids: [7, 3000], umask: 23}
			| .process.cwd = "/data/work"'
		set_env 'QUOTED=a "b" $c' "LINES=one
two" EMPTY= GREETING=again
		launch_probe
		same uid gid groups umask cwd env 'rlimit [0-9]*' 'ns [a-z]*'
		equal "$(probed hook umask)" 0027
		equal "$(probed hook cwd)" /data/work
		equal "$(probed hook 'ns [a-z]*' | wc -l)" 8 "namespaces compared"
	done
}

@test "a user's hook has the application's ids, directory, environment, limits and namespaces" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		edit '.process.user = {uid: 1000, gid: 1001, additionalGids: [10, 1001, 3000], umask: 63}
			| .process.cwd = "/data/work" | .process.env += ["HOME=/data"]'
		launch_probe
		same uid gid groups umask cwd env 'rlimit [0-9]*' 'ns [a-z]*'
		equal "$(probed hook uid)" "1000 1000 1000"
		equal "$(probed hook gid)" "1001 1001 1001"
		equal "$(probed hook umask)" 0077
	done
}

@test "a directory that only its user may enter" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		capabilities KILL
		edit '.process.user = {uid: 1000, gid: 1000} | .process.cwd = "/private"'
		install -d -m 700 -o 1000 -g 1000 "$ROOTFS/private"
		launch_probe
		same cwd
		equal "$(probed hook cwd)" /private
	done
}

@test "limits are the application's, those of config.json and those that it does not name" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		edit '.process.rlimits = [
			{type: "RLIMIT_CORE", soft: 0, hard: 1000},
			{type: "RLIMIT_NOFILE", soft: 100, hard: 200},
			{type: "RLIMIT_STACK", soft: 4194304, hard: "INFINITY"}]'
		sed -i 's/"INFINITY"/18446744073709551615/' "$B/config.json" # jq would round it
		(ulimit -Sn 300 && ulimit -Sf 100000 && create)
		(ulimit -Sn 400 && ulimit -Sf 200000 && start) # who starts may have others than who created
		wait_for_log ': ended: exit status 0'
		same 'rlimit [0-9]*'
		equal "$(probed hook 'rlimit [0-9]*' | wc -l)" 16 "limits compared"
		equal "$(probed hook 'rlimit 7')" "100 200" "open files"
	done
}

@test "an application that may open next to no file has a hook that may not either" {
	for runtime in $RUNTIMES; do
		for n in 6 20; do
			make_bundle "$runtime"
			edit '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: $n, hard: $n}]' --argjson n "$n"
			edit 'del(.hooks)'
			edit '.process.rlimits[0] |= (.soft = 64 | .hard = 64)' # the runtime wants more than that
			launch
			edit '.process.rlimits[0] |= (.soft = $n | .hard = $n)' --argjson n "$n"
			hook 'ulimit -n; ulimit -Hn'
			state_of "$(cat "$B/pid")" | poststart
			wait_for_log ': ended: exit status 0'
			equal "$(grep -cx "$n" "$OUT")" 2 "limits of the hook"
		done
	done
}

@test "a caller with small limits of its own: the hook has the application's" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		edit 'del(.hooks)'
		launch
		hook '/probe hook'
		state_of "$(cat "$B/pid")" >"$B/state.json"
		CALLER=(prlimit --stack=65536: --nofile=10: --as=100000000: --fsize=1000:)
		poststart <"$B/state.json"
		CALLER=()
		wait_for_log ': ended: exit status 0'
	done
}

@test "priorities and processors are the application's" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		CALLER=(nice -n 3 taskset --cpu-list 0)
		create
		CALLER=(nice -n 7) # and all processors: who starts may have another than who created
		start
		wait_for_log ': ended: exit status 0'
		same nice scheduler 'io priority' Cpus_allowed personality
		equal "$(probed hook nice)" 3
	done
}

@test "an unset HOME is /, and the caller's environment stays outside" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		export SECRET=of-the-caller
		launch_probe
		same env
		grep -qx 'hook env: HOME=/' "$OUT"
		refute grep -q of-the-caller "$OUT"
	done
}

@test "in a user namespace the hook is the application's user there" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		edit '.process.user = {uid: 0, gid: 0, additionalGids: [7]}'
		in_user_namespace
		launch_probe
		same uid gid groups 'ns [a-z]*' env
		equal "$(probed hook CapEff)" "$(mask "$KEPT_CAPS")" "effective set"
		equal "$(probed hook CapBnd)" "$(mask "$KEPT_CAPS")" "bounding set"
		answers
	done
}

@test "a directory that root may not enter, but its user" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		# In a user namespace root has no power over files whose owner is nobody there.
		in_user_namespace
		edit '.process.user = {uid: 1000, gid: 1000, additionalGids: [7]}
			| .process.cwd = "/private"'
		install -d -m 050 -o 0 -g "$((UIDS + 7))" "$ROOTFS/private"
		launch_probe
		same cwd uid groups
		equal "$(probed hook cwd)" /private
	done
}

# KEPT [EFFECTIVE]: the five sets of the hook, as the probe and as /proc/PID/status have them.
caps_are() {
	equal "$(probed hook CapInh)" "$(mask)" "inheritable set"
	equal "$(probed hook CapAmb)" "$(mask)" "ambient set"
	equal "$(probed hook CapBnd)" "$(mask "$1")" "bounding set"
	equal "$(probed hook CapPrm)" "$(mask "${2-$1}")" "permitted set"
	equal "$(probed hook CapEff)" "$(mask "${2-$1}")" "effective set"
}

@test "capabilities, root with more than the list: the list" {
	local given="$KEPT_CAPS SYS_ADMIN SYS_PTRACE NET_ADMIN MKNOD NET_RAW SETPCAP SETFCAP"
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		capabilities "$given"
		# Ambient and inheritable ones must not come through either.
		edit '.process.capabilities |= (.inheritable = .bounding | .ambient = .bounding)'
		launch_probe
		caps_are "$KEPT_CAPS"
	done
}

@test "capabilities, root with fewer than the list: what the container has" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		capabilities CHOWN KILL NET_RAW
		launch_probe
		caps_are "$(both_lists "CHOWN KILL NET_RAW" "$KEPT_CAPS")"
	done
}

@test "capabilities, root with none: none" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		capabilities
		launch_probe
		caps_are ""
	done
}

@test "capabilities, root with fewer effective than bounding: no more than effective" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		edit '.process.capabilities.effective = ["CAP_KILL", "CAP_NET_RAW"]
			| .process.capabilities.permitted = ["CAP_KILL", "CAP_NET_RAW"]'
		launch_probe
		caps_are "$KEPT_CAPS" KILL
	done
}

@test "capabilities, a user with more than the list: none, the list bounds" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		edit '.process.user = {uid: 1000, gid: 1000}'
		capabilities "$KEPT_CAPS SYS_ADMIN NET_RAW"
		edit '.process.capabilities |= (.inheritable = .bounding | .ambient = .bounding)'
		launch_probe
		caps_are "$KEPT_CAPS" ""
	done
}

@test "capabilities, a user with fewer than the list: none" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		edit '.process.user = {uid: 1000, gid: 1000}'
		capabilities KILL
		launch_probe
		caps_are KILL ""
	done
}

@test "capabilities, the settings' list instead of ours" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook '{"capabilities": ["CAP_NET_RAW", "CAP_CHOWN", "CAP_SYS_ADMIN"]}'
		launch_probe
		caps_are "CHOWN NET_RAW"
	done
}

@test "no_new_privs and one filter, our own, where the container has neither" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		launch_probe
		equal "$(probed app NoNewPrivs) $(probed app Seccomp)" "0 0" "the application's"
		equal "$(probed hook NoNewPrivs)" 1 NoNewPrivs
		equal "$(probed hook Seccomp)" 2 Seccomp
		equal "$(probed hook Seccomp_filters)" 1 Seccomp_filters
	done
}

@test "with podman's default profile there are two filters" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		podman_profile >"$B/profile.json"
		edit '.linux.seccomp = $profile[0] | .process.noNewPrivileges = true' \
			--slurpfile profile "$B/profile.json"
		launch_probe
		equal "$(probed app Seccomp_filters)" 1 "the application's filters"
		equal "$(probed hook NoNewPrivs)" 1 NoNewPrivs
		equal "$(probed hook Seccomp)" 2 Seccomp
		equal "$(probed hook Seccomp_filters)" 2 Seccomp_filters
		answers
	done
}

@test "what a container's profile forbids the application, it forbids the hook" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"],
			syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28}]}'
		app /bin/sh -c 'mkdir /tmp/app; exec /app'
		blocked_hook 'mkdir /tmp/hook; touch /tmp/touched'
		launch
		wait_until begun
		wait_for_log ': started: hook pid'
		grep -q '^NoNewPrivs:.1$' "/proc/$(hook_pid)/status"
		grep -q '^Seccomp:.2$' "/proc/$(hook_pid)/status"
		grep -q '^Seccomp_filters:.2$' "/proc/$(hook_pid)/status"
		open_gate
		wait_for_log ': ended: exit status 0'
		grep -q "/tmp/app.*No space left on device" "$ERR"
		grep -q "/tmp/hook.*No space left on device" "$ERR"
		[ -e "$ROOTFS/tmp/touched" ]
		answers
	done
}

@test "a profile that allows only what it lists, for the hook too" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		podman_profile >"$B/profile.json"
		edit '.linux.seccomp = ($profile[0] | .syscalls |= map(.names -= ["symlink", "symlinkat"]))' \
			--slurpfile profile "$B/profile.json"
		hook 'ln -s x /tmp/hook; touch /tmp/touched'
		launch
		wait_for_log ': ended: exit status 0'
		grep -q '/tmp/hook' "$ERR"
		[ -e "$ROOTFS/tmp/touched" ]
		[ ! -L "$ROOTFS/tmp/hook" ]
	done
}

@test "three descriptors: an empty pipe and the application's own output" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		OUTPUT='pipe'
		probe_hook
		launch_probe
		equal "$(grep -c '^hook fd ' "$OUT")" 3 "open descriptors"
		grep -Eq '^hook fd 0: 0:[0-9]+:[0-9]+ fifo$' "$OUT"
		same 'fd 1' 'fd 2'
		refute [ "$(probed hook 'fd 0')" = "$(probed app 'fd 0')" ]
	done
}

@test "three descriptors, none of the host, where the application has none to share" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		OUTPUT='null'
		settings '{"shell": ["/bin/sh", "-c"]}'
		hook '/probe hook >/tmp/probe.new; for n in 0 1 2 3 4 5 6 7 8 9; do
			readlink "/proc/$$/fd/$n"; done >/tmp/links; mv /tmp/probe.new /tmp/probe'
		launch
		wait_for_log ': ended: exit status 0'
		equal "$(grep -c '^hook fd ' "$ROOTFS/tmp/probe")" 3 "open descriptors"
		equal "$(probed hook 'fd [02]' "$ROOTFS/tmp/probe" | grep -vc ' fifo$' || true)" 0
		refute grep -qv '^pipe:\|^/tmp/links$' "$ROOTFS/tmp/links"
	done
}

@test "the session keyring is empty, whatever the caller had in his" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		# The hook's own profile may deny the look: one that denies nothing shows more.
		echo '{"defaultAction": "SCMP_ACT_ALLOW"}' >"$B/all.json"
		chmod 644 "$B/all.json"
		probe_hook "{\"seccomp\": \"$B/all.json\"}"
		CALLER=("$TOOLS/bundle/rootfs/probe" key)
		launch_probe
		equal "$(probed hook keys)" 0 "keys"
	done
}

@test "a session of its own, no terminal, no inherited signals, first to be killed for memory" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		probe_hook
		CALLER=(nohup env "--block-signal=TERM,USR1" "--ignore-signal=USR2,PIPE")
		launch_probe
		equal "$(probed hook 'session leader')" yes
		equal "$(probed hook 'group leader')" yes
		equal "$(probed hook parent)" outside
		equal "$(probed hook terminal)" none
		equal "$(probed hook SigBlk)" 0000000000000000 "blocked signals"
		equal "$(probed hook SigIgn)" 0000000000000000 "ignored signals"
		equal "$(probed hook oom_score_adj)" 1000
		equal "$(probed hook 'parent-death signal')" 9
	done
}

@test "a container with every capability: what the hook tries is denied" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		capabilities "$KEPT_CAPS SYS_ADMIN SYS_PTRACE NET_ADMIN MKNOD SYS_CHROOT SETPCAP"
		edit '.process.capabilities |= (.inheritable = .bounding | .ambient = .bounding)'
		hook '/probe attempts'
		launch
		wait_for_log ': ended: exit status 0'
		equal "$(probed attempt 'another user')" "done" # what the list is there for
		equal "$(probed attempt 'terminal input')" ENXIO
		equal "$(grep -c '^attempt ' "$OUT")" 15 "attempts"
		equal "$(grep '^attempt ' "$OUT" | grep -Ev 'another user|terminal input' |
			grep -Evc ': (EPERM|EACCES|ENOSYS)$' || true)" 0 "attempts not denied"
		answers
	done
}

@test "nothing of ours is in the container but the hook" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook 'ps -o pid,args; true' # not the last, or it would take the shell's place
		launch
		wait_until begun
		wait_for_log ': started: hook pid'
		equal "$(pids_beside "$(cat "$B/pid")" | sort -n | paste -sd' ')" \
			"$(printf '%s\n' "$(cat "$B/pid")" "$(hook_pid)" | sort -n | paste -sd' ')" \
			"processes in the container"
		open_gate
		wait_for_log ': ended: exit status 0'
		equal "$(grep -c '^ *[0-9]' "$OUT")" 3 "the application, the hook's shell and ps"
		refute grep -q oci-deploy-hook "$OUT"
	done
}

@test "the hook's cgroups are the application's, one is a child of it" {
	local hierarchy path name children
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		blocked_hook 'true'
		launch
		wait_until begun
		wait_for_log ': started: hook pid'
		children=0
		while IFS=: read -r _ hierarchy path; do
			name=$(sed -n "s,^[0-9]*:$hierarchy:,,p" "/proc/$(hook_pid)/cgroup")
			if [ "$name" != "$path" ]; then
				children=$((children + 1))
				[[ $name =~ ^"$path"/oci-deploy-hook-[0-9a-f]{8,}$ ]] ||
					fail "$hierarchy: hook $name, application $path"
			fi
		done <"/proc/$(cat "$B/pid")/cgroup"
		equal "$children" 1 "children made for the hook"
		open_gate
		wait_until none_of_ours
		equal "$(cgroups_named 'oci-deploy-hook-*' | grep -c "/$ID/" || true)" 0 "children left"
		answers
	done
}

@test "in pure cgroup v2 the hook's cgroup is a child of the application's" {
	make_bundle runc
	if mountpoint -q /sys/fs/cgroup/unified; then
		# As on a machine without cgroup v1, in a mount namespace of its own.
		CALLER=(unshare -m --propagation private sh -c 'umount -R /sys/fs/cgroup &&
			mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"' sh)
	fi
	blocked_hook 'true'
	launch
	wait_until begun
	wait_for_log ': started: hook pid'
	[[ $(sed -n 's/^0:://p' "/proc/$(hook_pid)/cgroup") =~ ^"$(sed -n 's/^0:://p' \
		"/proc/$(cat "$B/pid")/cgroup")"/oci-deploy-hook-[0-9a-f]{8,}$ ]]
	open_gate
	wait_for_log ': ended: exit status 0'
	answers
	delete
	nothing_left
}
