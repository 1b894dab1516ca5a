#!/usr/bin/env bats
# check without a container: what it finds on a host, and what it says to do.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the inner shell
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell

load ../lib/helper

setup_file() {
	[ -x "$ODH" ]
}

setup() {
	B=$BATS_TEST_TMPDIR
	D=/usr/share/containers/oci/hooks.d
	export D ODH
}

teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}" ] || cat "$B/stdout" "$B/stderr"
}

# STATUS SHELL [OPTION]...: check, on a host whose containers directories and /run are empty, after
# that shell code.  register FILE [FILTER] puts a file of ours into the default directory.
host() {
	local status=0
	unshare -m --propagation private bash -c '
		set -e
		for directory in /usr/share/containers /etc/containers /run; do
			mkdir -p "$directory"
			mount -t tmpfs tmpfs "$directory"
		done
		mkdir -p "$D" /etc/containers/oci/hooks.d
		register() {
			jq --arg binary "$ODH" ".hook.path = \$binary | ${2:-.}" \
				"$REPO/oci/hooks.d/oci-deploy-hook-${1##*-}.in" >"${3:-$D}/$1"
		}
		both() {
			register oci-deploy-hook-poststart.json "${1:-.}" "${2:-$D}"
			register oci-deploy-hook-poststop.json "${1:-.}" "${2:-$D}"
		}
		eval "$1"
		shift
		exec "$ODH" "$@" check' bash "${@:2}" </dev/null >"$B/stdout" 2>"$B/stderr" 3>&- || status=$?
	equal "$status" "$1" "exit status of check"
	equal "$(cat "$B/stderr")" "" stderr
}

# PATTERN: a line says so.
says() {
	grep -Eq -- "$1" "$B/stdout" || fail "check does not say '$1'"
}

says_not() {
	refute grep -E -- "$1" "$B/stdout"
}

export REPO

@test "a host with everything: all is good, status 0" {
	host 0 both
	for line in 'good  kernel .*has all that a hook needs' 'good  cgroups ' 'good  runc +/.*/runc [0-9.]+ calls poststart in' \
		'good  crun +/.*/crun [0-9.]+ calls poststart in start' 'good  podman +/.*/podman [0-9.]+ reads hooks.d' \
		"good  hooks.d +registered for poststart in $D" "good  hooks.d +registered for poststop in $D" \
		'good  settings +defaults' 'good  records +/run/oci-deploy-hook, made by the first start' \
		'(good|note)  log '; do
		says "^$line"
	done
	says_not '^BAD'
	equal "$(tr -d '\n -~' <"$B/stdout" | wc -c)" 0 "control characters on stdout"
}

@test "not registered: make install" {
	host 1 true
	says '^BAD   hooks.d +not registered for poststart .*make install'
	host 0 'register oci-deploy-hook-poststart.json'
	says '^note  hooks.d +not registered for poststop'
}

@test "registered where podman does not look" {
	host 1 'both . /etc/containers/oci/hooks.d'
	says '^BAD   hooks.d +not registered for poststart'
	says '^note  hooks.d +podman does not read /etc/containers/oci/hooks.d'
}

@test "hooks_dir of containers.conf is what counts, in its last file" {
	host 0 'both . /etc/containers/oci/hooks.d
		mkdir /etc/containers/containers.conf.d
		printf "[engine]\n# hooks_dir = [\"/no\"]\nhooks_dir = [\"/nowhere\"]\n" >/etc/containers/containers.conf
		printf "[engine]\n  hooks_dir = [\n  \"/nowhere\",\n \"/etc/containers/oci/hooks.d\", ]\n" \
			>/etc/containers/containers.conf.d/10-hooks.conf'
	says '^note  hooks.d +podman reads what /etc/containers/containers.conf.d/10-hooks.conf names'
	says '^good  hooks.d +registered for poststart in /etc/containers/oci/hooks.d'
	host 1 'both; printf "[engine]\nhooks_dir = [\"/nowhere\"]\n" >/etc/containers/containers.conf'
	says "^note  hooks.d +podman does not read $D"
}

@test "registered twice, and masked" {
	host 0 'both; register other-poststart.json . "$D"'
	says '^note  hooks.d +registered for poststart 2 times: a start is still one run'
	host 1 'both; printf "hooks_dir = [\"%s\", \"/etc/containers/oci/hooks.d\"]\n" "$D" >/etc/containers/containers.conf
		register oci-deploy-hook-poststart.json ".hook.path = \"/bin/true\"" /etc/containers/oci/hooks.d'
	says "^note  hooks.d +$D/oci-deploy-hook-poststart.json is masked by /etc/containers/oci/hooks.d/"
	says '^BAD   hooks.d +not registered for poststart'
}

