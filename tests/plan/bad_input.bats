#!/usr/bin/env bats
# Input that is wrong, or forged: no hook runs, the log says why, and the runtime is told nothing
# but 0.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

# poststart is called by hand here, so one runtime is as good as the other.
setup() {
	make_bundle "${RUNTIMES%% *}"
}

teardown() {
	rm -f "/odh-escaped-$ID"
	remove_all
}

# A container that lives, and was started without a hook; its config.json now has one.
living() {
	launch
	APP=$(cat "$B/pid")
	give_hook
}

# A hook that leaves a trace wherever it runs.
give_hook() {
	hook "touch /odh-escaped-$ID"
	cp "$B/config.json" "$B/config.good"
}

traces() {
	find / "$B"/../*/rootfs -maxdepth 1 -name "odh-escaped-$ID"
}

# PATTERN: no hook was run, and one line of the log says why.
no_hook() {
	wait_until none_of_ours
	equal "$(traces)" "" "traces of the hook"
	equal "$(count_log ': (error|not-started): ')" 1 "lines in the log that say why"
	logged ": (error|not-started): .*($1)" || fail "the log should say '$1':" "$(tail -n 3 "$LOG")"
	refute logged ': (started|ended): '
	rm -f "$LOG" "$RECORDS"/*.json # the process was no container's, but its claim was made
}

# PATTERN FILTER...: the state changed by each filter in turn.
bad_state() {
	for CASE in "${@:2}"; do
		state_of "$APP" "$CASE" | poststart
		no_hook "$1"
	done
}

# PATTERN FILTER...: config.json changed by each filter in turn.
bad_config() {
	for CASE in "${@:2}"; do
		jq "$CASE" "$B/config.good" >"$B/config.json"
		state_of "$APP" | poststart
		no_hook "$1"
	done
}

# PATTERN JSON...: the settings.
bad_settings() {
	for CASE in "${@:2}"; do
		settings "$CASE"
		state_of "$APP" | poststart
		no_hook "$1"
	done
}

@test "with good input by hand the hook runs, in the container only" {
	living
	state_of "$APP" | poststart
	wait_for_log ': ended: exit status 0'
	equal "$(traces | wc -l)" 1 "traces"
	[ -e "$ROOTFS/odh-escaped-$ID" ]
}

# --- the state ---

@test "no state, an empty one, a closed stdin" {
	living
	poststart </dev/null
	no_hook 'state|JSON'
	echo | poststart
	no_hook 'state|JSON'
	poststart <&-
	no_hook 'state|JSON|descriptor'
}

@test "a state that is not JSON, or cut off, or no object" {
	living
	echo 'pid: 12' | poststart
	no_hook 'JSON|state'
	state_of "$APP" | head -c 40 | poststart
	no_hook 'JSON|state'
	state_of "$APP" '[.]' | poststart
	no_hook 'object'
	{
		state_of "$APP"
		state_of "$APP"
	} | poststart
	no_hook 'JSON|state|trailing'
}

@test "a state over 1 MiB: read to its end, so that its writer lives" {
	living
	state_of "$APP" >"$B/small"
	{
		sed '$d' "$B/small"
		echo ', "annotations": {"x": "'
		head -c 3000000 /dev/zero | tr '\0' x
		echo '"}}'
		echo "survived" >"$B/survived"
	} | poststart
	[ -e "$B/survived" ]
	no_hook '1048576|1 MiB|bytes'
}

@test "a state that is nested too deeply" {
	living
	state_of "$APP" >"$B/small"
	{
		sed '$d' "$B/small"
		echo ', "annotations": '
		head -c 200000 /dev/zero | tr '\0' '['
		head -c 200000 /dev/zero | tr '\0' ']'
		echo '}'
	} | poststart
	no_hook 'deep|nested|depth'
}

@test "a state without pid, or with one that is none" {
	living
	bad_state 'the state names no pid|state: pid: expected a whole number' 'del(.pid)' '.pid = 0' '.pid = null' '.pid |= tostring' '.pid = -1' \
		'.pid += 0.5' '.pid += 4294967296' '.pid = [.pid]' '.pid = true'
}

@test "a state with the pid twice" {
	living
	state_of "$APP" >"$B/small"
	sed "1a \"pid\": $$," "$B/small" | poststart
	no_hook 'state: pid: .*twice'
}

@test "a state whose id or bundle is missing or wrong" {
	living
	bad_state 'state: id: (missing or empty|expected a string)|u0000' 'del(.id)' '.id = ""' '.id = 7' '.id = "a\u0000b"'
	bad_state 'state: bundle: expected|u0000|config.json: .*No such file' 'del(.bundle)' '.bundle = "."' '.bundle = 7' \
		'.bundle = "/no/such/bundle"' '.bundle += "\u0000/x"'
}

@test "a state whose bundle is another container's" {
	local other
	living
	other=$B
	make_bundle "$RUNTIME"
	living
	bad_state 'root' ".bundle = \"$other\""
}

@test "a container whose init never executes the image's program in the usual way" {
	local annotation
	living
	for annotation in '"run.oci.handler": "wasm"' '"run.oci.handler": "krun"' \
		'"module.wasm.image/variant": "compat"'; do
		bad_state 'annotation|handler' ".annotations = {$annotation}"
		bad_config 'annotation|handler' ".annotations = {$annotation}"
	done
}

# --- config.json ---

@test "config.json missing, unreadable as a file, or too long" {
	living
	rm "$B/config.json"
	state_of "$APP" | poststart
	no_hook 'config.json.*No such file'
	mkfifo "$B/config.json"
	state_of "$APP" | poststart
	no_hook 'config.json'
	rm "$B/config.json"
	mkdir "$B/config.json"
	state_of "$APP" | poststart
	no_hook 'config.json'
	rmdir "$B/config.json"
	{
		cat "$B/config.good"
		head -c 17000000 /dev/zero | tr '\0' ' '
	} >"$B/config.json"
	state_of "$APP" | poststart
	no_hook 'config.json.*(16777216|16 MiB|bytes)'
}

@test "config.json not JSON, cut off, or nested too deeply" {
	living
	echo 'CC_RUN_SUCCEEDED_HOOK=touch' >"$B/config.json"
	state_of "$APP" | poststart
	no_hook 'config.json'
	# the variable is in the part that is left
	jq -c '{process: .process} + .' "$B/config.good" | head -c 700 >"$B/config.json"
	grep -q CC_RUN_SUCCEEDED_HOOK "$B/config.json"
	state_of "$APP" | poststart
	no_hook 'config.json'
	{
		sed '$d' "$B/config.good"
		echo ', "annotations": '
		head -c 200000 /dev/zero | tr '\0' '['
		head -c 200000 /dev/zero | tr '\0' ']'
		echo '}'
	} >"$B/config.json"
	state_of "$APP" | poststart
	no_hook 'config.json.*(deep|nested|depth)'
}

@test "config.json with a wrong type, anywhere where it matters" {
	living
	bad_config 'root' 'del(.root)' '.root = "rootfs"' '.root.path = 7' 'del(.root.path)'
	bad_config 'process' '.process.cwd = "data"' '.process.cwd = 7' 'del(.process.cwd)'
	bad_config 'process\.user' '.process.user = 0' '.process.user.uid = "0"' '.process.user.uid = -1' \
		'.process.user.uid = 4294967295' '.process.user.uid = 4294967296' \
		'.process.user.gid = 4294967295' '.process.user.gid = 0.5' \
		'.process.user.umask = 512' '.process.user.umask = "022"' \
		'.process.user.additionalGids = 7' '.process.user.additionalGids = ["7"]' \
		'.process.user.additionalGids = [-1]'
	bad_config 'process\.env' '.process.env += [7]' '.process.env += ["no equals sign"]' \
		'.process.env |= {x: .}' '.process.env += ["=x"]'
	bad_config 'u0000|NUL' '.process.env += ["A=b\u0000c"]'
	bad_config 'process\.capabilities' '.process.capabilities = 7' '.process.capabilities = ["CAP_KILL"]' \
		'.process.capabilities.bounding = "CAP_KILL"' '.process.capabilities.effective = [7]'
	bad_config 'process\.rlimits' '.process.rlimits = 7' '.process.rlimits = [{type: "RLIMIT_NO_SUCH", soft: 1, hard: 1}]' \
		'.process.rlimits = [{type: "RLIMIT_CORE", soft: 2, hard: 1}]' \
		'.process.rlimits = [{type: "RLIMIT_CORE", soft: 1}]'
	bad_config 'process\.noNewPrivileges' '.process.noNewPrivileges = "yes"'
	bad_config 'linux\.namespaces' '.linux.namespaces = 7' '.linux.namespaces += [{type: "no such"}]' \
		'.linux.namespaces += [{}]'
	bad_config 'linux' '.linux = 7'
	bad_config 'linux\.personality' '.linux.personality = 7' '.linux.personality = {domain: "NO_SUCH"}'
}

@test "config.json with a key in another case, which runc takes for it" {
	living
	bad_config 'config.json.*spelt in another case' '.linux.Seccomp = {defaultAction: "SCMP_ACT_ALLOW"}' \
		'.process.ApparmorProfile = "x"' '.process["ſelinuxLabel"] = "x"' '.Process = .process' \
		'.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", Syscalls: []}' \
		'.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO", Args: []}]}' \
		'.process.user.UID = 7'
	answers
}

@test "config.json without a mount namespace" {
	living
	bad_config 'mount namespace' '.linux.namespaces |= map(select(.type != "mount"))' \
		'.linux.namespaces = []' 'del(.linux.namespaces)'
}

@test "a seccomp profile that does not compile, or that a hook cannot be given" {
	local good='{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}'
	living
	bad_config 'seccomp' '.linux.seccomp = 7' '.linux.seccomp = {}' \
		".linux.seccomp = ($good | .defaultAction = \"NO_SUCH\")" \
		".linux.seccomp = ($good | .architectures = [\"NO_SUCH\"])" \
		".linux.seccomp = ($good | .flags = [\"NO_SUCH\"])" \
		".linux.seccomp = ($good | .syscalls[0].action = \"NO_SUCH\")" \
		".linux.seccomp = ($good | .syscalls[0].action = \"SCMP_ACT_NOTIFY\")" \
		".linux.seccomp = ($good | .syscalls[0].names = 7)" \
		".linux.seccomp = ($good | .syscalls[0].args = [{index: 6, value: 0, op: \"SCMP_CMP_EQ\"}])" \
		".linux.seccomp = ($good | .syscalls[0].args = [{index: 0, value: 0, op: \"NO_SUCH\"}])"
}

@test "a seccomp profile that denies what a hook needs: said so" {
	living
	bad_config 'seccomp|clone|denies' \
		'.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [{names: ["clone", "clone3", "fork", "vfork"], action: "SCMP_ACT_ERRNO"}]}' \
		'.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [{names: ["clone", "clone3", "fork", "vfork"], action: "SCMP_ACT_KILL_PROCESS"}]}'
}

@test "a seccomp profile that denies execve: said so, and no hook" {
	living
	jq '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["execve", "execveat"],
		action: "SCMP_ACT_KILL_PROCESS"}]}' "$B/config.good" >"$B/config.json"
	state_of "$APP" | poststart
	wait_until none_of_ours
	equal "$(traces)" "" "traces of the hook"
	logged ': error: .*seccomp profile'
	answers
}

@test "a capability that this kernel lacks is no reason not to run" {
	living
	edit '.process.capabilities.bounding += ["CAP_OF_THE_FUTURE"]'
	state_of "$APP" | poststart
	wait_for_log ': ended: exit status 0'
}

# --- the settings ---

@test "settings with an unknown key or a wrong type: named" {
	living
	bad_settings 'settings\.json.*nosuchkey.*unknown' '{"nosuchkey": 1}' '{"timeout": 5, "nosuchkey": null}'
	bad_settings 'settings\.json.*timeout' '{"timeout": "5"}' '{"timeout": 1.5}' '{"timeout": 0}' \
		'{"timeout": -1}' '{"timeout": 18446744073709551616}' '{"timeout": 5, "timeout": 6}'
	bad_settings 'settings\.json.*enabled' '{"enabled": 1}' '{"enabled": "false"}'
	bad_settings 'settings\.json.*output' '{"output": "file"}' '{"output": null, "output": "none"}'
	bad_settings 'settings\.json.*capabilities' '{"capabilities": "CAP_KILL"}' \
		'{"capabilities": ["CAP_NO_SUCH"]}' '{"capabilities": ["5"]}'
	bad_settings 'settings\.json.*shell' '{"shell": []}' '{"shell": ["sh"]}' '{"shell": "/bin/sh"}'
	bad_settings 'settings\.json.*seccomp' '{"seccomp": "relative.json"}' '{"seccomp": {}}'
	bad_settings 'settings\.json' '[]' 'timeout = 5' '' '{"timeout": 5'
}

@test "settings that somebody else could have written: named" {
	living
	settings '{"timeout": 5}'
	for CASE in 664 646 666; do
		chmod "$CASE" "$B/settings.json"
		state_of "$APP" | poststart
		no_hook "settings\\.json.*($CASE|writ)"
	done
	chmod 644 "$B/settings.json"
	chown 1000 "$B/settings.json"
	state_of "$APP" | poststart
	no_hook 'settings\.json.*(own|1000)'
}

@test "settings that are missing though named, or no file" {
	living
	settings '{}'
	rm "$B/settings.json"
	state_of "$APP" | poststart
	no_hook 'settings\.json'
	mkfifo "$B/settings.json"
	state_of "$APP" | poststart
	no_hook 'settings\.json'
}

@test "the hook's own profile missing, broken, or somebody else's" {
	living
	bad_settings 'profile\.json' "{\"seccomp\": \"$B/profile.json\"}"
	echo '{"defaultAction": "NO_SUCH"}' >"$B/profile.json"
	bad_settings 'profile\.json' "{\"seccomp\": \"$B/profile.json\"}"
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscals": []}' >"$B/profile.json"
	bad_settings 'profile\.json: syscals: unknown key' "{\"seccomp\": \"$B/profile.json\"}"
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO",
		"args": [{"index": 0, "value": 1, "opr": "SCMP_CMP_EQ"}]}]}' >"$B/profile.json"
	bad_settings 'profile\.json: syscalls\[0\]\.args\[0\]\.opr: unknown key' "{\"seccomp\": \"$B/profile.json\"}"
	echo '{"defaultAction": "SCMP_ACT_ALLOW"}' >"$B/profile.json"
	chmod 666 "$B/profile.json"
	bad_settings 'profile\.json' "{\"seccomp\": \"$B/profile.json\"}"
}

@test "settings with comments are good settings" {
	living
	settings '/* our own */ {"timeout": 5} // seconds'
	state_of "$APP" | poststart
	wait_for_log ': ended: exit status 0'
}

