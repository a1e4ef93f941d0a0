# shellcheck shell=bash
# The images of the tests, built once by a real docker and kept below build/engine.

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# lighten ARGUMENT...: without rules unless the test names some, since what engines show is compared
lighten() {
	case ${1-} in
	apply | chain | policy | verify)
		"${LIGHTEN:?is the path of the program}" "$@"
		;;
	plan | optimize)
		"${LIGHTEN:?}" "$1" --policy none --dedupe off "${@:2}"
		;;
	*)
		"${LIGHTEN:?}" --policy none --dedupe off "$@"
		;;
	esac
}

# images_kept NAME RECIPE FUNCTION: have in $IMAGES a folder below build/NAME which FUNCTION FOLDER
# filled, once for each digest of all that decides about it.
images_kept() {
	local store=$HERE/../../build/$1 work
	IMAGES=$(realpath -m "$store/${2:0:16}")
	export IMAGES
	[ ! -e "$IMAGES" ] || return 0
	[ -e "$ENGINE/docker.pid" ] || start_docker
	# Images of an older recipe are of no use any more.
	rm -rf "$store"
	mkdir -p "$store"
	work=$(mktemp -d "$store/new.XXXXXX")
	"$3" "$work" >"$ENGINE/build.log" 2>&1 || {
		tail -n 40 "$ENGINE/build.log" >&2
		rm -rf "$work"
		return 1
	}
	chmod -R a+rX "$work"
	mv "$work" "$IMAGES"
	# Under sudo, the folder still belongs to the one who runs make clean.
	chown -R --reference="$HERE/../../Makefile" "$store"
}

# images_ready: $IMAGES holds
#   app.tar     lighten/app:1, an image with some of everything (context/app.dockerfile)
#   twins.tar   lighten/left:1 and lighten/right:1 on one base, in one archive
#   many.tar    lighten/many:1 with 120 layers
#   rootfs.tar  what `docker export` makes of a container of lighten/app:1
images_ready() {
	images_kept engine "$(cat "$HERE"/context/* "$HERE/rootfs.py" "$HERE/images.bash" \
		<(dockerd --version) | sha256sum)" images_build
}

images_build() {
	local step container context=$ENGINE/context
	cp -r --no-preserve=mode "$HERE/context" "$context" &&
		python3 "$HERE/rootfs.py" "$context/base.tar" &&
		docker import --change 'ENV BASE=1' "$context/base.tar" lighten/base:1 &&
		image_build app "$context/app.dockerfile" &&
		docker save -o "$1/app.tar" lighten/app:1 &&
		container=$(docker create lighten/app:1) &&
		docker export -o "$1/rootfs.tar" "$container" &&
		docker rm -v "$container" || return

	{
		echo 'FROM lighten/base:1'
		echo 'RUN mkdir /srv/common && seq 200000 >/srv/common/dead && seq 50000 >/srv/common/file'
		echo 'RUN rm /srv/common/dead && chmod 600 /srv/common/file'
	} >"$context/common" && image_build common "$context/common" &&
		for step in left right; do
			printf 'FROM lighten/common:1\nRUN %s && %s\nRUN %s\nCMD %s\n' "seq 90000 >/srv/$step" \
				"rm /base/big" "rm /srv/$step && echo $step >/srv/name" "cat /srv/name" >"$context/$step" &&
				image_build $step "$context/$step" || return
		done &&
		docker save -o "$1/twins.tar" lighten/left:1 lighten/right:1 || return

	# COPY makes a layer without running a container.
	echo 'FROM lighten/base:1' >"$context/many"
	for step in $(seq 119); do
		head -c "$((step * 50))" "$context/base.tar" | sha256sum >"$context/file-$step"
		echo "COPY file-$step /srv/f$((step % 9))/file-$((step % 40))"
	done >>"$context/many"
	echo 'CMD find /srv -type f -exec sha256sum {} + | sort' >>"$context/many"
	image_build many "$context/many" && docker save -o "$1/many.tar" lighten/many:1
}

