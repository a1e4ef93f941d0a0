#!/usr/bin/env bats
# lighten reads what other tools write of the same image, in every wrapping.

load common

# Each is written once; the tests look at PRODUCED/NAME.
files_begin() {
	images_ready
	export PRODUCED=$ENGINE/produced PODMAN_DRIVER=overlay
	mkdir "$PRODUCED"
	cd "$PRODUCED" || return
	skopeo copy --quiet "docker-archive:$IMAGES/app.tar" docker-archive:skopeo-docker.tar:lighten/app:1
	skopeo copy --quiet "docker-archive:$IMAGES/app.tar" oci-archive:skopeo-oci.tar:lighten/app:1
	skopeo copy --quiet "docker-archive:$IMAGES/app.tar" oci:skopeo-layout:1
	skopeo copy --quiet --dest-compress-format zstd "docker-archive:$IMAGES/app.tar" oci:skopeo-zstd:1
	skopeo copy --quiet "docker-archive:$IMAGES/app.tar" dir:skopeo-dir
	podman load --quiet --input "$IMAGES/app.tar"
	podman save --quiet --format docker-archive --output podman-docker.tar lighten/app:1
	podman save --quiet --format oci-archive --output podman-oci.tar lighten/app:1
	podman save --quiet --format oci-dir --output podman-layout lighten/app:1
	podman save --quiet --format docker-dir --output podman-dir lighten/app:1
	[ -e "$ENGINE/containerd.pid" ] || start_containerd
	ctr images import "$IMAGES/app.tar" >/dev/null
	ctr images export containerd.tar docker.io/lighten/app:1
	cp -r skopeo-layout umoci-layout
	umoci tag --image umoci-layout:1 2
	mkdir added
	echo added >added/file
	umoci insert --image umoci-layout:2 added/file /srv/added
	tar -C skopeo-layout -cf tarred-layout.tar .
	cp "$IMAGES/app.tar" docker.tar
}

# reads INPUT [VERIFY_OPTION...]: lighten takes it; the files are those of the image as docker saved it.
# An OCI config has no place for a health check, hence --tree-only for those.
reads() {
	local input=$1
	shift
	rm -f out.tar
	lighten -q "$input" -o out.tar
	lighten verify -q "$input" out.tar
	lighten verify "$@" "$IMAGES/app.tar" out.tar
}

# reads_layout FOLDER [VERIFY_OPTION...]: a folder is read in place and left as it is
reads_layout() {
	local before
	before=$(find "$1" -printf '%p %s %T@\n' | sort)
	reads "$@"
	[ "$before" = "$(find "$1" -printf '%p %s %T@\n' | sort)" ]
}

@test "skopeo: docker-archive" {
	reads "$PRODUCED/skopeo-docker.tar"
}

@test "skopeo: oci-archive" {
	reads "$PRODUCED/skopeo-oci.tar" --tree-only
}

@test "skopeo: OCI layout, gzip and zstd" {
	reads_layout "$PRODUCED/skopeo-layout" --tree-only
	reads_layout "$PRODUCED/skopeo-zstd" --tree-only
}

@test "podman: docker-archive" {
	reads "$PRODUCED/podman-docker.tar"
}

@test "podman: oci-archive" {
	reads "$PRODUCED/podman-oci.tar" --tree-only
}

@test "podman: OCI layout" {
	reads_layout "$PRODUCED/podman-layout" --tree-only
}

@test "containerd: ctr images export" {
	reads "$PRODUCED/containerd.tar"
}

@test "umoci: a layout with two tags, one changed" {
	lighten -q "$PRODUCED/umoci-layout" -o out.tar
	lighten verify "$PRODUCED/umoci-layout" out.tar
	lighten -q --image 1 "$PRODUCED/umoci-layout" -o one.tar
	lighten verify --tree-only "$IMAGES/app.tar" one.tar
	lighten -q --image 2 --tag lighten/app:2 "$PRODUCED/umoci-layout" -o two.tar
	run -1 lighten verify --tree-only "$IMAGES/app.tar" two.tar
	[[ $output == *srv/added* ]]
}

@test "a layout that tar packed with ./ names" {
	reads "$PRODUCED/tarred-layout.tar" --tree-only
}

@test "every archive in every outer compression, as a file and as a stream" {
	for archive in docker skopeo-docker skopeo-oci podman-docker podman-oci containerd; do
		lighten -q "$PRODUCED/$archive.tar" -o plain.tar
		for packer in 'gzip -1' 'xz -0' 'zstd -1' 'bzip2 -1'; do
			# shellcheck disable=SC2086 # words on purpose
			$packer -c "$PRODUCED/$archive.tar" >packed
			lighten -q packed -o out.tar
			cmp plain.tar out.tar
			lighten -q <packed >piped.tar
			cmp plain.tar piped.tar
			rm packed out.tar piped.tar
		done
		rm plain.tar
	done
}

@test "the same image from docker, skopeo and podman becomes the same layer" {
	for archive in docker skopeo-docker skopeo-oci podman-docker podman-oci containerd; do
		lighten -q --compress none --format oci-dir "$PRODUCED/$archive.tar" -o layout
		jq -r '.manifests[0].digest | sub(":"; "/")' layout/index.json |
			sed 's|^|layout/blobs/|' | xargs jq -r '.layers[].digest'
		rm -r layout
	done >digests
	[ "$(wc -l <digests)" -eq 6 ]
	[ "$(sort -u digests | wc -l)" -eq 1 ]
}

# refuses INPUT WORD: exit 4, one clear line with this word, no output
refuses() {
	run -4 --separate-stderr lighten "$1" -o out.tar
	[ -z "$output" ]
	[ "$(grep -c '^lighten: ' <<<"$stderr")" -eq 1 ]
	[[ $stderr == *"$2"* ]]
	[ "$(find . -name 'out.tar*' -o -name '.*' ! -name . | wc -l)" -eq 0 ]
}

@test "docker export is refused by its name" {
	refuses "$IMAGES/rootfs.tar" 'docker export'
	gzip -1c "$IMAGES/rootfs.tar" >rootfs.tar.gz
	refuses rootfs.tar.gz 'docker export'
	run -4 lighten -o out.tar <"$IMAGES/rootfs.tar"
	[ ! -e out.tar ]
}

@test "dir: folders of skopeo and podman are refused by their name" {
	refuses "$PRODUCED/skopeo-dir" 'dir:'
	refuses "$PRODUCED/podman-dir" 'dir:'
	tar -C "$PRODUCED/skopeo-dir" -cf dir.tar .
	refuses dir.tar 'dir:'
}
