# shellcheck shell=bash
# What the bats files share: bundles, containers, and looking at them.  SPDX-License-Identifier: Apache-2.0
#
#	for runtime in $RUNTIMES; do
#		make_bundle "$runtime"              # sets B, ID, ROOTFS, OUT, ERR, LOG, RECORDS
#		hook 'echo "it works!"'
#		launch                              # create, start; the application is tests/actors/app.c
#		wait_for_log 'ended: exit status 0'
#		grep -q 'it works!' "$OUT"
#	done
#
# Nothing may hang: who opens a FIFO does it under timeout(1).
# teardown removes the containers, and fails the test if anything of ours is left behind.
#
# shellcheck disable=SC2016 # in single quotes: variables of jq and of other shells

# shellcheck source=tests/lib/common.bash
. "${BASH_SOURCE[0]%/*}/common.bash"
: "${ODH_TEST:=$REPO/build/test/oci-deploy-hook}"
: "${RUNTIMES:=runc crun}"
export KEPT_CAPS="CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID NET_BIND_SERVICE"

# --- once per file ---

setup_file() {
	[ -x "$ODH" ] || {
		echo "there is no $ODH: run make" >&2
		return 1
	}
	chmod 711 "$BATS_RUN_TMPDIR" # a container in a user namespace has to get to its rootfs
	export TOOLS=$BATS_FILE_TMPDIR/tools
	make_tools
}

# The probe, the application, and a bundle to copy.
make_tools() {
	local tool
	mkdir -p "$TOOLS/bundle/rootfs/"{bin,dev,etc,proc,sys,tmp,data/work}
	for tool in probe app server; do
		build_actor "$tool" "$TOOLS/bundle/rootfs/$tool"
	done
	cp "$(command -v busybox)" "$TOOLS/bundle/rootfs/bin/busybox"
	chroot "$TOOLS/bundle/rootfs" /bin/busybox --install -s /bin
	mkfifo "$TOOLS/bundle/rootfs/"{app-in,gate}
	chmod 666 "$TOOLS/bundle/rootfs/"{app-in,gate}
	chmod 1777 "$TOOLS/bundle/rootfs/"{tmp,data/work}
	runc spec --bundle "$TOOLS/bundle"
	# No rlimits: more open files than our own hard limit allows would be refused.
	# No device rules: crun needs BPF for them in cgroup v2.
	jq 'del(.process.rlimits, .linux.resources)
		| .process.terminal = false | .process.noNewPrivileges = false
		| .process.args = ["/app"] | .root.readonly = false
		| .linux.namespaces += [{"type": "cgroup"}]
		| .process.env = ["PATH=/bin", "GREETING=hello"]
		| .process.capabilities = (["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER",
			"FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP",
			"SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"] | map("CAP_" + .)
			| {bounding: ., effective: ., permitted: .})' \
		"$TOOLS/bundle/config.json" >"$TOOLS/config.json"
	mv "$TOOLS/config.json" "$TOOLS/bundle/config.json"
}

# --- the bundle ---

# RUNTIME: a fresh bundle; everything below means this one from now on.
make_bundle() {
	RUNTIME=$1
	BUNDLES=$((${BUNDLES:-0} + 1))
	ID=odh-$$-$BUNDLES
	B=$BATS_TEST_TMPDIR/$BUNDLES-$RUNTIME
	paths
	OUTPUT='file' # or pipe (stdout), pipes (both), null
	CALLER=()
	AS=()
	SETTINGS=()
	READER=
	cp -a "$TOOLS/bundle" "$B"
	edit '.linux.cgroupsPath = "/" + $id' --arg id "$ID"
	register "$ODH"
}

paths() {
	STATE=$B/state RECORDS=$B/records LOG=$B/log OUT=$B/out ERR=$B/err ROOTFS=$B/rootfs
}

