#!/usr/bin/env bats
# Records of containers that podman starts: once for each start, and none mixed up.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; podman.bash reads and sets

load ../lib/podman

setup_file() {
	root_podman
	import_image
	# The same registration once more, in another directory and under another name.
	mkdir "$P/hooks2.d"
	for stage in poststart poststop; do
		cp "$P/hooks.d/$stage.json" "$P/hooks2.d/again-$stage.json"
	done
}

teardown() {
	remove_containers
	rm -rf "$P/records"
}

odh() {
	timeout -k 5 "$DEADLINE" "$ODH" --root "$P/records" "$@" </dev/null 3>&-
}

id_of() {
	pod inspect --format '{{.Id}}' "$1"
}

# NAME STATUS: wait ends with it.
waits() {
	local status=0
	odh wait "$(id_of "$1")" 2>"$BATS_TEST_TMPDIR/err" || status=$?
	[ "$status" = "$2" ] || fail "wait: $status, not $2: $(cat "$BATS_TEST_TMPDIR/err")"
}

# NAME FILTER: it is true of the record of that container.
recorded() {
	odh status --json "$(id_of "$1")" | jq -e "$2" >/dev/null ||
		fail "not so: $2" "$(odh status --json "$(id_of "$1")")"
}

@test "podman: the hook's end, by the container's id and its first digits; podman stop marks it" {
	local id
	for RUNTIME in $RUNTIMES; do
		pod run -d --name c -e 'CC_RUN_SUCCEEDED_HOOK=exit 3' localhost/bb sleep 1000 >/dev/null
		waits c 3
		wait_until no_strays
		id=$(id_of c)
		odh status "${id:0:12}" | grep -q '^hook *failed, exit status 3$'
		odh status | grep -Eq "^${id:0:12}  .* failed +3 "
		recorded c '.live and .stopped == null'
		pod stop -t 0 c >/dev/null
		recorded c '.live == false and .stopped != null and .exit == 3'
		refute_shown "${id:0:12}"
		pod rm c >/dev/null
		recorded_by_id "$id"
		kept
	done
}

refute_shown() {
	if odh status | grep -q "$1"; then
		fail "still shown: $1"
	fi
}

recorded_by_id() {
	odh status --json "$1" | jq -e '.hook == "failed"' >/dev/null
}

@test "podman: registered in two directories: one run" {
	sed "s|^hooks_dir = .*|hooks_dir = [\"$P/hooks.d\", \"$P/hooks2.d\"]|" "$P/containers.conf" >"$P/twice.conf"
	for RUNTIME in $RUNTIMES; do
		pod2 run -d --name c -e 'CC_RUN_SUCCEEDED_HOOK=echo hook ran' localhost/bb sleep 1000 >/dev/null
		waits c 0
		wait_until no_strays
		wait_until shows c '^hook ran$'
		wait_until logged ': duplicate: '
		pod2 restart -t 0 c >/dev/null
		waits c 0
		wait_until no_strays
		wait_until shows c '^hook ran$' 2
		[ "$(grep -c ': duplicate: ' "$P/log")" = 2 ]
		pod2 rm -f -t 0 c >/dev/null
		rm "$P/log"
		kept
	done
}

# ARGUMENT...: podman with both directories.
pod2() {
	timeout -k 5 "$DEADLINE" env CONTAINERS_CONF="$P/twice.conf" \
		CONTAINERS_STORAGE_CONF="$P/storage.conf" podman --runtime "$RUNTIME" "$@" </dev/null 3>&-
}

@test "podman: twenty starts at once: twenty runs and records, none mixed up" {
	local n pids
	for RUNTIME in $RUNTIMES; do
		pids=()
		for n in {1..20}; do
			pod run -d --name "c$n" -e "CC_RUN_SUCCEEDED_HOOK=echo hook of c$n; exit $n" localhost/bb \
				sleep 1000 >/dev/null &
			pids+=($!)
		done
		wait "${pids[@]}"
		for n in {1..20}; do
			waits "c$n" "$n"
			recorded "c$n" ".exit == $n and .live"
			wait_until shows "c$n" "^hook of c[0-9]+\$"
			shows "c$n" "^hook of c$n\$"
		done
		[ "$(odh status --json | jq 'map(.id) | unique | length')" = 20 ]
		[ "$(find "$P/records" -maxdepth 1 -type f | wc -l)" = 20 ]
		discard --all
		wait_until no_strays
		[ "$(odh status --json | jq length)" = 0 ]
		rm -rf "$P/records" "$P/log"
		kept
	done
}

@test "podman: a container that is restarted five times: six runs, six records" {
	local n
	for RUNTIME in $RUNTIMES; do
		pod run -d --name c -e 'CC_RUN_SUCCEEDED_HOOK=echo hook ran' localhost/bb sleep 1000 >/dev/null
		waits c 0
		for n in 2 3 4 5 6; do
			pod restart -t 0 c >/dev/null
			waits c 0 # of this start: the one before has ended long ago
			wait_until shows c '^hook ran$' "$n"
		done
		odh status --json --all "$(id_of c)" | jq -e 'length == 6 and map(.live) == [true] + [range(5) | false]
			and (map([.pid, .startTime]) | unique | length) == 6' >/dev/null
		discard c
		rm -rf "$P/records"
		kept
	done
}

@test "podman: removed by force at once: the record says that it has ended" {
	local id
	for RUNTIME in $RUNTIMES; do
		for _ in 1 2 3; do
			pod run -d --name c -e 'CC_RUN_SUCCEEDED_HOOK=exit 0' localhost/bb sleep 1000 >/dev/null
			waits c 0
			wait_until no_strays
			id=$(id_of c)
			discard c
			odh status --json "$id" | jq -e '.stopped != null and .live == false' >/dev/null
		done
		kept
	done
}
