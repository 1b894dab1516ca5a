#!/bin/sh
# Install the packages that are missing here (Debian, apt), and say so.
# SPDX-License-Identifier: Apache-2.0
#
#	tools/packages.sh LOGDIR PACKAGE...
set -eu
log=$1/deps.log
shift
missing=
for package in "$@"; do
	dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0
command="apt-get install -y --no-install-recommends$missing"
[ "$(id -u)" = 0 ] || {
	echo "missing, and installing them needs root: $command" >&2
	exit 1
}
echo "$command"
mkdir -p "${log%/*}"
{ apt-get update && DEBIAN_FRONTEND=noninteractive $command; } >"$log" 2>&1 || {
	tail -n 20 "$log" >&2
	exit 1
}
