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

@test "chain of a thin archive lists what it leaves out, too" {
	"$LIGHTEN" -q --have base.tar --squash none derived.tar -o full.tar
	for format in hybrid docker oci; do
		"$LIGHTEN" -q --format "$format" derived.tar --keep-base base.tar -o full.tar
		"$LIGHTEN" -q --format "$format" --have base.tar derived.tar -o thin.tar
		[ "$("$LIGHTEN" chain thin.tar)" = "$("$LIGHTEN" chain full.tar)" ]
		[ "$("$LIGHTEN" chain thin.tar | grep -c ^sha256:)" -eq 3 ]
		refuses 3 "thin archive" thin.tar -o out.tar
		# Whoever has loaded it has all of its layers.
		"$LIGHTEN" -q --have thin.tar --lossless full.tar -o nothing.tar
		[ "$(members nothing.tar | wc -l)" -le 2 ]
	done
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
		succeeds verify --plan plan derived.tar 2.tar
		rm 2.tar
		refuses 1 "" apply plan app.tar -o 2.tar
	done
}

@test "verify --plan holds an archive against what a plan promises" {
	"$LIGHTEN" plan --drop /usr/bin/tool --policy none app.tar >plan
	"$LIGHTEN" apply -q plan app.tar -o dropped.tar
	succeeds verify --plan plan app.tar dropped.tar
	succeeds verify --plan - app.tar dropped.tar <plan
	lighten verify app.tar dropped.tar
	[ "$status" -eq 1 ]
	lighten verify --plan plan app.tar app.tar
	[ "$status" -eq 1 ]
	[[ $output == *usr/bin/tool* ]]
	lighten verify --plan plan dropped.tar dropped.tar
	[ "$status" -eq 1 ]
	[[ $stderr == *"another input"* ]]
	"$LIGHTEN" plan --have base.tar derived.tar >plan
	"$LIGHTEN" apply -q plan derived.tar -o thin.tar
	succeeds verify --plan plan derived.tar thin.tar
}

@test "apply reads a plan from standard input, or its input, not both" {
	"$LIGHTEN" -q derived.tar -o 1.tar
	"$LIGHTEN" plan derived.tar | "$LIGHTEN" apply -q - derived.tar -o 2.tar
	cmp 1.tar 2.tar
	"$LIGHTEN" plan derived.tar >plan
	"$LIGHTEN" apply -q plan - -o 3.tar <derived.tar
	cmp 1.tar 3.tar
	run --separate-stderr "$LIGHTEN" apply - derived.tar -o 4.tar <derived.tar
	[ "$status" -eq 2 ]
	[[ $stderr == *"standard input: not a plan"* ]]
	refuses 2 "not both" apply - - -o 4.tar
}

# spools_in FOLDER OPTION...: where the input is unpacked while it comes through a pipe
spools_in() {
	local folder=$1 program
	shift
	mkfifo pipe
	"$LIGHTEN" -q - "$@" <pipe &
	program=$!
	exec 9>pipe
	head -c 2000 derived.tar >&9
	until readlink /proc/$program/fd/* | grep -q "^$folder/.*(deleted)"; do
		kill -0 "$program"
		sleep 0.02
	done
	tail -c +2001 derived.tar >&9
	exec 9>&-
	wait "$program"
	rm pipe
}

@test "temporary files lie in TMPDIR, else beside the output" {
	mkdir out chosen
	chmod 755 out chosen
	here=$(pwd -P)
	unset TMPDIR
	spools_in "$here/out" -o out/1.tar
	spools_in "$here" -o 2.tar
	TMPDIR=$here/chosen spools_in "$here/chosen" -o out/3.tar
	cmp out/1.tar 2.tar
	cmp out/1.tar out/3.tar
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
