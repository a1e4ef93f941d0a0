# shellcheck shell=bash
# What every file of tests with private engines begins with.  A file says in files_begin what it
# needs before its first test.
bats_require_minimum_version 1.5.0
load engine
load images

setup_file() {
	engine_possible || return 0
	engine_begin
	files_begin
}

setup() {
	engine_possible || skip 'engines need root'
	cd "$BATS_TEST_TMPDIR" || return
}

teardown_file() {
	engine_end
}
