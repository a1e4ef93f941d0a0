#!/usr/bin/env bash
# Files stay within 600 lines, functions within 80.
. "$(dirname "$0")/lint_common.bash"
set -o pipefail
need ctags

file_limit=600
function_limit=80

{
	c_files src include tests | while read -r file; do
		lines=$(wc -l <"$file")
		if [ "$lines" -gt "$file_limit" ]; then
			echo "$file:1: $lines lines (limit $file_limit)"
		fi
	done
	c_files src include tests |
		ctags -L - --fields=+ne -o - --languages=C --langmap=C:.c.h --kinds-C=f 2>/dev/null |
		awk -F'\t' -v limit="$function_limit" '{
			line = end = 0
			for (i = 4; i <= NF; i++) {
				if ($i ~ /^line:/)
					line = substr($i, 6)
				if ($i ~ /^end:/)
					end = substr($i, 5)
			}
			if (end && end - line + 1 > limit)
				printf "%s:%d: %s has %d lines (limit %d)\n", $2, line, $1, end - line + 1, limit
		}'
} | report
