#!/usr/bin/env bash
# Nothing is left unfinished by its own words.
. "$(dirname "$0")/lint_common.bash"

# Written apart, so that this file does not find itself.
words='TO''DO|FIX''ME|XX''X'

for place in src include policies tests fixtures Makefile .ci README.md; do
	[ -e "$place" ] && grep -rnIwE --exclude-dir=corpus "$words" "$place"
done | report
