#!/usr/bin/env bats
# The setting tools: what a hook finds there, in images with another libc, with none and with nothing
# at all; and that nobody else does.  Needs build/tools, see `make tools`.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell and of jq
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

PLACE=/proc/fs/nfsd # where a hook sees them: shim/base/tools.h
NODE='node -e "console.log(process.version)"'

setup_file() {
	[ -x "$ODH" ] || fail "there is no $ODH: run make"
	[ -x "${KIT:=$REPO/build/tools}/bin/node" ] || fail "there is no $KIT: run make tools"
	chmod 711 "$BATS_RUN_TMPDIR" # as in helper.bash
	chmod 755 "$BATS_FILE_TMPDIR"
	export TOOLS=$BATS_FILE_TMPDIR/tools SERVED=$BATS_FILE_TMPDIR/kit
	make_tools
	cp -a "$KIT" "$SERVED"
	chown -R 0:0 "$SERVED"
}

# RUNTIME [KEY: VALUE]...: a bundle whose hooks have the tools.
tools_bundle() {
	make_bundle "$1"
	settings "{\"tools\": \"$SERVED\"${2:+, $2}}"
}

# Nothing is left in the image but one static program, and what the test talks to it by.
scratch() {
	find "$ROOTFS" -mindepth 1 -maxdepth 1 ! -name app ! -name app-in ! -name gate -exec rm -rf {} +
	edit '.process.cwd = "/"'
}

# The hook has run node, by its output and the log; the application lives.
printed_version() {
	wait_for_log ': ended: exit status 0'
	grep -qx 'v18\.[0-9.]*' "$OUT" || fail "no version:" "$(cat "$OUT" "$ERR")"
	equal "$(cat "$ERR")" "" "stderr"
	answers
}

# --- in which images ---

@test "node runs in the busybox image" {
	for runtime in $RUNTIMES; do
		tools_bundle "$runtime"
		hook "$NODE"
		launch
		printed_version
		delete
		nothing_left
	done
}

@test "node runs in an image of one static program, and so does a shell" {
	for runtime in $RUNTIMES; do
		tools_bundle "$runtime"
		scratch
		hook "$NODE && echo \$(ls /)"
		launch
		printed_version
		grep -qx 'app app-in dev gate proc sys' "$OUT"
		delete
		nothing_left
	done
}

# Another version of glibc than the tools', with all that its loader reads.
glibc_image() {
	local from=$REPO/build/other-libc/usr/lib/x86_64-linux-gnu
	[ -e "$from/libc.so.6" ] || fail "there is no $from: run make build/other-libc/usr/lib"
	refute cmp -s "$from/libc.so.6" "$KIT/lib/libc.so.6"
	mkdir -p "$ROOTFS/"{lib64,lib/x86_64-linux-gnu,usr/lib}
	cp -L "$from/"{libc,libm,libpthread,libdl}.so.* "$ROOTFS/lib/x86_64-linux-gnu/"
	cp -L "$from/ld-linux-x86-64.so.2" "$ROOTFS/lib64/"
	LINK='' build_actor app "$ROOTFS/app"
	ldconfig -r "$ROOTFS"
}

# FILE: of that libc.so.6.
glibc_version() {
	grep -aoE 'GNU C Library \(.*\) stable release version [0-9.]+' "$1" | grep -oE '[0-9]+\.[0-9]+\.$'
}

@test "node runs in an image with another version of glibc" {
	for runtime in $RUNTIMES; do
		tools_bundle "$runtime"
		glibc_image
		[ "$(glibc_version "$ROOTFS/lib/x86_64-linux-gnu/libc.so.6")" != "$(glibc_version "$KIT/lib/libc.so.6")" ]
		hook "$NODE"
		launch
		printed_version
	done
}

