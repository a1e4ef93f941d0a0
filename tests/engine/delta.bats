#!/usr/bin/env bats
# Archives for a receiver: thin ones, kept bases, cut layers, other compression, several platforms.

load common

# $DELTA holds what docker saves of images on lighten/app:1, which $IMAGES has as app.tar:
#   next.tar    lighten/next:1, some steps above it
#   label.tar   lighten/label:1, the layers of lighten/next:1 under another config
#   tags.tar    lighten/next:1 under two names
files_begin() {
	start_docker
	images_ready
	export DELTA=$ENGINE/delta
	mkdir -p "$DELTA" "$ENGINE/context"
	docker load --quiet --input "$IMAGES/app.tar"
	docker_layers lighten/app:1 >"$DELTA/app.layers"
	# Each step changes what the base holds: bodies, links, modes, a folder that comes back.
	cat >"$DELTA/next" <<-'END'
		FROM lighten/app:1
		USER 0
		RUN mkdir /srv/next && seq 200000 >/srv/next/dead && seq 20000 >/srv/next/kept
		RUN rm /srv/next/dead /opt/app/data/kept && chmod 600 /srv/next/kept
		RUN rm -rf /srv/again && mkdir -m 750 /srv/again && echo third >/srv/again/new
		RUN rm /base/kept/a && ln /base/kept/c /srv/next/c && echo new >/opt/app/data/f20
		RUN chown -R 5:6 /srv/farm /srv/tree/a && setcap cap_chown=ei /opt/app/bin/net
		USER 1000:2000
		CMD ["next"]
	END
	image_build next "$DELTA/next"
	printf 'FROM lighten/next:1\nENV LATE=1\nCMD ["late"]\n' >"$DELTA/label"
	image_build label "$DELTA/label"
	docker save -o "$DELTA/next.tar" lighten/next:1
	docker save -o "$DELTA/label.tar" lighten/label:1
	docker tag lighten/next:1 lighten/next:2
	docker save -o "$DELTA/tags.tar" lighten/next:1 lighten/next:2
	docker image inspect --format '{{.Id}}' lighten/next:1 >"$DELTA/next.id"
	docker_note lighten/next:1 "$ENGINE/before"
	docker_empty
	# Options for next.tar, and how many layers come out.
	export KINDS='--squash all:40
		--squash none:44
		--lossless:44
		--compress gzip:40
		--squash none --compress gzip:44'
}

# What a failed test leaves is not in the way of the next one.
teardown() {
	engine_possible || return 0
	docker_empty
	ctr_empty
	PODMAN_DRIVER=overlay podman_empty
}

# docker_empty: no image is left, and no layer
docker_empty() {
	docker image prune --all --force >/dev/null
	[ -z "$(docker image ls --all --quiet)" ]
}

podman_empty() {
	podman image rm --all --force >/dev/null
	[ -z "$(podman image ls --all --quiet)" ]
}

