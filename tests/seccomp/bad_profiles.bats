#!/usr/bin/env bats
# Seccomp profiles: bad ones, calls newer than a profile, foreign architectures, and the cache of
# compiled ones.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

# What a profile is made from, and what makes it bad: the place that must be named, and a jq filter.
GOOD='{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}'
EQ='{index: 0, value: 1, op: "SCMP_CMP_EQ"}'
bad_profiles() {
	cat <<-END
		defaultAction: "SCMP_ACT_PANIC" is not known	.defaultAction = "SCMP_ACT_PANIC"
		defaultAction: missing	del(.defaultAction)
		defaultErrnoRet: the action has no	.defaultErrnoRet = 1
		syscalls[0].action: "SCMP_ACT_PANIC" is not known	.syscalls[0].action = "SCMP_ACT_PANIC"
		syscalls[0].action: SCMP_ACT_NOTIFY	.syscalls[0].action = "SCMP_ACT_NOTIFY"
		syscalls[1].errnoRet: the action has no	.syscalls[1] = {names: ["rmdir"], action: "SCMP_ACT_KILL", errnoRet: 1}
		syscalls[0].errnoRet: expected	.syscalls[0].errnoRet = 4096
		syscalls[0].args[1].op: "SCMP_CMP_IS" is not known	.syscalls[0].args = [$EQ, ($EQ | .op = "SCMP_CMP_IS")]
		syscalls[0].args[0].op: missing	.syscalls[0].args = [$EQ | del(.op)]
		syscalls[0].args[0].index: expected	.syscalls[0].args = [$EQ | .index = 6]
		syscalls[0].args[0].value: expected	.syscalls[0].args = [$EQ | .value = -1]
		syscalls[1].args: on the default action	.syscalls[1] = {names: ["rmdir"], action: "SCMP_ACT_ALLOW", args: [$EQ]}
		architectures[1]: "SCMP_ARCH_Z80" is not known	.architectures = ["SCMP_ARCH_X86", "SCMP_ARCH_Z80"]
		flags[0]: "SECCOMP_FILTER_FLAG_X" is not known	.flags = ["SECCOMP_FILTER_FLAG_X"]
		syscalls[0].names: expected an array	.syscalls[0].names = "mkdir"
		syscalls[0].names[1]: expected a string	.syscalls[0].names = ["mkdir", 7]
		syscalls[0].names: more than 4096	.syscalls[0].names = [range(10000) | "call\(.)"]
		syscalls: more than 4096	.syscalls = [range(10000) | {names: ["call\(.)"], action: "SCMP_ACT_KILL"}]
		syscalls[0].includes: a condition	.syscalls[0].includes = {caps: ["CAP_SYS_ADMIN"]}
		listenerMetadata: there is no	.listenerMetadata = "x"
	END
}

# PLACE: no hook was run, and one line of the log names the place; the application lives.
no_hook() {
	wait_until none_of_ours
	equal "$(ls "$ROOTFS/data/work")" "" "what the hook made"
	equal "$(grep -c ': error: ' "$LOG")" 1 "lines in the log that say why"
	grep -qF -- "$1" "$LOG" || fail "the log should say '$1':" "$(tail -n 3 "$LOG")"
	refute logged ': (started|ended): '
	answers
}

@test "a bad profile of the settings: its place is named, no hook runs, the container lives" {
	local cases=0
	make_bundle "${RUNTIMES%% *}"
	hook 'touch /data/work/ran'
	jq . >"$B/profile.json" <<<"$GOOD"
	settings "{\"seccomp\": \"$B/profile.json\"}"
	launch
	wait_for_log ': ended: exit status 0'
	rm "$ROOTFS/data/work/ran"
	while IFS=$'\t' read -r place filter; do
		CASE=$filter
		delete
		rm -rf "$LOG"
		jq "$filter" >"$B/profile.json" <<<"$GOOD"
		launch
		wait_for_log ': error: '
		no_hook "profile.json: $place"
		cases=$((cases + 1))
	done < <(bad_profiles)
	equal "$cases" "$(bad_profiles | wc -l)"
}

