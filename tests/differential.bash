# shellcheck shell=bash
# Application, exec and hook, compared by what they may do.  SPDX-License-Identifier: Apache-2.0
#
# For helper.bash and podman.bash.  All three execute the same program, which sleeps: what differs
# between them is what who started them gave to them.

RIGHTS=$REPO/build/rights
: "${VERDICTS:=/dev/null}" # tests/differential.sh makes a table of it
SLEEP='exec sleep 100000'

make_rights() {
	make -s -C "$REPO" rights >&2
}

# PID: it executes its last program, and stands still.
asleep() {
	[ "$(cat "/proc/$1/comm")" = sleep ] && grep -q '^State:.S' "/proc/$1/status"
}

# PID FILE
take() {
	wait_until asleep "$1"
	"$RIGHTS" take "$1" "$2"
}

# CONFIG.JSON SNAPSHOT-OF-THE-APPLICATION: what the design promises, by axis.
wanted() {
	local bounding effective axis
	# Capabilities of the container that are in the hook's list; a user has none.
	read -r bounding effective < <(jq -r '
		{CAP_CHOWN: 1, CAP_DAC_OVERRIDE: 2, CAP_FOWNER: 8, CAP_FSETID: 16, CAP_KILL: 32,
			CAP_SETGID: 64, CAP_SETUID: 128, CAP_NET_BIND_SERVICE: 1024} as $list
		| def mask: [unique[] | $list[.] // 0] | add // 0;
		.process.user.uid as $uid | .process.capabilities
		| (.bounding // []) as $bounding
		| [.effective // [] | .[] | select([.] - $bounding == [])] as $effective
		| [($bounding | mask), (if $uid == 0 then $effective | mask else 0 end)]
		| join(" ")' "$1")
	printf 'status CapBnd\t%016x\n' "$bounding"
	printf 'status CapPrm\t%016x\nstatus CapEff\t%016x\n' "$effective" "$effective"
	printf 'status CapInh\t%016x\nstatus CapAmb\t%016x\n' 0 0
	printf 'status Seccomp_filters\t%d\n' \
		"$(($(sed -n 's/^status Seccomp_filters\t//p' "$2") + 1))"
	printf '%s\n' 'status NoNewPrivs=1' 'status Seccomp=2' oom_score_adj=1000 \
		'keyring session=its own' 'keyring session keys=0' 'keyring thread=ENOKEY' \
		'keyring process=ENOKEY' 'prctl securebits=0' terminal=0 | tr = '\t'
}

# ROW CONFIG.JSON APP EXEC HOOK: compare these processes.  Fails where the hook is not as it must be.
compare() {
	local dir=$BATS_TEST_TMPDIR/$RUNTIME-$RANDOM who status=0
	mkdir "$dir"
	take "$3" "$dir/app"
	take "$4" "$dir/exec"
	take "$5" "$dir/hook"
	wanted "$2" "$dir/app" >"$dir/wanted"
	"$RIGHTS" compare "$dir/app" "$dir/exec" >"$dir/exec.verdict" || true # it is only shown
	"$RIGHTS" compare "$dir/app" "$dir/hook" "$dir/wanted" >"$dir/hook.verdict" || status=$?
	for who in exec hook; do
		awk -F'\t' -v OFS='\t' -v row="$1" -v runtime="$RUNTIME" -v who="$who" \
			'{ print row, runtime, who, $1, $2, $3, $4, $5 }' "$dir/$who.verdict" >>"$VERDICTS"
	done
	SNAPSHOTS=$dir
	[ "$status" = 0 ] || fail "$RUNTIME: $1: the hook against its application (axis, relation," \
		"verdict, application, hook):" "$(awk -F'\t' '$3 != "ok"' "$dir/hook.verdict")"
}

# WHO AXIS VALUE: in the last comparison.
axis() {
	grep -qxF -- "$2	$3" "$SNAPSHOTS/$1" || fail "$1: no such line: $2 = $3" "$(grep -- "^$2" "$SNAPSHOTS/$1")"
}
