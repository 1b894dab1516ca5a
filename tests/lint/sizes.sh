#!/bin/sh
# Is every file short, and every function?  Prints those that are not, as FILE:LINE: reason.
# SPDX-License-Identifier: Apache-2.0
#
#	tests/lint/sizes.sh [ROOT]
set -eu
cd "${1:-.}"

# The format that `make fmt` makes: only a function has braces alone in the first column.
find oci seccomp shim -name '*.[ch]' | LC_ALL=C sort | xargs awk -v file_max=370 -v function_max=45 '
function complain(where, reason) {
	print where ": " reason
	bad = 1
}
function end_of_file() {
	if (lines > file_max)
		complain(file ":" lines, "a file of " lines " lines; at most " file_max)
}
FNR == 1 { end_of_file() }
{ file = FILENAME; lines = FNR }
/^\{$/ { start = FNR }
/^\}$/ && FNR - start + 1 > function_max {
	complain(file ":" start, "a function of " FNR - start + 1 " lines; at most " function_max)
}
END {
	end_of_file()
	exit bad || !NR
}' || exit 1
