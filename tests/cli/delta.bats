#!/usr/bin/env bats
# Thin archives and kept bases: F140 to F143, and what `chain` lists.

load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	for name in base derived derived-config swapped app two; do
		forge "$name" "$name.tar"
	done
}

setup() {
	enter_work
	cp "$BATS_FILE_TMPDIR"/*.tar .
}

# diff_ids ARCHIVE: of its first image, one a line
diff_ids() {
	tar -xOf "$1" manifest.json >manifest.json
	tar -xOf "$1" "$(json manifest.json 'x[0]["Config"]')" >config.json
	json config.json '"\n".join(x["rootfs"]["diff_ids"])'
}

# members ARCHIVE: the digests of the blobs that it holds
members() {
	tar -tf "$1" | sed -n 's,^blobs/sha256/\(.\),sha256:\1,p'
}

@test "F140 the common prefix is left out, and listed" {
	succeeds -q --have base.tar -o thin.tar derived.tar
	[ "$(diff_ids thin.tar | head -n 2)" = "$(diff_ids base.tar)" ]
	[ "$(diff_ids thin.tar | wc -l)" -eq 3 ]
	for layer in $(diff_ids base.tar); do
		run ! grep -q "$layer" <(members thin.tar)
	done
	members thin.tar | grep -q "$(diff_ids thin.tar | tail -n 1)"
	[ "$(stat -c %s thin.tar)" -lt 12000 ]
}

@test "F140 the list of the receiver does as well as its archive" {
	"$LIGHTEN" chain base.tar >chain
	"$LIGHTEN" -q --have base.tar -o 1.tar derived.tar
	"$LIGHTEN" -q --have chain -o 2.tar derived.tar
	cmp 1.tar 2.tar
}

@test "chain lists what the diff_ids give" {
	succeeds chain base.tar
	mapfile -t diffs < <(diff_ids base.tar)
	upper=sha256:$(printf '%s %s' "${diffs[0]}" "${diffs[1]}" | sha256sum | cut -d' ' -f1)
	[[ $output == *"${diffs[0]}"* && $output == *"$upper"* ]]
	succeeds chain two.tar
	[[ $output == *test/a:1* && $output == *test/b:1* ]]
}

@test "F141 no common prefix, or only a layer at another place" {
	refuses 2 "--have" --have app.tar -o thin.tar derived.tar
	refuses 2 "--have" --have swapped.tar -o thin.tar derived.tar
}

@test "F142 a new config only, without any layer" {
	succeeds -q --have base.tar -o thin.tar derived-config.tar
	[ "$(diff_ids thin.tar)" = "$(diff_ids base.tar)" ]
	[ "$(members thin.tar | wc -l)" -eq 2 ]
}

@test "F143 several images at once are refused" {
	refuses 2 "--have" --have base.tar -o thin.tar two.tar
}

@test "a kept base by number, by archive and by itself" {
	"$LIGHTEN" -q --keep-base 2 -o 1.tar derived.tar
	"$LIGHTEN" -q --keep-base base.tar -o 2.tar derived.tar
	cmp 1.tar 2.tar
	[ "$(diff_ids 1.tar | head -n 2)" = "$(diff_ids base.tar)" ]
	succeeds verify derived.tar 1.tar
	succeeds --keep-base auto -o 3.tar derived.tar
	succeeds verify derived.tar 3.tar
}

@test "plan and apply give the bytes of optimize" {
	for options in "" "--squash none" "--keep-base 2" "--compress gzip"; do
		# shellcheck disable=SC2086 # several words
		"$LIGHTEN" plan $options derived.tar >plan
		# shellcheck disable=SC2086
		"$LIGHTEN" -q $options -o 1.tar derived.tar
		succeeds apply -q plan derived.tar -o 2.tar
		cmp 1.tar 2.tar
		rm 2.tar
		refuses 1 "" apply plan app.tar -o 2.tar
	done
}

@test "cuts: the same files in at most so many layers" {
	for options in "--max-layers 2" "--max-layers 3" "--layer-size 10kB"; do
		# shellcheck disable=SC2086 # several words
		succeeds -q $options -o cut.tar app.tar
		succeeds verify app.tar cut.tar
		# shellcheck disable=SC2086
		succeeds -q $options --threads 8 -o again.tar app.tar
		cmp cut.tar again.tar
	done
}
