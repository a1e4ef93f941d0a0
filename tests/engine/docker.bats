#!/usr/bin/env bats
# What docker itself says of an image before and after: output, files, config, history, layers.

load common

files_begin() { docker_begin; }

# loads_the_same ARCHIVE: docker takes it, and nothing but the layers and the ID is different
loads_the_same() {
	docker_forget lighten/app:1
	docker load --input "$1" >said
	[ "$(<said)" = 'Loaded image: lighten/app:1' ]
	docker_note lighten/app:1 after
	for part in run export tree config steps; do
		same "$ENGINE/before.$part" "after.$part"
	done
	lighten verify "$IMAGES/app.tar" "$1"
}

@test "the test image has what the tests are about" {
	grep -qP '^opt/app/bin/net\t-\t0755\t.*security.capability=' "$ENGINE/before.tree"
	grep -qP '^opt/app/bin/second\t.*security.capability=' "$ENGINE/before.tree"
	grep -qP '^base/xattr\t.*user.binary=00ff0a3d01 user.lighten=' "$ENGINE/before.tree"
	grep -qP '^opt/app/bin/suid\t-\t4755\t' "$ENGINE/before.tree"
	grep -qP '^srv/links/z\t.*\tlinks srv/links/b$' "$ENGINE/before.tree"
	grep -qP '^srv/special/null\tc\t0640\t.*\t1:3\t' "$ENGINE/before.tree"
	grep -qP '^srv/names/raw\\xff\\xfe\t' "$ENGINE/before.tree"
	[ "$(awk -F'\t' '{ if (length($1) > n) n = length($1) } END { print n }' "$ENGINE/before.tree")" -gt 255 ]
	grep -qP '^srv/again/both\t' "$ENGINE/before.tree"
	run -1 grep -qP '^srv/(again|twice)/old\t' "$ENGINE/before.tree"
	[ "$(wc -l <"$ENGINE/before.layers")" -gt 30 ]
	grep -q '^b and z are one file$' "$ENGINE/before.run"
}

@test "defaults: one layer, everything else as it was" {
	lighten "$IMAGES/app.tar" -o out.tar
	loads_the_same out.tar
	[ "$(wc -l <after.layers)" -eq 1 ]
	[ "$(stat -c %s out.tar)" -lt $(($(stat -c %s "$IMAGES/app.tar") * 3 / 4)) ]
}

@test "every default spelled out gives the same bytes" {
	"$LIGHTEN" "$IMAGES/app.tar" -o default.tar
	"$LIGHTEN" optimize --policy safe --dedupe safe --squash all --format hybrid --compress auto --keep-base 0 \
		"$IMAGES/app.tar" -o spelled.tar
	cmp default.tar spelled.tar
}

@test "--format docker" {
	lighten --format docker "$IMAGES/app.tar" -o out.tar
	loads_the_same out.tar
}

@test "--compress gzip" {
	lighten --compress gzip "$IMAGES/app.tar" -o out.tar
	loads_the_same out.tar
	[ "$(stat -c %s out.tar)" -lt $(($(stat -c %s "$IMAGES/app.tar") / 2)) ]
}

@test "--order: files at other places" {
	lighten --order similar --compress gzip "$IMAGES/app.tar" -o out.tar
	loads_the_same out.tar
	lighten --compress gzip "$IMAGES/app.tar" -o by-path.tar
	[ "$(stat -c %s out.tar)" -lt "$(stat -c %s by-path.tar)" ]
	lighten --order type --squash none "$IMAGES/app.tar" -o out.tar
	loads_the_same out.tar
	lighten --order similar --keep-base 7 --layer-size 1MB "$IMAGES/app.tar" -o out.tar
	loads_the_same out.tar
}

@test "--target docker20" {
	for options in '' '--compress gzip:9' '--squash none --format docker' '--keep-base 7'; do
		# shellcheck disable=SC2086 # words on purpose
		lighten --target docker20 $options "$IMAGES/app.tar" -o out.tar
		loads_the_same out.tar
	done
	# What it would not load: zstd, made gzip.
	lighten --squash none --compress zstd "$IMAGES/app.tar" -o zstd.tar
	docker_forget lighten/app:1
	run -1 docker load --input zstd.tar
	lighten --squash none --target docker20 zstd.tar -o out.tar
	loads_the_same out.tar
}

@test "--squash none keeps every layer" {
	lighten --squash none "$IMAGES/app.tar" -o out.tar
	loads_the_same out.tar
	[ "$(wc -l <after.layers)" -eq "$(wc -l <"$ENGINE/before.layers")" ]
	[ "$(stat -c %s out.tar)" -lt $(($(stat -c %s "$IMAGES/app.tar") * 3 / 4)) ]
}

@test "--squash none --compress gzip" {
	lighten --squash none --compress gzip "$IMAGES/app.tar" -o out.tar
	loads_the_same out.tar
}

@test "--squash none --drop-empty-layers" {
	lighten --squash none --drop-empty-layers "$IMAGES/app.tar" -o out.tar
	loads_the_same out.tar
	[ "$(wc -l <after.layers)" -lt "$(wc -l <"$ENGINE/before.layers")" ]
}

@test "--keep-base 1: the base layer keeps its digest" {
	lighten --keep-base 1 "$IMAGES/app.tar" -o out.tar
	loads_the_same out.tar
	[ "$(head -n 1 after.layers)" = "$(head -n 1 "$ENGINE/before.layers")" ]
	[ "$(wc -l <after.layers)" -eq 2 ]
}

@test "--keep-base in the middle of the steps" {
	for count in 7 14 33; do
		lighten --keep-base "$count" "$IMAGES/app.tar" -o out.tar
		loads_the_same out.tar
		head -n "$count" "$ENGINE/before.layers" | cmp - <(head -n "$count" after.layers)
		rm out.tar
	done
}

