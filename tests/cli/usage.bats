#!/usr/bin/env bats
# Help, options and their errors.

load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	forge app app.tar
	forge two two.tar
}

setup() {
	enter_work
	cp "$BATS_FILE_TMPDIR"/*.tar .
}

@test "help of the program and of each command" {
	succeeds --help
	golden help.txt <<<"$output"
	succeeds optimize --help
	golden optimize.txt <<<"$output"
	for command in plan apply verify chain; do
		succeeds "$command" --help
		golden "$command.txt" <<<"$output"
	done
	succeeds verify -h
	succeeds -h
}

@test "help lists every command and no line is wider than 100" {
	"$LIGHTEN" --help >help
	for command in optimize plan apply verify chain; do
		grep -q "^  $command " help
		"$LIGHTEN" "$command" --help | grep -q "^usage: lighten $command "
	done
	run ! grep -E '.{101}' help
}

@test "version" {
	succeeds --version
	[[ $output =~ ^lighten\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "help and version notice a full disk" {
	[ -w /dev/full ] || skip "no /dev/full"
	run bash -c '"$LIGHTEN" --version >/dev/full'
	[ "$status" -eq 5 ]
	run bash -c '"$LIGHTEN" verify --help >/dev/full'
	[ "$status" -eq 5 ]
	run bash -c '"$LIGHTEN" --help >/dev/full'
	[ "$status" -eq 5 ]
}

@test "unknown options, with a guess where one is near" {
	refuses 2 "did you mean --squash?" --squish=all app.tar
	refuses 2 "unknown option --colour" --colour app.tar
	refuses 2 "unknown option -Z" -Z app.tar
	refuses 2 "unknown option --tags" verify --tags app.tar app.tar
}

@test "values that no option takes" {
	refuses 2 "all, none" --squash some app.tar
	refuses 2 "--squash" --squash
	refuses 2 "takes no value" --dry-run=yes app.tar
	refuses 2 "hybrid, docker, oci, oci-dir" --format zip -o out app.tar
	refuses 2 "--compress" --compress lzma -o out app.tar
	refuses 2 "--compress" --compress gzip:13 -o out app.tar
	refuses 2 "--compress" --compress zstd:23 -o out app.tar
	refuses 2 "--compress" --compress gzip: -o out app.tar
	refuses 2 "off, structure, full" --verify maybe -o out app.tar
	refuses 5 "--keep-base: cannot open x" --keep-base x -o out app.tar
	refuses 2 "--threads" --threads 99999999999999999999 -o out app.tar
	refuses 2 "--tag" --tag "Upper Case" -o out app.tar
	refuses 2 "--tag" --tag noversion -o out app.tar
	refuses 2 "--report" --report out.doc -o out app.tar
	refuses 2 "unknown policy" --policy strong -o out app.tar
}

@test "limits that are none" {
	refuses 2 "--limit" --limit entries -o out app.tar
	refuses 2 "--limit" --limit entries=many -o out app.tar
	refuses 2 "--limit" --limit sheep=3 -o out app.tar
	refuses 2 "--limit" --limit entries=99999999999999999999999 -o out app.tar
	refuses 2 "--limit" --limit entries=-1 -o out app.tar
}

@test "more inputs than one" {
	refuses 2 "too many" -o out app.tar two.tar
	refuses 2 "" verify app.tar
	refuses 2 "" verify app.tar two.tar app.tar
}

@test "two dashes end the options" {
	cp app.tar ./-app.tar
	succeeds -q -o out.tar -- -app.tar
	[ -s out.tar ]
}

@test "options in every spelling and place" {
	succeeds optimize app.tar --squash=none -qo out1.tar
	succeeds -q --squash none -oout2.tar app.tar
	succeeds -q app.tar --output=out3.tar --squash none
	cmp out1.tar out2.tar
	cmp out1.tar out3.tar
}

@test "thousands of options" {
	mapfile -t many < <(yes -- --limit=images=7 | head -n 10000)
	succeeds "${many[@]}" -q -o out.tar app.tar
	mapfile -t many < <(yes -- --image=test/app:1 | head -n 5000)
	succeeds "${many[@]}" -q -o out.tar app.tar
	mapfile -t many < <(seq -f 'x/y:%g' 2000)
	succeeds "${many[@]/#/--tag=}" -q -o tagged.tar app.tar
}

@test "no archive goes to a terminal, none is read from one" {
	command -v script >/dev/null || skip "no script"
	run script -qec "'$LIGHTEN' app.tar" /dev/null
	[ "$status" -eq 2 ]
	[[ $output == *"terminal"* ]]
	run script -qec "'$LIGHTEN' -o out.tar" /dev/null
	[ "$status" -eq 2 ]
	[[ $output == *"no input"* ]]
}

@test "the output is the input" {
	sum=$(sha256sum app.tar)
	refuses 2 "the output is the input" -o app.tar app.tar
	refuses 2 "the output is the input" -o ./app.tar app.tar
	ln -s app.tar link.tar
	refuses 2 "the output is the input" -o link.tar app.tar
	ln app.tar hard.tar
	refuses 2 "the output is the input" -o hard.tar app.tar
	run --separate-stderr bash -c '"$LIGHTEN" -o app.tar <app.tar'
	[ "$status" -eq 2 ]
	[ "$sum" = "$(sha256sum app.tar)" ]
}

@test "a directory as output" {
	mkdir full empty
	touch full/x
	refuses 2 "not empty" --format oci-dir -o full app.tar
	refuses 2 "is a directory" -o empty app.tar
	refuses 2 "directory" --format oci-dir -o app.tar two.tar
	refuses 2 "-o DIRECTORY" --format oci-dir app.tar
	succeeds -q --format oci-dir -o empty app.tar
	[ -s empty/index.json ]
	succeeds -q --format oci-dir -o new/ app.tar
	diff -r empty new
}

@test "images by name" {
	refuses 2 "there are: test/a:1, test/b:1, test/b:2" --image test/x:1 -o out two.tar
	succeeds -q --image test/b:1 -o b.tar two.tar
	run ! grep -q test/a b.tar
	refuses 2 "choose one with --image" --tag t/new:1 -o out two.tar
	succeeds -q --image test/b:1 --tag t/new:1 --tag t/new:2 -o new.tar two.tar
	grep -q 't/new:2' new.tar
	run ! grep -q test/b new.tar
}
