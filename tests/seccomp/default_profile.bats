# The hook's own seccomp profile: what it forbids, and the programs that it lets work.
# SPDX-License-Identifier: Apache-2.0
#
# The container and the hook have every capability, and the container has no profile: only the hook's
# own can be what denies.
#
# shellcheck disable=SC2016 # in single quotes: variables of other shells
# shellcheck disable=SC2034 # OUTPUT is for the helper

load ../lib/helper

ALL_CAPS="CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
	NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT
	SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE
	AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ
	PERFMON BPF CHECKPOINT_RESTORE"

# Those that this machine's root has.
our_caps() {
	local name number=0 bounding
	bounding=$((0x$(sed -n 's/^CapBnd:\t//p' /proc/self/status)))
	for name in $ALL_CAPS; do
		if ((bounding >> number & 1)); then
			echo "$name"
		fi
		number=$((number + 1))
	done
}

# RUNTIME [PROFILE]: a bundle whose hook has all that its application has, but for the profile.
bundle_with_everything() {
	local caps profile=${2:-}
	make_bundle "$1"
	OUTPUT='file'
	mapfile -t caps < <(our_caps)
	capabilities "${caps[@]}"
	if [ -n "$profile" ]; then
		printf '%s\n' "$profile" >"$B/own.json"
		chmod 644 "$B/own.json"
		profile=$B/own.json
	fi
	settings "$(jq -n --arg profile "$profile" '{capabilities: ($ARGS.positional | map("CAP_" + .))}
		+ if $profile == "" then {} else {seccomp: $profile} end' --args -- "${caps[@]}")"
}

build_attempts() {
	build_actor attempts "$ROOTFS/attempts"
	hook '/attempts hook'
}

# WHO: lines whose two last words differ: what was seen, and what a hook must see.
unlike() {
	grep "^$1 " "$OUT" | awk '$NF != $(NF - 1)'
}

# WHO: the same, for what is to be denied.
alike() {
	grep "^$1 " "$OUT" | awk '$NF == $(NF - 1) && $NF != "done"'
}

# What this machine's kernel may deny to everybody, by sysctl or lockdown.
MAYBE_DENIED='bpf|perf_event_open|userfaultfd|io_uring_.*|kexec_.*|.*_module|unshare, user|clone, user|i386.*'

@test "each forbidden thing is denied, with the error that is meant for it" {
	local count
	for runtime in $RUNTIMES; do
		bundle_with_everything "$runtime"
		build_attempts
		app /bin/sh -c '/attempts app; exec /app'
		launch
		wait_for_log ': ended: exit status 0'
		count=$(grep -c '^hook ' "$OUT")
		equal "$(grep -c '^app ' "$OUT")" "$count" "attempts of application and hook"
		[ "$count" -gt 80 ] || fail "only $count attempts"
		if "$REPO/tests/lib/runs_i386.sh"; then
			equal "$(unlike hook)" "" "not as it should be"
		else # who makes such a call dies of SIGSEGV in any case
			equal "$(unlike hook | grep -Ev '^hook i386( socketcall)?: SEGV SYS$')" "" "not as it should be"
		fi
		equal "$(alike app | grep -Ev "^app ($MAYBE_DENIED):")" "" \
			"denied to the application, so the test shows nothing"
		answers
	done
}

@test "without the profile the same hook is not denied: it is the profile that does it" {
	for runtime in $RUNTIMES; do
		bundle_with_everything "$runtime" '{"defaultAction": "SCMP_ACT_ALLOW",
			"architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]}'
		build_attempts
		launch
		wait_for_log ': ended: exit status 0'
		[ "$(grep -c '^hook ' "$OUT")" -gt 80 ]
		equal "$(alike hook | grep -Ev "^hook ($MAYBE_DENIED):")" "" "denied without the profile"
	done
}

