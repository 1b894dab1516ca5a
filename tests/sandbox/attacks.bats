#!/usr/bin/env bats
# Attacks on programs of this kind, as they were found in others.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

setup() {
	make_bundle "${RUNTIMES%% *}" # who started the container makes no difference here
	edit 'del(.hooks)'
}

teardown() {
	rm -f "/odh-escaped-$ID"
	remove_all
}

escaped() {
	[ -e "/odh-escaped-$ID" ]
}

# STATUS: the hook now, in the foreground.
run_exits() {
	local status=0
	timeout -k 5 "$DEADLINE" "$ODH" --root "$RECORDS" run --pid "$(cat "$B/pid")" --bundle "$B" \
		</dev/null >"$B/stdout" 2>"$B/stderr" 3>&- || status=$?
	equal "$status" "$1" "exit status of run, $CASE; it said: $(cat "$B/stderr")"
}

@test "a working directory that is one of our descriptors (CVE-2024-21626)" {
	local n
	edit '.linux.namespaces |= map(select(.type != "pid"))' # else its /proc has no "self" for us
	launch
	hook "touch ../../../../odh-escaped-$ID; touch /tmp/ran"
	for n in $(seq 3 30); do
		ln -sfn "/proc/self/fd/$n" "$ROOTFS/link-$n"
		for CASE in "/proc/self/fd/$n" "/link-$n" "/proc/1/root/link-$n" "/proc/self/fd/$n/../.."; do
			edit '.process.cwd = $case' --arg case "$CASE"
			run_exits 125
			grep -q "working directory" "$B/stderr"
		done
	done
	refute escaped
	[ ! -e "$ROOTFS/tmp/ran" ]
	answers
}

@test "a working directory that is a link out of the image stays in the image" {
	launch
	ln -s / "$ROOTFS/data/top"
	ln -s ../../../../../../../.. "$ROOTFS/data/up"
	hook "touch odh-escaped-$ID"
	for CASE in /data/top /data/up /data/../../..; do
		edit '.process.cwd = $case' --arg case "$CASE"
		run_exits 0
		[ -e "$ROOTFS/odh-escaped-$ID" ]
		rm "$ROOTFS/odh-escaped-$ID"
		refute escaped
	done
}

@test "a shell that is our own program, kept open to overwrite it (CVE-2019-5736)" {
	local before
	build_actor onlooker "$ROOTFS/onlooker"
	cp "$ODH" "$B/victim" # should it be overwritten, then only a copy
	ODH=$B/victim
	before=$(sha256sum <"$ODH")
	rm "$ROOTFS/bin/sh"
	printf '#!/proc/self/exe\n' >"$ROOTFS/bin/sh"
	chmod 755 "$ROOTFS/bin/sh"
	capabilities "$KEPT_CAPS SYS_PTRACE SYS_ADMIN DAC_READ_SEARCH"
	app /onlooker "$(mask "$KEPT_CAPS")" "$(stat -c %i "$ODH")"
	launch
	wait_until grep -qx up "$OUT"
	hook 'whatever'
	wait_until run_until_seen
	equal "$(sort -u "$OUT" | paste -sd' ')" "host's seen up" "what the container has seen"
	equal "$(sha256sum <"$ODH")" "$before" "our program"
}

# Our program refuses its words there; until the onlooker has caught it running.
run_until_seen() {
	run_exits 125
	grep -qx "host's" "$OUT"
}

# The root file system is a tmpfs from now on, for the runtime and us alone.  Sets CALLER.  What a process
# there has of another file system is the host's.
root_of_its_own() {
	unshare -m --propagation private sh -c 'cp -a "$1" "$1.here" && mount -t tmpfs -o mode=755 tmpfs "$1" &&
		cp -a "$1.here/." "$1" && echo >"$2" && exec sleep 1000' sh "$ROOTFS" "$B/mounted" 3>&- &
	echo $! >>"$BATS_TEST_TMPDIR/pids"
	wait_until test -s "$B/mounted"
	CALLER=(nsenter -t $! -m)
}

