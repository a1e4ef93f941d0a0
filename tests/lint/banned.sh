#!/usr/bin/env bash
# No call of a function that overruns, hides its state, or depends on the time zone.
. "$(dirname "$0")/lint_common.bash"
set -o pipefail
need gcc

banned='strcpy|strcat|sprintf|vsprintf|strtok|gets|atoi|localtime|ctime'

# The preprocessor takes comments out and keeps line numbers; string literals go after it.
c_files src include tests | while read -r file; do
	gcc -fpreprocessed -dD -E -x c "$file" 2>/dev/null |
		awk -v file="$file" -v banned="(^|[^A-Za-z0-9_])($banned)[ \t]*\\\\(" '
			/^# [0-9]+ "/ { line = $2 - 1; next }
			{
				line++
				gsub(/"([^"\\]|\\.)*"/, "\"\"")
				if (match($0, banned))
					printf "%s:%d: banned function: %s\n", file, line,
						substr($0, RSTART, RLENGTH)
			}'
done | report
