#!/usr/bin/env bash
# codespell over everything that people read; .codespellignore holds words that it takes for errors.
. "$(dirname "$0")/lint_common.bash"
set -o pipefail
need codespell

places=()
for place in src include policies tests Makefile .ci README.md CHANGELOG.md; do
	[ -e "$place" ] && places+=("$place")
done
ignore=()
[ -e .codespellignore ] && ignore=(--ignore-words=.codespellignore)
[ ${#places[@]} -eq 0 ] || codespell "${ignore[@]}" --skip='*/corpus/*' "${places[@]}" | report