@test "a bad profile of the container: its place is named, no hook runs, the container lives" {
	local cases=0
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		launch # the runtimes themselves would refuse most of them
		hook 'touch /data/work/ran'
		cp "$B/config.json" "$B/config.good"
		while IFS=$'\t' read -r place filter; do
			CASE=$filter
			rm -rf "$LOG" "$RECORDS"
			jq ".linux.seccomp = (\$good | $filter)" --argjson good "$GOOD" "$B/config.good" >"$B/config.json"
			state_of "$(cat "$B/pid")" | poststart
			no_hook "config.json: linux.seccomp.$place"
			cases=$((cases + 1))
		done < <(bad_profiles)
		jq '.linux.seccomp = $good' --argjson good "$GOOD" "$B/config.good" >"$B/config.json"
		rm -rf "$LOG" "$RECORDS"
		state_of "$(cat "$B/pid")" | poststart
		wait_for_log ': ended: exit status 0'
		[ -e "$ROOTFS/data/work/ran" ]
	done
	[ "$cases" -ge "$(bad_profiles | wc -l)" ]
}

# --- calls ---

# A program that makes calls by their numbers: "call WHO [N]..." natively, "i386:N" as an i386 program
# does.  Prints "WHO N: ERROR" for each.
make_call() {
	build_program "$ROOTFS/call" <<-'END'
		#include <errno.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		#include <unistd.h>
		int main(int argc, char *argv[])
		{
			for (int i = 2; i < argc; i++) {
				long result = -ENOTSUP;
				if (strncmp(argv[i], "i386:", 5))
					result = syscall(atol(argv[i]), -1, -1, -1, -1, -1, -1) < 0 ? -errno : 0;
		#ifdef __x86_64__
				else
					__asm__ volatile("int $0x80" : "=a"(result) : "a"(atol(argv[i] + 5)), "b"(-1L),
						"c"(-1L), "d"(-1L) : "memory", "r8", "r9", "r10", "r11");
		#endif
				printf("%s %s: %s\n", argv[1], argv[i], result < 0 ? strerrorname_np((int)-result) : "done");
				fflush(stdout);
			}
			return 0;
		}
	END
}

# podman's profile, but as if written before openat2 (437) was the newest call, and denying by EPERM.
older_profile() {
	podman_profile | jq '.defaultErrnoRet = 1 | .syscalls |= map(.names -= ["faccessat2",
		"process_madvise", "epoll_pwait2", "mount_setattr", "quotactl_fd", "landlock_create_ruleset",
		"landlock_add_rule", "landlock_restrict_self", "memfd_secret", "process_mrelease",
		"futex_waitv", "set_mempolicy_home_node", "pidfd_getfd"])'
}

@test "calls that are newer than the container's profile answer ENOSYS, as under runc" {
	[ "$(uname -m)" = x86_64 ] || skip_or_fail "the numbers are those of x86_64"
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		older_profile >"$B/profile.json"
		edit '.linux.seccomp = $profile[0]' --slurpfile profile "$B/profile.json"
		make_call
		app /bin/sh -c '/call app 3 180 437 438 439 448 600 1073742423; exec /app'
		hook '/call hook 3 180 437 438 439 448 600 1073742423'
		launch
		wait_for_log ': ended: exit status 0'
		equal "$(grep '^hook ' "$OUT" | cut -d ' ' -f 3 | paste -sd ' ')" \
			"EBADF EPERM E2BIG ENOSYS ENOSYS ENOSYS ENOSYS ENOSYS" "what the hook was told"
		if [ "$runtime" = runc ]; then
			equal "$(sed -n 's/^hook //p' "$OUT")" "$(sed -n 's/^app //p' "$OUT")" "hook and application"
		fi
		answers
	done
}