@test "other architectures: where the container's profile names them, and as narrowly there" {
	[ "$(uname -m)" = x86_64 ] || skip_or_fail "i386 and x32 are x86_64's companions"
	for runtime in $RUNTIMES; do
		bundle_with_everything "$runtime"
		edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
			architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
			syscalls: [{names: ["acct"], action: "SCMP_ACT_ERRNO"}]}'
		build_attempts
		launch
		wait_for_log ': ended: exit status 0'
		if "$REPO/tests/lib/runs_i386.sh"; then
			equal "$(unlike hook | grep -v x32)" "$(printf '%s\n' 'hook i386: done SYS' \
				'hook i386 socketcall: EPERM SYS')" "not as without a profile"
		else
			equal "$(unlike hook | grep -v x32)" "$(printf '%s\n' 'hook i386: SEGV SYS' \
				'hook i386 socketcall: SEGV SYS')" "not as without a profile"
		fi
		unlike hook | grep -Eq '^hook x32: (ENOSYS|done) SYS$' # few kernels have it
	done
}

# --- what works ---

# RUNTIME PROFILE: a bundle with this machine's programs in it, and localhost.
bundle_with_programs() {
	local link
	make_bundle "$1"
	OUTPUT='file'
	rm -r "${ROOTFS:?}/bin"
	for link in /bin /sbin /lib*; do
		if [ -L "$link" ]; then
			cp -P "$link" "$ROOTFS$link"
		fi
	done
	mkdir "$ROOTFS/usr" "$ROOTFS/srv" "$ROOTFS/root"
	edit '.mounts += [{destination: "/usr", type: "bind", source: "/usr", options: ["rbind", "ro"]}]'
	echo '127.0.0.1 localhost' >"$ROOTFS/etc/hosts"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$ROOTFS/etc/passwd"
	echo 'root:x:0:' >"$ROOTFS/etc/group"
	set_env PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8
	if [ "$2" = podman ]; then
		podman_profile >"$B/profile.json"
		edit '.linux.seccomp = $profile[0]' --slurpfile profile "$B/profile.json"
	fi
}

# WHAT: the hook in /hook prints "WHAT works", and nothing about what it may not.
works() {
	chmod 755 "$ROOTFS/hook"
	hook '/hook'
	launch
	wait_for_log ': ended: '
	logged ': ended: exit status 0' || fail "$1 does not work"
	grep -q "^$1 works\$" "$OUT"
	refute grep -Ei 'not permitted|not implemented|not supported|bad system call' "$OUT" "$ERR"
	answers
}

# WHAT <FILE: the hook is this file, under our profile alone, and under podman's too.
program_works() {
	local runtime profile
	cat >"$BATS_TEST_TMPDIR/hook"
	for runtime in $RUNTIMES; do
		for profile in none podman; do
			CASE="$1, container's profile: $profile"
			bundle_with_programs "$runtime" "$profile"
			cp "$BATS_TEST_TMPDIR/hook" "$ROOTFS/hook"
			works "$1"
		done
	done
}

@test "sh and coreutils work" {
	program_works sh <<-'EOF'
		#!/bin/sh
		set -e
		cd "$(mktemp -d)"
		trap 'echo interrupted >signal' USR1
		kill -USR1 $$
		mkfifo pipe
		seq 1000 | sort -R | sort -n | tee copy | head -n 3 >pipe &
		[ "$(wc -l <pipe)" = 3 ]
		wait
		mkdir -p a/b && cp -a copy a/b/ && mv a/b a/c && ln -s c a/d && ln a/c/copy a/hard
		chmod 600 copy && chown 1:1 copy && touch -d yesterday copy && truncate -s 1M copy && install -m 755 copy x
		[ "$(stat -c '%a %u %h %s' copy)" = '600 1 1 1048576' ]
		dd if=/dev/zero of=zero bs=4k count=4 conv=fsync status=none && shred -u zero
		tar -czf a.tar.gz a && tar -tzf a.tar.gz | grep -q a/c/copy
		timeout 60 nice -n 1 env -i stdbuf -oL sha256sum copy | cut -c 1-8 >sum
		date +%s >now; id -u >>now; nproc >>now; df / >>now; du -s . >>now; uname -a >>now; sleep 0.01
		ls -lR --time-style=full-iso >list && realpath a/d >>list && readlink a/d >>list && sync -f list
		find . -name '[nl]*' -newer signal -type f -exec cat {} + | xargs -P 4 -n 50 echo >/dev/null
		rm -r a && [ -s signal ] && echo sh works
	EOF
}