ctr_empty() {
	local names
	mapfile -t names < <(ctr images ls --quiet)
	[ ${#names[@]} -eq 0 ] || ctr images rm --sync "${names[@]}" >/dev/null
}

# each_kind FUNCTION: call FUNCTION LAYERS OPTION... for every kind of thin archive, thin.tar
each_kind() {
	local kind
	while IFS= read -r kind; do
		kind=${kind#"${kind%%[^[:space:]]*}"}
		echo "options: ${kind%:*}"
		# shellcheck disable=SC2086 # words on purpose
		"$1" "${kind##*:}" ${kind%:*}
	done <<<"$KINDS"
}

# blobs ARCHIVE: their digests
blobs() {
	tar -tf "$1" | sed -n 's,^blobs/sha256/\(.\),sha256:\1,p'
}

# shows_next: what docker loaded is the image of next.tar
shows_next() {
	docker_note lighten/next:1 after
	for part in run export tree config steps; do
		same "$ENGINE/before.$part" "after.$part"
	done
}

has_base() {
	cmp "$DELTA/app.layers" <(head -n "$(wc -l <"$DELTA/app.layers")" "$1")
}

# refuses STATUS WORD ARGUMENT...: lighten does, in one line with that word, and writes nothing
refuses() {
	run "-$1" lighten "${@:3}"
	echo "$output"
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == lighten:*"$2"* ]]
	[ ! -e refused.tar ]
}

# --- thin archives ---------------------------------------------------------------------------

is_thin() {
	local layers=$1
	shift
	lighten "$@" --have "$IMAGES/app.tar" "$DELTA/next.tar" -o thin.tar
	lighten "$@" --have have.list "$DELTA/next.tar" -o listed.tar
	cmp thin.tar listed.tar
	# No layer of the base, and little besides the others.
	run -1 grep -qxFf "$DELTA/app.layers" <(blobs thin.tar)
	[ "$(stat -c %s thin.tar)" -lt $(($(stat -c %s "$DELTA/next.tar") / 5)) ]
	[ "$(tar -xOf thin.tar manifest.json | jq '.[0].Layers | length')" -eq "$layers" ]
	# The same image as with the base: who has both can tell what the receiver has.
	lighten "$@" --keep-base "$IMAGES/app.tar" "$DELTA/next.tar" -o full.tar
	[ "$(tar -xOf thin.tar manifest.json)" = "$(tar -xOf full.tar manifest.json)" ]
	lighten verify "$DELTA/next.tar" full.tar
	run -3 lighten verify "$DELTA/next.tar" thin.tar
	[[ $output == *thin.tar*'thin archive'*receiver* ]]
	rm thin.tar listed.tar full.tar
}

@test "a thin archive lacks the layers of the base, and verify says so" {
	lighten chain "$IMAGES/app.tar" >have.list
	each_kind is_thin
}

loads_thin() {
	local layers=$1
	shift
	lighten "$@" --have "$IMAGES/app.tar" "$DELTA/next.tar" -o thin.tar
	docker load --quiet --input "$IMAGES/app.tar"
	docker load --input thin.tar >said
	[ "$(<said)" = 'Loaded image: lighten/next:1' ]
	shows_next
	[ "$(wc -l <after.layers)" -eq "$layers" ]
	has_base after.layers
	[ "$(docker history --quiet lighten/next:1 | wc -l)" -eq "$(wc -l <"$ENGINE/before.steps")" ]
	[[ $* != --lossless ]] ||
		[ "$(docker image inspect --format '{{.Id}}' lighten/next:1)" = "$(<"$DELTA/next.id")" ]
	# The image is whole: it outlives the name of its base, and docker saves all of it.
	docker_forget lighten/app:1
	docker run --rm --network none lighten/next:1 2>&1 | cmp - "$ENGINE/before.run"
	docker save -o saved.tar lighten/next:1
	lighten verify "$DELTA/next.tar" saved.tar
	docker_empty
	rm thin.tar saved.tar
}

@test "docker loads a thin archive above its base" {
	each_kind loads_thin
}

fails_alone() {
	shift
	lighten "$@" --have "$IMAGES/app.tar" "$DELTA/next.tar" -o thin.tar
	run -1 docker load --input thin.tar
	[[ $output == *'no such file'* ]]
	[ -z "$(docker image ls --all --quiet)" ]
	[ -z "$(ls "$ENGINE/docker/image/overlay2/layerdb/sha256")" ]
	rm thin.tar
}

@test "docker without the base takes nothing of a thin archive" {
	docker_empty
	each_kind fails_alone
	# The lowest layer alone is not the base.
	docker load --quiet --input "$IMAGES/twins.tar"
	lighten --have "$IMAGES/app.tar" "$DELTA/next.tar" -o thin.tar
	run -1 docker load --input thin.tar
	run -1 docker image inspect lighten/next:1
	docker load --quiet --input "$IMAGES/app.tar"
	docker load --quiet --input thin.tar
	shows_next
}

# The lists of a receiver with several images may be joined; the longest stack counts.
@test "a receiver with several images" {
	lighten chain "$IMAGES/twins.tar" >have.list
	lighten chain "$IMAGES/app.tar" >>have.list
	lighten chain "$IMAGES/many.tar" >>have.list
	lighten --have "$IMAGES/app.tar" "$DELTA/next.tar" -o thin.tar
	lighten --have have.list "$DELTA/next.tar" -o listed.tar
	cmp thin.tar listed.tar
	# All that these two have in common is their lowest layer.
	lighten --have "$IMAGES/twins.tar" "$DELTA/next.tar" -o lowest.tar
	[ "$(stat -c %s lowest.tar)" -gt "$(stat -c %s thin.tar)" ]
	docker load --quiet --input "$IMAGES/twins.tar"
	docker load --quiet --input lowest.tar
	shows_next
	[ "$(wc -l <after.layers)" -eq 2 ]
}

@test "a thin archive of a config only" {
	lighten --have "$DELTA/next.tar" "$DELTA/label.tar" -o thin.tar
	[ "$(blobs thin.tar | wc -l)" -eq 2 ]
	[ "$(stat -c %s thin.tar)" -lt 50000 ]
	docker load --quiet --input "$DELTA/next.tar"
	docker load --quiet --input thin.tar
	docker_layers lighten/label:1 | cmp - "$ENGINE/before.layers"
	docker image inspect lighten/label:1 | jq -e '.[0].Config.Cmd == ["late"]'
	docker run --rm --network none --entrypoint /bin/sh lighten/label:1 -c 'echo "$LATE"' | grep -qx 1
	docker_empty
	export PODMAN_DRIVER=overlay
	podman load --quiet --input "$DELTA/next.tar"
	podman load --quiet --input thin.tar
	podman_run --entrypoint /bin/sh lighten/label:1 -c 'echo "$LATE"' | grep -qx 1
}

@test "a second thin archive above the first" {
	lighten --have "$IMAGES/app.tar" "$DELTA/next.tar" -o first.tar
	lighten --keep-base "$IMAGES/app.tar" "$DELTA/next.tar" -o first-full.tar
	# The sender builds on what the receiver has.
	docker load --quiet --input first-full.tar
	printf 'FROM lighten/next:1\nUSER 0\nRUN rm /srv/next/kept && seq 30000 >/srv/last\nRUN chmod 600 %s\n%s\n' \
		/srv/last 'USER 1000:2000' >"$DELTA/last"
	image_build last "$DELTA/last"
	docker save -o last.tar lighten/last:1
	docker save -o have.tar lighten/next:1
	docker run --rm --network none lighten/last:1 >last.run 2>&1
	docker_tree lighten/last:1 >last.tree
	docker_empty
	lighten --have have.tar last.tar -o second.tar
	lighten chain first-full.tar >have.list
	lighten --have have.list last.tar -o listed.tar
	cmp second.tar listed.tar
	[ "$(tar -xOf second.tar manifest.json | jq '.[0].Layers | length')" -eq 41 ]
	[ "$(blobs second.tar | wc -l)" -eq 3 ]
	# With the base alone the first one is missing.
	docker load --quiet --input "$IMAGES/app.tar"
	run -1 docker load --input second.tar
	run -1 docker image inspect lighten/last:1
	docker load --quiet --input first.tar
	docker load --quiet --input second.tar
	docker run --rm --network none lighten/last:1 2>&1 | cmp - last.run
	docker_tree lighten/last:1 >after.tree
	same last.tree after.tree
	docker_empty
	export PODMAN_DRIVER=overlay
	podman load --quiet --input "$IMAGES/app.tar"
	podman load --quiet --input first.tar
	podman load --quiet --input second.tar
	podman_run lighten/last:1 2>&1 | cmp - last.run
}

# podman finds a layer by its diff_id wherever it is; what it cannot find fails the load.
podman_loads_thin() {
	shift
	lighten "$@" --have "$IMAGES/app.tar" "$DELTA/next.tar" -o thin.tar
	podman_empty
	run -125 podman load --quiet --input thin.tar
	[ -z "$(podman image ls --all --quiet)" ]
	podman load --quiet --input "$IMAGES/app.tar"
	podman load --quiet --input thin.tar
	podman_run lighten/next:1 >after.run 2>&1
	same "$ENGINE/before.run" after.run
	podman history --no-trunc --format '{{.CreatedBy}}' lighten/next:1 >after.steps
	cut -d'|' -f1 "$ENGINE/before.steps" | cmp - after.steps
	# The vfs driver takes links of pipes and symlinks apart.
	[ "$PODMAN_DRIVER" = vfs ] || {
		podman_tree lighten/next:1 >after.tree
		same "$ENGINE/before.tree" after.tree
	}
	podman_empty
	rm thin.tar
}

@test "podman overlay loads a thin archive above its base" {
	export PODMAN_DRIVER=overlay
	each_kind podman_loads_thin
}

@test "podman vfs loads a thin archive above its base" {
	export PODMAN_DRIVER=vfs
	podman_loads_thin 40 --squash all
	podman_loads_thin 44 --squash none --compress gzip
	rm -rf "$ENGINE/podman-vfs"
}

# containerd notes the image before it unpacks and leaves the note when it cannot, without any
# snapshot; once the base has come, the same import completes it.
ctr_loads_thin() {
	shift
	lighten "$@" --have "$IMAGES/app.tar" "$DELTA/next.tar" -o thin.tar
	run -1 ctr images import thin.tar
	[[ $output == *'not found'* ]]
	[ -z "$(ctr snapshots ls | tail -n +2)" ]
	ctr images import "$IMAGES/app.tar"
	ctr images import thin.tar
	ctr_tree overlayfs docker.io/lighten/next:1 >after.tree
	same "$ENGINE/before.tree" after.tree
	ctr_empty
	# The same without the failure before it.
	ctr images import "$IMAGES/app.tar"
	ctr images import thin.tar
	ctr_tree overlayfs docker.io/lighten/next:1 >after.tree
	same "$ENGINE/before.tree" after.tree
	ctr_empty
	rm thin.tar
}

@test "containerd imports a thin archive above its base" {
	ctr_empty
	each_kind ctr_loads_thin
}

@test "--have without a layer in common, with several names or images" {
	skopeo copy --quiet "docker-archive:$IMAGES/app.tar" oci:other:1
	umoci new --image other:empty
	mkdir rootfs
	echo other >rootfs/file
	umoci insert --image other:empty rootfs /srv/other
	skopeo copy --quiet oci:other:empty docker-archive:other.tar:lighten/other:1
	lighten chain other.tar >other.list
	for have in other.tar other.list; do
		refuses 2 --have --have $have "$DELTA/next.tar" -o refused.tar
	done
	refuses 2 --have --have "$IMAGES/app.tar" "$DELTA/tags.tar" -o refused.tar
	refuses 2 --have --have "$IMAGES/app.tar" "$IMAGES/twins.tar" -o refused.tar
	refuses 2 --have --have "$IMAGES/app.tar" --tag a:1 --tag b:1 "$DELTA/next.tar" -o refused.tar
	lighten --have "$IMAGES/app.tar" --image lighten/left:1 "$IMAGES/twins.tar" -o left.tar
}

@test "--have with one of several names, as the refusal advises" {
	lighten --have "$IMAGES/app.tar" "$DELTA/next.tar" -o thin.tar
	lighten --have "$IMAGES/app.tar" --tag lighten/next:1 "$DELTA/tags.tar" -o one.tar
	cmp one.tar thin.tar
}

# --- plans -----------------------------------------------------------------------------------

@test "plan and apply give the bytes of optimize, for that image only" {
	ln -s "$IMAGES/app.tar" base.tar
	for options in '' '--squash none' '--max-layers 4' '--layer-size 1MB' '--keep-base auto' \
		'--lossless --compress gzip' '--compress zstd' '--format docker' \
		'--keep-base base.tar' '--have base.tar'; do
		echo "options: $options"
		# shellcheck disable=SC2086 # words on purpose
		lighten plan $options "$DELTA/next.tar" >plan
		# shellcheck disable=SC2086
		lighten $options "$DELTA/next.tar" -o direct.tar
		lighten apply plan "$DELTA/next.tar" -o planned.tar
		cmp direct.tar planned.tar
		for other in "$IMAGES/app.tar" "$IMAGES/twins.tar" "$DELTA/tags.tar"; do
			refuses 1 'another input' apply plan "$other" -o refused.tar
		done
		rm plan direct.tar planned.tar
	done
	# What decides is the image, not how it is wrapped.
	lighten plan "$DELTA/next.tar" >plan
	gzip -c "$DELTA/next.tar" >next.tar.gz
	lighten apply plan "$DELTA/next.tar" -o 1.tar
	lighten apply plan next.tar.gz -o 2.tar
	cmp 1.tar 2.tar
	lighten plan "$IMAGES/twins.tar" >plan
	lighten apply plan "$IMAGES/twins.tar" -o planned.tar
	lighten "$IMAGES/twins.tar" | cmp - planned.tar
}

@test "plan --output writes a file" {
	lighten plan "$DELTA/next.tar" >plan
	lighten plan "$DELTA/next.tar" --output plan.file >said
	cmp plan plan.file
	[ ! -s said ]
}

# --- cut layers ------------------------------------------------------------------------------

# cut_in COUNT OPTION...: next.tar in that many layers, each of which the history names
cut_in() {
	local count=$1 part
	shift
	docker_empty
	lighten "$@" "$DELTA/next.tar" -o cut.tar
	lighten verify "$DELTA/next.tar" cut.tar
	docker load --quiet --input cut.tar
	docker_note lighten/next:1 after
	[ "$(wc -l <after.layers)" -eq "$count" ]
	# docker history begins with the highest layer, which the last step has.
	grep '^lighten: part' after.steps | cut -d'|' -f1 >parts
	for part in $(seq "$count" -1 2); do
		echo "lighten: part $part of $count of the layer above"
	done | cmp - parts
	grep -v '^lighten: part' after.steps >after.left
	mv after.left after.steps
	for part in run export tree config steps; do
		same "$ENGINE/before.$part" "after.$part"
	done
	rm cut.tar
}

@test "--max-layers 4: docker shows four layers and the steps of before" {
	cut_in 4 --max-layers 4
	cut_in 2 --max-layers 2 --compress gzip
}

@test "--layer-size: as many layers as the bytes need" {
	lighten --layer-size 1500kB "$DELTA/next.tar" -o cut.tar
	count=$(tar -xOf cut.tar manifest.json | jq '.[0].Layers | length')
	[ "$count" -gt 3 ]
	# Without its largest body, each is within the size.
	for layer in $(tar -xOf cut.tar manifest.json | jq -r '.[0].Layers[]'); do
		tar -xOf cut.tar "$layer" >layer.tar
		largest=$(tar -tvf layer.tar | awk '$3 > n { n = $3 } END { print n + 0 }')
		[ $(($(stat -c %s layer.tar) - largest)) -le 1500000 ]
	done
	cut_in "$count" --layer-size 1500kB
}

@test "cut layers in podman and containerd" {
	lighten --max-layers 4 "$DELTA/next.tar" -o cut.tar
	export PODMAN_DRIVER=overlay
	podman load --quiet --input cut.tar
	podman_tree lighten/next:1 >after.tree
	same "$ENGINE/before.tree" after.tree
	podman_run lighten/next:1 2>&1 | cmp - "$ENGINE/before.run"
	podman_empty
	ctr images import cut.tar
	ctr_tree overlayfs docker.io/lighten/next:1 >after.tree
	same "$ENGINE/before.tree" after.tree
}

@test "cut layers above a kept base, of many layers, of two images" {
	lighten --max-layers 42 --keep-base auto "$DELTA/next.tar" -o cut.tar
	docker load --quiet --input cut.tar
	[ "$(docker_layers lighten/next:1 | wc -l)" -eq 42 ]
	docker_tree lighten/next:1 >after.tree
	same "$ENGINE/before.tree" after.tree
	docker_empty
	lighten --max-layers 4 "$IMAGES/many.tar" -o cut-many.tar
	lighten verify "$IMAGES/many.tar" cut-many.tar
	docker load --quiet --input "$IMAGES/many.tar"
	docker run --rm --network none lighten/many:1 >many.run
	docker_empty
	docker load --quiet --input cut-many.tar
	[ "$(docker_layers lighten/many:1 | wc -l)" -eq 4 ]
	docker run --rm --network none lighten/many:1 | cmp - many.run
	docker_empty
	lighten --max-layers 4 "$IMAGES/twins.tar" -o cut-twins.tar
	lighten verify "$IMAGES/twins.tar" cut-twins.tar
	docker load --quiet --input cut-twins.tar
	for side in left right; do
		docker run --rm --network none lighten/$side:1 | grep -qx $side
		docker_layers lighten/$side:1 >$side.layers
		[ "$(wc -l <$side.layers)" -le 4 ]
	done
	[ "$(head -n 1 left.layers)" = "$(head -n 1 right.layers)" ]
}

# docker stacks 125 layers and no more.
@test "cut layers are not too many for an engine" {
	if lighten --layer-size 1kB "$DELTA/next.tar" -o cut.tar; then
		docker load --quiet --input cut.tar
		[ "$(docker_layers lighten/next:1 | wc -l)" -le 125 ]
	fi
}

# --- other compression, same image -----------------------------------------------------------

@test "--lossless: docker knows the image by the same ID" {
	for compress in auto none gzip gzip:9; do
		lighten --lossless --compress $compress "$DELTA/next.tar" -o out.tar
		[ $compress = auto ] || [ $compress = none ] ||
			[ "$(stat -c %s out.tar)" -lt $(($(stat -c %s "$DELTA/next.tar") / 2)) ]
		docker_empty
		docker load --quiet --input out.tar
		[ "$(docker image inspect --format '{{.Id}}' lighten/next:1)" = "$(<"$DELTA/next.id")" ]
		docker_layers lighten/next:1 | cmp - "$ENGINE/before.layers"
		docker run --rm --network none lighten/next:1 2>&1 | cmp - "$ENGINE/before.run"
		lighten verify "$DELTA/next.tar" out.tar
		rm out.tar
	done
}

@test "--lossless --compress zstd for podman, skopeo and containerd" {
	lighten --lossless --compress zstd "$DELTA/next.tar" -o out.tar
	export PODMAN_DRIVER=overlay
	podman load --quiet --input out.tar
	[ "sha256:$(podman image inspect --format '{{.Id}}' lighten/next:1)" = "$(<"$DELTA/next.id")" ]
	podman_tree lighten/next:1 >after.tree
	same "$ENGINE/before.tree" after.tree
	podman_run lighten/next:1 2>&1 | cmp - "$ENGINE/before.run"
	podman_empty
	for from in docker-archive oci-archive; do
		skopeo copy --quiet $from:out.tar dir:copy
		[ "$(jq -r .config.digest copy/manifest.json)" = "$(<"$DELTA/next.id")" ]
		rm -r copy
	done
	ctr images import out.tar
	ctr_tree overlayfs docker.io/lighten/next:1 >after.tree
	same "$ENGINE/before.tree" after.tree
	ctr_empty
	# And back again.
	lighten --lossless --compress none out.tar -o back.tar
	docker load --quiet --input back.tar
	[ "$(docker image inspect --format '{{.Id}}' lighten/next:1)" = "$(<"$DELTA/next.id")" ]
}

# --- the base --------------------------------------------------------------------------------

@test "--keep-base auto keeps what the image was built from, no more" {
	lighten --keep-base auto "$DELTA/next.tar" -o auto.tar
	lighten --keep-base "$IMAGES/app.tar" "$DELTA/next.tar" -o archive.tar
	lighten --keep-base "$(wc -l <"$DELTA/app.layers")" "$DELTA/next.tar" -o count.tar
	cmp auto.tar archive.tar
	cmp auto.tar count.tar
	lighten verify "$DELTA/next.tar" auto.tar
	docker load --quiet --input auto.tar
	shows_next
	has_base after.layers
	[ "$(wc -l <after.layers)" -eq $(($(wc -l <"$DELTA/app.layers") + 1)) ]
}

@test "--keep-base auto of an imported file system, and of nothing known" {
	lighten --keep-base auto "$IMAGES/app.tar" -o auto.tar
	lighten --keep-base 1 "$IMAGES/app.tar" -o one.tar
	cmp auto.tar one.tar
	# The history of a squashed image still ends a base, but it has no layer of its own.
	lighten "$IMAGES/app.tar" -o flat.tar
	lighten --keep-base auto flat.tar -o again.tar
	cmp flat.tar again.tar
}

# --- platforms -------------------------------------------------------------------------------

# platforms ARCHIVE: those of the one name in its index
platforms() {
	local index
	[ "$(tar -xOf "$1" index.json | jq '.manifests | length')" -eq 1 ]
	index=$(tar -xOf "$1" index.json | jq -r '.manifests[0] | select(.mediaType | test("index")) | .digest')
	if [ -n "$index" ]; then
		tar -xOf "$1" "blobs/${index/://}" | jq -r '.manifests[].platform | .os + "/" + .architecture'
	else
		tar -xOf "$1" index.json | jq -r '.manifests[0].platform | .os + "/" + .architecture'
	fi | sort
}

# As buildx writes it: multi.tar with next.tar for amd64 and another image for arm64, on one base.
multi_platform() {
	skopeo copy --quiet "docker-archive:$DELTA/next.tar" oci:amd:1
	skopeo copy --quiet "docker-archive:$IMAGES/twins.tar:lighten/left:1" oci:arm:1
	umoci config --image arm:1 --architecture arm64
	export PODMAN_DRIVER=overlay
	podman manifest create lighten/multi:1
	podman manifest add lighten/multi:1 "oci:$PWD/amd:1"
	podman manifest add lighten/multi:1 "oci:$PWD/arm:1"
	podman manifest push --quiet --all lighten/multi:1 "oci-archive:$PWD/multi.tar:lighten/multi:1"
	podman manifest rm lighten/multi:1
	[ "$(platforms multi.tar)" = $'linux/amd64\nlinux/arm64' ]
}

@test "two platforms under one name stay two" {
	multi_platform
	for options in '' '--squash none' '--format oci' '--keep-base 1 --compress zstd'; do
		echo "options: $options"
		# shellcheck disable=SC2086 # words on purpose
		lighten $options multi.tar -o out.tar
		lighten verify multi.tar out.tar
		[ "$(platforms out.tar)" = $'linux/amd64\nlinux/arm64' ]
		podman load --quiet --input out.tar
		podman_run lighten/multi:1 >after.run 2>&1
		same "$ENGINE/before.run" after.run
		podman_empty
		skopeo copy --quiet --all oci-archive:out.tar dir:copy
		[ "$(jq '.manifests | length' copy/manifest.json)" -eq 2 ]
		skopeo copy --quiet --override-arch arm64 oci-archive:out.tar oci:copy-arm:1
		# umoci knows no zstd.
		[[ $options == *zstd* ]] || {
			umoci_tree copy-arm:1 >arm.tree
			grep -qP '^srv/name\t' arm.tree
		}
		ctr images import --all-platforms out.tar
		ctr images ls | grep -q 'linux/amd64,linux/arm64'
		ctr_tree overlayfs docker.io/lighten/multi:1 >after.tree
		same "$ENGINE/before.tree" after.tree
		ctr_empty
		# docker of that time knows no index; manifest.json is for it.
		if [[ $options != *oci* && $options != *zstd* ]]; then
			docker load --quiet --input out.tar
			docker run --rm --network none lighten/multi:1 2>&1 | cmp - "$ENGINE/before.run"
			docker_empty
		fi
		rm -r out.tar copy copy-arm
	done
}

@test "--platform keeps one of two" {
	multi_platform
	lighten --platform linux/amd64 multi.tar -o amd.tar
	[ "$(platforms amd.tar)" = linux/amd64 ]
	[ "$(stat -c %s amd.tar)" -lt "$(stat -c %s multi.tar)" ]
	lighten verify --tree-only "$DELTA/next.tar" amd.tar
	podman load --quiet --input amd.tar
	podman_run lighten/multi:1 2>&1 | cmp - "$ENGINE/before.run"
	podman_empty
	docker load --quiet --input amd.tar
	docker run --rm --network none lighten/multi:1 2>&1 | cmp - "$ENGINE/before.run"
	docker_empty
	skopeo copy --quiet oci-archive:amd.tar dir:copy
	ctr images import amd.tar
	ctr_empty
	lighten --platform linux/arm64 multi.tar -o arm.tar
	[ "$(platforms arm.tar)" = linux/arm64 ]
	lighten --image lighten/left:1 "$IMAGES/twins.tar" -o left.tar
	lighten verify --tree-only left.tar arm.tar
	[ "$(skopeo inspect --config oci-archive:arm.tar | jq -r .architecture)" = arm64 ]
	refuses 2 linux/s390x --platform linux/s390x multi.tar -o refused.tar
	lighten --platform linux/amd64 --platform linux/arm64 multi.tar -o both.tar
	lighten multi.tar | cmp - both.tar
}
