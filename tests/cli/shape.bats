#!/usr/bin/env bats
# What the output is shaped to: an order of files, a loader.

load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	for name in app two three types; do
		forge "$name" "$name.tar"
	done
}

setup() {
	enter_work
	cp "$BATS_FILE_TMPDIR"/*.tar .
}

# plan_and_apply OPTION... INPUT: gives the bytes of optimize, in 1.tar.
plan_and_apply() {
	rm -f 1.tar 2.tar plan
	"$LIGHTEN" -q "$@" -o 1.tar
	"$LIGHTEN" plan -q "$@" >plan
	"$LIGHTEN" apply -q plan "${@: -1}" -o 2.tar
	cmp 1.tar 2.tar
}

# names ARCHIVE: the entries of its first layer
names() {
	tar -xOf "$1" "$(tar -xOf "$1" manifest.json | jq -r '.[0].Layers[0]')" | tar -tf -
}

@test "orders: the same files, the same bytes by plan and apply, nothing for a second run" {
	for order in path type similar; do
		for options in "" "--squash none" "--keep-base 1" "--layer-size 10kB" "--compress gzip" \
			"--compress zstd" "--compress zstd:19,long"; do
			for input in app two three types; do
				echo "$order $options $input"
				# shellcheck disable=SC2086 # several words
				plan_and_apply --order "$order" $options "$input.tar"
				succeeds verify --tree-only "$input.tar" 1.tar
				[ "$options" != "--layer-size 10kB" ] || continue
				# shellcheck disable=SC2086
				"$LIGHTEN" -q --order "$order" $options 1.tar -o 2.tar
				cmp 1.tar 2.tar
			done
		done
	done
}

@test "orders differ where they should" {
	for order in path type similar; do
		"$LIGHTEN" -q --policy none --order "$order" types.tar -o "$order.tar"
		names "$order.tar" >"$order"
	done
	diff - path <<<$'d/\nd/a.py\nd/b.so.2\nd/c.py\nd/e.so.1\nz'
	diff - type <<<$'d/\nz\nd/a.py\nd/c.py\nd/b.so.2\nd/e.so.1'
	diff - similar <<<$'d/\nz\nd/c.py\nd/a.py\nd/b.so.2\nd/e.so.1'
	grep -q '"order":"similar"' <<<"$("$LIGHTEN" plan --order similar types.tar | head -n 1)"
	refuses 2 "path, type, similar" --order size types.tar -o out.tar
}

# blobs ARCHIVE: how its layers are stored, one a line
blobs() {
	for layer in $(tar -xOf "$1" manifest.json | jq -r '.[].Layers[]'); do
		tar -xOf "$1" "$layer" | file -b - | cut -d' ' -f1
	done
}

@test "a target and an option that contradict each other" {
	for other in "--target docker20 --format oci" "--target docker23 --format oci-dir" \
		"--format oci-dir --target kind" "--compress zstd --target docker20" \
		"--target docker29 --format docker --have two.tar" "--target kind --have app.tar" \
		"--target podman --have app.tar --format docker"; do
		# shellcheck disable=SC2086 # several words
		lighten $other -o out app.tar
		[ "$status" -eq 2 ]
		[[ $stderr == *"--target "*"--"* ]]
		[ ! -e out ]
	done
	refuses 2 "docker20, docker23, docker29, podman, containerd, kind" --target docker -o out app.tar
}

@test "every target takes what is given without other options" {
	for target in docker20 docker23 docker29 podman containerd kind; do
		for input in app two types; do
			plan_and_apply --target "$target" "$input.tar"
			cp 1.tar out.tar
			succeeds verify --tree-only "$input.tar" out.tar
			"$LIGHTEN" -q "$input.tar" -o plain.tar
			cmp plain.tar out.tar
		done
	done
	grep -q '"target":"kind"' <<<"$("$LIGHTEN" plan --target kind app.tar | head -n 1)"
}

@test "layers of zstd become gzip where they do not load" {
	forge packed packed.tar
	"$LIGHTEN" -q --squash none packed.tar -o as-is.tar
	[ "$(blobs as-is.tar | xargs)" = "Zstandard gzip" ]
	for options in "" "--lossless"; do
		# shellcheck disable=SC2086 # several words
		plan_and_apply --target docker20 --squash none $options packed.tar
		[ "$(blobs 1.tar | xargs)" = "gzip gzip" ]
		succeeds verify packed.tar 1.tar
	done
	"$LIGHTEN" -q --target docker23 --squash none packed.tar -o out.tar
	cmp as-is.tar out.tar
	refuses 4 "--target docker20 does not load layer 1, which is kept as it is: it is compressed with zstd" \
		--target docker20 --keep-base 1 -o out packed.tar
	succeeds -q --target podman --keep-base 1 packed.tar -o out.tar
}

# frozen IMAGE TEXT TARGET...: with its lower layers kept, these targets refuse it and say TEXT.
frozen() {
	local input=$1 text=$2 keep=1
	shift 2
	forge "$input" "$input.tar"
	[ "$input" != late ] || keep=2
	for target in docker20 docker23 docker29 podman containerd kind; do
		rm -f out
		if [[ " $* " == *" $target "* ]]; then
			refuses 4 "$text" --target "$target" --keep-base "$keep" -o out "$input.tar"
			refuses 4 "$text" --target "$target" --lossless -o out "$input.tar"
		else
			succeeds --target "$target" --keep-base "$keep" -o out "$input.tar"
		fi
		rm -f out
		succeeds --target "$target" -o out "$input.tar"
	done
}

@test "kept layers that loaders refuse" {
	all="docker20 docker23 docker29 podman containerd kind"
	frozen twice "a path twice" docker20 docker23 podman
	# shellcheck disable=SC2086 # several words
	{
		frozen early "a hard link whose target" $all
		frozen sparse "a type that it does not know" $all
		frozen late "a deletion behind" $all
	}
	frozen attribute "user attributes" podman
}

@test "images that loaders do not find" {
	forge nameless nameless.tar
	forge no-machine no-machine.tar
	for target in containerd kind; do
		refuses 4 "has no name" --target "$target" nameless.tar -o out
		succeeds --target "$target" --tag a:1 nameless.tar -o out
		rm out
		refuses 4 "no architecture" --target "$target" no-machine.tar -o out
	done
	succeeds --target podman nameless.tar -o out
	rm out
	refuses 4 "--format oci" --target podman --format oci two.tar -o out
	succeeds --target podman --format oci --image test/a:1 two.tar -o out
}

@test "more layers than docker mounts" {
	{
		printf '== many many\nimage tags=test/many:1\n'
		for i in $(seq 126); do printf 'layer\n  f f%d\n' "$i"; done
	} >many.case
	CASES=$PWD/many.case PYTHONDONTWRITEBYTECODE=1 python3 "$root/tests/conformance/forge.py" many many.tar
	refuses 4 "more than 125 layers" --target docker20 --squash none many.tar -o out
	refuses 4 "more than 125 layers" --target docker23 --lossless many.tar -o out
	succeeds --target docker20 --keep-base 124 many.tar -o out
}

@test "an update for docker29 names layers as the receiver stores them" {
	forge packed packed.tar
	forge packed-base packed-base.tar
	"$LIGHTEN" -q --have packed-base.tar packed.tar -o plain.tar
	plan_and_apply --target docker29 --have packed-base.tar packed.tar
	own=$(tar -xOf packed-base.tar index.json | jq -r '.manifests[0].digest')
	own=$(tar -xOf packed-base.tar "blobs/sha256/${own#*:}" | jq -c '.layers[0] | {mediaType, digest, size}')
	sent=$(tar -xOf 1.tar index.json | jq -r '.manifests[0].digest')
	tar -xOf 1.tar "blobs/sha256/${sent#*:}" >manifest
	[ "$(jq -c '.layers[0] | {mediaType, digest, size}' manifest)" = "$own" ]
	[ "$(jq '.layers | length' manifest)" -eq 2 ]
	run ! grep -q "$(jq -r '.layers[0].digest | sub("sha256:"; "")' manifest)" <(tar -tf 1.tar)
	run ! cmp -s plain.tar 1.tar
	for level in structure full; do
		succeeds -q --verify "$level" --target docker29 --have packed-base.tar packed.tar -o again.tar
		cmp 1.tar again.tar
	done
	"$LIGHTEN" chain packed-base.tar >chain
	refuses 2 "give its archive" --target docker29 --have chain packed.tar -o out
	succeeds -q --target docker23 --have chain packed.tar -o 23.tar
	cmp plain.tar 23.tar
}

@test "identical layers, and images under several names, are stored once in every format" {
	forge same-layers same.tar
	for compress in none gzip zstd; do
		for format in hybrid docker oci; do
			"$LIGHTEN" -q --lossless --format "$format" --compress "$compress" same.tar -o out.tar
			# Two layers, two configs; manifests besides.
			tar -tf out.tar | sort | uniq -d | wc -l | grep -qx 0
			count=$(tar -tf out.tar | grep -c ^blobs/)
			[ "$count" -eq "$([ "$format" = docker ] && echo 4 || echo 6)" ]
			succeeds verify same.tar out.tar
			[ "$(stat -c %s out.tar)" -lt 45000 ]
		done
		rm -rf dir
		"$LIGHTEN" -q --lossless --format oci-dir --compress "$compress" same.tar -o dir
		[ "$(find dir/blobs -type f | wc -l)" -eq 6 ]
		succeeds verify same.tar dir
	done
	# A hybrid names each blob in both manifests.
	"$LIGHTEN" -q --lossless same.tar -o out.tar
	[ "$(tar -xOf out.tar manifest.json | jq '[.[].Layers[]] | length')" -eq 6 ]
	[ "$(tar -xOf out.tar manifest.json | jq '[.[].Layers[]] | unique | length')" -eq 2 ]
	[ "$(tar -xOf out.tar index.json | jq '.manifests | length')" -eq 3 ]
	[ "$(tar -xOf out.tar index.json | jq '[.manifests[].digest] | unique | length')" -eq 2 ]
}