@test "i386 programs in the hook: as the container's profile says, or killed" {
	[ "$(uname -m)" = x86_64 ] || skip_or_fail "the other architecture is x86_64's"
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		older_profile >"$B/profile.json"
		edit '.linux.seccomp = $profile[0]' --slurpfile profile "$B/profile.json"
		make_call
		if ! "$REPO/tests/lib/runs_i386.sh"; then # the hook cannot either
			hook '/call hook i386:6'
			launch
			wait_for_log ': ended: (killed by signal 11|exit status 139)'
			answers
			continue
		fi
		app /bin/sh -c '/call app i386:6 i386:169 i386:600; exec /app'
		hook '/call hook i386:6 i386:169 i386:600'
		launch
		wait_for_log ': ended: exit status 0'
		# close, nfsservctl, one that nobody knows
		equal "$(grep '^hook ' "$OUT" | cut -d ' ' -f 3 | paste -sd ' ')" "EBADF EPERM ENOSYS"
		delete

		edit '.linux.seccomp.architectures = ["SCMP_ARCH_X86_64"]'
		app /app
		hook '/call hook 3 i386:6'
		rm "$LOG"
		launch
		wait_for_log ': ended: exit status (31|159)|: ended: killed by signal 31'
		grep -qx 'hook 3: EBADF' "$OUT"
		refute grep -q 'hook i386' "$OUT"
		answers
	done
}

# --- capabilities ---

@test "a capability that nobody here knows is named in one line, and the others count" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		launch # crun would not start with it
		edit '.process.capabilities |= map_values(. + ["CAP_OF_THE_FUTURE", "CAP_99"])'
		hook '/probe hook'
		state_of "$(cat "$B/pid")" | poststart
		wait_for_log ': ended: exit status 0'
		equal "$(count_log 'warning: .*CAP_OF_THE_FUTURE')" 1 "lines that name it"
		logged ': CAP_OF_THE_FUTURE, CAP_99$'
		equal "$(probed hook CapBnd)" "$(mask "$KEPT_CAPS")" CapBnd
		equal "$(probed hook CapEff)" "$(mask "$KEPT_CAPS")" CapEff
	done
}

@test "no such line where all are known" {
	make_bundle "${RUNTIMES%% *}"
	hook true
	launch
	wait_for_log ': ended: exit status 0'
	refute logged 'warning'
}

# --- the cache ---

# A container whose profile denies mkdir by an error that nobody else gives; the hook tries it.
# The last name, which no kernel has, finds the profile's file in the cache.
denying() {
	edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat",
		"marked_for_the_test"], action: "SCMP_ACT_ERRNO", errnoRet: 28}]}'
	hook 'mkdir /data/work/made; echo tried'
}