@test "curl works, against a server on loopback" {
	local runtime profile
	for runtime in $RUNTIMES; do
		for profile in none podman; do
			CASE="curl, container's profile: $profile"
			bundle_with_programs "$runtime" "$profile"
			echo 'curl works' >"$ROOTFS/srv/page"
			cat >"$ROOTFS/server" <<-'EOF'
				import http.server, os
				os.chdir("/srv")
				handler = http.server.SimpleHTTPRequestHandler
				server = http.server.ThreadingHTTPServer(("127.0.0.1", 8080), handler)
				open("/gate", "w").write("go\n")
				server.serve_forever()
			EOF
			app /bin/sh -c 'python3 /server 2>/dev/null & exec /app'
			printf '%s\n' '#!/bin/sh' 'read -r word </gate' \
				'curl -sSfI http://localhost:8080/page -o /tmp/head' \
				'curl -sSf --parallel http://localhost:8080/page http://127.0.0.1:8080/page' >"$ROOTFS/hook"
			works curl
		done
	done
}

@test "git works" {
	program_works git <<-'EOF'
		#!/bin/sh
		set -e
		cd "$(mktemp -d)"
		git config --global user.name hook && git config --global user.email hook@localhost
		git init -q -b main one
		seq 10000 >one/numbers && git -C one add . && git -C one commit -qm numbers
		git clone -q "file://$PWD/one" two
		echo more >>two/numbers && git -C two commit -qam more && git -C two push -q origin HEAD:more
		git -C one gc -q --aggressive && git -C one fsck --strict 2>&1
		git -C one grep -q 9999 more && git -C one stash list && git -C one worktree add -q ../three more
		[ "$(git -C three log --format=%s | head -n 1)" = more ] && echo git works
	EOF
}

@test "python3 works: threads, subprocesses, sockets, semaphores, asyncio" {
	program_works python3 <<-'EOF'
		#!/usr/bin/python3
		import asyncio, http.server, mmap, multiprocessing, os, queue, signal, socket, subprocess
		import tempfile, threading, urllib.request
		from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

		def square(n):
		    return n * n

		def served():
		    server = http.server.HTTPServer(("localhost", 0), http.server.SimpleHTTPRequestHandler)
		    threading.Thread(target=server.handle_request).start()
		    with urllib.request.urlopen("http://localhost:%d/hook" % server.server_port) as page:
		        return page.status

		async def later():
		    child = await asyncio.create_subprocess_exec("/bin/echo", "child",
		        stdout=asyncio.subprocess.PIPE)
		    out, _ = await asyncio.gather(child.communicate(), asyncio.sleep(0.001))
		    return out[0]

		if __name__ == "__main__":
		    os.chdir("/")
		    with ThreadPoolExecutor(20) as pool:
		        assert sum(pool.map(square, range(100))) == 328350
		    for way in "fork", "spawn", "forkserver":
		        with ProcessPoolExecutor(2, multiprocessing.get_context(way)) as pool:
		            assert sum(pool.map(square, range(100))) == 328350
		    assert subprocess.run("echo child; exit 3", shell=True, capture_output=True).returncode == 3
		    assert subprocess.run(["true"], start_new_session=True, close_fds=True).returncode == 0
		    assert asyncio.run(later()) == b"child\n"
		    assert served() == 200
		    assert socket.if_nameindex()
		    socket.socketpair()[0].close()
		    with tempfile.TemporaryFile() as file:
		        file.write(b"x" * 4096)
		        file.flush()
		        assert mmap.mmap(file.fileno(), 4096)[:1] == b"x"
		    os.pidfd_open(os.getpid())
		    os.sched_setaffinity(0, os.sched_getaffinity(0))
		    signal.setitimer(signal.ITIMER_REAL, 0)
		    print("python3 works")
	EOF
}