# B: go on with a bundle made before.
take_up() {
	B=$1
	RUNTIME=${B##*-}
	ID=$(jq -r '.linux.cgroupsPath[1:]' "$B/config.json")
	paths
}

# FILTER [JQ-OPTION]...: change config.json.
edit() {
	jq "${@:2}" "$1" "$B/config.json" >"$B/config.new"
	mv "$B/config.new" "$B/config.json"
}

# BINARY [OPTION]...: make it the bundle's hook for poststart and poststop.
register() {
	jq --arg path "$1" 'def entry(verb): [{path: $path,
			args: (["oci-deploy-hook"] + $ARGS.positional + [verb])}];
		.hooks = {poststart: entry("poststart"), poststop: entry("poststop")}' \
		"$B/config.json" --args -- --root "$RECORDS" --log "$LOG" "${SETTINGS[@]}" "${@:2}" \
		>"$B/config.new"
	mv "$B/config.new" "$B/config.json"
}

# JSON: the operator's settings.
settings() {
	printf '%s\n' "$1" >"$B/settings.json"
	chmod 644 "$B/settings.json"
	SETTINGS=(--config "$B/settings.json")
	register "$ODH"
}

# NAME=VALUE...: add to the environment.
set_env() {
	jq '.process.env += $ARGS.positional' "$B/config.json" --args -- "$@" >"$B/config.new"
	mv "$B/config.new" "$B/config.json"
}

# LINE: the hook that runs.
hook() {
	set_env "CC_RUN_SUCCEEDED_HOOK=$1"
}

# LINE: a hook that says "begun", waits until open_gate, and goes on with the line.
blocked_hook() {
	hook "echo begun; read -r word </gate; $1"
}

begun() {
	grep -qs '^begun' "$OUT"
}

open_gate() {
	timeout "$DEADLINE" sh -c 'echo go >"$1"' sh "$ROOTFS/gate"
}

# WORD...: the application's command line.
app() {
	jq '.process.args = $ARGS.positional' "$B/config.json" --args -- "$@" >"$B/config.new"
	mv "$B/config.new" "$B/config.json"
}

# CAPABILITY...: the container's, in the three sets that matter.
capabilities() {
	edit '.process.capabilities = ($names | split(" ") | map(select(. != "") | "CAP_" + .)
		| {bounding: ., effective: ., permitted: .})' --arg names "$*"
}

# The container has a user namespace: its ids are from $UIDS on the host.
in_user_namespace() {
	edit '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: $first, size: 5000}]
		| .linux.gidMappings = .linux.uidMappings' --argjson first "$UIDS"
	chown -R -h "$UIDS:$UIDS" "$ROOTFS"
	chmod a+x "$BATS_TEST_TMPDIR" "$B"
}

# TYPE...: the bundle is a plain user's, by whom the runtime is called from now on: without engine,
# in a user namespace below the user's own.  These namespaces it does not have.
of_plain_user() {
	edit '.linux.namespaces |= map(select([.type] - ($without | split(" ")) != []))
		| .linux.namespaces += [{type: "user"}]
		| del(.linux.cgroupsPath)
		| .linux.uidMappings = [{containerID: 0, hostID: $id, size: 1}]
		| .linux.gidMappings = .linux.uidMappings
		| .mounts |= map(select(.type != "sysfs" and .type != "cgroup")
			| if .options then .options -= ["gid=5"] else . end)' \
		--arg without "$*" --argjson id "$UIDS"
	AS=(setpriv --reuid "$UIDS" --regid "$UIDS" --clear-groups env XDG_RUNTIME_DIR="$B/run")
	mkdir "$B/run"
}

# The bundle's files are the plain user's, once the test changes nothing in them any more.
hand_over() {
	chown -R "$UIDS:$UIDS" "$B"
	chmod a+x "$BATS_TEST_TMPDIR" "$B"
}

# What podman makes of its default profile for this container, as JSON.
podman_profile() {
	local file=/usr/share/containers/seccomp.json
	[ -e "$file" ] || skip_or_fail "$file is not installed"
	jq --slurpfile config "$B/config.json" -f "$REPO/tests/lib/profile.jq" "$file"
}

# --- the container ---