image_build() {
	docker build --network none --force-rm --tag "lighten/$1:1" --file "$2" "$ENGINE/context"
}

# tree DIR|TAR [LEAVE_OUT]...: the listing of a file tree
tree() {
	inside python3 "$HERE/tree.py" "$@"
}

# docker_tree IMAGE: the merged layers as docker stores them, without what a container adds
docker_tree() {
	local upper layers
	upper=$(docker image inspect --format '{{.GraphDriver.Data.UpperDir}}' "$1")
	upper=${upper%/diff}
	if [ ! -e "$upper/lower" ]; then
		tree "$upper/diff"
		return
	fi
	# By their short names, and by the old system call, which takes a longer list.
	layers=l/$(<"$upper/link"):$(<"$upper/lower")
	mkdir -p "$ENGINE/mount"
	# shellcheck disable=SC2016
	inside env LIBMOUNT_FORCE_MOUNT2=always sh -c 'cd "$1" && mount -t overlay -o "ro,lowerdir=$2" view "$3"' \
		mount "$ENGINE/docker/overlay2" "$layers" "$ENGINE/mount"
	tree "$ENGINE/mount"
	inside umount "$ENGINE/mount"
}

# export_tree IMAGE: what docker export lists.  Left out is what the engine puts over the image.
export_tree() {
	local container
	container=$(docker create --network none "$1")
	docker export --output "$ENGINE/export.tar" "$container"
	docker rm --volumes "$container" >/dev/null
	tree "$ENGINE/export.tar" .dockerenv dev/ proc/ sys/ etc@ etc/hostname etc/hosts etc/resolv.conf \
		etc/mtab
	rm "$ENGINE/export.tar"
}

# podman_tree IMAGE
podman_tree() {
	local place
	place=$(podman image mount "$1")
	tree "$place"
	podman image umount "$1" >/dev/null
}

# ctr_tree SNAPSHOTTER IMAGE
ctr_tree() {
	mkdir -p "$ENGINE/mount"
	ctr image mount --snapshotter "$1" "$2" "$ENGINE/mount" >/dev/null
	tree "$ENGINE/mount"
	ctr image unmount --rm --snapshotter "$1" "$ENGINE/mount" >/dev/null
}

# umoci_tree LAYOUT:TAG
umoci_tree() {
	umoci unpack --image "$1" "$ENGINE/bundle"
	tree "$ENGINE/bundle/rootfs"
	rm -rf "$ENGINE/bundle"
}

# What docker knows of an image besides its files.
docker_config() {
	docker image inspect "$1" | jq -S '.[0] | .Config, .Architecture, .Os, .Author, .Created'
}

docker_steps() {
	docker history --no-trunc --format '{{.CreatedBy}}|{{.CreatedAt}}|{{.Comment}}' "$1"
}

docker_layers() {
	docker image inspect "$1" | jq -r '.[0].RootFS.Layers[]'
}

# same BEFORE AFTER: two files, with what differs
same() {
	diff --unified=0 "$1" "$2" | head -n 40
	cmp -s "$1" "$2"
}

# docker_begin: with lighten/app:1 noted in $ENGINE/before.* (and removed again)
docker_begin() {
	start_docker &&
		images_ready &&
		docker load --quiet --input "$IMAGES/app.tar" &&
		docker_note lighten/app:1 "$ENGINE/before" &&
		docker_forget lighten/app:1
}

# docker_note IMAGE PREFIX: all that docker shows of an image, in files PREFIX.*
docker_note() {
	docker run --rm --network none "$1" >"$2.run" 2>&1 &&
		export_tree "$1" >"$2.export" &&
		docker_tree "$1" >"$2.tree" &&
		docker_config "$1" >"$2.config" &&
		docker_steps "$1" >"$2.steps" &&
		docker_layers "$1" >"$2.layers"
}

# docker_forget IMAGE...: remove them and what only they held
docker_forget() {
	docker image rm --force "$@" >/dev/null 2>&1 || true
}
