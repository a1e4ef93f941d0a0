#!/usr/bin/env bash
# A stage includes itself and the stages to its left, and a .c file its own header first.
. "$(dirname "$0")/lint_common.bash"
set -o pipefail

stages='util io tar image layer tree policy plan write verify report inspect cli'

c_files src include | while read -r file; do
	own=
	if [ "${file##*.}" = c ]; then
		own=${file#src/}
		own=${own%.c}.h
		[ -e "include/$own" ] || own=
	fi
	awk -v file="$file" -v stages="$stages" -v own="$own" '
		BEGIN {
			count = split(stages, name, " ")
			for (i = 1; i <= count; i++)
				rank[name[i]] = i
			split(file, part, "/")
			stage = part[2]
			if (!(stage in rank))
				printf "%s:1: \"%s\" is not a stage; stages: %s\n", file, stage, stages
		}
		/^[ \t]*#[ \t]*include[ \t]*"/ {
			split($0, quoted, "\"")
			path = quoted[2]
			first = first == "" ? path : first
			where = file ":" FNR ": "
			if (path ~ /(^|\/)\.\.(\/|$)/) {
				print where "include by stage, not by \"..\": " path
			} else if (split(path, to, "/") > 1) {
				if (!(to[1] in rank))
					print where "no such stage: " path
				else if (rank[to[1]] > rank[stage])
					print where stage " must not include " path
			}
		}
		END {
			if (own != "" && first != own)
				print file ":1: own header \"" own "\" must be the first of the quoted includes"
		}' "$file"
done | report
