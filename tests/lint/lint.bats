#!/usr/bin/env bats
# The lint scripts find what they are for, and nothing in a clean tree.

setup() {
	tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree/src/tar" "$tree/src/layer" "$tree/include/tar" "$tree/include/layer" "$tree/tests"
	cp "$BATS_TEST_DIRNAME/../../.clang-format" "$tree/"
	printf '%s\n' '/* a.h - one number. */' '#ifndef TAR_A_H' '#define TAR_A_H' '' 'int a(void);' '' \
		'#endif' >"$tree/include/tar/a.h"
	printf '%s\n' '/* a.c - one number. */' '#include "tar/a.h"' '' 'int a(void)' '{' \
		$'\treturn 1;' '}' >"$tree/src/tar/a.c"
}

lint() {
	run "$BATS_TEST_DIRNAME/$1.sh" "$tree"
}

# found SCRIPT TEXT: the script fails and says TEXT.
found() {
	lint "$1"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"$2"* ]]
}

@test "a clean tree passes every script" {
	for script in "$BATS_TEST_DIRNAME"/*.sh; do
		lint "$(basename "$script" .sh)"
		echo "$script: $output"
		[ "$status" -eq 0 ] || [ "$status" -eq 77 ]
		[ "$status" -eq 77 ] || [ -z "$output" ]
	done
}

@test "an empty tree passes every script" {
	rm -rf "$tree"
	mkdir "$tree"
	for script in "$BATS_TEST_DIRNAME"/*.sh; do
		lint "$(basename "$script" .sh)"
		echo "$script: $output"
		[ "$status" -eq 0 ] || [ "$status" -eq 77 ]
	done
}

@test "layers: an include of a later stage, from src and from include" {
	echo '#include "layer/b.h"' >>"$tree/src/tar/a.c"
	found layers 'src/tar/a.c:8: tar must not include layer/b.h'
	setup
	echo '#include "cli/b.h"' >>"$tree/include/tar/a.h"
	found layers 'include/tar/a.h:8: tar must not include cli/b.h'
}

@test "layers: an earlier stage and the own one are fine" {
	printf '%s\n' '/* b.c - uses a. */' '#include "b.h"' '#include "layer/b.h"' '#include "tar/a.h"' \
		>"$tree/src/layer/b.c"
	lint layers
	[ "$status" -eq 0 ]
}

@test "layers: dots, unknown stages, own header not first" {
	echo '#include "../layer/b.h"' >>"$tree/src/tar/a.c"
	found layers 'src/tar/a.c:8: include by stage'
	setup
	echo '#include "utils/b.h"' >>"$tree/src/tar/a.c"
	found layers 'no such stage: utils/b.h'
	setup
	mkdir "$tree/src/misc"
	echo '/* x.c */' >"$tree/src/misc/x.c"
	found layers '"misc" is not a stage'
	rm -r "$tree/src/misc"
	sed -i '2i #include "tar/z.h"' "$tree/src/tar/a.c"
	found layers 'own header "tar/a.h"'
}

@test "size: a file of 601 lines, not one of 600" {
	lines=$(wc -l <"$tree/src/tar/a.c")
	yes '/* line */' | head -n $((600 - lines)) >>"$tree/src/tar/a.c"
	lint size
	[ "$status" -eq 0 ]
	echo >>"$tree/src/tar/a.c"
	found size 'src/tar/a.c:1: 601 lines (limit 600)'
}

@test "size: a function of 81 lines, not one of 80" {
	{
		printf '\nint b(void)\n{\n'
		yes $'\t;' | head -n 76
		printf '\treturn 1;\n}\n'
	} >>"$tree/src/tar/a.c"
	lint size
	echo "$output"
	[ "$status" -eq 0 ]
	sed -i 's/^\treturn 1;$/\t;\n\treturn 1;/' "$tree/src/tar/a.c"
	found size 'b has 81 lines (limit 80)'
}

@test "headers: one that needs another include" {
	echo 'size_t b(void);' >>"$tree/include/tar/a.h"
	found headers 'include/tar/a.h:1: does not compile alone'
}

@test "banned: a call, with the right line" {
	printf '%s\n' 'void b(char *x)' '{' $'\tstrcpy(x, "a");' '}' >>"$tree/src/tar/a.c"
	found banned 'src/tar/a.c:10: banned function'
}

@test "banned: comments, text, members and longer names are fine" {
	printf '%s\n' '/* strcpy(a, b) */' 'static const char *t = "sprintf(x) \" ctime(y)";' \
		'int my_strcpy(int x);' 'int u = my_strcpy(1) + s.ctime;' >>"$tree/src/tar/a.c"
	lint banned
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "unfinished: a word of that kind" {
	printf '/* %s: later */\n' 'TO''DO' >>"$tree/src/tar/a.c"
	found unfinished 'src/tar/a.c:8:'
}

@test "first_line: code before the comment" {
	sed -i 1d "$tree/src/tar/a.c"
	found first_line 'src/tar/a.c:1:'
}

@test "shell: an unquoted variable" {
	printf '%s\n' '#!/bin/sh' 'rm $1' >"$tree/tests/x.sh"
	found shell 'tests/x.sh:2:'
}

@test "spelling: a common error" {
	printf '/* %s */\n' 're''cieve' >>"$tree/src/tar/a.c"
	found spelling 'src/tar/a.c:8:'
}

@test "format: spaces for a tab" {
	sed -i 's/^\treturn/    return/' "$tree/src/tar/a.c"
	lint format
	[ "$status" -ne 77 ] || skip "$output"
	found format 'src/tar/a.c:6: not formatted'
}
