#!/bin/bash
# Run a command while the machine is busy: no test may depend on being fast, or alone.
# SPDX-License-Identifier: Apache-2.0
#
#	tests/lib/busy.sh tests/run.sh supervise/cgroups.bats
#	BUSY=1 tests/run.sh supervise/cgroups.bats       the same
#	BURNERS=20 ...                                   default: one for each processor, and four
#
# The burners are loops with more priority than the command.  They end with this script, however that
# ends.  The exit status is the command's.
set -u

burners=()
trap '[ ${#burners[@]} = 0 ] || kill -KILL "${burners[@]}"' EXIT
for ((n = 0; n < ${BURNERS:-$(nproc) + 4}; n++)); do
	# The kernel ends them should this script be killed.
	nice -n -5 setpriv --pdeathsig KILL sh -c 'while :; do :; done' </dev/null >/dev/null 2>&1 &
	burners+=($!)
done
disown -a # the shell need not tell how they have ended
"$@"
