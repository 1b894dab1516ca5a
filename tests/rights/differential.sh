#!/bin/bash
# Application, exec and hook in every kind of container, axis by axis; the table is printed.
# SPDX-License-Identifier: Apache-2.0
#
#	make differential
set -u

here=$(cd "$(dirname "$0")" && pwd)
results=$(mktemp -d) || exit 1
trap 'rm -rf "$results"' EXIT
export VERDICTS=$results/verdicts NEWER=$results/newer
touch "$VERDICTS" "$NEWER"

"$here/../run.sh" sandbox/differential.bats podman/differential.bats seccomp/profiles.bats
status=$?

# The rows by name.  Lines: row, runtime, who, axis, relation, verdict.
awk -F'\t' '
	function cell(row, axis, who,   key) {
		key = row SUBSEP runtime SUBSEP who SUBSEP axis
		if (who == "exec" && axis ~ /^fd /)
			return " " # the test gave it its descriptors
		if (who == "hook" && verdict[key] != "" && verdict[key] != "ok")
			return "!"
		return relation[key] == "" ? " " : relation[key]
	}
	function list(line, sign,   a) {
		for (a = 1; a <= axes; a++) {
			if (differs[axis[a]] || last[axis[a]] != sign)
				continue
			if (length(line axis[a]) > 110) {
				print line
				line = " "
			}
			line = line " " axis[a] ";"
		}
		print line
	}
	!($1 in number) { number[$1] = ++rows; name[rows] = $1 }
	!($4 in known) { known[$4] = 1; axis[++axes] = $4 }
	{
		relation[$1, $2, $3, $4] = $5
		verdict[$1, $2, $3, $4] = $6
		last[$4] = $5
		differs[$4] += $5 !~ /[=.]/ &&
			 !($3 == "exec" && $4 ~ /^fd /)
		judged += $3 == "hook"
		bad += $3 == "hook" && $6 != "ok"
	}
	END {
		print "Rights of the hook, and of what the runtime'\''s own exec starts, next to those of the application."
		print "A cell: hook, exec.  = the same  < less  ~ denied with another error  > more  ! not as it must be"
		for (i = 1; i <= rows; i++)
			printf "  %2d %-40s%s", i, name[i], i % 2 && i < rows ? "" : "\n"
		for (r = 1; r <= 2; r++) {
			runtime = r == 1 ? "runc" : "crun"
			printf "%-28s", runtime
			for (i = 1; i <= rows; i++)
				printf " %2d", i
			print ""
			for (a = 1; a <= axes; a++) {
				if (!differs[axis[a]])
					continue
				printf "  %-26s", axis[a]
				for (i = 1; i <= rows; i++)
					printf " %s%s", cell(name[i], axis[a], "hook"), cell(name[i], axis[a], "exec")
				print ""
			}
		}
		list("The same everywhere:", "=")
		list("There everywhere, and no right:", ".")
		printf "%d comparisons of a hook with its application on %d axes; %d not as they must be.\n", judged, axes, bad
	}' <(sort -s -t $'\t' -k 1,1 "$VERDICTS")
if [ "$status" = 0 ]; then
	echo "The hook's second filter is runc's, call by call and argument case by argument case; crun's too, but for:"
	sort -u "$NEWER"
fi
exit "$status"
