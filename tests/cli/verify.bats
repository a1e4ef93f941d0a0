#!/usr/bin/env bats
# lighten verify A B.

load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	for name in app same other two three lost; do
		forge "$name" "$name.tar"
	done
}

setup() {
	cd "$BATS_FILE_TMPDIR"
}

@test "the same" {
	succeeds verify app.tar app.tar
	succeeds verify app.tar same.tar
	succeeds verify two.tar two.tar
	succeeds verify -q app.tar same.tar
	[ -z "$output$stderr" ]
}

@test "every kind of difference is listed" {
	lighten verify same.tar other.tar
	[ "$status" -eq 1 ]
	listed=$output$stderr
	for path in etc etc/conf etc/link extra usr usr/bin usr/bin/tool var; do
		grep -qE "(^|[^a-z/])$path([^a-z/]|\$)" <<<"$listed"
	done
	for word in mode content target owner time attribute link config platform; do
		grep -qiE "$word" <<<"$listed"
	done
}

@test "--tree-only leaves the config out" {
	lighten verify --tree-only same.tar other.tar
	[ "$status" -eq 1 ]
	run ! grep -qiE 'config|platform' <<<"$output$stderr"
}

@test "another number of images" {
	lighten verify app.tar two.tar
	[ "$status" -eq 1 ]
}

@test "quiet leaves the list, which is the result" {
	"$LIGHTEN" verify same.tar other.tar >loud || true
	lighten verify -q same.tar other.tar
	[ "$status" -eq 1 ]
	[ "$output" = "$(cat loud)" ]
}

@test "broken inputs" {
	lighten verify app.tar lost.tar
	[ "$status" -eq 3 ]
	lighten verify app.tar nothing.tar
	[ "$status" -eq 5 ]
	[[ $stderr == *nothing.tar* ]]
}

@test "thread counts agree" {
	for threads in 1 2 8; do
		run "$LIGHTEN" verify --threads "$threads" same.tar other.tar
		[ "$status" -eq 1 ]
		echo "$output" >"$BATS_TEST_TMPDIR/$threads"
	done
	cmp "$BATS_TEST_TMPDIR/1" "$BATS_TEST_TMPDIR/8"
	cmp "$BATS_TEST_TMPDIR/2" "$BATS_TEST_TMPDIR/8"
}
