#!/usr/bin/env bats
# --help, the man page, the completions and README say the same.

load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	"$LIGHTEN" __docs man >lighten.1
	for shell in bash zsh fish; do
		"$LIGHTEN" __docs "$shell" >"lighten.$shell"
	done
}

setup() {
	enter_work
	docs=$BATS_FILE_TMPDIR
	mapfile -t commands < <("$LIGHTEN" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
	[ ${#commands[@]} -ge 5 ]
}

# help_options COMMAND: its long options; help_letters: the short ones
help_options() {
	"$LIGHTEN" "$1" --help | sed -nE 's/^  (-[a-zA-Z], |    )(--[a-z0-9-]+).*/\2/p'
}

help_letters() {
	"$LIGHTEN" "$1" --help | sed -nE 's/^  (-[a-zA-Z]), --.*/\1/p'
}

# completed WORD...: what bash offers for the last word of this line
completed() {
	COMP_WORDS=(lighten "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_lighten
	printf '%s\n' "${COMPREPLY[@]}"
}

@test "help goes to stdout, usage errors go to stderr" {
	for command in "" "${commands[@]}"; do
		succeeds ${command:+"$command"} --help
		[[ $output == "usage: lighten"* ]]
		[ -z "$stderr" ]
		refuses 2 "unknown option --nonsense; see lighten" ${command:+"$command"} --nonsense
	done
}

@test "no line of help is wider than 100, no option is there twice" {
	for command in "${commands[@]}"; do
		"$LIGHTEN" "$command" --help >help
		run ! grep -nE '.{101}' help
		[ -z "$(help_options "$command" | sort | uniq -d)" ]
		[ -z "$(help_letters "$command" | sort | uniq -d)" ]
	done
}

@test "the command that makes documents is not in help" {
	run ! grep -q __docs <("$LIGHTEN" --help)
	refuses 2 "is not one of man, bash, zsh, fish" __docs csh
	refuses 2 "one document is needed" __docs
}

@test "a full disk is noticed" {
	[ -w /dev/full ] || skip "no /dev/full"
	run bash -c '"$LIGHTEN" __docs man >/dev/full'
	[ "$status" -eq 5 ]
}

@test "mandoc has nothing to say about the man page" {
	command -v mandoc >/dev/null || skip "no mandoc"
	# Whether the pages that it refers to are installed is no matter of the page.
	mandoc -Tlint -W style "$docs/lighten.1" 2>/dev/null | grep -v 'referenced manual not found' >said || true
	cat said
	[ ! -s said ]
	mandoc -Tutf8 "$docs/lighten.1" | grep -q LIGHTEN
}

@test "every command and option of help is in the man page" {
	sed 's/\\-/-/g' "$docs/lighten.1" >page
	for command in "${commands[@]}"; do
		grep -qx ".Ss lighten $command" page
		for option in $(help_options "$command") $(help_letters "$command"); do
			echo "$command $option"
			grep -qE "Fl ${option#-}( |\$)" page
		done
	done
}

@test "every command and option of help is in each completion" {
	for command in "${commands[@]}"; do
		grep -q "	$command)" "$docs/lighten.bash"
		grep -q "	$command)" "$docs/lighten.zsh"
		for option in $(help_options "$command"); do
			echo "$command $option"
			grep -qE -- "$option[^a-z-]" "$docs/lighten.zsh"
			[ "$option" = --help ] ||
				grep -q -- "__lighten_is $command' .*-l ${option#--} " "$docs/lighten.fish"
		done
	done
}

@test "shells can read their completions" {
	shellcheck --shell=bash "$docs/lighten.bash"
	bash -n "$docs/lighten.bash"
	if command -v zsh >/dev/null; then
		zsh -n "$docs/lighten.zsh"
	fi
	if command -v fish >/dev/null; then
		fish --no-execute "$docs/lighten.fish"
	fi
}

@test "bash completes commands and options" {
	source "$docs/lighten.bash"
	touch app.tar
	mkdir layout
	[ "$(completed ver)" = verify ]
	[ "$(completed --vers)" = --version ]
	[ "$(completed --squ)" = --squash ]
	[ "$(completed verify --tree)" = --tree-only ]
	[ "$(completed plan --summ)" = --summary ]
	[ -z "$(completed verify --squ)" ]
	[ -z "$(completed app.tar --vers)" ]
	[ "$(completed verify app)" = app.tar ]
	[ "$(completed -o app)" = app.tar ]
	[ "$(completed lay)" = layout ]
	[[ $(completed "") == *plan* ]]
	[[ $(completed "") != *docs* ]]
	for command in "${commands[@]}"; do
		completed "$command" - | sort >offered
		{ help_options "$command"; help_letters "$command"; } | sort | diff - offered
	done
}

@test "bash completes values, and the program takes all of them" {
	source "$docs/lighten.bash"
	[ "$(completed --squash "" | xargs)" = "all none" ]
	[ "$(completed --squash =)" = "$(completed --squash "")" ]
	[ "$(completed --squash = n)" = none ]
	[ "$(completed --format oci- )" = oci-dir ]
	[ "$(completed --compress z)" = zstd ]
	[ "$(completed apply --verify = f)" = full ]
	[ -z "$(completed --max-layers "")" ]
	for command in "${commands[@]}"; do
		for option in $(help_options "$command"); do
			"$LIGHTEN" "$command" --help | grep -qe "$option [A-Z]" || continue
			for value in $(completed "$command" "$option" = ""); do
				succeeds "$command" "$option=$value" --help
			done
		done
	done
}

# Where help lists the values of an option, the same are completed.
@test "values in help are completed" {
	source "$docs/lighten.bash"
	for option in --squash --format --compress --verify --progress; do
		for value in $(completed "$option" ""); do
			"$LIGHTEN" optimize --help | grep -A 1 -e " $option " | grep -qw -e "$value"
		done
	done
}

@test "fish completes" {
	command -v fish >/dev/null || return 0
	export HOME=$PWD XDG_CONFIG_HOME=$PWD XDG_DATA_HOME=$PWD
	offered() {
		fish --no-config -c "source '$docs/lighten.fish'; complete -C '$1'" | cut -f 1 | xargs
	}
	[ "$(offered "lighten --squ")" = --squash ]
	[ "$(offered "lighten verify --tree")" = --tree-only ]
	[ "$(offered "lighten --squash ")" = "all none" ]
	[ "$(offered "lighten ver")" = verify ]
}

# The commands of the man page's examples, in order
examples() {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$docs/lighten.1" |
		sed -n '/^\.Bd/,/^\.Ed/{/^\.[BE]d/d;s/\\-/-/g;s/\\&//g;s/\\e/\\/g;p}'
}

@test "the examples of the man page work" {
	forge base base.tar
	forge derived app.tar
	mkdir bin
	ln -s "$(realpath "$LIGHTEN")" bin/lighten
	examples | grep -v docker >script
	cat script
	[ "$(wc -l <script)" -ge 8 ]
	PATH=$PWD/bin:$PATH bash -ex script
	for output in light thin zstd; do
		[ "$(stat -c %s app-$output.tar)" -lt "$(stat -c %s app.tar)" ]
	done
	tail -n 1 app.html | grep -qx '</html>'
	lighten verify app.tar app-zstd.tar
	[ "$status" -eq 0 ]
}

# readme_lines: each call of lighten in a code block of README, without what it is said to do
readme_lines() {
	awk '/^```/ { fenced = !fenced; next } fenced || /^    / ' "$root/README.md" | tr '|' '\n' |
		sed -E 's/^ *(\$ )?//; s/ (  |#|>|<|&|;).*//; s/ +$//' | grep -E '^lighten( |$)' | grep -v '\['
}

@test "the command lines in README are understood" {
	readme_lines >lines
	[ -s lines ]
	while read -r _ first rest; do
		echo "lighten $first $rest"
		read -ra words <<<"$rest"
		if [[ -n $first && $first != -* && $first != *[./]* ]]; then
			[[ " ${commands[*]} " == *" $first "* ]]
		fi
		"$LIGHTEN" ${first:+"$first"} "${words[@]}" --help >/dev/null
	done <lines
}

@test "README names no option that is not in help" {
	for command in "${commands[@]}"; do
		help_options "$command"
	done | sort -u >known
	echo --version >>known
	grep -oE '`(lighten |-)[^`]*`' "$root/README.md" | grep -oE -e '(^|[ `])--[a-z][a-z-]*' |
		tr -d ' `' | sort -u >named || true
	run ! grep -vxFf known named
}
