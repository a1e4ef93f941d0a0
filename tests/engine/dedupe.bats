#!/usr/bin/env bats
# Identical files that became hard links, in containers: what a write through one name does.

load common

files_begin() {
	start_docker
	images_ready
	docker load --quiet --input "$IMAGES/app.tar"
	mkdir "$ENGINE/twins"
	cat >"$ENGINE/twins/Dockerfile" <<-'END'
		FROM lighten/app:1
		USER 0
		RUN mkdir /opt/twins /etc/twins && cd /opt/twins && seq 3000 >a && cp -p a b && cp -p a c
		RUN cp -p /opt/twins/a /etc/twins/a && cp -p /opt/twins/a /etc/twins/b
	END
	docker build --quiet --network none --tag lighten/twins:1 "$ENGINE/twins"
	docker save --output "$ENGINE/twins.tar" lighten/twins:1
	docker_note lighten/twins:1 "$ENGINE/before"
	docker_forget lighten/twins:1
	lighten --dedupe safe "$ENGINE/twins.tar" -o "$ENGINE/linked.tar"
}

# What a container says: names of each file, then whether a write through one reached the other.
script='stat -c "%h %n" /opt/twins/a /opt/twins/b /opt/twins/c /etc/twins/a /etc/twins/b
	echo more >>/opt/twins/a
	[ "$(tail -n 1 /opt/twins/a)" = more ] && echo written
	[ "$(tail -n 1 /opt/twins/b)" = more ] && echo both
	[ "$(tail -n 1 /etc/twins/b)" = more ] || echo guarded'

# said_links WORD...: three names are one file, guarded ones are not, and then these words
said_links() {
	printf '%s\n' '3 /opt/twins/a' '3 /opt/twins/b' '3 /opt/twins/c' '1 /etc/twins/a' '1 /etc/twins/b' "$@" |
		diff -u - said
}

@test "docker overlay2: contents as before, a write copies one name up" {
	docker load --quiet --input "$ENGINE/linked.tar"
	docker_note lighten/twins:1 after
	same "$ENGINE/before.run" after.run
	docker run --rm --network none --entrypoint /bin/sh lighten/twins:1 -c "$script" >said
	said_links written guarded
}

@test "podman vfs: all names are one file, guarded ones are not" {
	export PODMAN_DRIVER=vfs
	podman load --quiet --input "$ENGINE/linked.tar"
	podman_run --entrypoint /bin/sh lighten/twins:1 -c "$script" >said
	said_links written both guarded
}
