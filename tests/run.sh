#!/usr/bin/env bash
# run.sh PART...: build what each part needs, run it, add up the results.
#
# The last line is "N passed, N failed" (", N skipped" may follow) over all parts; the status is 1
# when anything failed.  The full output of a part goes to build/check/PART.log.  In CI (CI=true)
# a skipped test counts as failed.  ORACLE=DIR adds the parts oracle-run and oracle-random to all.
#
# Parts run beside each other, one for each processor (LANES=N for N at a time), and print their
# results as they end.  All that they write but build/ lies in one folder below TMPDIR (/var/tmp, as
# gigabytes are too much for a /tmp in memory), which goes with the run, also an interrupted one.
set -u
cd "$(dirname "$0")/.." || exit 1
# What the tests compare is sorted, and modes of files go into images.
export LC_ALL=C.UTF-8
umask 022

only_portable=
# In the order in which they begin: the longest first, so that the last ones to end are short.
all_parts=(build policies engine cli-asan cli unit-tsan unit-asan unit lint conformance fuzz)
logs=build/check
passed=0 failed=0 skipped=0
make=${MAKE:-make}
jobs=$(nproc 2>/dev/null || echo 2)
lanes=${LANES:-$jobs}
# A test that hangs must not hold the run; on a slow machine the longest takes minutes.
patience=3600
# A job server of the calling make cannot be reached from here.
MAKEFLAGS=$(printf '%s' "${MAKEFLAGS-}" | sed 's/--jobserver[^ ]*//g; s/ -j[0-9]*//g')
export MAKEFLAGS
unset MAKELEVEL

# Sanitizers need a memory layout that newer kernels randomise away.
fixed_layout=()
setarch "$(uname -m)" -R true 2>/dev/null && fixed_layout=(setarch "$(uname -m)" -R)
# A status that no test expects from the program.
export ASAN_OPTIONS=exitcode=99:detect_leaks=1:strict_string_checks=1
export UBSAN_OPTIONS=exitcode=99:print_stacktrace=1
export TSAN_OPTIONS=exitcode=99:halt_on_error=1

in_ci() {
	[ "${CI-}" = true ] || [ "${CI-}" = 1 ]
}

# --- results ---------------------------------------------------------------------------------

part_begin() {
	part=$1 log=$logs/$1.log piece=$logs/$1.piece
	part_passed=0 part_failed=0 part_skipped=0 part_note=
	part_started=$SECONDS
	: >"$log"
}

# Print the result, and leave its counts in PART.counts.
part_end() {
	local word=ok
	if in_ci && [ "$part_skipped" -gt 0 ]; then
		part_failed=$((part_failed + part_skipped))
		part_note="${part_note:+$part_note; }$part_skipped skipped, which CI does not allow"
		part_skipped=0
	fi
	[ $((part_passed + part_failed + part_skipped)) -gt 0 ] || word=none
	[ "$part_skipped" -eq 0 ] || word=skip
	[ "$part_failed" -eq 0 ] || word=FAIL
	printf '%-5s %-14s %5d passed %4d failed %4d skipped %5ds%s\n' "$word" "$part" \
		"$part_passed" "$part_failed" "$part_skipped" $((SECONDS - part_started)) \
		"${part_note:+  $part_note}"
	if [ "$part_failed" -gt 0 ]; then
		failures "$log"
		echo "      all of it: $log"
	elif [ "$part_skipped" -gt 0 ]; then
		grep -iE '^(not )?ok .*# skip' "$log" | sed 's/^/      /'
	fi
	echo "$part_passed $part_failed $part_skipped" >"$logs/$part.counts"
}