@test "--keep-base 1 --squash none --compress gzip" {
	lighten --keep-base 1 --squash none --compress gzip "$IMAGES/app.tar" -o out.tar
	loads_the_same out.tar
	[ "$(head -n 1 after.layers)" = "$(head -n 1 "$ENGINE/before.layers")" ]
}

@test "docker save | lighten | docker load" {
	docker_forget lighten/app:1
	docker load --quiet --input "$IMAGES/app.tar"
	docker save lighten/app:1 | lighten -q | docker load >said
	docker_note lighten/app:1 after
	for part in run export tree config steps; do
		same "$ENGINE/before.$part" "after.$part"
	done
	[ "$(wc -l <after.layers)" -eq 1 ]
}

@test "what docker saves again is not made smaller a second time" {
	lighten "$IMAGES/app.tar" -o once.tar
	docker_forget lighten/app:1
	docker load --quiet --input once.tar
	docker save lighten/app:1 -o saved.tar
	lighten saved.tar -o twice.tar
	lighten verify once.tar twice.tar
	docker_layers lighten/app:1 >once
	docker load --quiet --input twice.tar
	docker_layers lighten/app:1 | cmp once -
}

@test "--tag gives another name" {
	lighten --tag lighten/renamed:2 "$IMAGES/app.tar" -o out.tar
	docker load --input out.tar | grep -qx 'Loaded image: lighten/renamed:2'
	docker_tree lighten/renamed:2 >after.tree
	same "$ENGINE/before.tree" after.tree
	docker_forget lighten/renamed:2
}

# twins ARCHIVE: load the two images, list their layers
twins() {
	docker_forget lighten/left:1 lighten/right:1
	docker load --quiet --input "$1"
	docker_layers lighten/left:1 >left.layers
	docker_layers lighten/right:1 >right.layers
	docker_tree lighten/left:1 >left.tree
	docker_tree lighten/right:1 >right.tree
}

# The bytes that docker stores once for an image and another, in units that differ by version.
shared_size() {
	docker system df --verbose | awk -v name="$1" '
		/^REPOSITORY/ { at = index($0, "SHARED SIZE") }
		$1 == name && at { split(substr($0, at), column, " "); print column[1] }'
}

@test "two images on one base still share it" {
	twins "$IMAGES/twins.tar"
	for side in left right; do
		mv "$side.tree" "$side.before"
	done
	mv left.layers left.layers.before
	for mode in all none; do
		lighten --squash "$mode" "$IMAGES/twins.tar" -o out.tar
		lighten verify "$IMAGES/twins.tar" out.tar
		twins out.tar
		same left.before left.tree
		same right.before right.tree
		[ "$(head -n 1 left.layers)" = "$(head -n 1 right.layers)" ]
		[ "$(tail -n 1 left.layers)" != "$(tail -n 1 right.layers)" ]
		[ "$(shared_size lighten/left)" = "$(shared_size lighten/right)" ]
		[[ "$(shared_size lighten/left)" == *MB ]]
		docker run --rm --network none lighten/left:1 | grep -qx left
		docker run --rm --network none lighten/right:1 | grep -qx right
		if [ "$mode" = all ]; then
			[ "$(wc -l <left.layers)" -eq 2 ]
			[ "$(wc -l <right.layers)" -eq 2 ]
		else
			[ "$(wc -l <left.layers)" -eq "$(wc -l <left.layers.before)" ]
		fi
		rm out.tar
	done
	docker_forget lighten/left:1 lighten/right:1
}

@test "two images above a kept base" {
	twins "$IMAGES/twins.tar"
	mv left.tree left.before
	mv right.tree right.before
	base=$(head -n 1 left.layers)
	lighten --keep-base 1 "$IMAGES/twins.tar" -o out.tar
	twins out.tar
	same left.before left.tree
	same right.before right.tree
	[ "$(head -n 1 left.layers)" = "$base" ]
	[ "$(head -n 1 right.layers)" = "$base" ]
	[ "$(sed -n 2p left.layers)" = "$(sed -n 2p right.layers)" ]
	lighten verify "$IMAGES/twins.tar" out.tar
	docker_forget lighten/left:1 lighten/right:1
}

@test "--image picks one of two" {
	docker_forget lighten/left:1 lighten/right:1
	lighten --image lighten/right:1 "$IMAGES/twins.tar" -o out.tar
	docker load --input out.tar >said
	[ "$(<said)" = 'Loaded image: lighten/right:1' ]
	[ "$(docker_layers lighten/right:1 | wc -l)" -eq 1 ]
	docker run --rm --network none lighten/right:1 | grep -qx right
	run -1 docker image inspect lighten/left:1
	docker_forget lighten/right:1
}

@test "120 layers" {
	docker load --quiet --input "$IMAGES/many.tar"
	docker_tree lighten/many:1 >before.tree
	docker run --rm --network none lighten/many:1 >before.run
	[ -s before.run ]
	for mode in all none; do
		docker_forget lighten/many:1
		lighten --squash "$mode" "$IMAGES/many.tar" -o out.tar
		lighten verify "$IMAGES/many.tar" out.tar
		docker load --quiet --input out.tar
		docker_tree lighten/many:1 >after.tree
		same before.tree after.tree
		docker run --rm --network none lighten/many:1 | cmp - before.run
		[ "$mode" = all ] || [ "$(docker_layers lighten/many:1 | wc -l)" -eq 120 ]
		[ "$mode" = none ] || [ "$(docker_layers lighten/many:1 | wc -l)" -eq 1 ]
		[ "$(docker history --quiet lighten/many:1 | wc -l)" -eq 121 ]
		rm out.tar
	done
	docker_forget lighten/many:1
}
