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
