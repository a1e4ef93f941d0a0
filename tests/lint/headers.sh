#!/usr/bin/env bash
# Every header compiles alone.
. "$(dirname "$0")/lint_common.bash"
set -o pipefail
need gcc
need pkg-config

read -ra library_flags <<<"$(pkg-config --cflags jansson libcrypto libzstd zlib liblzma liblz4 libxxhash)"

c_files src include | sed -n '/\.h$/p' | while read -r header; do
	printf '#include "%s"\n' "$header" |
		gcc -std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Wall -Wextra -Werror -I. -Iinclude \
			"${library_flags[@]}" -fsyntax-only -x c - 2>&1 ||
		echo "$header:1: does not compile alone"
done | report