# What a reader needs from a log: failed TAP and oracle lines with their comments, else its end.
failures() {
	local text
	text=$(awk '
		/^(not ok|FAIL) / { show = !/# [Ss][Kk][Ii][Pp]/ }
		/^  [A-Z]+ +build\// { next }
		/^(ok |1\.\.|== )/ { show = 0 }
		/^(not ok|FAIL) .*# [Ss][Kk][Ii][Pp]|^ok .*# [Ss][Kk][Ii][Pp]/ { print; next }
		show' "$1" | head -n 200)
	[ -n "$text" ] || text=$(grep -vE '^  [A-Z]+ +build/' "$1" | tail -n 40)
	printf '%s\n' "$text" | sed 's/^/      /'
}

# Add "passed failed skipped" of a TAP stream.  A plan that was not fulfilled is a failure.
tap_add() {
	local counts
	counts=$(awk '
		/^(not )?ok / && /# [Ss][Kk][Ii][Pp]/ { skip++; next }
		/^ok / { pass++ }
		/^not ok / { fail++ }
		/^1\.\.[0-9]+/ { plan += substr($1, 4) }
		END {
			lost = plan - pass - fail - skip
			print pass + 0, fail + (lost > 0 ? lost : 0), skip + 0
		}' "$1")
	read -r tap_passed tap_failed tap_skipped <<<"$counts"
	part_passed=$((part_passed + tap_passed))
	part_failed=$((part_failed + tap_failed))
	part_skipped=$((part_skipped + tap_skipped))
}

# Run a command without the variables by which make would steer its children, and with all signals
# as they are by default, which a shell or nohup may have changed; its output goes to $piece.  It is
# waited for in a way that a signal to this part ends at once: timeout has a process group of its
# own, passes the signal on to it, and ends.
run_piece() {
	env --default-signal -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS timeout -k 60 "$patience" "$@" </dev/null >"$piece" 2>&1 &
	child=$!
	# The redirection is for what bash itself says about a child that dies of a signal.
	wait "$child" 2>/dev/null
}

# Run a command that speaks TAP.
run_tap() {
	local status
	run_piece "$@"
	status=$?
	tap_add "$piece"
	# Tests that were never reached are counted as failed, but name nothing.
	if [ "$status" -ne 0 ] && ! grep -q '^not ok ' "$piece"; then
		echo "not ok 0 - $* ended with status $status" >>"$piece"
		[ "$tap_failed" -gt 0 ] || part_failed=$((part_failed + 1))
	fi
	printf '== %s\n' "$*" >>"$log"
	cat "$piece" >>"$log"
	rm -f "$piece"
}

# Run a command whose last line is "N passed, N failed".
run_counted() {
	local status last good bad
	run_piece "$@"
	status=$?
	last=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$piece" | tail -n 1)
	read -r good _ bad _ <<<"${last:-0 passed, 0 failed}"
	printf '== %s\n' "$*" >>"$log"
	if [ -z "$last" ] || { [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; }; then
		echo "FAIL $* ended with status $status${last:+ after \"$last\"}" >>"$log"
		bad=$((bad + 1))
	fi
	part_passed=$((part_passed + good))
	part_failed=$((part_failed + bad))
	cat "$piece" >>"$log"
	rm -f "$piece"
}

# built BUILD GOAL...: make goals of a tree, which only one part at a time does; on failure the part
# has failed and the caller leaves it.
built() {
	local build=$1 status
	shift
	flock "$logs/$build.lock" "$make" --no-print-directory -j "$jobs" BUILD="$build" "$@" >"$piece" 2>&1
	status=$?
	if [ "$status" -ne 0 ]; then
		echo "FAIL make BUILD=$build $*" >>"$log"
		part_failed=$((part_failed + 1))
	fi
	cat "$piece" >>"$log"
	rm -f "$piece"
	return "$status"
}

# --- parts -----------------------------------------------------------------------------------

# In CI the program must compile without a warning under both compilers.
part_build() {
	built release all && part_passed=$((part_passed + 1))
	in_ci || return
	built release CC=clang WERROR=1 programs && part_passed=$((part_passed + 1))
}

part_lint() {
	local script status
	for script in tests/lint/*.sh; do
		echo "== $script" >>"$log"
		run_piece "$script"
		status=$?
		case $status in
		0) echo "ok - $script" && part_passed=$((part_passed + 1)) ;;
		77) echo "ok - $script # skip $(head -n 1 "$piece")" && part_skipped=$((part_skipped + 1)) ;;
		*) echo "not ok - $script" && part_failed=$((part_failed + 1)) ;;
		esac >>"$log"
		[ "$status" -eq 77 ] || cat "$piece" >>"$log"
		rm -f "$piece"
	done
	bats_files tests/lint/*.bats
}

# unit_tests BUILD [WRAPPER...]
unit_tests() {
	local build=$1 source program
	shift
	built "$build" unit-bins || return
	for source in tests/unit/test_*.c; do
		[ -e "$source" ] || continue
		program=build/$build/tests/$(basename "$source" .c)
		CMOCKA_MESSAGE_OUTPUT=TAP run_tap "$@" "$program"
	done
}

part_unit() { unit_tests release; }
part_unit_asan() { unit_tests asan "${fixed_layout[@]}"; }
part_unit_tsan() { unit_tests tsan "${fixed_layout[@]}"; }

part_fuzz() {
	local source name
	built asan replay-bins || return
	for source in tests/fuzz/fuzz_*.c; do
		[ -e "$source" ] || continue
		name=$(basename "$source" .c)
		name=${name#fuzz_}
		run_tap "${fixed_layout[@]}" "build/asan/replay/$name" "tests/fuzz/corpus/$name"
	done
}

# bats_files FILE...: each on its own, behind the words of $wrapper
wrapper=()
bats_files() {
	local file
	if ! bats_is_new; then
		part_skip "$@" "bats 1.5 or later is needed: $(bats --version 2>&1)"
		return
	fi
	for file in "$@"; do
		if [ -z "$only_portable" ] || [[ ${file##*/} != native_* ]]; then
			run_tap "${wrapper[@]}" bats --formatter tap "$file"
		fi
	done
}

# Older ones lack BATS_TEST_TMPDIR and the options of run.
bats_is_new() {
	bats --version 2>/dev/null | awk '{ split($2, v, "."); exit !(v[1] > 1 || v[2] >= 5) }'
}

# part_skip FILE... REASON: count the tests of bats files as skipped
part_skip() {
	local files=("${@:1:$#-1}")
	part_skipped=$((part_skipped + $(cat "${files[@]}" | grep -c '^@test ')))
	part_note=${!#}
}

part_cli() {
	built release all || return
	LIGHTEN=$PWD/build/lighten bats_files tests/cli/*.bats
}

# Tests in native_*.bats preload a library or bound memory, which a sanitizer cannot share.
part_cli_asan() {
	built asan all || return
	wrapper=("${fixed_layout[@]}")
	SMALLER=10 LIGHTEN=$PWD/build/asan/lighten only_portable=yes bats_files tests/cli/*.bats
}

part_conformance() {
	built release all || return
	LIGHTEN=$PWD/build/lighten run_counted tests/conformance/run.sh
}

# Real engines; the policies on real images are a part of their own, for they take as long again.
part_engine() {
	local file files=()
	for file in tests/engine/*.bats; do
		[ "$file" = tests/engine/policy.bats ] || files+=("$file")
	done
	engine_files "${files[@]}"
}

part_policies() { engine_files tests/engine/policy.bats; }

engine_files() {
	built release all || return
	if [ "$(id -u)" -ne 0 ]; then
		if ! sudo -n true 2>/dev/null; then
			part_skip "$@" 'engines need root or a sudo that asks no password'
			return
		fi
		wrapper=(sudo -n)
	fi
	wrapper+=(env "LIGHTEN=$PWD/build/lighten" "CI=${CI-}" "TMPDIR=$TMPDIR" "PATH=$PATH:/usr/sbin:/sbin")
	bats_files "$@"
}

part_oracle_run() {
	built release all || return
	run_counted python3 "$ORACLE/oracle.py" run --exclude keep --skip inspect --lighten build/lighten
}

part_oracle_random() {
	built release all || return
	run_counted python3 "$ORACLE/oracle.py" random --modes all --count 2000 --lighten build/lighten
}

# --- beside each other -----------------------------------------------------------------------

running=()

# In a process group of its own, for the end of an interrupted run.
part_start() {
	rm -f "$logs/$1.counts" "$logs/$1.said"
	set -m
	part_run "$1" </dev/null >"$logs/$1.said" 2>&1 &
	set +m
	running+=("$1:$!")
}

part_run() {
	set +m
	trap 'kill "$child" 2>/dev/null; exit 1' INT TERM HUP
	child=
	part_begin "$1"
	"part_${1//-/_}"
	part_end
}

# Print and add up what ended.
parts_reap() {
	local entry part good bad left going=()
	sleep 0.2
	for entry in "${running[@]}"; do
		part=${entry%:*}
		if kill -0 "${entry#*:}" 2>/dev/null; then
			going+=("$entry")
			continue
		fi
		cat "$logs/$part.said"
		if ! read -r good bad left 2>/dev/null <"$logs/$part.counts"; then
			echo "FAIL  $part did not come to its end"
			good=0 bad=1 left=0
		fi
		rm -f "$logs/$part.said" "$logs/$part.counts"
		passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left))
	done
	running=("${going[@]}")
}

# Where a test was interrupted, a keeper is still stopping its engines.  What is looked for must not
# be a word of the command that looks.
clean_up() {
	for _ in $(seq 600); do
		grep -qsFf <(printf '%s\n' "$PWD/tests/engine/engine.bash") /proc/[0-9]*/cmdline || break
		sleep 0.1
	done
	# What is only now coming to its end may still write there.
	rm -rf --one-file-system "$TMPDIR" 2>/dev/null || { sleep 1 && rm -rf --one-file-system "$TMPDIR"; }
}

interrupted() {
	local entry
	trap '' INT TERM HUP
	for entry in "${running[@]}"; do
		kill -TERM -- "-${entry#*:}" 2>/dev/null
	done
	while [ ${#running[@]} -gt 0 ]; do
		parts_reap
	done
	echo 'run.sh: interrupted' >&2
	total
	exit 1
}

total() {
	local text="$passed passed, $failed failed"
	[ "$skipped" -eq 0 ] || text="$text, $skipped skipped"
	echo "$text"
}

# --- main ------------------------------------------------------------------------------------

[ "${ORACLE-}" ] && all_parts+=(oracle-random oracle-run)
parts=("$@")
[ "$*" = all ] && parts=("${all_parts[@]}")
for name in "${parts[@]}"; do
	if ! declare -F "part_${name//-/_}" >/dev/null; then
		echo "run.sh: no part \"$name\"; parts: ${all_parts[*]}" >&2
		exit 2
	fi
done
mkdir -p "$logs"
TMPDIR=$(mktemp -d "${TMPDIR:-/var/tmp}/lighten-check.XXXXXX") || exit 1
export TMPDIR
trap clean_up EXIT
trap interrupted INT TERM HUP
for name in "${parts[@]}"; do
	while [ ${#running[@]} -ge "$lanes" ]; do
		parts_reap
	done
	part_start "$name"
done
while [ ${#running[@]} -gt 0 ]; do
	parts_reap
done
total
[ "$failed" -eq 0 ]
