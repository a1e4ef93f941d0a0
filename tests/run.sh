#!/usr/bin/env bash
# run.sh PART...: build what each part needs, run it, add up the results.
#
# The last line is "N passed, N failed" (", N skipped" may follow) over all parts; the status is 1
# when anything failed.  The full output of a part goes to build/check/PART.log.  In CI (CI=true)
# a skipped test counts as failed.  ORACLE=DIR adds the parts oracle-run and oracle-random to all.
set -u
cd "$(dirname "$0")/.." || exit 1

only_portable=
all_parts=(build lint unit unit-asan unit-tsan fuzz cli cli-asan conformance engine)
logs=build/check
passed=0 failed=0 skipped=0
make=${MAKE:-make}
jobs=$(nproc 2>/dev/null || echo 2)
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
	part=$1 log=$logs/$1.log
	part_passed=0 part_failed=0 part_skipped=0 part_note=
	part_started=$SECONDS
	: >"$log"
}

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
	passed=$((passed + part_passed))
	failed=$((failed + part_failed))
	skipped=$((skipped + part_skipped))
}

# What a reader needs from a log: failed TAP and oracle lines with their comments, else its end.
failures() {
	local text
	text=$(awk '
		/^(not ok|FAIL) / { show = !/# [Ss][Kk][Ii][Pp]/ }
		/^  (CC|AR|LD) / { next }
		/^(ok |1\.\.|== )/ { show = 0 }
		/^(not ok|FAIL) .*# [Ss][Kk][Ii][Pp]|^ok .*# [Ss][Kk][Ii][Pp]/ { print; next }
		show' "$1" | head -n 200)
	[ -n "$text" ] || text=$(tail -n 40 "$1")
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

# Run a command that speaks TAP, without the variables by which make would steer its children.
# The outer redirection is for what bash itself says about a child that dies of a signal.
run_tap() {
	local status piece=$logs/piece.tap
	{ env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS timeout 1200 "$@" </dev/null >"$piece" 2>&1; } 2>/dev/null
	status=$?
	tap_add "$piece"
	if [ "$status" -ne 0 ] && [ "$tap_failed" -eq 0 ]; then
		echo "not ok 0 - $* ended with status $status" >>"$piece"
		part_failed=$((part_failed + 1))
	fi
	printf '== %s\n' "$*" >>"$log"
	cat "$piece" >>"$log"
	rm -f "$piece"
}

# Run a command whose last line is "N passed, N failed".
run_counted() {
	local status last good bad piece=$logs/piece.out
	env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS "$@" </dev/null >"$piece" 2>&1
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

# Build goals; on failure the part has failed and the caller leaves it.
built() {
	local piece=$logs/piece.out status
	"$make" --no-print-directory -j "$jobs" "$@" >"$piece" 2>&1
	status=$?
	if [ "$status" -ne 0 ]; then
		echo "FAIL make $*" >>"$log"
		part_failed=$((part_failed + 1))
	fi
	cat "$piece" >>"$log"
	rm -f "$piece"
	return "$status"
}

# --- parts -----------------------------------------------------------------------------------

# In CI the program must compile without a warning under both compilers.
part_build() {
	built BUILD=release all && part_passed=$((part_passed + 1))
	in_ci || return
	built BUILD=release CC=clang WERROR=1 programs && part_passed=$((part_passed + 1))
}

part_lint() {
	local script status
	for script in tests/lint/*.sh; do
		echo "== $script" >>"$log"
		"$script" >"$logs/piece.lint" 2>&1
		status=$?
		case $status in
		0) echo "ok - $script" && part_passed=$((part_passed + 1)) ;;
		77) echo "ok - $script # skip $(head -n 1 "$logs/piece.lint")" && part_skipped=$((part_skipped + 1)) ;;
		*) echo "not ok - $script" && part_failed=$((part_failed + 1)) ;;
		esac >>"$log"
		[ "$status" -eq 77 ] || cat "$logs/piece.lint" >>"$log"
		rm -f "$logs/piece.lint"
	done
	bats_files lint
}

# unit_tests BUILD [WRAPPER...]
unit_tests() {
	local build=$1 source program
	shift
	built BUILD="$build" unit-bins || return
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
	built BUILD=asan replay-bins || return
	for source in tests/fuzz/fuzz_*.c; do
		[ -e "$source" ] || continue
		name=$(basename "$source" .c)
		name=${name#fuzz_}
		run_tap "${fixed_layout[@]}" "build/asan/replay/$name" "tests/fuzz/corpus/$name"
	done
}

# bats_files FOLDER [WRAPPER...]: the bats files of tests/FOLDER, each on its own.
bats_files() {
	local files=(tests/"$1"/*.bats) file
	shift
	[ -e "${files[0]}" ] || return
	if ! bats_is_new; then
		part_skip "${files[@]}" "bats 1.5 or later is needed: $(bats --version 2>&1)"
		return
	fi
	for file in "${files[@]}"; do
		if [ -z "$only_portable" ] || [[ ${file##*/} != native_* ]]; then
			run_tap "$@" bats --formatter tap "$file"
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
	built BUILD=release all || return
	LIGHTEN=$PWD/build/lighten bats_files cli
}

# Tests in native_*.bats preload a library or bound memory, which a sanitizer cannot share.
part_cli_asan() {
	built BUILD=asan all || return
	LIGHTEN=$PWD/build/asan/lighten only_portable=yes bats_files cli "${fixed_layout[@]}"
}

part_conformance() {
	built BUILD=release all || return
	if [ -x tests/conformance/run.sh ]; then
		LIGHTEN=$PWD/build/lighten run_counted tests/conformance/run.sh
	fi
	LIGHTEN=$PWD/build/lighten bats_files conformance
}

part_engine() {
	local as_root=() files=(tests/engine/*.bats)
	[ -e "${files[0]}" ] || return
	built BUILD=release all || return
	if [ "$(id -u)" -ne 0 ]; then
		if ! sudo -n true 2>/dev/null; then
			part_skip "${files[@]}" 'engines need root or a sudo that asks no password'
			return
		fi
		as_root=(sudo -n)
	fi
	bats_files engine "${as_root[@]}" env "LIGHTEN=$PWD/build/lighten" "CI=${CI-}" \
		"PATH=$PATH:/usr/sbin:/sbin"
}

part_oracle_run() {
	built BUILD=release all || return
	run_counted python3 "$ORACLE/oracle.py" run --exclude keep --skip inspect --lighten build/lighten
}

part_oracle_random() {
	built BUILD=release all || return
	run_counted python3 "$ORACLE/oracle.py" random --modes all --count 2000 --lighten build/lighten
}

# --- main ------------------------------------------------------------------------------------

[ "${ORACLE-}" ] && all_parts+=(oracle-run oracle-random)
parts=("$@")
[ "$*" = all ] && parts=("${all_parts[@]}")
mkdir -p "$logs"
for name in "${parts[@]}"; do
	function=part_${name//-/_}
	if ! declare -F "$function" >/dev/null; then
		echo "run.sh: no part \"$name\"; parts: ${all_parts[*]}" >&2
		exit 2
	fi
	part_begin "$name"
	"$function"
	part_end
done

total="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || total="$total, $skipped skipped"
printf '%s\n' "$total" | tee "$logs/total"
[ "$failed" -eq 0 ]
