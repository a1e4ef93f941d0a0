#!/usr/bin/env bats
# Labels in configs, annotations in manifests.

load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	for name in app two three; do
		forge "$name" "$name.tar"
	done
}

setup() {
	enter_work
	cp "$BATS_FILE_TMPDIR"/*.tar .
}

# forge_config CONFIG FILE: an image of two layers with this value of its config; "": with none
forge_config() {
	printf '== it an image\nlayer\n  f a c*=a*9000\nlayer\n  w a\n  f b\nconfig %s\n' \
		"{\"architecture\":\"amd64\",\"os\":\"linux\",${1:+\"config\":$1,}\"rootfs\":@ROOTFS@}" >it.case
	CASES=$PWD/it.case PYTHONDONTWRITEBYTECODE=1 \
		python3 "$root/tests/conformance/forge.py" it "$2"
}

# configs ARCHIVE: all of its configs, one after the other
configs() {
	local path
	for path in $(tar -xOf "$1" manifest.json | jq -r '.[].Config'); do
		tar -xOf "$1" "$path"
	done
}

# manifests ARCHIVE: all manifests of its index, one after the other
manifests() {
	local digest
	for digest in $(tar -xOf "$1" index.json | jq -r '[.manifests[].digest] | unique | .[]'); do
		tar -xOf "$1" "blobs/sha256/${digest#sha256:}"
	done
}

# everywhere OPTION... INPUT: optimize, plan and apply, both judges and a second run agree; 1.tar
everywhere() {
	local input=${*: -1} options=("${@:1:$#-1}")
	rm -f 1.tar 2.tar 3.tar plan
	"$LIGHTEN" -q --verify full "${options[@]}" "$input" -o 1.tar
	"$LIGHTEN" plan -q "${options[@]}" "$input" >plan
	"$LIGHTEN" apply -q plan "$input" -o 2.tar
	cmp 1.tar 2.tar
	succeeds verify --plan plan "$input" 1.tar
	succeeds verify --tree-only "$input" 1.tar
	"$LIGHTEN" -q "${options[@]}" 1.tar -o 3.tar
	cmp 1.tar 3.tar
}

@test "configs of every kind: their bytes stay, but for the label" {
	local one='"Labels":{"A":"1"}'
	while IFS='|' read -r before after; do
		echo "$before"
		forge_config "$before" in.tar
		everywhere --label A=1 in.tar
		configs 1.tar >got
		grep -qF "\"config\":$after" got
		everywhere --lossless --label A=1 in.tar
		configs 1.tar >got
		grep -qF "\"config\":$after" got
		jq -e '.rootfs.diff_ids | length == 2' got
	done <<-END
		|{$one}
		null|{$one}
		{}|{$one}
		{"Cmd":["x"], "Labels" : null}|{"Cmd":["x"], "Labels" : {"A":"1"}}
		{"labels":{"a":"0"},"N":1.50}|{"labels":{"a":"0","A":"1"},"N":1.50}
		{"Labels":{"A":"0","A":"2"}}|{"Labels":{"A":"0","A":"1"}}
		{"Labels":{"\u0041":"0" }}|{"Labels":{"\u0041":"1" }}
		{"Labels":{"A":"2"},"labels":{"B":"3"}}|{"Labels":{"A":"2"},"labels":{"B":"3","A":"1"}}
		{"Labels":{"B":"3"},"labels":null}|{"Labels":{"B":"3","A":"1"},"labels":null}
		{"Labels":null,"labels":null}|{"Labels":null,"labels":{"A":"1"}}
		{"Labels":{"B":"3"},"Labels":null}|{"Labels":{"B":"3"},"Labels":{"A":"1"}}
		{"Env":["a=1"],"env":["b=2"]}|{"Env":["a=1"],"env":["b=2"],$one}
		{"Env":["a=1"],"env":null}|{"Env":["a=1"],"env":null,$one}
		{"Cmd":["x"]},"Config":{"User":"1"}|{"Cmd":["x"]},"Config":{"User":"1",$one}
		{"Cmd":["x"]},"Config":null|{"Cmd":["x"],$one},"Config":null
		null,"Config":{"Cmd":["x"]}|null,"Config":{"Cmd":["x"],$one}
		{"Labels":{"a":"0"}},"os":"linux"|{"Labels":{"a":"0","A":"1"}},"os":"linux"
		{"Cmd":["x"]},"config":null|{"Cmd":["x"]},"config":{$one}
	END
}

@test "one key in two spellings and twice: refused, or written as it is read" {
	for config in '{"Labels":{},"Labels":{},"labels":{}}' '{},"config":{},"Config":{}'; do
		forge_config "$config" odd.tar
		refuses 3 "a key twice, and once more in other letters" odd.tar -o out.tar
		refuses 3 "a key twice, and once more in other letters" --label a=b odd.tar -o out.tar
	done
}

@test "a judge compares the value of a key that containers get" {
	forge_config '{"Env":["a=1"],"env":["b=2"]}' twice.tar
	forge_config '{"Env":["b=2"]}' last.tar
	forge_config '{"Env":["a=1"]}' first.tar
	succeeds verify twice.tar last.tar
	succeeds verify last.tar twice.tar
	for pair in "twice first" "first twice"; do
		lighten verify "${pair% *}.tar" "${pair#* }.tar"
		[ "$status" -eq 1 ]
		[ "$(grep -ci "config differs: env" <<<"$output")" -eq 1 ]
	done
}

@test "a label that is there already changes nothing" {
	forge_config '{"Labels":{"\u0041":"\u0031"}}' in.tar
	"$LIGHTEN" -q --lossless in.tar -o without.tar
	everywhere --lossless --label A=1 in.tar
	cmp without.tar 1.tar
}

@test "labels and annotations of odd characters, sorted, the last one counts" {
	everywhere --label 'b="\' --label $'é\n\U1F433=\x01<&>' --label e= --label b=x=y \
		--annotation z=1 --annotation 'a.b/c="' --annotation z=é app.tar
	configs 1.tar | jq -c .config.Labels >got
	[ "$(cat got)" = '{"b":"x=y","e":"","é\n🐳":"\u0001<&>"}' ]
	manifests 1.tar | jq -c .annotations >got
	[ "$(cat got)" = '{"a.b/c":"\"","z":"é"}' ]
	"$LIGHTEN" -q --label e= --label $'é\n\U1F433=\x01<&>' --label b=x=y \
		--annotation 'a.b/c="' --annotation z=é app.tar -o 2.tar
	cmp 1.tar 2.tar
}

@test "every image, in every mode and format" {
	for options in "" "--squash none" "--lossless" "--keep-base 1" "--layer-size 10kB" \
		"--format oci" "--compress zstd"; do
		for input in app two three; do
			echo "$options $input"
			# shellcheck disable=SC2086 # several words
			"$LIGHTEN" -q $options "$input.tar" -o plain.tar
			# shellcheck disable=SC2086
			everywhere $options --label l=1 --annotation n=2 "$input.tar"
			manifests 1.tar >got
			[ "$(jq -s 'map(select(.annotations.n == "2")) | length' got)" = \
				"$(jq -s length got)" ]
			jq -c .layers got >layers
			manifests plain.tar | jq -c .layers | sort | cmp - <(sort layers)
			for config in $(jq -r '.config.digest' got); do
				tar -xOf 1.tar "blobs/sha256/${config#sha256:}" >config
				[ "$(jq -c .config.Labels config)" = '{"l":"1"}' ]
			done
			lighten verify "$input.tar" 1.tar
			[ "$status" -eq 1 ]
			[[ $output == *"config differs: Labels"* ]]
		done
	done
	everywhere --format docker --label l=1 two.tar
	[ "$(configs 1.tar | jq -c .config.Labels)" = $'{"l":"1"}\n{"l":"1"}' ]
}

@test "annotations that are there stay, descriptors get none" {
	"$LIGHTEN" -q --annotation a=1 --annotation b=1 app.tar -o one.tar
	everywhere --annotation b=2 --annotation c=2 one.tar
	[ "$(manifests 1.tar | jq -c .annotations)" = '{"a":"1","b":"2","c":"2"}' ]
	run ! grep -q '"[abc]":' <<<"$(tar -xOf 1.tar index.json)"
}

@test "a judge sees labels that are not those of the plan" {
	"$LIGHTEN" plan -q --label l=1 app.tar >plan
	for other in "" "--label=l=2" "--label=l=1 --label=m=1"; do
		# shellcheck disable=SC2086 # several words
		"$LIGHTEN" -q $other app.tar -o other.tar
		lighten verify --plan plan app.tar other.tar
		[ "$status" -eq 1 ]
		[[ $output == *"config differs: Labels"* ]]
		succeeds verify --tree-only --plan plan app.tar other.tar
	done
	sed '1s/"labels":\["l=1"\]/"labels":["l"]/' plan >broken
	refuses 2 "not K=V" apply broken app.tar -o out.tar
}

@test "what is refused" {
	for option in label annotation; do
		refuses 2 "--$option: \"a\" is not K=V" "--$option" a app.tar -o out.tar
		refuses 2 "nothing is removed" "--$option" =a app.tar -o out.tar
		refuses 2 "\\xff\" is not UTF-8" "--$option" $'a=\xff' app.tar -o out.tar
		refuses 2 "--$option needs K=V" "--$option"
	done
	refuses 2 "without \"index:\"" --annotation index:a=b app.tar -o out.tar
	refuses 2 "without \"manifest[linux/amd64]:\"" --annotation 'manifest[linux/amd64]:a=b' app.tar
	for command in optimize plan; do
		refuses 2 "no manifest to annotate; use --label" "$command" --format docker \
			--annotation a=b app.tar -o out.tar
	done
	forge_config '{"Labels":["a=b"]}' odd.tar
	refuses 3 "config.Labels: " --label a=b odd.tar -o out.tar
}
