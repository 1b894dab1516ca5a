#!/usr/bin/env bats
# bash completion.  SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2030,SC2031,SC2034 # each test is a subshell; helper.bash and bash read and set

load ../lib/helper

setup() {
	# shellcheck source=completion/oci-deploy-hook.bash
	. "$REPO/completion/oci-deploy-hook.bash"
	PROGRAM=$ODH
}

# WORD...: what is offered for the last one, on one line.
offered() {
	COMP_WORDS=("$PROGRAM" "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_oci_deploy_hook
	printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd' '
}

@test "every verb and every option that --help names is offered" {
	local verb option all=''
	for verb in $("$ODH" --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'); do
		offered '' | grep -qw -- "$verb" || fail "the verb $verb is not offered: $(offered '')"
		all+=" $(offered "$verb" -)"
	done
	for option in $("$ODH" --help | grep -Eo -- '--[a-z][a-z-]*' | sort -u); do
		case " $all " in
		*" $option "*) ;;
		*) fail "the option $option is not offered:$all" ;;
		esac
	done
}

@test "verbs and options by their beginning, and what belongs to a verb" {
	equal "$(offered ch)" check
	equal "$(offered po)" "poststart poststop"
	equal "$(offered --log-f)" --log-format
	equal "$(offered run --p)" --pid
	equal "$(offered --p)" ""
	equal "$(offered poststart '')" ""
}

@test "an option's words, also with an equals sign" {
	equal "$(offered --log-level '')" "debug error info warning"
	equal "$(offered --log-format j)" json
	equal "$(offered --log-format = '')" "json text"
	equal "$(offered --log-level = w)" warning
	equal "$(offered --log-level =)" "debug error info warning"
	equal "$(offered run --pid '')" ""
	equal "$(offered --log-level info ch)" check
	equal "$(offered --log-level = info ch)" check
}

@test "files and directories" {
	mkdir "$BATS_TEST_TMPDIR/directory"
	touch "$BATS_TEST_TMPDIR/direct"
	equal "$(offered --log "$BATS_TEST_TMPDIR/dir")" "$BATS_TEST_TMPDIR/direct $BATS_TEST_TMPDIR/directory"
	equal "$(offered check --bundle "$BATS_TEST_TMPDIR/dir")" "$BATS_TEST_TMPDIR/directory"
}

@test "containers that have a record; an id is never a command" {
	PROGRAM=$BATS_TEST_TMPDIR/fake
	cat >"$PROGRAM" <<-'EOF'
		#!/bin/sh
		[ "$*" = "--root /some/where status --all --json" ] || exit 125
		printf '[{"id":"abc.1_+-","pid":1},{"id": "abd"},\n{"id":"$(touch TMP/ran)"},{"id":"`id`"}]\n'
	EOF
	sed -i "s|TMP|$BATS_TEST_TMPDIR|" "$PROGRAM"
	chmod +x "$PROGRAM"
	equal "$(offered --root /some/where status '')" "abc.1_+- abd"
	equal "$(offered --root = /some/where check abd)" abd
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
}