# The hook now, until the application has looked at its PLACE.
until_looked_at() {
	"${CALLER[@]}" timeout -k 5 "$DEADLINE" "$ODH" --root "$RECORDS" "${SETTINGS[@]}" run --pid "$(cat "$B/pid")" \
		--bundle "$B" </dev/null >"$B/stdout" 2>"$B/stderr" 3>&- || true
	grep -qx "looked at $1" "$OUT"
}

@test "a file of the host, opened by its handle through the hook's program" {
	build_actor handles "$ROOTFS/handles"
	root_of_its_own
	capabilities "$KEPT_CAPS SYS_PTRACE DAC_READ_SEARCH"
	app /handles
	hook true
	launch
	wait_until grep -qx up "$OUT"
	wait_until until_looked_at exe
	equal "$(grep -v '^looked at\|^up$' "$OUT")" "" "what the application has reached"
}

# Clock ticks of the processor that the busiest of our processes has used.
ticks_of_ours() {
	local pid
	for pid in $(ours); do
		sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | awk '{ print $12 + $13 }' || true
	done | sort -n | tail -n 1
}

# Until our processes have ended: the most that one of them has used goes to TICKS.
ended_after() {
	local now
	now=$(ticks_of_ours)
	[ "${now:-0}" -le "$TICKS" ] || TICKS=$now
	none_of_ours
}

@test "a stderr that never takes a byte does not keep the host's processor busy" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		edit 'del(.hooks)'
		launch
		tell dead
		wait_until grep -q '^dead [0-9]' "$OUT"
		set_env CC_PRE_RUN_HOOK=never
		TICKS=0
		state_of "$(cat "$B/pid")" | poststart
		wait_until ended_after
		[ "$TICKS" -lt 100 ] || fail "$runtime: a process of ours used the processor for $TICKS ticks"
		logged ': refused: '
		answers
		delete
		nothing_left
	done
}

# Two million bytes, each by a write of its own.
@test "output byte by byte does not keep the host's processor busy" {
	settings '{"output": "log", "timeout": 60}'
	edit 'del(.hooks)'
	launch
	hook 'echo begun; exec /bin/dd if=/dev/zero bs=1 count=2000000 2>/dev/null'
	state_of "$(cat "$B/pid")" | poststart
	TICKS=0
	wait_until ended_after
	[ "$TICKS" -lt 100 ] || fail "a process of ours used the processor for $TICKS ticks"
	logged ': ended: exit status 0'
	answers
}

@test "a loader that the image preloads, and its name services, run as the hook or not at all" {
	launch
	mkdir -p "$ROOTFS/lib" "$ROOTFS/etc"
	# Whatever of ours loads or asks these would hang in the FIFO, or fail.
	mkfifo "$ROOTFS/evil.so" "$ROOTFS/etc/ld.so.preload" "$ROOTFS/etc/nsswitch.conf" "$ROOTFS/etc/passwd" \
		"$ROOTFS/etc/group" "$ROOTFS/etc/ld.so.cache" "$ROOTFS/etc/localtime"
	set_env LD_PRELOAD=/evil.so LD_AUDIT=/evil.so GCONV_PATH=/evil.so GLIBC_TUNABLES=glibc.malloc.check=3 \
		LOCPATH=/evil.so NLSPATH=/evil.so TZ=/evil.so MALLOC_TRACE=/tmp/traced LANG=de_DE.UTF-8
	edit '.process.user = {uid: 1000, gid: 1000, additionalGids: [4, 5]}'
	hook 'echo "preload is $LD_PRELOAD"'
	CASE=preload run_exits 0
	grep -qx 'preload is /evil.so' "$B/stdout"
	[ ! -e "$ROOTFS/tmp/traced" ]
}

