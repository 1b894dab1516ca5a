#!/bin/bash
# Is this machine one that the tests can run on?  SPDX-License-Identifier: Apache-2.0
#
#	tests/lib/machine.sh [FILE]...     as tests/run.sh calls it, once, before these files' tests
#
# Each need that is not met is one line, with what to do; then the exit status is 1.  If all are met, one
# line says what kind of machine it is.
set -u

repo=$(cd "$(dirname "$0")/../.." && pwd)
: "${ODH:=$repo/oci-deploy-hook}" "${ODH_TEST:=$repo/build/test/oci-deploy-hook}"
uid=$((100000000 + $$ % 400000 * 5000)) # see common.bash
status=0

# WORD...: a need that is not met.
lacks() {
	echo "this machine cannot run the tests: $*" >&2
	status=1
}

# CMD...: succeeds, and says nothing.
works() {
	"$@" >/dev/null 2>&1 </dev/null
}

# CMD...: as a user who has no account.
plain() {
	works setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"
}

programs() {
	local program missing=()
	for program in bats runc crun podman conmon catatonit containerd ctr newuidmap useradd userdel busybox jq \
		"${CC:-gcc}" make unshare nsenter setpriv prlimit choom taskset chrt ionice setarch script flock \
		setcap ps pgrep ldconfig iconv openssl mandoc git curl python3 node go; do
		works command -v "$program" || missing+=("$program")
	done
	[ ${#missing[@]} = 0 ] || lacks "there is no ${missing[*]}: make deps"
	[ -x "$ODH" ] || lacks "there is no $ODH: make"
	[ -x "$ODH_TEST" ] || lacks "there is no $ODH_TEST: make test-binary"
}

# FILE...: what only these need.
tools() {
	local kit=${KIT:-$repo/build/tools} libc=build/other-libc/usr/lib
	case " $* " in
	*/tools.bats\ *) [ -x "$kit/bin/node" ] || lacks "there is no $kit: make tools" ;;
	esac
	case " $* " in
	*/sandbox/tools.bats\ *) [ -d "$repo/$libc" ] || lacks "there is no $repo/$libc: make $libc" ;;
	esac
}

kernel() {
	local major minor
	IFS=.- read -r major minor _ < <(uname -r)
	if [ "$major" -lt 5 ] || { [ "$major" = 5 ] && [ "$minor" -lt 14 ]; }; then
		lacks "its kernel is $(uname -r), no hook runs before 5.14"
	fi
	works unshare -m --propagation private mount -t tmpfs tmpfs /mnt ||
		lacks "root may not mount anything here, not even in a mount namespace of its own: is this a container?"
	works unshare -m --propagation private mount -t proc -o hidepid=2 proc /proc ||
		lacks "root may not mount a procfs in a mount namespace of its own: is this a container?"
	works unshare --net busybox ip link set lo up || lacks "root may not make a network namespace"
	plain unshare --user --map-root-user true ||
		lacks "a plain user may not make a user namespace: see the sysctls user.max_user_namespaces" \
			"and kernel.unprivileged_userns_clone"
	plain test -e /proc/1/stat ||
		lacks "/proc hides processes from plain users: mount -o remount,hidepid=0 /proc"
}

# What is mounted at /sys/fs/cgroup, in a word.
cgroup_layout() {
	if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
		echo v2
	elif works mountpoint /sys/fs/cgroup/unified; then
		echo hybrid
	elif works mountpoint /sys/fs/cgroup/freezer; then
		echo v1
	else
		echo none
	fi
}

cgroups() {
	local directory
	case $(cgroup_layout) in
	v2) directory=/sys/fs/cgroup ;;
	hybrid | v1) directory=/sys/fs/cgroup/freezer ;;
	*) directory=/no/cgroups ;;
	esac
	[ -w "$directory/cgroup.procs" ] ||
		lacks "/sys/fs/cgroup has neither cgroup v2 nor the freezer of v1, mounted so that root may write it"
}

# Where bats puts everything.
temporary() {
	local directory
	directory=$(mktemp -d) || { lacks "there is no place for temporary files" && return; }
	chmod 755 "$directory"
	printf '#!/bin/sh\n' >"$directory/program"
	chmod 755 "$directory/program"
	plain "$directory/program" ||
		lacks "a plain user cannot execute a program below ${TMPDIR:-/tmp}: set TMPDIR to a place where he can"
	works mknod "$directory/null" c 1 3
	works tee "$directory/null" ||
		lacks "${TMPDIR:-/tmp} has no devices: set TMPDIR to a place that is not mounted nodev"
	[ "$(df --output=avail -k "$directory" | tail -n 1)" -gt 1000000 ] ||
		lacks "${TMPDIR:-/tmp} has less than 1 GB left: set TMPDIR to another place"
	rm -r "$directory"
}

if [ "$(id -u)" != 0 ] || ! grep -Eq '^ *0 +0 +4294967295$' /proc/self/uid_map; then
	lacks "it takes the host's root (not a user namespace's)"
	exit 1
fi
programs
tools "$@"
[ "$status" = 0 ] || exit 1
kernel
cgroups
temporary
[ "$status" = 0 ] || exit 1

# COMMAND: its version, the first number that it tells.
version() {
	"$1" --version 2>/dev/null | grep -Eo '[0-9]+(\.[0-9]+)+' | head -n 1
}

# i386 programs: some tests have less to look at without.
i386() {
	"${0%/*}/runs_i386.sh" || [ "$(uname -m)" != x86_64 ] || echo ", which runs no i386 programs"
}

echo "on Linux $(uname -r)$(i386 2>/dev/null), cgroups $(cgroup_layout), $(nproc) processors;" \
	"runc $(version runc), crun $(version crun), podman $(version podman)"
