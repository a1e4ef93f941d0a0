#!/usr/bin/env bats
# What comes out: every way in and out, reports, determinism, idempotence.

load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	for name in app two three same bare careless; do
		forge "$name" "$name.tar"
	done
}

setup() {
	enter_work
	cp "$BATS_FILE_TMPDIR"/*.tar .
}

@test "the output is smaller and shows the same files" {
	succeeds -o out.tar app.tar
	[[ $stderr == *"verified     same file system"* ]]
	[ "$(stat -c %s out.tar)" -lt "$(stat -c %s app.tar)" ]
	succeeds verify app.tar out.tar
	succeeds verify app.tar same.tar --tree-only
}

@test "pipes: stdin, stdout, both" {
	"$LIGHTEN" -q -o file.tar app.tar
	"$LIGHTEN" -q app.tar | cat >stdout.tar
	"$LIGHTEN" -q -o - - <app.tar >both.tar
	cat app.tar | "$LIGHTEN" -q | cat >pipe.tar
	cat app.tar | gzip | "$LIGHTEN" -q -o packed.tar -
	mkfifo fifo
	cat app.tar >fifo &
	"$LIGHTEN" -q -o from-fifo.tar fifo
	for other in stdout both pipe packed from-fifo; do
		cmp file.tar "$other.tar"
	done
}

@test "an archive behind other bytes of standard input" {
	{ head -c 700 /dev/zero; cat app.tar; } >behind
	{ head -c 700 >/dev/null; "$LIGHTEN" -q -o out.tar; } < <(cat behind)
	"$LIGHTEN" -q -o plain.tar app.tar
	cmp plain.tar out.tar
}

@test "a reader that goes away" {
	run bash -c '"$LIGHTEN" -q --compress none app.tar | head -c 1; exit "${PIPESTATUS[0]}"'
	[ "$status" -eq 5 ] || [ "$status" -eq 0 ]
}

@test "an older output is replaced, its mode is not copied from the input" {
	echo old >out.tar
	chmod 600 app.tar
	umask 022
	succeeds -q -o out.tar app.tar
	succeeds -q -o new.tar app.tar
	cmp out.tar new.tar
	[ "$(stat -c %a new.tar)" = 644 ]
	umask 077
	succeeds -q -o private.tar app.tar
	[ "$(stat -c %a private.tar)" = 600 ]
}

@test "a symlink as output keeps being one" {
	mkdir store
	ln -s store/real.tar out.tar
	touch store/real.tar
	succeeds -q -o out.tar app.tar
	[ -L out.tar ]
	[ -s store/real.tar ]
	[ "$(ls store)" = real.tar ]
}

@test "quiet is quiet" {
	succeeds -q -o out.tar app.tar
	[ -z "$output$stderr" ]
	succeeds --quiet verify app.tar out.tar || succeeds verify --quiet app.tar out.tar
	[ -z "$output$stderr" ]
}

@test "every format and encoding gives the same file system" {
	for format in hybrid docker oci oci-dir; do
		for compress in auto none gzip gzip:1 gzip:12 zstd zstd:1 zstd:19,long; do
			for input in app two three; do
				out=$input-$format-$compress
				succeeds -q --format "$format" --compress "$compress" -o "$out" "$input.tar"
				succeeds verify "$input.tar" "$out"
			done
		done
	done
}

@test "a second run over the output changes nothing" {
	for format in hybrid docker oci; do
		for compress in auto none gzip zstd; do
			for mode in --squash=all --squash=none --keep-base=1; do
				for input in app two three; do
					"$LIGHTEN" -q "$mode" --format "$format" --compress "$compress" -o 1 "$input.tar"
					"$LIGHTEN" -q "$mode" --format "$format" --compress "$compress" -o 2 1
					echo "$format $compress $mode $input"
					cmp 1 2
				done
			done
		done
	done
	"$LIGHTEN" -q --format oci-dir -o dir1 app.tar
	"$LIGHTEN" -q --format oci-dir -o dir2 dir1
	diff -r dir1 dir2
}

@test "the same bytes whatever the surroundings" {
	mkdir -p deep/er
	for options in "" "--compress gzip" "--compress zstd" "--squash none" "--format docker"; do
		# shellcheck disable=SC2086 # several words
		run_with() { "$@" "$LIGHTEN" -q $options -o other.tar app.tar && cmp first.tar other.tar; }
		# shellcheck disable=SC2086
		"$LIGHTEN" -q $options -o first.tar app.tar
		run_with env
		run_with env TZ=Asia/Kolkata
		run_with env LC_ALL=C
		run_with env LC_ALL=C.UTF-8 LANG=tr_TR.UTF-8
		run_with env -i
		run_with env TMPDIR="$PWD/deep"
		(umask 0 && run_with env)
		(umask 077 && run_with env)
		(
			cp app.tar deep/er/other-name.tar
			cd deep/er
			# shellcheck disable=SC2086
			"$LIGHTEN" -q $options -o x.tar ./other-name.tar
			cmp ../../first.tar x.tar
		)
		for threads in 1 2 8; do
			# shellcheck disable=SC2086
			"$LIGHTEN" -q --threads $threads $options -o other.tar app.tar
			cmp first.tar other.tar
		done
	done
}

@test "nothing is written in a dry run, and its figures are those of the real one" {
	for options in "" "--squash none" "--keep-base 1" "--compress gzip"; do
		for input in app two three bare; do
			# shellcheck disable=SC2086 # several words
			"$LIGHTEN" -q $options --report real.json -o out.tar "$input.tar"
			rm out.tar
			before=$(ls -A)
			touch dry.json
			# shellcheck disable=SC2086
			"$LIGHTEN" -q $options --dry-run --report dry.json -o out.tar "$input.tar" >stdout
			[ ! -s stdout ]
			rm stdout
			[ ! -e out.tar ]
			[ "$(json dry.json 'x["dryRun"]')" = True ]
			[ "$(json real.json 'x["dryRun"]')" = False ]
			for key in layerBytes layers entries fileSystemBytes savings; do
				echo "$options $input $key"
				[ "$(json real.json "x['$key']")" = "$(json dry.json "x['$key']")" ]
			done
			[ "$(json dry.json 'x["archiveBytes"]["after"]')" = None ]
			rm dry.json
			[ "$before" = "$(ls -A)" ]
		done
	done
}

@test "the text report" {
	succeeds --report report.txt -o out.tar app.tar
	golden report.txt <report.txt
	[ "$stderr" = "$(cat report.txt)" ]
}

@test "the JSON report" {
	succeeds -q --report r.json --report r.txt -o out.tar app.tar
	[ -s r.txt ]
	for key in archiveBytes command dropped dryRun entries fileSystemBytes fileSystemEntries format images input layerBytes \
		layers layout output outputLayers savings schema storedLayerBytes verify warnings; do
		[ "$(json r.json "'$key' in x")" = True ]
	done
	[ "$(json r.json 'x["archiveBytes"]["before"]')" = "$(stat -c %s app.tar)" ]
	[ "$(json r.json 'x["archiveBytes"]["after"]')" = "$(stat -c %s out.tar)" ]
	[ "$(json r.json 'x["layers"]["before"], x["layers"]["after"]')" = "(3, 1)" ]
	[ "$(json r.json 'x["savings"]["dead"]["bytes"]')" = 120000 ]
	[ "$(json r.json 'x["savings"]["dead"]["largest"][0]["path"]')" = var/cache ]
	[ "$(json r.json 'x["savings"]["dead"]["pairs"][0]["hiddenBy"]["step"]')" = 4 ]
	[ "$(json r.json 'x["images"][0]["name"]')" = test/app:1 ]
}

@test "JSON reports are what the schema says, and nothing else" {
	forge debian debian.tar
	forge packed packed.tar
	forge packed-base packed-base.tar
	"$LIGHTEN" -q --report 1.json -o out.tar app.tar
	"$LIGHTEN" -q --report 2.json --dry-run --policy none three.tar
	"$LIGHTEN" -q --report 3.json -o out.tar two.tar --verify full --keep-base 1
	"$LIGHTEN" -q --report 4.json -o out.tar careless.tar --policy slim,secrets --keep '/var/log/**'
	"$LIGHTEN" -q --report 5.json -o out.tar debian.tar --policy docs,locales --persist --dedupe all
	"$LIGHTEN" -q --report 6.json -o out.tar packed.tar --have packed-base.tar --verify off
	"$LIGHTEN" -q --report 7.json -o dir bare.tar --format oci-dir --compress zstd
	schema=$root/src/report/report.schema.json
	python3 "$root/tests/cli/report_schema.py" "$schema" ?.json
	# A member that is wrong, missing or new is noticed.
	for change in '.layers.after = "1"' 'del(.verify)' '.verify.news = 1' '.schema = 2' '.images[0].inputId = "x"'; do
		jq "$change" 1.json >wrong.json
		run ! python3 "$root/tests/cli/report_schema.py" "$schema" wrong.json
	done
}

@test "what left is dead bodies, rules, headers and markers, to the byte" {
	forge packed-headers long.tar
	for options in "--policy none" "--policy none --squash none" "--policy slim" "--dedupe safe"; do
		for input in app two careless long; do
			# shellcheck disable=SC2086 # several words
			"$LIGHTEN" -q $options "$input.tar" -o out.tar --report r.json
			json r.json 'x["layerBytes"]["before"] - x["layerBytes"]["after"] - (
				x["savings"]["dead"]["bytes"] + x["savings"]["headers"] + x["savings"]["ignored"] +
				x["savings"]["policy"]["removed"] + x["savings"]["policy"]["emptied"] +
				x["savings"].get("dedupe", {"bytes": 0})["bytes"])' >difference
			echo "$options $input $(<difference)"
			[ "$(<difference)" -eq 0 ]
		done
	done
	# Two headers of a pax record each were not needed, one of a long name is.
	"$LIGHTEN" -q --policy none long.tar -o out.tar --report r.json --report r.txt
	[ "$(json r.json 'x["savings"]["keptHeaders"]')" -eq 2048 ]
	grep -q "headers .*, 2.05 kB in headers of what stays" r.txt
}

@test "what was dropped is in the reports" {
	succeeds --report r.json -o out.tar three.tar
	[[ $stderr == *attestation* ]]
	[ "$(json r.json 'len(x["dropped"])')" = 1 ]
}

@test "an output that is not smaller is said in the first line" {
	forge bare in.tar
	"$LIGHTEN" -q -o 1.tar in.tar
	succeeds -o 2.tar 1.tar
	[[ $stderr == "nothing won"* ]]
}

@test "levels of verification" {
	for level in off structure full; do
		succeeds --verify "$level" --report "$level.json" -o "$level.tar" app.tar
		[ "$(json "$level.json" 'x["verify"]["level"]')" = "$level" ]
	done
	cmp off.tar full.tar
	cmp off.tar structure.tar
	[ "$(json off.json 'x["verify"]["names"]')" = 0 ]
}

@test "plain progress is lines, and none is none" {
	run --separate-stderr "$LIGHTEN" --progress plain -o out.tar app.tar
	[[ $stderr != *$'\r'* ]]
	run --separate-stderr "$LIGHTEN" --progress none -o out.tar app.tar
	[[ $stderr != *$'\r'* ]]
	succeeds --fsync -q -o synced.tar app.tar
	cmp out.tar synced.tar
}

@test "attestations are carried on request, tied to the new image" {
	forge three three.tar
	succeeds --keep-attestations -o kept.tar three.tar
	[[ $stderr == *"were carried along"* ]]
	tar -xOf kept.tar index.json >index
	[ "$(json index '[m["annotations"].get("vnd.docker.reference.digest") for m in x["manifests"]][1] == x["manifests"][0]["digest"]')" = True ]
	succeeds -o dropped.tar three.tar
	[[ $stderr == *"were left out"* ]]
	tar -xOf dropped.tar index.json >index
	[ "$(json index 'len(x["manifests"])')" = 1 ]
}
