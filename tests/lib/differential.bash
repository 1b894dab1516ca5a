# shellcheck shell=bash
# Application, exec and hook, compared by what they may do.  SPDX-License-Identifier: Apache-2.0
#
# For helper.bash and podman.bash.  All three execute the same program, which sleeps: what differs
# between them is what who started them gave to them.
#
# shellcheck disable=SC2016,SC2034,SC2153 # variables of jq; variables of the tests

RIGHTS=$REPO/build/rights
: "${VERDICTS:=/dev/null}" # tests/rights/differential.sh makes a table of it
: "${NEWER:=/dev/null}"    # and of this one: calls newer than a profile
SLEEP='exec sleep 100000'

make_rights() {
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$REPO" rights >&2 # two files at once may do so
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

# The hook's list of capabilities, and their bits.
LISTED_CAPS='{"CAP_CHOWN": 1, "CAP_DAC_OVERRIDE": 2, "CAP_FOWNER": 8, "CAP_FSETID": 16, "CAP_KILL": 32,
	"CAP_SETGID": 64, "CAP_SETUID": 128, "CAP_NET_BIND_SERVICE": 1024}'

# CONFIG.JSON SNAPSHOT-OF-THE-APPLICATION: what the design promises, by axis.
wanted() {
	local bounding effective
	# Capabilities of the container that are in the hook's list; a user has none.
	read -r bounding effective < <(jq -r --argjson list "$LISTED_CAPS" '
		def mask: [unique[] | $list[.] // 0] | add // 0;
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
		'keyring process=ENOKEY' 'prctl securebits=0' terminal=0 | tr '=' '\t'
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

# Calls that no program here needs, under a condition each: CALL INDEX OPERATOR VALUE VALUE-TWO.
# Lines of one call with the same letter are one rule.
CONDITIONS='
personality a 0 EQ 4294967304 0
getpriority a 1 NE 18446744069414584320 0
setpriority a 2 LT 2147483648 0
sched_setparam a 1 LE 4294967296 0
sched_getparam a 0 GE 18446744073709551615 0
readahead a 1 GT 9223372036854775807 0
sysinfo a 0 MASKED_EQ 17361641477348654848 9255003132036911616
lookup_dcookie a 0 EQ 1 0
lookup_dcookie a 1 GT 21474836480 0
ustat a 0 GE 10 0
ustat a 0 LE 5 0
mbind a 5 EQ 9223372036854775808 0
sysfs a 0 EQ 1 0
sysfs b 1 EQ 2 0'

# KIND: a container's profile that denies (or allows) these calls by their arguments.  Last of all
# changes: jq rounds such values.
profile() {
	local rules
	rules=$(awk -v action="$([ "$1" = allows ] && echo ALLOW || echo ERRNO)" '
		$1 " " $2 != rule { printf "%s{\"names\": [\"%s\"], \"action\": \"SCMP_ACT_%s\"%s, \"args\": [",
				rule ? "]}, " : "", $1, action, action == "ERRNO" ? ", \"errnoRet\": 7" : ""
			rule = $1 " " $2; comma = "" }
		{ printf "%s{\"index\": %s, \"op\": \"SCMP_CMP_%s\", \"value\": %s, \"valueTwo\": %s}", comma, $3,
				$4, $5, $6; comma = ", " }
		END { print "]}" }' <<<"${CONDITIONS#?}")
	if [ "$1" = allows ]; then
		edit '.linux.seccomp = ($p | .syscalls |= map(.names -= ($c | split(" ")) | select(.names != []))
			| .syscalls += ["@"])' \
			--argjson p "$(podman_profile)" --arg c "$(awk '{ print $1 }' <<<"$CONDITIONS" | xargs)"
	else
		edit '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: ["@"]}'
	fi
	# shellcheck disable=SC2001
	sed "s/^ *\"@\"\$/$rules/" "$B/config.json" >"$B/config.new"
	mv "$B/config.new" "$B/config.json"
}

# SNAPSHOT CONFIG.JSON: how our filter for that container differs from the one that its runtime has
# loaded, a line a call, in DIFFERENCES.
differ() {
	local dir=${1%/*}
	DIFFERENCES=$dir/differences
	"$RIGHTS" compile "$2" >"$dir/ours"
	"$RIGHTS" filters "$1" "$dir/ours" >"$DIFFERENCES" || [ $? = 1 ]
}

# CONFIG.JSON: runc's filter is ours; crun's but for calls newer than the profile, which are listed.
agrees() {
	local newest others calls
	if [ "$RUNTIME" = runc ]; then
		[ ! -s "$DIFFERENCES" ] || fail "not as runc's:" "$(head -n 40 "$DIFFERENCES")"
		return
	fi
	others=$(grep -v '^~ [a-z0-9_]* [0-9]* .*: A answers [A-Z]*, B answers ENOSYS (' "$DIFFERENCES") || true
	[ -z "$others" ] || fail "not as crun's, and not by ENOSYS:" "$others"
	for arch in x86_64 i386 x32; do
		newest=$("$RIGHTS" newest "$1" "$arch")
		others=$(awk -v arch="$arch" -v newest="$newest" '$2 == arch && $3 <= newest' "$DIFFERENCES")
		[ -z "$others" ] || fail "$arch: not newer than call $newest:" "$others"
	done
	calls=$(awk '$2 == "x86_64" && $4 != "?:" { sub(":", "", $4); printf " %s", $4 }' "$DIFFERENCES")
	[ -z "$calls" ] ||
		echo "$BATS_TEST_DESCRIPTION: newer, ENOSYS in a hook as under runc, not under crun:$calls" >>"$NEWER"
}
