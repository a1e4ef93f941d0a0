# shellcheck shell=bash disable=SC2154 # bats sets status, output and stderr
# Sourced by the bats files here: the program, the images, and ways to run and judge it.
bats_require_minimum_version 1.5.0

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export LIGHTEN=${LIGHTEN:-$root/build/lighten}

# forge NAME FILE: an image of images.case
forge() {
	CASES=$root/tests/cli/images.case PYTHONDONTWRITEBYTECODE=1 \
		python3 "$root/tests/conformance/forge.py" "$1" "$2"
}

# A folder of the test alone: bats keeps files of its own in BATS_TEST_TMPDIR.
enter_work() {
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return
}

# lighten ARGUMENT...: run it; sets status, output, stderr
lighten() {
	run --separate-stderr "$LIGHTEN" "$@"
	show
}

# What bats prints when a test fails.
show() {
	printf 'status %s\nstdout: %.2000s\nstderr: %.2000s\n' "$status" "$output" "$stderr"
}

succeeds() {
	lighten "$@"
	[ "$status" -eq 0 ]
}

# refuses STATUS TEXT ARGUMENT...: exactly one line that says TEXT, and nothing else happens.
refuses() {
	local wanted=$1 text=$2 before after
	shift 2
	before=$(ls -A)
	lighten "$@"
	after=$(ls -A)
	[ "$status" -eq "$wanted" ]
	[ -z "$output" ]
	[[ $stderr == "lighten: "* ]]
	[[ $stderr != *$'\n'* ]]
	[[ $stderr == *"$text"* ]]
	[ "$before" = "$after" ]
}

# json FILE EXPRESSION: a value of a JSON file, `x` in the expression
json() {
	python3 -c 'import json, sys; x = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}

# golden NAME: compare stdin with golden/NAME; UPDATE=1 writes it instead.
golden() {
	local file=$root/tests/cli/golden/$1
	if [ "${UPDATE-}" ]; then
		cat >"$file"
	else
		diff -u "$file" -
	fi
}
