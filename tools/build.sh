#!/bin/bash
# Make a directory for the setting 'tools' from Debian packages: busybox, Node.js, curl.
# SPDX-License-Identifier: Apache-2.0
#
#	tools/build.sh DIRECTORY [WORK]     WORK keeps what was downloaded
#
# Node.js and curl bring their loader and all of their libraries, so that they run in every image,
# whatever its libc.  Nothing is installed on this machine, and nothing of it gets in.
set -euo pipefail
export LC_ALL=C

target=$(realpath -m "$1")
work=$(realpath -m "${2:-$1.work}")
here=$(cd "$(dirname "$0")" && pwd)
place=$(sed -n 's/^#define TOOLS_PLACE "\(.*\)"/\1/p' "$here/../shim/base/tools.h") # where hooks see it
tree=$work/tree new=$work/new

# Debian's Node.js: the one that its library belongs to, whatever else apt knows by that name.
find_library() {
	# shellcheck source=/dev/null
	apt-cache depends --no-recommends --no-suggests "nodejs/$(. /etc/os-release && echo "$VERSION_CODENAME")" \
		2>/dev/null | sed -n 's/.*Depends: \(libnode[0-9]*\)$/\1/p' | head -n 1
}
library=$(find_library) || true
if [ -z "$library" ]; then # its lists may never have been fetched here
	echo "apt-get update"
	apt-get update >/dev/null
	library=$(find_library) || true
fi
[ -n "$library" ] || {
	echo "apt knows no Debian package of Node.js" >&2
	exit 1
}
version=$(apt-cache show --no-all-versions "$library" | sed -n 's/^Version: //p')

# --- the packages, and all that they depend on ---

mapfile -t packages < <({
	apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
		--no-replaces --no-enhances "nodejs=$version" curl patchelf |
		sed -n 's/^\([a-z0-9][^ ]*\)$/\1/p' | grep -vx nodejs
	printf '%s\n' "nodejs=$version" busybox-static ca-certificates
} | sort -u)
[ ! -e "$target" ] || [ -e "$target/bin/busybox" ] || [ -z "$(ls -A "$target")" ] || {
	echo "$target is there already, and no directory of tools: remove it, or name another" >&2
	exit 1
}
mkdir -p "$work/packages"
rm -rf "$tree" "$new"
mkdir -p "$tree" "$new"/{bin,lib,etc}
command=(apt-get download "${packages[@]}")
echo "${command[*]}"
(cd "$work/packages" && rm -f ./*.deb && "${command[@]}" -o APT::Sandbox::User=root >../download.log 2>&1) || {
	tail "$work/download.log" >&2
	exit 1
}
for package in "$work/packages"/*.deb; do
	dpkg-deb -x "$package" "$tree"
done

# --- busybox and its applets ---

cp "$tree/bin/busybox" "$new/bin/"
for applet in $("$new/bin/busybox" --list); do
	[ "$applet" = busybox ] || ln -s busybox "$new/bin/$applet"
done

# --- Node.js and curl ---

loader=$(find "$tree"/lib*/ -name 'ld-linux*.so.*' | head -n 1)
name=${loader##*/}
libraries=$(find "$tree" -path '*-linux-gnu' -type d | paste -sd:)

# Of equal length, in place: our loader is to know nothing of the image's.
# FILE FROM TO
replace() {
	[ "${#2}" = "${#3}" ] || {
		echo "'$2' and '$3' are not of the same length" >&2
		exit 1
	}
	grep -q -- "$2" "$1" || {
		echo "there is no '$2' in $1" >&2
		exit 1
	}
	sed -i "s|$2|$3|g" "$1"
}

own() {
	"$loader" --library-path "$libraries" "$@"
}

cp "$loader" "$new/lib/$name"
replace "$new/lib/$name" /etc/ld.so.preload "$place/none"
replace "$new/lib/$name" /etc/ld.so.cache "$place/no"
for program in node curl; do
	own --list "$tree/usr/bin/$program" | sed -n 's|.* => \(/[^ ]*\) .*|\1|p' |
		xargs cp -L -n -t "$new/lib"
	cp "$tree/usr/bin/$program" "$new/lib/$program"
	# RPATH, not RUNPATH: it is for the libraries' libraries too.
	own "$tree/usr/bin/patchelf" --set-interpreter "$place/lib/$name" --force-rpath \
		--set-rpath "\$ORIGIN" "$new/lib/$program"
	"${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -Os -Wall -Wextra -static -s -o "$new/bin/$program" \
		"$here/launch.c"
done
# Some of Node.js' own modules are files in Debian.
replace "$new/lib/libnode.so.${library#libnode}" /usr/share/nodejs/ "$place/njs/"
cp -RL "$tree/usr/share/nodejs" "$new/njs"
cat "$tree"/usr/share/ca-certificates/mozilla/*.crt >"$new/etc/ca-certificates.crt"

# --- done: readable by every user ---

chmod -R u=rwX,go=rX "$new"
rm -rf "$target" "$tree"
mv "$new" "$target"
echo "$target: $("$target/bin/busybox" | head -n 1 | cut -d' ' -f1,2), Node.js $version, $(du -sh "$target" | cut -f1)"
