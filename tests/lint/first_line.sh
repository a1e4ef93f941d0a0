#!/usr/bin/env bash
# Every C file opens with a comment that says its role.
. "$(dirname "$0")/lint_common.bash"
set -o pipefail

c_files src include tests | while read -r file; do
	head -n 1 "$file" | grep -qE '^/\*.*[[:alpha:]]' ||
		echo "$file:1: the first line must be a comment that says the role of the file"
done | report