# The file in the cache.
entry() {
	grep -laF marked_for_the_test "$RECORDS"/cache/*
}

# The hook runs, in the foreground, and its mkdir is denied.
denied() {
	attempt
	grep -q 'made.*No space left on device' "$B/stderr" || fail "${1:+$1: }it was not denied"
	[ ! -e "$ROOTFS/data/work/made" ]
}

attempt() {
	rm -rf "$ROOTFS/data/work/made"
	timeout "$DEADLINE" "$ODH" --root "$RECORDS" run --pid "$(cat "$B/pid")" --bundle "$B" \
		>"$B/stdout" 2>"$B/stderr" </dev/null 3>&-
	grep -qx tried "$B/stdout"
}

# BYTE...: as 64-bit FNV-1a, in bytes.
fnv() {
	local hash=$((0xcbf29ce484222325)) byte
	for byte in "$@"; do
		hash=$(((hash ^ byte) * 0x100000001b3))
	done
	for byte in 0 8 16 24 32 40 48 56; do
		printf '%b' "\\x$(printf %x $((hash >> byte & 255)))"
	done
}

# FILE [SED]: what the cache would hold of that file's profile, if it allowed everything.  The sed
# command changes the key.  Magic, sum, length of the key, number of instructions; key; instructions.
forged() {
	local key_length
	key_length=$(od -An -tu4 -j16 -N4 "$1" | tr -d ' ')
	{
		tail -c +25 "$1" | head -c "$key_length" | sed -z "${2:-}"
		printf '\x06\0\0\0\0\0\xff\x7f' # BPF_RET, SECCOMP_RET_ALLOW
	} >"$B/tail"
	head -c 8 "$1"
	# shellcheck disable=SC2046 # the bytes are words
	fnv $(od -An -v -tu1 "$B/tail")
	tail -c +17 "$1" | head -c 4
	printf '\x01\0\0\0'
	cat "$B/tail"
}

# Let the file be this one, with what belongs to it as it should be.
plant() {
	rm -rf "$1"
	install -m 600 "$2" "$1"
}

@test "the second start takes the filters from the cache; root alone can read it" {
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		denying
		launch
		wait_for_log ': ended: exit status 0'
		grep -q 'made.*No space left on device' "$ERR"
		equal "$(stat -c '%u %a' "$RECORDS/cache")" "0 700"
		equal "$(stat -c '%u %a %F' "$RECORDS"/cache/* | sort -u)" "0 600 regular file"
		equal "$(find "$RECORDS/cache" -type f | wc -l)" 2 "files: the container's profile and our own"
		for file in "$RECORDS"/cache/*; do # what the program was made by, and for
			tr -cd ' -~\n' <"$file" | grep -Eq "$("$ODH" --version)/[0-9]+, libseccomp [0-9.]+, level [1-9], machine 0x" ||
				fail "$(head -n 1 "$file" | tr -cd ' -~')"
		done
		find "$RECORDS/cache" -type f -printf '%p %i %T@\n' | sort >"$B/before"
		delete
		nothing_left
		launch
		wait_until none_of_ours
		equal "$(count_log ': ended: exit status 0')" 2
		equal "$(find "$RECORDS/cache" -type f -printf '%p %i %T@\n' | sort)" "$(cat "$B/before")" "the cache"
		denied
		# What the next tests rely on: a file of root's, whole and with the right key, is believed.
		forged "$(entry)" >"$B/forged"
		plant "$(entry)" "$B/forged"
		attempt
		[ -d "$ROOTFS/data/work/made" ]
	done
}

@test "a file of the cache that is cut off, damaged, somebody else's, a link or stale is not believed" {
	local file
	make_bundle "${RUNTIMES%% *}"
	launch
	denying
	denied "cold"
	file=$(entry)
	cp -a "$file" "$B/whole"
	forged "$file" >"$B/forged"
	for CASE in 'cut off' 'empty' 'one byte' 'allows everything, not sealed' 'chown 1000' 'chmod 644' \
		'chmod 660' 'symbolic link' 'hard link' 'FIFO' 'an older version' 'another profile'; do
		plant "$file" "$B/forged"
		case $CASE in
		'cut off') truncate -s -1 "$file" ;;
		'empty') truncate -s 0 "$file" ;;
		'one byte') printf '\x05' | dd of="$file" bs=1 seek=$(($(stat -c %s "$file") - 8)) conv=notrunc status=none ;;
		'allows everything, not sealed') printf 'sealed' | dd of="$file" bs=1 seek=8 conv=notrunc status=none ;;
		chown*) chown 1000 "$file" ;;
		chmod*) chmod "${CASE#* }" "$file" ;;
		'symbolic link')
			mv "$file" "$B/elsewhere"
			ln -s "$B/elsewhere" "$file"
			;;
		'hard link') ln "$file" "$B/second-$RANDOM" ;;
		FIFO)
			rm "$file"
			mkfifo -m 600 "$file"
			;;
		'an older version')
			forged "$B/whole" 's/oci-deploy-hook [0-9.]*/&x/;s/.x//' >"$B/old"
			refute cmp -s "$B/old" "$B/forged"
			plant "$file" "$B/old"
			;;
		'another profile')
			forged "$B/whole" 's/marked_for_the_test/marked_for_the_next/' >"$B/other"
			plant "$file" "$B/other"
			;;
		esac
		denied "$CASE"
		cmp "$file" "$B/whole" || fail "$CASE: it was not replaced"
		equal "$(stat -c '%u %a %F' "$file")" "0 600 regular file"
	done
	answers
}

