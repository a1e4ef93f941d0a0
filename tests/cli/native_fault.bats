#!/usr/bin/env bats
# Every call that can fail does so once: the run ends with status 5 and a message, leaves nothing
# behind and an older output intact, or it ends well with the right output.

load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	forge app app.tar
	forge big big.tar
	forge three three.tar
	gzip -k app.tar
	MAKEFLAGS='' make -s -C "$root" build/fault.so
}

setup() {
	enter_work
	mkdir out spool
	export TMPDIR=$PWD/spool
	images=$BATS_FILE_TMPDIR
}

# with_fault FAULT COMMAND...: sets status and hit (was the call reached?)
with_fault() {
	local fault=$1
	shift
	rm -f mark
	{
		LD_PRELOAD=$root/build/fault.so FAULT=$fault FAULT_MARK=mark "$@" 2>message && status=0 ||
			status=$?
	} 2>/dev/null
	[ -e mark ] && hit=yes || hit=
}

# folder NAME: what is in it, in $names.  There are thousands of runs here, so what can be done
# without another process is.
folder() {
	local all
	shopt -s nullglob dotglob
	all=("$1"/*)
	shopt -u nullglob dotglob
	names=${all[*]#"$1"/}
}

reset_output() {
	rm -rf out/*
	if [ "$old" = yes ]; then
		echo precious >out/image
	fi
}

# unharmed FAULT: the folder of the output is as before the run.
unharmed() {
	local names found wanted=
	[ "$old" = yes ] && wanted=image
	folder out
	found=$names
	folder spool
	echo "$1 old=$old status=$status: $(<message) -- out: $found, spool: $names"
	[ "$found" = "$wanted" ]
	[ -z "$names" ]
	[ -z "$old" ] || [ "$(<out/image)" = precious ]
}

# The folder is flushed after the complete output got its name, which nothing takes back.
named_unsynced() {
	[ "$call" = fsync ] && [ "$(ls -A out)" = image ] && diff -r right out/image >/dev/null
}

# sweep "CALL..." "HOW..." COMMAND...: the command writes out/image; right is the right output.
sweep() {
	local call how n names calls=$1 hows=$2 reached=0
	shift 2
	for call in $calls; do
		for how in $hows; do
			for ((n = 1; n < 500; n++)); do
				reset_output
				with_fault "$call:$n:$how" "$@"
				if [ "$status" -eq 0 ]; then
					echo "$call:$n:$how ended well"
					diff -r right out/image
					folder spool
					[ -z "$names" ]
				else
					[ "$status" -eq 5 ]
					[[ $(<message) == "lighten: "* ]]
					named_unsynced || unharmed "$call:$n:$how"
				fi
				[ "$hit" ] || break
				reached=$((reached + 1))
			done
			[ "$n" -lt 500 ]
		done
	done
	echo "$reached faults"
	[ "$reached" -gt 0 ]
}

writing="write pwrite ftruncate fallocate mkstemp mkdir rename fchmod fsync"
reading="read pread open mmap madvise"

@test "a file, a full disk" {
	"$LIGHTEN" -q -o right "$images/big.tar"
	for old in "" yes; do
		sweep "$writing" "ENOSPC EIO" "$LIGHTEN" -q --threads 1 --fsync -o out/image "$images/big.tar"
	done
}

@test "a file, an unreadable disk" {
	"$LIGHTEN" -q -o right "$images/big.tar"
	for old in "" yes; do
		sweep "$reading" EIO "$LIGHTEN" -q --threads 1 --verify full -o out/image "$images/big.tar"
	done
}

# A disk that fails, or a file that is cut short, meanwhile: reading on would hash other bytes.
@test "an input that goes away under its reader" {
	local n hit
	old=yes
	for threads in 1 4; do
		for ((n = 1; n < 500; n++)); do
			reset_output
			with_fault "madvise:$n:SHORT" "$LIGHTEN" -q --threads $threads -o out/image "$images/three.tar"
			[ "$hit" ] || break
			[ "$status" -eq 5 ]
			grep -q "shorter or unreadable" message
			unharmed "madvise:$n:SHORT"
		done
		[ "$n" -gt 1 ]
	done
}

@test "packed on both sides, with a report" {
	"$LIGHTEN" -q --compress gzip -o right "$images/app.tar.gz"
	for old in "" yes; do
		sweep "$writing $reading" EIO "$LIGHTEN" -q --threads 1 --compress gzip --report r.json \
			-o out/image "$images/app.tar.gz"
	done
}

@test "compressed layers, several threads" {
	"$LIGHTEN" -q --squash none --compress zstd -o right "$images/three.tar"
	old=yes
	sweep "write pwrite pread open" EIO "$LIGHTEN" -q --threads 4 --squash none --compress zstd \
		-o out/image "$images/three.tar"
}

@test "a directory as output" {
	"$LIGHTEN" -q --format oci-dir -o right "$images/big.tar"
	old=
	sweep "$writing open" "ENOSPC" "$LIGHTEN" -q --threads 1 --fsync --format oci-dir -o out/image \
		"$images/big.tar"
	sweep "read pread" EIO "$LIGHTEN" -q --threads 1 --format oci-dir -o out/image "$images/big.tar"
}

@test "a directory as input" {
	"$LIGHTEN" -q --format oci-dir -o layout "$images/app.tar"
	"$LIGHTEN" -q -o right layout
	old=yes
	sweep "$reading" EIO "$LIGHTEN" -q --threads 1 -o out/image layout
}

@test "standard input and output" {
	"$LIGHTEN" -q -o right "$images/big.tar"
	for call in write pwrite read pread open; do
		for ((n = 1; n < 500; n++)); do
			rm -f mark
			LD_PRELOAD=$root/build/fault.so FAULT=$call:$n:EIO FAULT_MARK=mark \
				"$LIGHTEN" -q --threads 1 <"$images/big.tar" 2>message | cat >piped
			status=${PIPESTATUS[0]}
			echo "$call:$n status $status: $(<message)"
			if [ "$status" -eq 0 ]; then
				cmp right piped
			else
				[ "$status" -eq 5 ]
				[ -s message ]
			fi
			[ -z "$(ls -A spool)" ]
			[ -e mark ] || break
		done
	done
}

@test "interruptions and short counts are survived" {
	old=
	for format in hybrid oci-dir; do
		rm -rf right
		"$LIGHTEN" -q --format $format -o right "$images/big.tar"
		for call in write pwrite read pread; do
			for how in EINTR SHORT; do
				for ((n = 1; n < 500; n++)); do
					reset_output
					with_fault "$call:$n:$how" "$LIGHTEN" -q --threads 1 --format $format \
						-o out/image "$images/big.tar"
					echo "$format $call:$n:$how status $status: $(<message)"
					[ "$status" -eq 0 ]
					diff -r right out/image
					[ "$hit" ] || break
				done
			done
		done
	done
}

@test "interruptions and short counts on pipes and packed inputs" {
	"$LIGHTEN" -q -o right "$images/app.tar"
	for call in write pwrite read pread; do
		for how in EINTR SHORT; do
			for ((n = 1; n < 500; n++)); do
				rm -f mark
				LD_PRELOAD=$root/build/fault.so FAULT=$call:$n:$how FAULT_MARK=mark \
					"$LIGHTEN" -q --threads 1 <"$images/app.tar.gz" | cat >piped
				[ "${PIPESTATUS[0]}" -eq 0 ]
				cmp right piped
				[ -e mark ] || break
			done
		done
	done
}

# ended CALLS FORMAT: a signal at every call of that kind
ended() {
	local call signal n names
	for call in $1; do
		for signal in TERM INT HUP; do
			for ((n = 1; n < 500; n++)); do
				reset_output
				with_fault "$call:$n:$signal" "$LIGHTEN" -q --threads 1 --format "$2" -o out/image \
					"$images/big.tar"
				[ "$hit" ] || break
				[ "$status" -gt 128 ]
				# The signal may have come when the output already had its name.
				if [ -e out/image ] && [ "$(cat out/image 2>/dev/null | head -c 8)" != precious ]; then
					diff -r right out/image
				else
					unharmed "$call:$n:$signal"
				fi
				folder out
				[ -z "$names" ] || [ "$names" = image ]
			done
		done
	done
}

@test "a signal at any call leaves no unfinished file" {
	"$LIGHTEN" -q -o right "$images/big.tar"
	for old in "" yes; do
		ended "$writing $reading close" hybrid
	done
}

@test "a signal at any call leaves no unfinished directory" {
	"$LIGHTEN" -q --format oci-dir -o right "$images/big.tar"
	old=
	ended "$writing $reading close" oci-dir
}

@test "killed without a chance: an older output survives" {
	"$LIGHTEN" -q -o right "$images/big.tar"
	old=yes
	for call in write pwrite pread fchmod rename; do
		for ((n = 1; n < 500; n++)); do
			reset_output
			with_fault "$call:$n:KILL" "$LIGHTEN" -q --threads 1 -o out/image "$images/big.tar"
			[ "$hit" ] || break
			[ "$(<out/image)" = precious ]
		done
	done
}

@test "a signal at a random time" {
	{
		cat "$root/tests/cli/images.case"
		printf '== heavy\nlayer\n'
		for i in $(seq 200); do
			printf '  f file%d c*=%d-text-*20000\n' "$i" "$i"
		done
	} >heavy.case
	CASES=heavy.case PYTHONDONTWRITEBYTECODE=1 \
		python3 "$root/tests/conformance/forge.py" heavy heavy.tar
	"$LIGHTEN" -q --compress gzip -o right heavy.tar
	old=yes
	RANDOM=42
	for signal in TERM INT HUP TERM INT HUP TERM INT HUP TERM; do
		reset_output
		"$LIGHTEN" -q --compress gzip -o out/image heavy.tar 2>message &
		sleep "0.$(printf %03d $((RANDOM % 250)))"
		kill -$signal $! 2>/dev/null || true
		wait $! && status=0 || status=$?
		[ "$status" -eq 0 ] && cmp right out/image && continue
		unharmed "$signal"
	done
}

@test "a report onto a full disk fails the run" {
	[ -w /dev/full ] || skip "no /dev/full"
	old=yes
	reset_output
	for suffix in txt json md html csv; do
		ln -s /dev/full "r.$suffix"
		lighten -q --report "r.$suffix" -o out/image "$images/app.tar"
		[ "$status" -eq 5 ]
		[ "$(cat out/image)" = precious ]
		[ "$(ls -A out)" = image ]
	done
}

@test "standard output onto a full disk" {
	[ -w /dev/full ] || skip "no /dev/full"
	run bash -c '"$LIGHTEN" -q "$1" >/dev/full' - "$images/app.tar"
	[ "$status" -eq 5 ]
	[[ $output == "lighten: "* ]]
	lighten -q -o /dev/full "$images/app.tar"
	[ "$status" -eq 5 ]
	run bash -c '"$LIGHTEN" verify "$1" "$2" >/dev/full' - "$images/app.tar" "$images/big.tar"
	[ "$status" -eq 5 ]
}

@test "bounded memory: a message, no crash" {
	old=yes
	for kilobytes in $(seq 40000 2500 70000); do
		reset_output
		(ulimit -v "$kilobytes" && exec "$LIGHTEN" -q --threads 1 --compress zstd:19,long -o out/image \
			"$images/big.tar") 2>message && continue || status=$?
		# Too little even for the dynamic loader.
		[ "$status" -eq 127 ] && continue
		unharmed "$kilobytes"
		[ "$status" -eq 5 ]
		grep -q memory message
	done
}