@test "node runs in an image whose glibc, loader's files and environment would break every program" {
	local file
	tools_bundle "${RUNTIMES%% *}"
	glibc_image
	cp "$TOOLS/bundle/rootfs/app" "$ROOTFS/app" # static again
	for file in "$ROOTFS/lib/x86_64-linux-gnu/"* "$ROOTFS/lib64/"*; do
		echo 'no library' >"$file"
	done
	echo '#include <unistd.h>
		__attribute__((constructor)) static void end(void) { _exit(99); }' |
		LINK=-shared build_program "$ROOTFS/usr/lib/other.so" -fPIC
	echo /usr/lib/other.so >"$ROOTFS/etc/ld.so.preload"
	set_env LD_PRELOAD=/usr/lib/other.so LD_LIBRARY_PATH=/lib/x86_64-linux-gnu LD_BIND_NOW=1 \
		GCONV_PATH=/lib LOCPATH=/lib GLIBC_TUNABLES=glibc.malloc.check=3
	hook "$NODE"
	launch
	printed_version
}

@test "node runs in an image with musl" {
	command -v musl-gcc >/dev/null || skip_or_fail "musl-tools is not installed"
	for runtime in $RUNTIMES; do
		tools_bundle "$runtime"
		mkdir -p "$ROOTFS/lib"
		cp -L /lib/ld-musl-x86_64.so.1 "$ROOTFS/lib/"
		# strerrorname_np is glibc's
		CC=musl-gcc LINK='' build_actor app "$ROOTFS/app" -Dstrerrorname_np=strerror -w
		grep -qa /lib/ld-musl-x86_64.so.1 "$ROOTFS/app" # dynamic
		hook "$NODE"
		launch
		printed_version
	done
}

@test "read-only, without a writable place: an image of one program" {
	for runtime in $RUNTIMES; do
		tools_bundle "$runtime"
		scratch
		edit '.root.readonly = true'
		hook "$NODE"
		launch
		printed_version
	done
}

@test "a user of his own, with podman's profile" {
	for runtime in $RUNTIMES; do
		tools_bundle "$runtime"
		podman_profile >"$B/profile.json"
		edit '.linux.seccomp = $profile[0] | .process.user = {uid: 1000, gid: 1001}' \
			--slurpfile profile "$B/profile.json"
		hook "$NODE; id -u"
		launch
		printed_version
		grep -qx 1000 "$OUT"
	done
}

@test "in a user namespace, root and another user, with and without an image" {
	for runtime in $RUNTIMES; do
		for CASE in 0 1000; do
			tools_bundle "$runtime"
			[ "$CASE" = 0 ] || scratch
			edit '.process.user = {uid: $uid, gid: $uid}' --argjson uid "$CASE"
			in_user_namespace
			hook "$NODE"
			launch
			printed_version
			delete
			nothing_left
		done
	done
}

@test "a plain user's container" {
	for runtime in $RUNTIMES; do
		tools_bundle "$runtime"
		of_plain_user network cgroup
		edit 'del(.hooks)'
		hand_over
		launch
		wait_until grep -q app-up "$OUT"
		hook "$NODE"
		CALLER=("${AS[@]}")
		state_of "$(cat "$B/pid")" | poststart
		CALLER=()
		wait_for_log ': ended: exit status 0'
		grep -qx 'v18\.[0-9.]*' "$OUT"
		wait_until none_of_ours
		answers
	done
}

# --- what a hook does with them ---

@test "node as a whole: children, workers, modules, its own files, languages" {
	tools_bundle "${RUNTIMES%% *}"
	scratch
	cat >"$SERVED.js" <<-'JS'
		const cp = require("child_process"), w = require("worker_threads"), fs = require("fs")
		if (process.argv[2] === "child") { process.send("forked " + process.execPath); process.disconnect() }
		else {
			console.log("own", cp.execFileSync(process.execPath, ["-p", "6*7"]) + "")
			console.log("path", cp.execSync("node -p 2*21; echo shell", {shell: "sh"}) + "")
			console.log("intl", new Intl.DateTimeFormat("de", {month: "long"}).format(new Date(0)))
			console.log("fetch", typeof fetch, process.argv0, process.execArgv.length)
			new w.Worker("require('worker_threads').parentPort.postMessage(1)", {eval: true})
				.on("message", () => console.log("worker"))
			fs.writeFileSync("/tmp/c.cjs", "exports.named = 'cjs'")
			import("/tmp/c.cjs").then(m => console.log("import", m.named))
			cp.fork(__filename, ["child"]).on("message", m => console.log(m))
		}
	JS
	mkdir "$ROOTFS/tmp"
	cp "$SERVED.js" "$ROOTFS/whole.js"
	hook 'node /whole.js'
	launch
	wait_for_log ': ended: exit status 0'
	for line in 'own 42' 'path 42' shell 'intl Januar' 'fetch function node 0' worker 'import cjs' \
		"forked $PLACE/lib/node"; do
		grep -qx "$line" "$OUT" || fail "no line '$line':" "$(cat "$OUT" "$ERR")"
	done
}

