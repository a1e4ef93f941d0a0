#!/usr/bin/env bats
# Inputs that are broken or no images: one clear line, no output, an older output survives.

load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	for name in app windows export lost flipped names two; do
		forge "$name" "$name.tar"
	done
	echo 'just text' >text.tar
	: >empty.tar
	head -c 1024 /dev/zero >zeros.tar
	printf 'precious' >old
}

setup() {
	enter_work
	cp -r "$BATS_FILE_TMPDIR"/. .
}

# rejects STATUS TEXT INPUT [OPTION...]: for a new output, an old one, and stdout
rejects() {
	local status_wanted=$1 text=$2 input=$3
	shift 3
	refuses "$status_wanted" "$text" "$@" -o new "$input"
	refuses "$status_wanted" "$text" "$@" -o old "$input"
	[ "$(cat old)" = precious ]
	refuses "$status_wanted" "$text" "$@" --format oci-dir -o folder "$input"
	refuses "$status_wanted" "$text" "$@" --dry-run "$input"
	run --separate-stderr bash -c '"$LIGHTEN" "$@" | wc -c' - "$@" "$input"
	[ "$output" = 0 ]
}

@test "text" { rejects 3 text.tar text.tar; }
@test "an empty file" { rejects 3 empty.tar empty.tar; }
@test "zeros" { rejects 4 zeros.tar zeros.tar; }
@test "a file system" { rejects 4 "docker export" export.tar; }
@test "Windows" { rejects 4 Windows windows.tar; }
@test "a missing blob" { rejects 3 layer lost.tar; }
@test "a flipped byte" { rejects 3 layer flipped.tar; }

@test "no such file" {
	refuses 5 "nothing.tar" -o new nothing.tar
	refuses 5 "No such file" -o new nothing.tar
}

@test "an input that may not be read" {
	# Root reads every file, but nothing below one.
	refuses 5 "app.tar/x" -o new app.tar/x
	[ "$(id -u)" -ne 0 ] || return 0
	chmod 0 app.tar
	refuses 5 "app.tar" -o new app.tar
}

@test "a folder that is no layout" {
	mkdir folder
	rejects 4 "index.json" folder
}

@test "cut off anywhere" {
	size=$(stat -c %s app.tar)
	for part in 1 511 512 513 1000 $((size / 7)) $((size / 3)) $((size / 2)) $((size * 9 / 10)) \
		$((size - 2560)); do
		head -c "$part" app.tar >cut.tar
		echo "cut at $part of $size"
		lighten -o new cut.tar
		[ "$status" -eq 3 ] || [ "$status" -eq 4 ]
		[[ $stderr == *cut.tar* && $stderr != *$'\n'* ]]
		[ ! -e new ]
	done
}

@test "packed and cut off" {
	gzip -k app.tar
	size=$(stat -c %s app.tar.gz)
	for part in 5 $((size / 2)) $((size - 4)); do
		head -c "$part" app.tar.gz >cut.tar.gz
		lighten -o new cut.tar.gz
		[ "$status" -eq 3 ]
		[ ! -e new ]
	done
}

@test "a byte flipped anywhere: refused, or the same file system" {
	size=$(stat -c %s two.tar)
	for at in $(seq 0 251 $((size - 1))); do
		cp two.tar flip.tar
		byte=$(od -An -tu1 -j "$at" -N 1 two.tar)
		printf "\\x$(printf %x $((byte ^ 64)))" | dd of=flip.tar bs=1 seek="$at" conv=notrunc status=none
		lighten -q -o new.tar flip.tar
		echo "flipped at $at: status $status"
		case $status in
		0)
			"$LIGHTEN" verify --tree-only two.tar new.tar
			rm new.tar
			;;
		2 | 3 | 4) [ ! -e new.tar ] ;;
		*) false ;;
		esac
	done
}

@test "limits, and how to lift them" {
	refuses 3 "--limit entries=" --limit entries=10 -o new names.tar
	succeeds -q --limit entries=11 -o new names.tar
	refuses 3 "--limit layers=" --limit layers=1 -o new2 app.tar
	refuses 3 "--limit members=" --limit members=3 -o new2 app.tar
	refuses 3 "--limit images=" --limit images=1 -o new2 two.tar
	refuses 3 "--limit json-bytes=" --limit json-bytes=100 -o new2 app.tar
	refuses 3 "--limit layer-bytes=" --limit layer-bytes=1000 -o new2 app.tar
	refuses 3 "--limit path-bytes=" --limit path-bytes=3 -o new2 app.tar
	refuses 3 "--limit path-depth=" --limit path-depth=1 -o new2 app.tar
	gzip -k app.tar
	refuses 3 "--limit spool-bytes=" --limit spool-bytes=1000 -o new2 app.tar.gz
}

@test "an output folder that is not there, or is a file" {
	refuses 5 "nowhere" -o nowhere/out app.tar
	refuses 5 "text.tar" -o text.tar/out app.tar
	refuses 5 "nowhere" --format oci-dir -o nowhere/out app.tar
}

@test "a report that cannot be written fails the run" {
	refuses 5 "nowhere/r.txt" --report nowhere/r.txt -o new app.tar
}
