# shellcheck shell=bash
# What helper.bash and podman.bash share.  SPDX-License-Identifier: Apache-2.0
#
# Several test runs may go on at once on one machine, from several clones, while it is busy with
# something else.  So:
# - Nothing waits but wait_until, and it waits for an event.  A deadline is there to end a test that
#   has failed; it says nothing about speed.
# - Whatever has a name for the whole machine is the test's own: containers and cgroups are named by
#   its process id, user ids come from $UIDS, ports are used in a network namespace (private_network).
#
# shellcheck disable=SC2016,SC2034 # in single quotes: of other shells; variables of the tests

REPO=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
: "${ODH:=$REPO/oci-deploy-hook}"
: "${DEADLINE:=180}" # seconds
: "${HELD_UP:=60}"   # seconds; no call may hold its runtime up for longer, busy as the machine may be
export LC_ALL=C

# The first of 5,000 user ids, and group ids, that nobody else uses: neither an account nor another
# test that runs now.
UIDS=$((100000000 + $$ % 400000 * 5000))

fail() {
	printf '%s\n' "$@" >&2
	return 1
}

# CMD...: it must fail.  (A plain ! does not end a test.)
refute() {
	if "$@"; then
		fail "should have failed: $*"
	fi
}

# SEEN EXPECTED [WHAT]
equal() {
	[ "$1" = "$2" ] || fail "${3:-value}:" "  seen:     $1" "  expected: $2"
}

# CMD...: until it succeeds.  The only place that polls.
wait_until() {
	local end=$((SECONDS + DEADLINE))
	until "$@" 2>/dev/null; do
		if [ "$SECONDS" -ge "$end" ]; then
			fail "not within $DEADLINE s: $*"
			return 1
		fi
		sleep 0.02
	done
}

# Where a test cannot be done on this machine.  Under STRICT=1 that is a failure.
skip_or_fail() {
	if [ "${STRICT:-}" = 1 ]; then
		fail "cannot be tested here, and STRICT=1 allows no skip: $1"
		return 1
	fi
	skip "$1"
}

# OPTION...: the C compiler; what it makes is static unless LINK says otherwise.
compile() {
	# shellcheck disable=SC2086 # one option, or none
	"${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -I"$REPO" -O1 ${LINK--static} "$@"
}

# NAME FILE [OPTION]...: make that program of tests/actors.
build_actor() {
	compile -Wall -Wextra -o "$2" "${@:3}" "$REPO/tests/actors/$1.c"
}

# FILE [OPTION]...: make a program of the source on stdin.
build_program() {
	compile -o "$1" "${@:2}" -x c -
}

# TARGET [VARIABLE=VALUE]...: make install or uninstall.  Both write into build/, so that only one of
# this clone's tests may do so at a time.
make_install() {
	flock "$REPO" env -u MAKEFLAGS -u MAKELEVEL make -s -C "$REPO" "$@" 3>&-
}

# A network namespace with nothing but loopback.  After "${NETWORK[@]}" a command is in it, and takes
# it for the host's.  The keeper ends with the test, or with the file where setup_file calls this.
private_network() {
	local place=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR} keeper
	rm -f "$place/network"
	unshare --net sh -c 'busybox ip link set lo up && echo >"$1" && exec sleep 100000' sh "$place/network" 3>&- &
	keeper=$!
	echo "$keeper" >>"$place/pids"
	wait_until test -e "$place/network"
	NETWORK=(nsenter "--net=/proc/$keeper/ns/net")
}

# DIRECTORY: end what has its pid in DIRECTORY/pids.
end_noted() {
	local pid
	while read -r pid; do
		kill -KILL "$pid" 2>/dev/null || true
	done < <(cat "$1/pids" 2>/dev/null)
}