@test "curl and busybox: a request to a server in the container" {
	for runtime in $RUNTIMES; do
		tools_bundle "$runtime"
		app sh -c 'httpd -p 127.0.0.1:8080 -h /data && exec /app'
		echo 'served by the application' >"$ROOTFS/data/page"
		hook 'until curl -sSf http://127.0.0.1:8080/page; do :; done 2>/dev/null
			wget -qO- http://127.0.0.1:8080/page'
		launch
		wait_for_log ': ended: exit status 0'
		equal "$(grep -cx 'served by the application' "$OUT")" 2 "answers"
	done
}

# A server with a certificate of its own, and the two clients.
https_hook() {
	hook 'node -e "
		const s = require(\"https\").createServer({key: fs.readFileSync(\"/key\"), cert: fs.readFileSync(\"/cert\")},
			(q, a) => a.end(\"secret\\n\")).listen(8443, \"127.0.0.1\", () => {
			const {exec} = require(\"child_process\")
			exec(\"curl -sS https://localhost:8443/\", (e, out, err) => { console.log(\"curl\", out || err)
				require(\"https\").get(\"https://localhost:8443/\", {agent: false}, r => r.on(\"data\", d =>
					console.log(\"node\", d + \"\")).on(\"end\", () => process.exit()))
					.on(\"error\", e => { console.log(\"node\", e.code); process.exit() })
			})
		})"'
	echo '127.0.0.1 localhost' >"$ROOTFS/etc/hosts"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -keyout "$ROOTFS/key" -out "$ROOTFS/cert" 2>/dev/null
	chmod 644 "$ROOTFS/key"
}

@test "curl and node: whom they trust is in the tools, or in the image where it says so" {
	for runtime in $RUNTIMES; do
		tools_bundle "$runtime"
		https_hook
		launch
		wait_for_log ': ended: exit status 0'
		grep -q '^curl curl: (60) SSL certificate problem: self.signed certificate' "$OUT"
		grep -q '^node DEPTH_ZERO_SELF_SIGNED_CERT' "$OUT"
		tools_bundle "$runtime"
		https_hook
		mkdir -p "$ROOTFS/etc/ssl/certs"
		cp "$ROOTFS/cert" "$ROOTFS/etc/ssl/certs/ca-certificates.crt"
		launch
		wait_for_log ': ended: exit status 0'
		grep -qx 'curl secret' "$OUT"
		grep -qx 'node secret' "$OUT"
	done
	grep -c 'BEGIN CERTIFICATE' "$SERVED/etc/ca-certificates.crt" | grep -qx '[1-9][0-9][0-9]'
}

@test "PATH: the tools are last; without a PATH, behind the usual places; the rest is as it was" {
	for runtime in $RUNTIMES; do
		tools_bundle "$runtime"
		printf '#!/bin/sh\necho "curl of the image"\n' >"$ROOTFS/bin/curl"
		chmod 755 "$ROOTFS/bin/curl"
		hook 'echo "path $PATH $GREETING"; curl; command -v node'
		launch
		wait_for_log ': ended: exit status 0'
		grep -qx "path /bin:$PLACE/bin hello" "$OUT"
		grep -qx 'curl of the image' "$OUT"
		grep -qx "$PLACE/bin/node" "$OUT"
		tools_bundle "$runtime"
		edit '.process.env |= map(select(startswith("PATH=") | not))'
		hook 'echo "path $PATH $GREETING"'
		launch
		wait_for_log ': ended: exit status 0'
		grep -qx "path /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PLACE/bin hello" "$OUT"
	done
}

@test "the shell is the image's, the tools' of the same name where it has none" {
	tools_bundle "${RUNTIMES%% *}"
	hook 'readlink -f /proc/$$/exe'
	launch
	wait_for_log ': ended: exit status 0'
	grep -qx /bin/busybox "$OUT"

	tools_bundle "${RUNTIMES%% *}"
	rm "$ROOTFS/bin/sh"
	hook 'readlink -f /proc/$$/exe'
	launch
	wait_for_log ': ended: exit status 0'
	grep -qx "$PLACE/bin/busybox" "$OUT"

	tools_bundle "${RUNTIMES%% *}" '"shell": ["/usr/bin/ash", "-c"]'
	hook 'readlink -f /proc/$$/exe'
	launch
	wait_for_log ': ended: exit status 0'
	grep -qx "$PLACE/bin/busybox" "$OUT"

	tools_bundle "${RUNTIMES%% *}" '"shell": ["/usr/bin/python3", "-c"]'
	hook 'print(1)'
	launch
	wait_for_log ": ended: .*neither the image nor the directory .* '/usr/bin/python3'"
	answers
}

# --- what else the hook sees ---

@test "secrets and sockets under /run stay where they are" {
	for runtime in $RUNTIMES; do
		tools_bundle "$runtime"
		mkdir "$B/secrets" "$ROOTFS/run"
		echo 'a secret' >"$B/secrets/token"
		edit '.mounts += [{destination: "/run", type: "tmpfs", source: "tmpfs", options: ["mode=755"]},
			{destination: "/run/secrets", type: "bind", source: ($b + "/secrets"),
				options: ["rbind", "ro"]}]' --arg b "$B"
		app sh -c 'nc -lk -p 7000 -e cat & echo early >/run/early; exec /app'
		hook 'cat /run/secrets/token; until cat /run/early; do :; done 2>/dev/null; echo "of the hook" >/run/mine
			node -e "net.createServer(s => s.end()).listen(\"/run/socket\", () =>
				net.connect(\"/run/socket\").on(\"connect\", () => { console.log(\"connected\"); process.exit() }))"'
		launch
		wait_for_log ': ended: exit status 0'
		grep -qx 'a secret' "$OUT"
		grep -qx early "$OUT"
		grep -qx connected "$OUT"
		# what the hook has written is there for the application: it is the same /run
		equal "$(rt exec "$ID" cat /run/mine)" "of the hook"
		answers
	done
}

# --- who else sees them ---

@test "nobody of the container but the hook sees them, while it runs" {
	local app hook
	for CASE in $RUNTIMES "shared ${RUNTIMES%% *}" "shared ${RUNTIMES##* }"; do
		tools_bundle "${CASE##* }"
		# Where the container's mounts propagate, a mount in a copy of them would come back.
		[ "${CASE%% *}" != shared ] || edit '.linux.rootfsPropagation = "shared"'
		app sh -c 'while read -r line; do case $line in
			look) ls -A /proc/fs/nfsd | wc -l; grep -c nfsd /proc/self/mounts
				sh -c "ls -A /proc/fs/nfsd | wc -l"; echo looked ;;
			"say "*) echo "${line#say }" ;; esac; done <>/app-in'
		blocked_hook 'grep " /proc/fs/nfsd " /proc/self/mounts; ls /proc/fs/nfsd/bin | wc -l'
		launch
		wait_until begun
		wait_for_log ': started: '
		app=$(cat "$B/pid") hook=$(hook_pid)
		refute equal "$(readlink "/proc/$app/ns/mnt")" "$(readlink "/proc/$hook/ns/mnt")" 2>/dev/null
		for namespace in cgroup ipc net pid user uts; do
			equal "$(readlink "/proc/$app/ns/$namespace")" "$(readlink "/proc/$hook/ns/$namespace")"
		done
		refute grep nfsd "/proc/$app/mounts"
		refute grep nfsd /proc/self/mounts
		grep -q " $PLACE .* ro,nosuid,nodev" "/proc/$hook/mounts"
		# nothing goes out of the hook's namespace: no peer group, in none of its mounts
		refute grep -q ' shared:' "/proc/$hook/mountinfo"
		tell look
		wait_until grep -qx looked "$OUT"
		equal "$(sed -n '/^begun/,/^looked/p' "$OUT" | paste -sd,)" begun,0,0,0,looked "what the application sees"
		equal "$(rt exec "$ID" ls -A "$PLACE")" "" "what another process of the container sees"
		open_gate
		wait_for_log ': ended: exit status 0'
		grep -q " $PLACE .* ro,nosuid,nodev" "$OUT"
		refute grep nfsd "/proc/$app/mounts"
		answers
		delete
		nothing_left
	done
}

@test "they cannot be written: by the hook, or by an application that may mount and enters its namespace" {
	local hook
	for runtime in $RUNTIMES; do
		tools_bundle "$runtime"
		mkdir -p "$B/kit/bin"
		cp "$SERVED/bin/busybox" "$B/kit/bin/sh"
		settings "{\"tools\": \"$B/kit\"}"
		edit 'del(.linux.maskedPaths, .linux.readonlyPaths)'
		capabilities CHOWN DAC_OVERRIDE FOWNER KILL MKNOD SETGID SETUID SYS_ADMIN SYS_CHROOT SYS_PTRACE
		blocked_hook "echo no >$PLACE/bin/sh; rm $PLACE/bin/sh; touch $PLACE/new; true"
		launch
		wait_until begun
		wait_for_log ': started: '
		hook=$(rt exec "$ID" sh -c 'for p in /proc/[0-9]*; do
			[ "$(readlink $p/ns/mnt)" = "$(readlink /proc/1/ns/mnt)" ] || echo ${p#/proc/}; done')
		rt exec "$ID" nsenter -t "$hook" -m /bin/sh -c "grep -q ' $PLACE ' /proc/self/mounts && echo entered
			mount -o remount,bind,rw $PLACE; mount -o remount,rw $PLACE; mount -o remount,bind,ro,suid,dev $PLACE
			mkdir /tmp/there; mount --bind $PLACE /tmp/there; mount -o remount,bind,rw /tmp/there
			echo no >>/tmp/there/bin/sh; touch $PLACE/new /tmp/there/new
			grep -e $PLACE -e /tmp/there /proc/self/mounts" >"$B/stdout" 2>"$B/stderr" || true
		grep -qx entered "$B/stdout" # or it proves nothing
		equal "$(grep -c ' ro,nosuid,nodev' "$B/stdout")" 2 "mounts with their flags"
		[ "$(grep -c 'denied\|not permitted' "$B/stderr")" -ge 3 ]
		open_gate
		wait_for_log ': ended: exit status 0'
		cmp "$SERVED/bin/busybox" "$B/kit/bin/sh"
		equal "$(ls -A "$B/kit")" bin
	done
}

@test "nested mounts, and another file system: shown, and as read-only as the rest" {
	tools_bundle "${RUNTIMES%% *}"
	mkdir "$B/kit"
	CALLER=(unshare -m --propagation private sh -c 'mount -t tmpfs -o mode=755 kit "$0" &&
		mkdir "$0/bin" "$0/more" && cp "$1" "$0/bin/sh" && mount -t tmpfs -o mode=755 more "$0/more" &&
		touch "$0/more/file" && shift && exec "$@"' "$B/kit" "$SERVED/bin/busybox")
	settings "{\"tools\": \"$B/kit\"}"
	hook "cat /proc/self/mounts | grep $PLACE; ls $PLACE/more; touch $PLACE/more/x $PLACE/x"
	launch
	CALLER=()
	wait_for_log ': ended: exit status 1'
	equal "$(grep -c " $PLACE.* ro,nosuid,nodev" "$OUT")" 2 "mounts"
	grep -qx file "$OUT"
	equal "$(grep -c 'Read-only file system' "$ERR")" 2
	answers
}

# --- what is no tools directory ---

# WHAT PATTERN: with these tools no hook runs, the log says why, and the application lives.
refused_tools() {
	settings "{\"tools\": \"$B/kit\"}"
	rm -rf "$LOG" "$RECORDS"
	state_of "$(cat "$B/pid")" | poststart
	wait_for_log "no hook is run: .*tools.*$2" || fail "case: $1"
	wait_until none_of_ours
	equal "$(ls "$ROOTFS/data/work")" "" "what the hook made, case: $1"
	answers
}

# A directory that would do.
good_kit() {
	rm -rf "$B/kit"
	install -d -m 755 "$B/kit/bin"
	install -m 755 "$SERVED/bin/busybox" "$B/kit/bin/"
	ln -s busybox "$B/kit/bin/sh"
}

@test "what is no tools directory is named with its reason, and the container lives" {
	make_bundle "${RUNTIMES%% *}"
	launch
	hook 'touch /data/work/ran'
	refused_tools missing "'$B/kit': No such file"
	touch "$B/kit"
	refused_tools 'a file' "'$B/kit' is not a directory"
	rm "$B/kit" && mkdir -m 755 "$B/kit"
	refused_tools empty "'$B/kit/bin': No such file"
	mkdir -m 755 "$B/kit/bin"
	refused_tools 'without a shell' "'$B/kit/bin/sh': No such file"
	good_kit && chmod 644 "$B/kit/bin/busybox"
	refused_tools 'a shell that is not executable' "'$B/kit/bin/sh' cannot be executed by every user .mode 0644"
	good_kit && ln -sf /bin/busybox "$B/kit/bin/sh"
	refused_tools 'a shell outside' "'$B/kit/bin/sh' leads out of the directory"
	good_kit && rm "$B/kit/bin/sh" && mkdir -m 755 "$B/kit/bin/sh"
	refused_tools 'a directory as shell' "'$B/kit/bin/sh' is not a regular file"
	good_kit && chmod 777 "$B/kit/bin"
	refused_tools 'writable by others' "'$B/kit/bin' is writable by group or others .mode 0777"
	good_kit && chmod 775 "$B/kit"
	refused_tools 'writable by its group' "'$B/kit' is writable by group or others .mode 0775"
	good_kit && chown 1234 "$B/kit"
	refused_tools "another's" "'$B/kit' is owned by uid 1234"
	good_kit && chown 1234 "$B/kit/bin/busybox"
	refused_tools "another's shell" "'$B/kit/bin/sh' is owned by uid 1234"
	good_kit && chmod 700 "$B/kit"
	refused_tools 'for root alone' "'$B/kit' cannot be entered by every user .mode 0700"
	good_kit
	CALLER=(unshare -m --propagation private sh -c 'mount --bind "$0" "$0" &&
		mount -o remount,bind,noexec "$0" && exec "$@"' "$B/kit")
	refused_tools noexec "'$B/kit' is on a file system that is mounted noexec"
	CALLER=()
	settings '{"tools": "relative/kit"}'
	rm -rf "$LOG" "$RECORDS"
	state_of "$(cat "$B/pid")" | poststart
	wait_for_log 'no hook is run: .*settings.json: tools: expected an absolute path, got "relative/kit"'
	answers
	settings "{\"tools\": \"$B/kit\"}" # and with none of these faults:
	rm -rf "$LOG" "$RECORDS"
	state_of "$(cat "$B/pid")" | poststart
	wait_for_log ': ended: exit status 0'
	equal "$(ls "$ROOTFS/data/work")" ran
}

@test "check names the tools, or what is wrong with them" {
	local status
	make_bundle "${RUNTIMES%% *}"
	hook true
	settings "{\"tools\": \"$SERVED\"}"
	"$ODH" "${SETTINGS[@]}" check --bundle "$B" >"$B/stdout"
	grep -q "tools  *$SERVED, in $PLACE" "$B/stdout"
	settings "{\"tools\": \"$B/kit\"}"
	status=0
	"$ODH" "${SETTINGS[@]}" check --bundle "$B" >"$B/stdout" 2>"$B/stderr" || status=$?
	equal "$status" 2
	grep -q "setting 'tools': '$B/kit': No such file" "$B/stderr"
}

@test "run: the tools are there too; what has become wrong since ends with 125" {
	local status=0
	tools_bundle "${RUNTIMES%% *}"
	edit 'del(.hooks)'
	scratch
	launch
	hook "$NODE"
	equal "$("$ODH" --root "$RECORDS" "${SETTINGS[@]}" run --pid "$(cat "$B/pid")" --bundle "$B" 2>"$B/stderr" | head -c 4)" v18.
	settings "{\"tools\": \"$B/kit\"}"
	"$ODH" --root "$RECORDS" "${SETTINGS[@]}" run --pid "$(cat "$B/pid")" --bundle "$B" >"$B/stdout" 2>"$B/stderr" || status=$?
	equal "$status" 125
	answers
}

# --- a container that has no place for them, or plays with it ---

# SCRIPT: run it as root in the container's mount namespace, whatever the container may do itself.
in_mounts() {
	nsenter -t "$(cat "$B/pid")" -m /bin/busybox sh -c "$1"
}

# PATTERN: by hand, beside the running container: no hook, and why.
no_place() {
	rm -rf "$LOG" "$RECORDS"
	state_of "$(cat "$B/pid")" | poststart
	wait_for_log "step 'tools mount': .*'$PLACE'.*$1"
	wait_until none_of_ours
	equal "$(ls "$ROOTFS/data/work")" "" "what the hook made"
	answers
}

@test "no procfs, links in its place: no hook, and nothing is mounted" {
	for runtime in $RUNTIMES; do
		tools_bundle "$runtime"
		hook 'touch /data/work/ran'
		edit 'del(.hooks)'
		launch
		in_mounts 'mount -t tmpfs tmpfs /proc'
		no_place 'No such file'
		in_mounts 'mkdir /proc/fs; ln -s /data /proc/fs/nfsd'
		no_place 'Too many levels of symbolic links|Not a directory'
		in_mounts 'rm -r /proc/fs; mkdir -p /data/fs/nfsd; ln -s /data/fs /proc/fs'
		no_place 'Too many levels of symbolic links'
		equal "$(ls -A "$ROOTFS/data/fs/nfsd")" ""
		in_mounts 'rm /proc/fs; mkdir -p /proc/fs/nfsd' # a place that it chose: good for its own hook
		rm -rf "$LOG" "$RECORDS"
		state_of "$(cat "$B/pid")" | poststart
		wait_for_log ': ended: exit status 0'
		equal "$(in_mounts 'ls -A /proc/fs/nfsd')" "" "what is to be seen there"
	done
}

# --- the process that copies the mounts: the joiner's first child, "hook" to the stepper ---

prepare_stepper() {
	build_actor stepper "$BATS_TEST_TMPDIR/stepper"
	tools_bundle "${RUNTIMES%% *}"
	edit 'del(.hooks)'
	launch
	hook 'echo ran'
	state_of "$(cat "$B/pid")" >"$B/state.json"
}

@test "killed at any of its system calls: no hook, and the container lives" {
	local status=0
	prepare_stepper
	for ((N = 1; status != 3; N++)); do
		CASE="killed at call $N"
		status=0
		stepped kill hook "$N" || status=$?
		[ "$status" = 0 ] || [ "$status" = 3 ] || fail "stepper: $(cat "$B/stepper.out")"
		wait_until none_of_ours
		[ "$status" = 3 ] || logged "step 'tools': the process that copies the tools' mounts was killed"
	done
	[ "$N" -gt 10 ] || fail "only $N calls?"
	equal "$(grep -cx ran "$OUT")" 1 "runs: the last one alone"
	answers
}

# PID
stopped_or_gone() {
	! [ -d "/proc/$1" ] || grep -q '^State:.[TZ]' "/proc/$1/status"
}

@test "stopped at any of them: not to be traced by a root that is bound like a container's" {
	local status=0 pid others=0
	prepare_stepper
	for ((N = 1; ; N++)); do
		CASE="stopped at call $N"
		stepped stop hook "$N" || break
		pid=$(cat "$B/stepper.out")
		wait_until stopped_or_gone "$pid"
		grep -qs '^State:.T' "/proc/$pid/status" || continue # its last call, exit_group
		refute setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace readlink "/proc/$pid/exe"
		[ "$(readlink "/proc/$pid/ns/user")" = "$(readlink /proc/self/ns/user)" ] || others=$((others + 1))
		kill -CONT "$pid"
		wait_for_log ': ended: exit status 0'
		wait_until none_of_ours
	done
	[ "$others" -gt 2 ] || fail "seen $others times in a user namespace of its own"
	setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace readlink "/proc/$(cat "$B/pid")/exe"
	answers
}
