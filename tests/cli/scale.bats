#!/usr/bin/env bats
# Images of unusual size: nothing here is timed, but what is quadratic would not end in a check.
# SMALLER=N takes an Nth of each, for a build with sanitizers: those look at other things than time.

load common.bash

setup() {
	enter_work
	smaller=${SMALLER:-1}
}

# scale SHAPE:KEY=N: make in.tar
scale() {
	PYTHONDONTWRITEBYTECODE=1 python3 "$root/tests/bench/forge.py" "$1" in.tar
}

# scales SHAPE:KEY=N: an image by tests/bench/forge.py comes out as counted, at full comparison
scales() {
	scale "$1"
	succeeds --quiet --policy none --verify full --report report.json -o out.tar in.tar
	python3 "$root/tests/cli/scale_check.py" "$1" out.tar
	succeeds verify --quiet in.tar out.tar
}

@test "200,000 entries of one directory, a tenth of them twice" {
	scales "flat:entries=$((200000 / smaller))"
}

@test "100,000 hard links to one file" {
	scales "links:entries=$((100000 / smaller))"
}

@test "100,000 files, each deleted by a whiteout" {
	scales "whiteouts:entries=$((200000 / smaller))"
}

@test "directories 500 deep" {
	scales deep:entries=2000
}

@test "a policy decides about 50,000 files of which none matches" {
	scale "app:entries=$((50000 / smaller)),bytes=1000000"
	succeeds --quiet --policy slim -o out.tar in.tar
	succeeds verify --quiet in.tar out.tar
}

@test "a config of 200,000 keys, and as many labels" {
	python3 - $((200000 / smaller)) >in.case <<-'END'
		import json, sys
		many = {"k%d" % i: "v" for i in range(int(sys.argv[1]))}
		print("== it many keys\nlayer\n  f a\nlayer\n  w a\n  f b\nconfig {"
		      '"architecture":"amd64","os":"linux","rootfs":@ROOTFS@,"config":%s}'
		      % json.dumps({**many, "Labels": many}))
	END
	CASES=$PWD/in.case PYTHONDONTWRITEBYTECODE=1 python3 "$root/tests/conformance/forge.py" it in.tar
	succeeds --quiet --label k0=w -o out.tar in.tar
	succeeds verify --tree-only in.tar out.tar
	lighten verify in.tar out.tar
	[ "$status" -eq 1 ]
	[[ $output == *"config differs: Labels"* ]]
}