# --- a pid that is not the container's ---

@test "a kernel that is too old: said so" {
	living
	local caller=("${CALLER[@]}")
	CALLER=(setarch --uname-2.6)
	state_of "$APP" | poststart
	CALLER=("${caller[@]}")
	no_hook 'this kernel is 2\.6.*5\.14'
	answers
}

@test "a state that names pid 1" {
	give_hook
	state_of 1 | poststart
	no_hook 'pid 1'
}

@test "a state that names our own process, or our parent" {
	give_hook
	state_of '"PID"' >"$B/forged"
	CALLER=(sh -c 'file=$1; shift; sed "s/\"PID\"/$$/" "$file" >"$file.own"; exec "$@" <"$file.own"' sh "$B/forged")
	poststart </dev/null
	no_hook 'our own'
	CALLER=(sh -c 'file=$1; shift; sed "s/\"PID\"/$$/" "$file" >"$file.own"; "$@" <"$file.own"; exit $?' sh "$B/forged")
	poststart </dev/null
	no_hook 'our own'
}

# A process of the host that does nothing.
ordinary() {
	sleep 1000 3>&- &
	ORDINARY=$!
	echo "$ORDINARY" >>"$BATS_TEST_TMPDIR/pids"
}

@test "a state that names an ordinary process of the host" {
	ordinary
	give_hook
	state_of "$ORDINARY" | poststart
	no_hook 'not a container'
	bad_host_config 'not a container|mount namespace' '.linux.namespaces = [{type: "mount"}]'
}

