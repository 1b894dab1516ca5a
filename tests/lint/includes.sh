#!/bin/sh
# Does every #include "..." follow the table of folders?  Prints those that do not, as FILE:LINE: reason.
# SPDX-License-Identifier: Apache-2.0
#
#	tests/lint/includes.sh [ROOT]
set -eu
cd "${1:-.}"

# What each folder may include, besides itself and oci.  shim/main.c may include everything.
export TABLE='verbs: supervise sandbox ready record app plan base seccomp
supervise: sandbox ready record app plan base
sandbox: app plan base seccomp
ready: app plan base
record: plan base seccomp
app: base
plan: base seccomp
base: seccomp
gate: base
wrapper: base
seccomp:
oci:'

# Every line that may include something; which file, the program below finds.
find oci seccomp shim -name '*.[ch]' -print0 -o -name '*.inc' -print0 | LC_ALL=C sort -z |
	xargs -0 grep -HnE '#[[:blank:]]*(include|include_next|import)([[:blank:]<"]|$)' |
	awk '
function folder(path) {
	sub(/^shim\//, "", path)
	return sub(/\/[^\/]*$/, "", path) ? path : ""
}
function exists(path,    line, result) {
	if (path !~ /\.(h|inc)$/)
		return 0
	result = (getline line < path)
	close(path)
	return result >= 0
}
function complain(where, reason) {
	print where ": " reason
	bad = 1
}
function check(where, from, path) {
	if (path == from)
		return complain(where, "it includes itself")
	if (path ~ /(^|\/)\.\.?\// || !exists(path))
		return complain(where, "\"" path "\" is not written from the root")
	if (from == "shim/main.c")
		return
	if (!(folder(from) in rows))
		return complain(where, "only main.c stands outside the folders of the table")
	if (!(folder(path) in rows))
		return complain(where, "\"" path "\" stands outside the folders of the table")
	if (folder(path) != folder(from) && folder(path) != "oci" &&
	    index(rows[folder(from)] " ", " " folder(path) " ") == 0)
		complain(where, folder(from) "/ may not include " folder(path) "/")
}
# Modules that include each other, over however many others: the way from one to another, or "".
function way(from, to,    queue, head, tail, before, names, count, i, text) {
	queue[tail++] = from
	before[from] = from
	for (head = 0; head < tail && !(to in before); head++) {
		count = split(uses[queue[head]], names, " ")
		for (i = 1; i <= count; i++)
			if (!(names[i] in before)) {
				before[names[i]] = queue[head]
				queue[tail++] = names[i]
			}
	}
	if (!(to in before))
		return ""
	for (text = to; to != from; text = to ", " text)
		to = before[to]
	return text
}
BEGIN {
	count = split(ENVIRON["TABLE"], lines, "\n")
	for (i = 1; i <= count; i++)
		rows[substr(lines[i], 1, index(lines[i], ":") - 1)] = substr(lines[i], index(lines[i], ":") + 1)
}
{
	at[1] = at[2] = $0
	sub(/:.*/, "", at[1])
	sub(/^[^:]*:/, "", at[2])
	sub(/:.*/, "", at[2])
	text = $0
	sub(/.*#[[:blank:]]*(include_next|include|import)[[:blank:]]*/, "", text)
	system_header = text ~ /^</
	if (text !~ /^[<"][^>"]+[>"]/) {
		complain(at[1] ":" at[2], "it does not name a file")
		next
	}
	path = substr(text, 2, match(substr(text, 2), /[>"]/) - 1)
	if (system_header) {
		if (exists(path))
			complain(at[1] ":" at[2], "<" path "> is a file of ours: write it in quotes")
		next
	}
	check(at[1] ":" at[2], at[1], path)
	from = at[1]
	to = path
	sub(/\.[ch]$/, "", from) # NAME.c and NAME.h are one module
	sub(/\.[ch]$/, "", to)
	if (from != to) {
		uses[from] = uses[from] " " to
		wheres[++edges] = at[1] ":" at[2]
		froms[edges] = from
		tos[edges] = to
	}
}
END {
	for (i = 1; i <= edges; i++) {
		text = way(tos[i], froms[i])
		if (text)
			complain(wheres[i], "a circle: " froms[i] ", " text)
	}
	exit bad || !NR
}'