# ARGUMENT...: the runtime under test, for at most $DEADLINE s.  CALLER is put before it, AS becomes
# another user.
rt() {
	local command=("${CALLER[@]}" "${AS[@]}" "$RUNTIME")
	if [ "$RUNTIME" = crun ] && mountpoint -q /sys/fs/cgroup/unified; then
		# In a hybrid layout it does not start: hide cgroup v2 from it.
		command=("${CALLER[@]}" unshare -m --propagation private sh -c
			'if mountpoint -q /sys/fs/cgroup/unified; then
				mount -t tmpfs tmpfs /sys/fs/cgroup/unified; fi && exec "$@"' sh "${AS[@]}" crun)
	fi
	timeout -k 5 "$DEADLINE" "${command[@]}" --root "$STATE" "$@" </dev/null 3>&-
}

# What reads the container's pipe, READER; without the lines "y", so that a flood of them leaves
# no gigabytes.
copy() {
	echo "$BASHPID" >>"$BATS_TEST_TMPDIR/pids"
	exec grep -a -v --line-buffered '^y$' 3>&-
}

# CMD...: with the container's stdout and stderr.
with_output() {
	case $OUTPUT in
	file) "$@" >"$OUT" 2>"$ERR" ;;
	pipe) "$@" > >(copy >"$OUT") 2>"$ERR" ;;
	pipes) "$@" > >(copy >"$OUT") 2> >(copy >"$ERR") ;;
	null) "$@" >/dev/null 2>/dev/null ;;
	esac
	# shellcheck disable=SC2034 # for the tests
	READER=$!
}

made() {
	echo "$RUNTIME $STATE $ID" >>"$BATS_TEST_TMPDIR/containers"
}

create() {
	made
	with_output rt create --bundle "$B" --pid-file "$B/pid" "$ID"
}

start() {
	rt start "$ID" >"$B/start.out" 2>&1
}

# create and start: both have returned 0 afterwards.
launch() {
	create
	start
}

# run, in the background.
launch_run() {
	made
	with_output rt run --detach --bundle "$B" --pid-file "$B/pid" "$ID"
}

# create and start by crun, in no cgroup of its own: its hook's tree is killed by its session.
crun_without_cgroup() {
	made
	with_output timeout -k 5 "$DEADLINE" unshare -m --propagation private sh -c \
		'if mountpoint -q /sys/fs/cgroup/unified; then mount -t tmpfs tmpfs /sys/fs/cgroup/unified; fi; exec "$@"' \
		sh crun --cgroup-manager=disabled --root "$STATE" run --detach --bundle "$B" --pid-file "$B/pid" "$ID" \
		</dev/null 3>&-
}

# In the container's pid namespace there is nothing but its application.
only_the_app() {
	equal "$(pids_beside "$(cat "$B/pid")")" "$(cat "$B/pid")" "processes in the container"
}

# The cgroup that we made for the hook is gone.
no_cgroup_left() {
	equal "$(cgroups_named 'oci-deploy-hook-*' | grep -c "/$ID/" || true)" 0 "cgroups left"
}

# A terminal for the container's stdin, stdout and stderr, which is there for as long as it is.
on_a_terminal() {
	made
	mkfifo "$B/until"
	# A file, since script asks $SHELL, which may be one that drops exported functions.
	{
		echo '#!/bin/bash'
		declare -f rt
		declare -p RUNTIME STATE ID B DEADLINE CALLER
		echo 'rt run --detach --bundle "$B" --pid-file "$B/pid" "$ID" </dev/tty; read -r _ <"$B/until"'
	} >"$B/on-terminal"
	chmod +x "$B/on-terminal"
	script --quiet --flush --command "$B/on-terminal" "$OUT" </dev/null >/dev/null 2>&1 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/pids"
}

delete() {
	rt delete --force "$ID" >>"$B/delete.out" 2>&1
}

status_is() {
	[ "$(rt state "$ID" 2>/dev/null | jq -r .status)" = "$1" ]
}

# LINE: a command for tests/actors/app.c.
tell() {
	timeout "$DEADLINE" sh -c 'printf "%s\n" "$1" >"$2"' sh "$1" "$ROOTFS/app-in"
}

# The application lives: it says what it is told to.
answers() {
	local word=answer-$RANDOM$RANDOM
	status_is running || fail "the container does not run any more"
	tell "say $word"
	wait_until grep -qsa "^$word" "$OUT"
}

# --- our side ---

logged() {
	grep -Eqs -- "$1" "$LOG"
}

# PATTERN: wait for such a line.  Once nobody is left who could write it, that is a failure.
wait_for_log() {
	wait_until logged_or_over "$1"
	logged "$1" || fail "our processes have ended, and the log lacks: $1"
}

logged_or_over() {
	logged "$1" || none_of_ours
}