# PATTERN FILTER...: as bad_config, with the ordinary process.
bad_host_config() {
	APP=$ORDINARY
	bad_config "$@"
}

@test "the same while we are in a private mount namespace" {
	ordinary
	give_hook
	CALLER=(unshare --mount --propagation private)
	bad_host_config 'not a container|root' '.' '.linux.namespaces = [{type: "mount"}]' \
		'.linux.namespaces = [{type: "mount"}, {type: "pid", path: "/proc/1/ns/pid"}]'
}

@test "the same while every namespace of ours is private" {
	ordinary
	give_hook
	CALLER=(unshare --mount --uts --ipc --net --cgroup --propagation private)
	bad_host_config 'not a container|root' '.' '.linux.namespaces |= map(select(.type != "pid"))'
}

@test "a state that names another container's process" {
	living
	make_bundle "$RUNTIME" # never started
	give_hook
	state_of "$APP" | poststart
	no_hook 'root'
}

@test "a state that names a kernel thread" {
	local pid
	give_hook
	pid=$(ps -e -o pid=,ppid=,comm= | awk '$3 == "kthreadd" || $2 == 2 { print $1; exit }')
	[ -n "$pid" ] || skip_or_fail "no kernel thread can be seen here"
	state_of "$pid" | poststart
	no_hook 'kernel thread'
}

@test "a state that names a zombie" {
	give_hook
	# who execs sleep forgets the other one, and nobody collects it
	sh -c 'sleep 0.1 & echo $! >"$1"; exec sleep 1000' sh "$B/zombie" 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/pids"
	wait_until is_zombie
	state_of "$(cat "$B/zombie")" | poststart
	no_hook 'ended'
}

is_zombie() {
	[ -s "$B/zombie" ] && grep -q '^State:.Z' "/proc/$(cat "$B/zombie")/status"
}

@test "a state that names a process which is gone" {
	local pid
	give_hook
	true &
	pid=$!
	wait "$pid"
	state_of "$pid" | poststart
	no_hook 'ended'
}

@test "a container that was started again is not the one that the state names" {
	living
	state_of "$APP" >"$B/stale"
	delete
	set_env CC_RUN_SUCCEEDED_HOOK=
	launch
	cp "$B/config.good" "$B/config.json"
	poststart <"$B/stale"
	no_hook 'ended'
}