@test "a cache that is no directory of ours is not used, and nothing else is different" {
	make_bundle "${RUNTIMES%% *}"
	launch
	denying
	denied
	forged "$(entry)" >"$B/forged"
	plant "$(entry)" "$B/forged"
	for CASE in 'chown 1000' 'chmod 755' 'chmod 770' link file 'read-only'; do
		rm -rf "$B/cache"
		cp -a "$RECORDS/cache" "$B/cache"
		case $CASE in
		chown*) chown 1000 "$RECORDS/cache" ;;
		chmod*) chmod "${CASE#* }" "$RECORDS/cache" ;;
		link)
			mv "$RECORDS/cache" "$B/elsewhere"
			ln -s "$B/elsewhere" "$RECORDS/cache"
			;;
		file)
			rm -rf "$RECORDS/cache"
			touch "$RECORDS/cache"
			;;
		read-only)
			rm -rf "$RECORDS/cache"
			mkdir -m 500 "$RECORDS/cache"
			;;
		esac
		denied "$CASE"
		rm -rf "$RECORDS/cache"
		cp -a "$B/cache" "$RECORDS/cache"
	done
	rm -rf "$RECORDS"
	touch "$RECORDS"
	denied 'no record directory'
}

@test "damaged files at a real start: the hook has the right filter" {
	local file
	for runtime in $RUNTIMES; do
		make_bundle "$runtime"
		denying
		launch
		wait_for_log ': ended: exit status 0'
		for CASE in 'cut off' 'somebody else'; do
			delete
			nothing_left
			rm "$LOG"
			forged "$(entry)" >"$B/forged"
			for file in "$RECORDS"/cache/*; do
				plant "$file" "$B/forged"
				if [ "$CASE" = 'cut off' ]; then
					truncate -s 40 "$file"
				else
					chown 1000 "$file"
				fi
			done
			launch
			wait_for_log ': ended: exit status 0'
			grep -q 'made.*No space left on device' "$ERR"
			[ ! -e "$ROOTFS/data/work/made" ]
			equal "$(stat -c '%u %a' "$RECORDS"/cache/* | sort -u)" "0 600"
			answers
		done
	done
}

@test "ten starts at once with one cold cache: each hook has the right filter" {
	local bundles=() shared=$BATS_TEST_TMPDIR/shared pids=() pid
	for n in 1 2 3 4 5 6 7 8 9 10; do
		for runtime in $RUNTIMES; do
			[ $((n % 2)) = 0 ] || [ "$runtime" = "${RUNTIMES%% *}" ] || continue
			[ $((n % 2)) = 1 ] || [ "$runtime" = "${RUNTIMES##* }" ] || continue
			make_bundle "$runtime"
			RECORDS=$shared
			denying
			register "$ODH"
			create
			bundles+=("$B")
		done
	done
	for bundle in "${bundles[@]}"; do
		take_up "$bundle"
		start &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	for bundle in "${bundles[@]}"; do
		take_up "$bundle"
		RECORDS=$shared
		wait_for_log ': ended: exit status 0'
		grep -q 'made.*No space left on device' "$ERR"
		[ ! -e "$ROOTFS/data/work/made" ]
		delete
	done
	RECORDS=$shared
	wait_until none_of_ours
	equal "$(find "$shared/cache" -type f | wc -l)" 2 "files in the cache"
	nothing_left
}