# PATTERN: lines of the log.
count_log() {
	grep -Ecs -- "$1" "$LOG" || true
}

# Our processes of this bundle, by pid.
ours() {
	pgrep -f -- "--root $RECORDS"
}

none_of_ours() {
	refute ours >/dev/null 2>&1
}

# Our process that a fault has stopped.
stopped_pid() {
	ps -o pid=,stat= -p "$(ours | paste -sd,)" | awk '$2 ~ /^T/ { print $1 }'
}

stopped() {
	[ -n "$(stopped_pid)" ]
}

# [STATUS]: the hook has ended with it, and so have we.
hook_ended() {
	wait_for_log ": $ID: ended: exit status ${1:-0}"
	wait_until none_of_ours
}

# What has to happen before a time that the settings bound is over, may take a while on a busy machine.
# Then the test has come too late, and tries again with more time:
#
#	for seconds in $TIMEOUTS; do
#		make_bundle "$runtime"
#		settings "{\"timeout\": $seconds}"
#		...
#		in_time begun && break
#	done
# shellcheck disable=SC2034
TIMEOUTS="1 4 16 64"

# CMD...: it succeeded before the hook's time was over.  Else the container is deleted.  Any other end is
# none that more time could help.
in_time() {
	until "$@" 2>/dev/null; do
		if logged ': timed-out: '; then
			delete
			return 1
		fi
		if logged ': (ended|error|abandoned|not-started): '; then
			fail "ended before it could be looked at: $*"
			exit 1
		fi
		sleep 0.02
	done
}

# The hook's first process, by the log.
hook_pid() {
	sed -n 's/.*: started: hook pid \([0-9]*\).*/\1/p' "$LOG" | tail -n 1
}

# PID: the processes of its pid namespace.
pids_beside() {
	local namespace
	namespace=$(readlink "/proc/$1/ns/pid")
	find /proc/[0-9]*/ns/pid -maxdepth 0 -lname "${namespace//[][]/?}" 2>/dev/null | cut -d/ -f3 || true
}

# NAME: directories of that name in the cgroup file systems.
cgroups_named() {
	find /sys/fs/cgroup -type d -name "$1" 2>/dev/null || true
}

# What is in the record directory beside the cache of compiled profiles, which stays.
record_files() {
	(cd "$RECORDS" 2>/dev/null && ls -A) | grep -vx cache || true
}

# After the container's deletion: no process and no cgroup of ours, and no file but records of ends.
nothing_left() {
	wait_until none_of_ours
	only_ended_records
	equal "$(cgroups_named "$ID")" "" "cgroups of the container"
}

