#!/usr/bin/env bats
# --policy and what the command line does without it.

load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	forge careless careless.tar
}

setup() {
	cd "$BATS_FILE_TMPDIR"
}

@test "the default policy is safe" {
	succeeds -q careless.tar -o default.tar
	succeeds -q --policy safe careless.tar -o safe.tar
	cmp default.tar safe.tar
	lighten verify careless.tar default.tar
	[ "$status" -eq 1 ]
	[[ $output$stderr == *"var/cache/apt/archives/tool.deb: only in the first"* ]]
	[[ $output$stderr == *"var/log/tool.log"* ]]
	succeeds plan careless.tar
	[[ $output == *'"policies":["safe"]'* ]]
}

@test "--policy none takes nothing" {
	succeeds --policy none careless.tar -o none.tar
	[[ $stderr != *"removed or emptied"* ]]
	succeeds verify careless.tar none.tar
}

@test "--lossless takes nothing and wants nothing" {
	succeeds --lossless careless.tar -o same.tar
	[[ $stderr != *policy* ]]
	succeeds verify careless.tar same.tar
}

@test "the default is part of the plan that apply carries out" {
	"$LIGHTEN" plan careless.tar >default.plan
	succeeds apply -q default.plan careless.tar -o planned.tar
	succeeds -q careless.tar -o direct.tar
	cmp planned.tar direct.tar
}

@test "secrets are told of, masked, whatever else happens" {
	succeeds careless.tar -o out.tar
	[[ $stderr == *"secret.netrc"*"root/.netrc"* ]]
	[[ $stderr != *"password x"* ]]
}
