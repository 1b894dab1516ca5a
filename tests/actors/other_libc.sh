#!/bin/bash
# Another version of glibc than this machine's, for images of the tests: from Debian's release after
# this one, unpacked into a directory; nothing is installed.  SPDX-License-Identifier: Apache-2.0
#
#	tests/actors/other_libc.sh DIRECTORY
set -euo pipefail
export LC_ALL=C
suite=trixie

directory=$(realpath -m "$1")
work=$directory.work
mkdir -p "$work"/{lists/partial,cache/archives/partial}

# The archive that this machine uses, whatever it is.
# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
# shellcheck disable=SC2016 # apt's variables
site=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' | sed -n "s/^$codename //p" | head -n 1)
[ -n "$site" ] || {
	echo "apt knows no archive of $codename: apt-get update?" >&2
	exit 1
}
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $suite main" >"$work/list"
private=(-o Dir::Etc::SourceList="$work/list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$work/lists"
	-o Dir::Cache="$work/cache" -o APT::Sandbox::User=root)
apt-get "${private[@]}" update >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2 && exit 1; }
(cd "$work" && rm -f ./*.deb && apt-get "${private[@]}" download "libc6/$suite" >>"$work/log" 2>&1) || {
	tail -n 5 "$work/log" >&2
	exit 1
}
rm -rf "$directory"
dpkg-deb --extract "$work"/libc6_*.deb "$directory"
rm -rf "$work"