@test "registered, but not as it must be" {
	host 1 'both ".hook.path = \"/usr/bin/oci-deploy-hook-that-is-not-there\""'
	says "^BAD   hooks.d +$D/oci-deploy-hook-poststart.json names .* which is no program"
	host 1 'both; register oci-deploy-hook-poststart.json ".hook.args = [\"oci-deploy-hook\"]"'
	says "^BAD   hooks.d +$D/oci-deploy-hook-poststart.json: hook.args lacks the verb 'poststart'"
	host 1 'both ".hook.timeout = 3"'
	says '^BAD   hooks.d +.*remove hook.timeout'
	host 0 'both ".when = {annotations: {a: \"b\"}}"'
	says '^note  hooks.d +.*only some containers'
}

@test "somebody's broken file, with which podman refuses every start" {
	host 1 'both; echo "{\"version\": \"1.0.0\"," >"$D/other.json"'
	says "^BAD   hooks.d +$D/other.json: .*podman refuses every start"
	host 1 'both; register other-poststart.json ".stages = [\"poststrat\"]"'
	says '^BAD   hooks.d +.*poststrat.*podman refuses every start'
	host 0 'both; echo junk >"$D/other.json.rpmsave"'
}

@test "settings that are broken or disable hooks" {
	echo '{"timeout": "5m"}' >"$B/bad.json"
	host 1 both --config "$B/bad.json"
	says "^BAD   settings +$B/bad.json: timeout: .*no hook runs"
	echo '{"enabled": false}' >"$B/off.json"
	host 1 both --config "$B/off.json"
	says '^BAD   settings +.*enabled is false'
	echo '{"seccomp": "/no/such"}' >"$B/lost.json"
	host 1 both --config "$B/lost.json"
	says "^BAD   settings +$B/lost.json: .*/no/such.*no hook runs"
	echo '{"tools": "/no/such"}' >"$B/lost.json"
	host 1 both --config "$B/lost.json"
	says "^BAD   settings +$B/lost.json: .*/no/such.*no hook runs"
	echo '{"timeout": 5}' >"$B/good.json"
	host 0 both --config "$B/good.json"
	says "^good  settings +$B/good.json"
}

@test "a record directory that cannot be used" {
	host 1 both --root "$B/no/such"
	says "^BAD   records +$B/no/such: '$B/no' cannot be written"
	mkdir -m 777 "$B/open"
	host 1 both --root "$B/open"
	says '^BAD   records .*others can write it'
	host 0 both --root "$B/made-later"
	[ ! -e "$B/made-later" ]
}

@test "with a syslog daemon, and without" {
	host 0 'both; mount -t tmpfs tmpfs /dev; mknod /dev/null c 1 3; mknod /dev/urandom c 1 9'
	says '^note  log +nothing listens on /dev/log: .*"--log"'
	host 0 'both; mount -t tmpfs tmpfs /dev; mknod /dev/null c 1 3; mknod /dev/urandom c 1 9
		busybox syslogd -n -O /dev/messages & echo $! >/run/syslogd
		trap "kill \$(cat /run/syslogd)" EXIT
		until [ -S /dev/log ]; do sleep 0.02; done
		"$ODH" check; exit 0'
	says '^good  log +syslog'
}

@test "a kernel that is too old" {
	local status=0
	setarch --uname-2.6 "$ODH" check >"$B/stdout" 2>"$B/stderr" || status=$?
	equal "$status" 1 "exit status of check"
	says '^BAD   kernel +2\.6.* lacks cgroup.kill \(5.14\): no hook runs; install 5.14 or later'
}

@test "a plain user's host: what rootless cannot have is named" {
	local status=0
	setpriv --reuid "$UIDS" --regid "$UIDS" --clear-groups "$ODH" --root "/tmp/odh-not-there-$$" check >"$B/stdout" 2>"$B/stderr" || status=$?
	says '^note  cgroups .*plain user.*delegated'
	says '^good  kernel '
	[ ! -e "/tmp/odh-not-there-$$" ]
}

@test "what an installed copy says of itself" {
	host 0 'flock "$REPO" make -s -C "$REPO" install PREFIX=/run/usr >/run/out; ODH=/run/usr/bin/oci-deploy-hook'
	says "^good  hooks.d +registered for poststart in $D"
}
