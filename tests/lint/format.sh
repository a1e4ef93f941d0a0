#!/usr/bin/env bash
# Every C file is formatted by .clang-format.  Other versions of clang-format differ in details.
. "$(dirname "$0")/lint_common.bash"
set -o pipefail
version=14

tool=$(command -v "clang-format-$version" || command -v clang-format)
if ! "${tool:-false}" --version 2>/dev/null | grep -q "version $version\."; then
	echo "clang-format $version is not installed: run make deps-test"
	exit 77
fi
c_files src include tests | while read -r file; do
	line=$("$tool" "$file" | diff "$file" - | sed -n '1s/[^0-9].*//p')
	[ -z "$line" ] || echo "$file:$line: not formatted: run make format"
done | report
