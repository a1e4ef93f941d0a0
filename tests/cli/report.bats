#!/usr/bin/env bats
# Reports: every format says the same, is what its kind has to be, and obeys no image.

load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	for name in app two three bare careless debian packed packed-base hostile kinds same-layers \
		link-above; do
		forge "$name" "$name.tar"
	done
}

setup() {
	enter_work
	cp "$BATS_FILE_TMPDIR"/*.tar .
}

# The package of the parser is for the system's Python, where another one stands first.
formats() {
	local python=python3
	"$python" -c 'import html5lib' 2>/dev/null || python=/usr/bin/python3
	PYTHONDONTWRITEBYTECODE=1 "$python" "$root/tests/cli/report_formats.py" "$@"
}

# sound FILE...: a second opinion.  It is older than the element for numbers.
sound() {
	local page
	for page in "$@"; do
		sed -E 's/<data value="[^"]*"/<span/g; s/<\/data>/<\/span>/g' "$page" | tidy -q -e --drop-empty-elements no
	done
}

# reports STEM ARGUMENT...: all five, of one run
reports() {
	local stem=$1
	shift
	"$LIGHTEN" -q "$@" --report "$stem.json" --report "$stem.csv" --report "$stem.html" \
		--report "$stem.md" --report "$stem.txt"
}

# golden_report NAME: without what changes with the encoding, the version and the style.
golden_report() {
	sed -E 's/sha256:[0-9a-f]{64}/sha256:.../g; s/lighten [0-9]+\.[0-9]+\.[0-9]+/lighten VERSION/
		/^<style>$/,/^<\/style>$/d' "$1" | golden "$1"
}

@test "Markdown, HTML and CSV of a small image" {
	succeeds -q kinds.tar -o out.tar --report report.md --report report.html --report report.csv
	for suffix in md html csv; do
		golden_report "report.$suffix"
	done
}

@test "five formats tell the same of every kind of run" {
	reports app app.tar -o out.tar
	reports kinds kinds.tar -o out.tar
	reports none kinds.tar -o out.tar --squash none --policy none --dedupe off
	reports frozen two.tar -o out.tar --keep-base 1 --verify full
	reports dry three.tar --dry-run
	reports gzip three.tar -o out.tar
	reports plain packed.tar -o out.tar --compress none
	reports zstd kinds.tar -o dir --format oci-dir --compress zstd
	reports bare bare.tar -o out.tar --verify off
	reports thin packed.tar --have packed-base.tar -o out.tar
	reports lossless two.tar -o out.tar --lossless --compress gzip
	reports careless careless.tar -o out.tar --policy slim,secrets --keep '/var/log/**'
	reports emptied careless.tar -o out.tar
	reports persist debian.tar -o out.tar --policy docs,locales --persist --dedupe all
	reports cut kinds.tar -o out.tar --layer-size 10kB
	reports twice same-layers.tar -o out.tar
	reports link link-above.tar -o out.tar --keep-base 1 --drop /b
	gzip app.tar
	reports packed app.tar.gz -o out.tar
	formats same app kinds none frozen dry gzip plain zstd bare thin lossless careless emptied persist cut \
		twice link packed
	formats html ./*.html
	sound ./*.html
}

@test "names and instructions of an image are text in every format" {
	cat >policy.json <<-'EOF'
		{"schema": 1, "name": "bad", "version": "1", "description": "x", "rules": [{"id": "bad.rule",
		"action": "remove", "class": "safe", "match": ["/drop/*"], "dirs": "keep",
		"reason": "</small><script>alert(8)</script> | `x` \u001b[31m \u202eabc",
		"risk": "<img src=x onerror=alert(9)>", "ref": ["https://x/<b>"]}]}
	EOF
	cp hostile.tar "<img src=x>.tar"
	reports hostile "<img src=x>.tar" -o out.tar -p ./policy.json --drop '/*drop*'
	formats same hostile
	formats html hostile.html
	sound hostile.html
	formats holds hostile.json 'd/<script>alert(1)<' "=cmd|' /C calc'!A1" \
		'\x1b[31mred\x0aline\x09tab' '\xe2\x80\xaegnp.exe' '`|`|<b>_x_ @all #1' '``'
	# A reader that is not strict would have found any of these.
	run ! grep -iE '<(script|img|iframe|b>)|<!--|</code></style>' hostile.html
}

@test "cells that spreadsheets would compute are text" {
	reports hostile hostile.tar -o out.tar --drop '/*drop*'
	python3 -c '
import csv
cells = [cell for row in csv.reader(open("hostile.csv", newline="")) for cell in row]
assert "\x27=cmd|\x27 /C calc\x27!A1" in cells and "\x27-drop" in cells and "\x27@drop" in cells
assert "\x27+1,2" in cells and "\x27\x27onload=\x27alert(3)" in cells'
}

@test "what splits lines at commas can add the savings up" {
	reports r kinds.tar -o out.tar
	saved=$(awk -F, '$1 == "saving" { sum += $3 } END { print sum }' r.csv)
	[ "$saved" -eq $(($(stat -c %s kinds.tar) - $(stat -c %s out.tar))) ]
}

@test "long lists are bounded in comments and pages, and told in the table" {
	# Sixty layers, each hiding a file of the one below.
	{
		printf '== long many layers\nimage tags=test/long:1\n'
		for i in $(seq 60); do
			printf 'layer\n  f f%s c*=%s*400\n' "$i" "$(printf 'a%.0s' $(seq "$i"))"
			[ "$i" = 1 ] || printf '  w f%s\n' $((i - 1))
			printf 'history RUN step %s %s\n' "$i" "$(printf 'x%.0s' $(seq 300))"
		done
	} >long.case
	CASES=$PWD/long.case PYTHONDONTWRITEBYTECODE=1 python3 "$root/tests/conformance/forge.py" long long.tar
	reports long long.tar -o out.tar
	formats same long
	grep -q '^and 39 more' long.md
	[ "$(grep -c '^saving,dead' long.csv)" -eq 59 ]
	[ "$(grep -c 'added by' long.html)" -eq 59 ]
}

@test "a plan writes reports, too" {
	"$LIGHTEN" plan -q kinds.tar --report plan.json --report plan.html >plan
	grep -q '"lightenPlan"' plan
	[ "$(json plan.json 'x["dryRun"], x["output"]')" = "(True, None)" ]
	"$LIGHTEN" -q --dry-run kinds.tar --report dry.json
	[ "$(json plan.json 'x["account"]')" = "$(json dry.json 'x["account"]')" ]
	formats html plan.html
	lighten plan kinds.tar --report nowhere/plan.html
	[ "$status" -eq 5 ]
}

@test "formats that there are not" {
	for name in report report.htm report.HTML .html html report.md.bak; do
		refuses 2 ".txt, .json, .md, .html, .csv" --report "$name" app.tar -o out.tar
	done
}

@test "reports depend on nothing around" {
	reports one kinds.tar -o out.tar
	sum=$(sed 's/one\././g' one.html one.md one.csv one.json | sha256sum)
	TZ=Asia/Kolkata LC_ALL=C.UTF-8 LANG=de_DE.UTF-8 reports two --threads 1 kinds.tar -o out.tar
	other=$(sed 's/two\././g; s/ --threads 1//' two.html two.md two.csv two.json | sha256sum)
	[ "$sum" = "$other" ]
}
