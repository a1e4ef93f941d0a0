#!/usr/bin/env bats
# podman, skopeo, umoci and containerd take what lighten writes, and see the files that docker saw.

load common

files_begin() { docker_begin; }

# podman's vfs driver takes hard links of pipes and symlinks apart when it copies a lower layer.
without_odd_links() {
	awk -F'\t' -v OFS='\t' '$2 != "-" { $8 = "" } 1' "$1"
}

podman_forget() {
	podman image rm --all --force >/dev/null
}

# podman_shows: what was loaded has the files of before and prints the same
podman_shows() {
	podman_tree lighten/app:1 >after.tree
	if [ "$PODMAN_DRIVER" = vfs ]; then
		same <(without_odd_links "$ENGINE/before.tree") <(without_odd_links after.tree)
	else
		same "$ENGINE/before.tree" after.tree
	fi
	podman_run lighten/app:1 >after.run 2>&1
	same "$ENGINE/before.run" after.run
	podman history --no-trunc --format '{{.CreatedBy}}' lighten/app:1 >after.steps
	cut -d'|' -f1 "$ENGINE/before.steps" | cmp - after.steps
}

# podman_loads OPTION...: lighten with these options, verify, load, look
podman_loads() {
	rm -f out.tar
	lighten "$@" "$IMAGES/app.tar" -o out.tar
	lighten verify "$IMAGES/app.tar" out.tar
	podman_forget
	podman load --quiet --input out.tar
	podman_shows
}

# holds_tree LAYOUT:TAG: umoci unpacks it to the tree of before
holds_tree() {
	umoci_tree "$1" >after.tree
	same "$ENGINE/before.tree" after.tree
	umoci stat --image "$1" | grep -q 'ENTRYPOINT'
}

@test "podman overlay: every format" {
	export PODMAN_DRIVER=overlay
	podman_loads
	podman_loads --format docker
	podman_loads --format oci
	podman_loads --squash none
	podman_loads --keep-base 1
	podman_forget
}

@test "podman overlay: orders and its target" {
	export PODMAN_DRIVER=overlay
	podman_loads --order similar --compress zstd
	podman_loads --order similar --compress zstd:3,long --squash none
	podman_loads --target podman
	podman_loads --target podman --compress zstd --format oci
	podman_forget
	lighten --target podman --format oci --image lighten/left:1 "$IMAGES/twins.tar" -o left.tar
	podman load --quiet --input left.tar
	[ "$(podman_run lighten/left:1)" = left ]
	podman_forget
}

@test "podman overlay: every compression" {
	export PODMAN_DRIVER=overlay
	podman_loads --compress gzip
	podman_loads --compress zstd
	podman_loads --compress zstd --squash none --format oci
	podman_loads --compress zstd:12,long --format docker
	podman_forget
}

@test "podman vfs" {
	export PODMAN_DRIVER=vfs
	podman_loads
	podman_loads --keep-base 7 --compress zstd
	podman_forget
	rm -rf "$ENGINE/podman-vfs"
}

@test "podman loads an OCI layout folder" {
	export PODMAN_DRIVER=overlay
	lighten --format oci-dir "$IMAGES/app.tar" -o layout
	podman_forget
	# podman names it after the folder.
	podman load --quiet --input layout
	podman tag localhost/layout lighten/app:1
	podman_shows
}

@test "podman save | lighten | podman load" {
	export PODMAN_DRIVER=overlay
	podman_forget
	podman load --quiet --input "$IMAGES/app.tar"
	for format in docker-archive oci-archive; do
		podman save --quiet --format "$format" lighten/app:1 >saved.tar
		podman_forget
		lighten -q <saved.tar | podman load --quiet
		podman_shows
		lighten saved.tar -o out.tar
		lighten verify saved.tar out.tar
		# podman leaves the health check out of an OCI config.
		lighten verify --tree-only "$IMAGES/app.tar" out.tar
		rm saved.tar out.tar
		podman_forget
		podman load --quiet --input "$IMAGES/app.tar"
	done
}

