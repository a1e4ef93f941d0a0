#!/usr/bin/env bash
# Every shell script passes shellcheck.
. "$(dirname "$0")/lint_common.bash"
need shellcheck

mapfile -t scripts < <(find tests .ci -type f ! -name '*.bats' ! -path '*/corpus/*' \
	-exec grep -lIE '^#!.*sh$|^# shellcheck shell=' {} + 2>/dev/null | sort)
[ ${#scripts[@]} -eq 0 ] || shellcheck --format=gcc --external-sources --source-path=SCRIPTDIR "${scripts[@]}"
