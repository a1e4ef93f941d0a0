#!/usr/bin/env bats
# The first command of the README does what it says, as a new user has it.

@test "make demo makes an image, lightens it and finds the same files" {
	run make -s -C "$BATS_TEST_DIRNAME/../.." demo
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"the same: "*" names compared, every byte"* ]]
	[[ $output == *"the file system is the planned one"* ]]
}