@test "podman loads two images of one archive" {
	export PODMAN_DRIVER=overlay
	lighten "$IMAGES/twins.tar" -o out.tar
	podman_forget
	podman load --quiet --input out.tar
	[ "$(podman_run lighten/left:1)" = left ]
	[ "$(podman_run lighten/right:1)" = right ]
	podman_forget
}

@test "podman loads 120 layers" {
	export PODMAN_DRIVER=overlay
	lighten --squash none "$IMAGES/many.tar" -o out.tar
	podman_forget
	podman load --quiet --input out.tar
	[ "$(podman image inspect lighten/many:1 --format '{{len .RootFS.Layers}}')" -eq 120 ]
	podman_tree lighten/many:1 >after.tree
	docker load --quiet --input "$IMAGES/many.tar"
	docker_tree lighten/many:1 >before.tree
	docker_forget lighten/many:1
	same before.tree after.tree
	podman_forget
}

@test "skopeo copies every format" {
	for mode in all none; do
		for format in hybrid docker oci; do
			lighten --squash "$mode" --format "$format" "$IMAGES/app.tar" -o out.tar
			[ "$format" = oci ] || skopeo copy --quiet docker-archive:out.tar dir:copy-dir
			[ "$format" = oci ] || skopeo copy --quiet docker-archive:out.tar oci:copy:1
			[ "$format" = docker ] || skopeo copy --quiet oci-archive:out.tar oci:copy:1
			holds_tree copy:1
			rm -rf out.tar copy copy-dir
		done
		lighten --squash "$mode" --format oci-dir "$IMAGES/app.tar" -o layout
		skopeo copy --quiet oci:layout docker-archive:copy.tar:lighten/app:1
		lighten verify "$IMAGES/app.tar" copy.tar
		rm -r layout copy.tar
	done
}

@test "skopeo copies compressed layers" {
	for how in gzip zstd 'zstd --order similar'; do
		# shellcheck disable=SC2086 # words on purpose
		lighten --compress $how "$IMAGES/app.tar" -o out.tar
		skopeo copy --quiet docker-archive:out.tar dir:copy-dir
		skopeo copy --quiet oci-archive:out.tar dir:copy-oci
		rm -r out.tar copy-dir copy-oci
	done
}

@test "umoci unpacks an OCI layout folder" {
	for options in '--squash all' '--squash none' '--keep-base 1' '--squash none --compress gzip' \
		'--order similar --compress gzip'; do
		# shellcheck disable=SC2086 # words on purpose
		lighten --format oci-dir $options "$IMAGES/app.tar" -o layout
		tag=$(jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]' layout/index.json)
		holds_tree "layout:$tag"
		lighten verify "$IMAGES/app.tar" layout
		rm -r layout
	done
}

@test "containerd imports a hybrid" {
	for options in '' '--squash none' '--compress gzip' '--compress zstd' '--format docker' \
		'--format oci' '--keep-base 1' '--order similar' '--target containerd' '--target kind'; do
		# shellcheck disable=SC2086 # words on purpose
		lighten $options "$IMAGES/app.tar" -o out.tar
		# As kind and k3s do it.
		ctr images import --all-platforms --digests out.tar
		ctr images ls --quiet | grep -qx docker.io/lighten/app:1
		ctr_tree overlayfs docker.io/lighten/app:1 >after.tree
		same "$ENGINE/before.tree" after.tree
		mapfile -t names < <(ctr images ls --quiet)
		ctr images rm --sync "${names[@]}"
		rm out.tar
	done
	lighten "$IMAGES/app.tar" -o out.tar
	ctr images import --snapshotter native out.tar
	ctr_tree native docker.io/lighten/app:1 >after.tree
	same "$ENGINE/before.tree" after.tree
}