@test "node works: workers, subprocesses, a server and fetch" {
	program_works node <<-'EOF'
		#!/usr/bin/node
		const { execFileSync, spawn, fork } = require('child_process');
		const { Worker, isMainThread, parentPort } = require('worker_threads');
		const crypto = require('crypto'), dns = require('dns').promises, fs = require('fs').promises;
		const http = require('http'), os = require('os'), zlib = require('zlib');
		const ended = (emitter, event) => new Promise((done) => emitter.once(event, done));

		async function main() {
		  const worker = new Worker('/hook');
		  if (await ended(worker, 'message') !== 'hello') throw new Error('worker');
		  if (execFileSync('/bin/echo', ['child']).toString() !== 'child\n') throw new Error('child');
		  if (await ended(spawn('/bin/sh', ['-c', 'exit 3']), 'exit') !== 3) throw new Error('spawn');
		  const server = http.createServer((request, response) => response.end('served'));
		  server.listen(0, 'localhost');
		  await ended(server, 'listening');
		  const page = await fetch(`http://localhost:${server.address().port}/`);
		  if (await page.text() !== 'served') throw new Error('fetch');
		  server.close();
		  server.closeAllConnections();
		  await dns.lookup('localhost');
		  os.networkInterfaces();
		  crypto.pbkdf2Sync('secret', 'salt', 10, 16, 'sha256');
		  await fs.writeFile('/tmp/file', zlib.gzipSync('x'.repeat(100000)));
		  await fs.cp('/tmp/file', '/tmp/copy');
		  if ((await fs.stat('/tmp/copy')).size === 0) throw new Error('copy');
		  console.log('node works');
		}

		if (isMainThread) main().catch((error) => { console.error(error); process.exit(1); });
		else parentPort.postMessage('hello');
	EOF
}

@test "a static Go program works: threads, a subprocess, sockets, signals" {
	CGO_ENABLED=0 GOCACHE=$BATS_TEST_TMPDIR/cache GOPATH=$BATS_TEST_TMPDIR/go GO111MODULE=off \
		go build -o "$BATS_TEST_TMPDIR/program" "$REPO/tests/actors/hook.go"
	file=$(readelf -l "$BATS_TEST_TMPDIR/program")
	refute grep -q INTERP <<<"$file"
	program_works go <"$BATS_TEST_TMPDIR/program"
}

@test "useradd works: a family of netlink that is missing is no error to it" {
	program_works useradd <<-'EOF'
		#!/bin/sh
		useradd --no-log-init --create-home --home-dir /data/work/deploy deploy
		grep -q '^deploy:' /etc/passwd && setpriv --reuid deploy --clear-groups --regid 0 id -un >/tmp/name
		[ "$(cat /tmp/name)" = deploy ] && echo useradd works
	EOF
}

@test "the man page names each call that the profile forbids" {
	local call page
	page=$(mandoc -T ascii "$REPO/man/oci-deploy-hook-seccomp.7" | sed 's/.\x08//g')
	while read -r call; do
		grep -Eq "(^|[^a-z0-9_])$call([^a-z0-9_]|\$)" <<<"$page" || fail "nothing about $call"
	done < <(sed 's,^ *//.*,,' "$REPO/seccomp/default.json" |
		jq -r '.syscalls[] | select(.action == "SCMP_ACT_ERRNO") | .names[]' | sort -u)
}