only_ended_records() {
	local file
	for file in "$RECORDS"/* "$RECORDS"/.[!.]*; do
		if [ ! -e "$file" ] || [ "$file" = "$RECORDS/cache" ]; then continue; fi
		[[ $file =~ /[0-9]+-[0-9]+\.json$ ]] || fail "left in the record directory: $file"
		refute jq -e '.hook == "waiting" or .hook == "running"' "$file" >/dev/null
	done
}

# [OPTION]...: call poststart as a runtime does, with a state on stdin.  It must exit with 0 and
# print nothing, and nobody may hold its stdout and stderr afterwards.
poststart() {
	local statuses
	timeout -k 5 "$HELD_UP" "${CALLER[@]}" "$ODH" --root "$RECORDS" --log "$LOG" \
		"${SETTINGS[@]}" "$@" poststart 2>&1 3>&- | timeout "$HELD_UP" cat >"$B/poststart.out"
	statuses="${PIPESTATUS[*]}"
	equal "$statuses" "0 0" "exit status of poststart, and of who reads its output to the end"
	equal "$(head -c 300 "$B/poststart.out")" "" "output of poststart"
}

# PID [FILTER]: a state that names this bundle.
state_of() {
	jq -n --arg id "$ID" --arg bundle "$B" --argjson pid "$1" '{ociVersion: "1.0.2",
		id: $id, status: "running", pid: $pid, bundle: $bundle} | '"${2:-.}"
}

# MODE ROLE N: poststart for the container, under tests/actors/stepper.c.
stepped() {
	rm -rf "$RECORDS" "$LOG"
	timeout "$DEADLINE" "$BATS_TEST_TMPDIR/stepper" "$@" "$ODH" --root "$RECORDS" --log "$LOG" \
		"${SETTINGS[@]}" poststart <"$B/state.json" >"$B/stepper.out" 2>&1 3>&-
}

# --- the probe's lines ---

# WHO KEY [FILE]: the value, or values, of a line.
probed() {
	sed -n "s/^$1 $2: //p" "${3:-$OUT}" | tr -d '\r'
}

# KEY...: the hook sees there what the application sees.
same() {
	local key
	for key in "$@"; do
		[ -n "$(probed app "$key")" ] || fail "the application's probe has no '$key'"
		equal "$(probed hook "$key")" "$(probed app "$key")" "$key of hook and application"
	done
}

# "NAME..."...: as a mask of 16 digits, as in /proc/PID/status.
mask() {
	local -A number=([CHOWN]=0 [DAC_OVERRIDE]=1 [FOWNER]=3 [FSETID]=4 [KILL]=5 [SETGID]=6
		[SETUID]=7 [SETPCAP]=8 [NET_BIND_SERVICE]=10 [NET_ADMIN]=12 [NET_RAW]=13
		[SYS_CHROOT]=18 [SYS_PTRACE]=19 [SYS_ADMIN]=21 [MKNOD]=27 [AUDIT_WRITE]=29 [SETFCAP]=31)
	local name names result=0
	read -r -a names <<<"$*"
	for name in "${names[@]}"; do
		[ -n "${number[$name]:-}" ] || fail "mask: what is $name?"
		result=$((result | 1 << number[$name]))
	done
	printf '%016x\n' "$result"
}

# "NAME..." "NAME...": what is in both lists.
both_lists() {
	local name
	for name in $1; do
		case " $2 " in
		*" $name "*) printf '%s ' "$name" ;;
		esac
	done
}

# --- afterwards ---

show_file() {
	[ -s "$1" ] || return 0
	printf -- '--- %s\n' "${1#"$BATS_TEST_TMPDIR/"}"
	tail -n 100 "$1" | cut -c 1-300 | LC_ALL=C tr -c '\n\t -~' '?'
}

show() {
	local file
	[ -n "${B:-}" ] || return 0
	printf -- '--- runtime: %s%s\n' "$RUNTIME" "${CASE:+, case: $CASE}"
	for file in "$B"/{log,out,err,start.out,delete.out,poststart.out,stdout,stderr}; do
		show_file "$file"
	done
	printf -- '--- record directory: %s\n' "$(ls -A "$RECORDS" 2>&1)"
	printf -- '--- processes of ours: %s\n' "$(pgrep -af -- "$RECORDS" | cut -c 1-300)"
	if [ -s "$B/pid" ] && [ -d "/proc/$(cat "$B/pid")" ]; then
		printf -- '--- processes of the container:\n'
		ps -o pid,ppid,stat,wchan:20,args -p "$(pids_beside "$(cat "$B/pid")" | paste -sd,)" ||
			true
	fi
}

# Whatever still runs with one of the test's record directories on its command line.
strays() {
	pgrep -f -- "--(root|command) $BATS_TEST_TMPDIR/"
}

no_strays() {
	refute strays >/dev/null 2>&1
}

teardown() {
	remove_all
}

remove_all() {
	local pid directory left=0
	[ -n "${BATS_TEST_COMPLETED:-}" ] || show >&2
	while read -r RUNTIME STATE ID; do
		if rt state "$ID" >/dev/null 2>&1; then
			rt delete --force "$ID" >/dev/null 2>&1 || echo "cannot delete $ID" >&2
		fi
	done < <(cat "$BATS_TEST_TMPDIR/containers" 2>/dev/null)
	end_noted "$BATS_TEST_TMPDIR"
	if ! wait_until no_strays; then
		left=1
		echo "left behind: $(pgrep -af -- "$BATS_TEST_TMPDIR/")" >&2
		for pid in $(strays); do
			kill -KILL "$pid" 2>/dev/null || true
		done
	fi
	for directory in $(cgroups_named "odh-$$-*" | sort -r); do
		left=1
		echo "left behind: $directory $(cat "$directory/cgroup.procs")" >&2
		xargs -r kill -KILL <"$directory/cgroup.procs" || true
		find "$directory" -depth -type d -exec rmdir {} \; 2>/dev/null || true
	done
	return "$left"
}
