#!/usr/bin/env bats
# --policy and what the command line does without it.

load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	forge careless careless.tar
	forge listed listed.tar
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

@test "the report tells what lists in the image name in vain" {
	succeeds listed.tar -o out.tar --report out.json
	[[ $stderr == *"SBOMs in the image still list 4 files that are gone"* ]]
	[[ $stderr == *"scanners will list 1 package less"* ]]
	json out.json "chr(10).join('%s %s %s' % (e['list'], e['path'], e['component']) for e in
		x['savings']['policy']['listed'])" >listed
	diff listed - <<-'END'
		app/bom.json tmp/x.jar x
		app/bom.json root/.npm/_cacache/a a
		app/sbom.spdx tmp/x.jar 
		app/sbom.spdx.json root/.npm/_cacache/a 
	END
	succeeds --policy none listed.tar -o none.tar
	[[ $stderr != *SBOM* ]]
}

@test "rules have an estimate of what they save of the compressed layers" {
	succeeds listed.tar -o out.tar --report out.json
	[[ $stderr == *"npm.cache, 2 names, about "*" compressed: "* ]]
	rules="x['savings']['policy']['rules']"
	[ "$(json out.json "all(0 < r['storedEstimate'] < r['bytes'] for r in $rules)")" = True ]
	succeeds careless.tar -o out.tar --report out.json
	[[ $stderr != *" compressed: "* ]]
	[ "$(json out.json "all(r['storedEstimate'] == r['bytes'] for r in $rules)")" = True ]
}
