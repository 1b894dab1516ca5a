#!/usr/bin/env bats
# Containers without a cgroup of their own: a hook's tree is its session.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # in single quotes: variables of the hook's shell
# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # each test is a subshell; helper.bash reads and sets

load ../lib/helper

setup() {
	make_bundle crun
	edit 'del(.linux.cgroupsPath, .hooks)'
}

# LINE [OPTION]...: the hook, of a container that lives.
call() {
	hook "$1"
	crun_without_cgroup
	state_of "$(cat "$B/pid")" | poststart "${@:2}"
}

@test "what a hook leaves behind in its session is killed, and that is logged" {
	call 'sleep 1000 & sleep 1000 & exit 0'
	wait_for_log ': ended: exit status 0'
	wait_for_log 'left behind were killed'
	wait_until only_the_app
	answers
}

@test "also a process whose main thread has left the others behind" {
	build_program "$ROOTFS/leave" -pthread <<-'C'
		#include <pthread.h>
		#include <stdio.h>
		#include <unistd.h>
		static void *stay(void *nothing) { sleep(1000); return nothing; }
		int main(void) {
			pthread_t thread;
			char word;
			int both[2];
			if (pipe(both) < 0) return 1;
			if (fork()) return read(both[0], &word, 1) != 1;
			pthread_create(&thread, NULL, stay, NULL);
			if (write(both[1], "x", 1) != 1) return 1;
			pthread_exit(NULL);
		}
	C
	call /leave
	wait_for_log ': ended: exit status 0'
	wait_for_log 'left behind were killed'
	wait_until only_the_app
	answers
}

@test "the watcher of a user's hook is killed while its joiner is at its last step: no hook runs" {
	edit '.process.user = {uid: 1000, gid: 1000}'
	ODH=$ODH_TEST call 'touch /data/work/ran; sleep 1000 & sleep 1000' --fault stop:clone
	wait_until stopped
	kill -KILL "$(ps -o ppid= -p "$(stopped_pid)" | tr -d ' ')"
	wait_for_log ': abandoned: '
	wait_until none_of_ours
	only_the_app
	equal "$(ls "$ROOTFS/data/work")" "" "what the hook made"
	answers
}

@test "a hook that is deaf ends at its timeout, its children too" {
	settings '{"timeout": 1}'
	edit 'del(.hooks)'
	call 'trap "" TERM; (trap "" TERM; while :; do sleep 1000; done) & while :; do sleep 1000; done'
	wait_for_log ': timed-out: '
	wait_until only_the_app
	answers
}
