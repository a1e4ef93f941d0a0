#!/usr/bin/env bash
# coverage.sh: run the unit and command-line tests of an instrumented build and print the share of
# lines that they reach, by file and by stage.
set -euo pipefail
cd "$(dirname "$0")/.."
make=${MAKE:-make}
out=$PWD/build/cov

"$make" --no-print-directory -j "$(nproc)" BUILD=cov programs unit-bins
find "$out" -name '*.gcda' -delete
for source in tests/unit/test_*.c; do
	[ -e "$source" ] || continue
	"$out/tests/$(basename "$source" .c)" >/dev/null 2>&1 ||
		echo "coverage: $source has failures" >&2
done
if compgen -G 'tests/cli/*.bats' >/dev/null; then
	LIGHTEN=$out/lighten bats --formatter tap tests/cli/*.bats >"$out/cli.tap" ||
		echo "coverage: tests/cli has failures: build/cov/cli.tap" >&2
fi

# gcov -n prints, per source file, "File 'PATH'" and "Lines executed:PERCENT% of COUNT"; a static
# function in a header shows up once per file that includes it, so the best figure counts.
find "$out/src" -name '*.gcno' | sort | sed 's/gcno$/o/' | xargs -r gcov -n 2>/dev/null |
	awk -F"'" '
		/^File/ { file = $2; next }
		/^Lines executed/ && file ~ /^(src|include)\// {
			split($0, field, /[:% ]+/)
			hit = field[3] * field[5] / 100
			lines[file] = field[5]
			if (hit > hits[file])
				hits[file] = hit
			file = ""
		}
		END {
			for (file in lines) {
				split(file, part, "/")
				printf "%s %d %d\n", file, hits[file] + 0.5, lines[file]
				stage_hits[part[2]] += hits[file]
				stage_lines[part[2]] += lines[file]
				all_hits += hits[file]
				all_lines += lines[file]
			}
			for (stage in stage_lines)
				printf "~%s %d %d\n", stage, stage_hits[stage] + 0.5, stage_lines[stage]
			printf "~~all %d %d\n", all_hits + 0.5, all_lines
		}' | LC_ALL=C sort |
	awk '{ sub(/^~+/, "", $1); printf "%6.1f%%  %6d of %6d  %s\n", $3 ? 100 * $2 / $3 : 100, $2, $3, $1 }'