@test "a /proc of the container's own making is not asked for anything" {
	edit '.mounts |= map(select(.destination != "/proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	mkdir -p "$ROOTFS/proc/self/fd" "$ROOTFS/proc/self/attr" "$ROOTFS/proc/sys/kernel" "$ROOTFS/proc/thread-self"
	ln -s /evil "$ROOTFS/proc/self/exe"
	# runc and crun themselves want a real one to start a container: it goes once the application runs.
	edit '.mounts += [{destination: "/proc", type: "proc", source: "proc"}]'
	capabilities "$KEPT_CAPS SYS_ADMIN"
	launch
	nsenter -t "$(cat "$B/pid")" -m umount /proc
	hook '/bin/ls /proc; /probe hook'
	CASE='no procfs' run_exits 0
	grep -qx self "$B/stdout"
	equal "$(probed hook NoNewPrivs "$B/stdout")" "" "what the container's /proc says"
	edit '.process.args = ["/bin/true"]'
	answers
}

@test "identities at the edges: uid 1 is not root, and 4294967295 is nobody's" {
	launch
	hook 'id -u; id -g'
	edit '.process.user = {uid: 1, gid: 1}'
	CASE='uid 1' run_exits 0
	equal "$(paste -sd' ' "$B/stdout")" "1 1" "ids of the hook"
	for CASE in '{uid: 4294967295, gid: 1}' '{uid: 1, gid: 4294967295}' '{uid: 1, gid: 1, additionalGids: [4294967295]}' \
		'{uid: -1, gid: 0}' '{uid: 4294967296, gid: 0}' '{uid: 1.5, gid: 0}' '{uid: "0", gid: 0}'; do
		edit ".process.user = $CASE"
		run_exits 125
	done
}

@test "a program with inheritable file capabilities gains none (CVE-2022-29162)" {
	cp "$ROOTFS/probe" "$ROOTFS/probe-ei"
	setcap cap_net_raw,cap_chown+ei "$ROOTFS/probe-ei"
	chmod 755 "$ROOTFS/probe-ei"
	capabilities "$KEPT_CAPS NET_RAW"
	edit '.process.capabilities.inheritable = .process.capabilities.bounding
		| .process.capabilities.ambient = [] | .process.user.uid = 1000'
	launch
	hook '/probe-ei hook'
	CASE=inheritable run_exits 0
	for set in CapInh CapPrm CapEff CapAmb; do
		equal "$(probed hook "$set" "$B/stdout")" 0000000000000000 "$set"
	done
}

@test "the hook's process, before its program: no data of the host in its memory" {
	local tool
	for tool in stepper memory; do
		build_actor "$tool" "$BATS_TEST_TMPDIR/$tool"
	done
	settings '{"timeout": 60 /* of-the-operator */, "seccomp": "'"$B/own.json"'"}'
	cp "$REPO/seccomp/default.json" "$B/own.json"
	edit 'del(.hooks)'
	launch
	edit '.hooks = {prestart: [{path: "/bin/true", env: ["SECRET=of-another-hook"]}]}'
	hook 'true # of-the-application'
	state_of "$(cat "$B/pid")" >"$B/state.json"
	stepped stop hook 1
	HOOK=$(cat "$B/stepper.out")
	"$BATS_TEST_TMPDIR/memory" "$HOOK" >"$B/memory"
	tr -d '\0' <"/proc/$HOOK/cmdline" >"$B/words"
	kill -CONT "$HOOK"
	wait_for_log ': ended: exit status 0'
	grep -qa of-the-application "$B/memory" # this is its memory
	equal "$(cat "$B/words")" "" "command line"
	equal "$(grep -ac 'of-the-operator' "$B/memory" || true)" 0 "lines of the settings"
	equal "$(grep -ac 'of-another-hook' "$B/memory" || true)" 0 "lines of config.json that are another hook's"
	equal "$(grep -aEc '^[0-9]+ [0-9]+ [0-9]+:[0-9]+ /.* - [a-z0-9]+ ' "$B/memory" || true)" 0 "lines of the host's mountinfo"
	equal "$(grep -ac "/sys/fs/cgroup/.*$ID" "$B/memory" || true)" 0 "paths of cgroups on the host"
	equal "$(grep -ac -- "$B" "$B/memory" || true)" 0 "paths of the bundle and the settings"
	equal "$(grep -ac -- "$LOG" "$B/memory" || true)" 0 "names of our log"
}
