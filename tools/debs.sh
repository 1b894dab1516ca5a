#!/bin/bash
# Packages of another release or machine than this one's, unpacked into a directory: nothing is
# installed, and apt's own settings and lists stay as they are.  SPDX-License-Identifier: Apache-2.0
#
#	tools/debs.sh DIRECTORY SUITE ARCHITECTURE PACKAGE...	"" stands for this machine's
set -euo pipefail
export LC_ALL=C

# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
directory=$(realpath -m "$1")
suite=${2:-$codename}
architecture=${3:-$(dpkg --print-architecture)}
shift 3
work=$directory.work
rm -rf "$work"
mkdir -p "$work"/{lists/partial,cache/archives/partial}

# The archive that this machine uses, whatever it is.
find_site() {
	# shellcheck disable=SC2016 # apt's variables
	apt-get indextargets --format '$(RELEASE) $(REPO_URI)' | sed -n "s/^$codename //p" | head -n 1
}
site=$(find_site)
[ -n "$site" ] || { # its lists may never have been fetched here
	echo "apt-get update"
	apt-get update >/dev/null
	site=$(find_site)
}
[ -n "$site" ] || {
	echo "apt knows no archive of $codename" >&2
	exit 1
}
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $site $suite main" >"$work/list"
private=(-o Dir::Etc::SourceList="$work/list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$work/lists"
	-o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root
	-o APT::Architecture="$architecture" -o APT::Architectures::="$architecture")
touch "$work/status"
echo "download $* ($suite, $architecture) into $directory"
{ apt-get "${private[@]}" update && cd "$work" && apt-get "${private[@]}" download "$@"; } \
	>"$work/log" 2>&1 || {
	tail -n 5 "$work/log" >&2
	exit 1
}
rm -rf "$directory"
for package in "$work"/*.deb; do
	dpkg-deb --extract "$package" "$directory"
done
rm -rf "$work"
