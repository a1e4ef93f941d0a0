#!/usr/bin/env bash
# make_image.sh PACKAGES WORK OUTPUT: write a docker-archive from the packages that fetch.sh left.
#
# Neither root nor an engine is needed: layers are tar streams whose members belong to 0:0.  The
# image has what real ones have too much of: package lists left behind, a chmod that stores files
# again, a file that a later step deletes, copies, and hard links.
set -euo pipefail
umask 022
export LC_ALL=C
packages=$(cd "$1" && pwd)
rm -rf "$2"
work=$(mkdir -p "$2" && cd "$2" && pwd)
output=$3
epoch=1704067200
created=2024-01-01T00:00:00Z

deb_of() {
	printf '%s\n' "$packages/archives/${1%%:*}"_*.deb
}

# merged_usr DIR on|off: the links by which /bin and its like lead into /usr
merged_usr() {
	local name
	for name in bin sbin lib lib64; do
		if [ "$2" = on ]; then
			mkdir -p "$1/usr/$name"
			ln -s "usr/$name" "$1/$name"
		elif [ "$2" = off ] && [ -L "$1/$name" ]; then
			rm "$1/$name"
			rmdir --ignore-fail-on-non-empty "$1/usr/$name"
		fi
	done
}

# unpack DIR LIST: packages as dpkg would unpack them, with their rows in its database
unpack() {
	local package deb info=$1/var/lib/dpkg/info
	mkdir -p "$info"
	while read -r package; do
		deb=$(deb_of "$package")
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -p --no-same-owner --keep-directory-symlink -C "$1"
		dpkg-deb --fsys-tarfile "$deb" | tar -t | sed 's/^\.//; s/\/$//; s/^$/\/./' \
			>"$info/${package%%:*}.list"
		dpkg-deb -f "$deb" | sed '1a Status: install ok installed' >>"$1/var/lib/dpkg/status"
		echo >>"$1/var/lib/dpkg/status"
	done <"$2"
}

# archive DIR OUTPUT: the contents of DIR, in an order and with times that repeat
archive() {
	find "$1" -mindepth 1 -maxdepth 1 -printf '%P\n' | sort |
		tar -c -f "$2" -C "$1" --sort=name --owner=0 --group=0 --numeric-owner \
			--format=posix --pax-option=delete=atime,delete=ctime \
			--mtime="@$epoch" --clamp-mtime --files-from=-
}

layer_names=() diff_ids=()
# add_layer DIR: what stands in DIR becomes the next layer
add_layer() {
	local tar=$work/layer.tar diff_id
	archive "$1" "$tar"
	diff_id=$(sha256sum <"$tar")
	diff_id=${diff_id%% *}
	mkdir -p "$work/image/$diff_id"
	mv "$tar" "$work/image/$diff_id/layer.tar"
	layer_names+=("$diff_id/layer.tar")
	diff_ids+=("sha256:$diff_id")
	printf '  layer %d  %10s  %s\n' "${#diff_ids[@]}" \
		"$(du -h --apparent-size "$work/image/$diff_id/layer.tar" | cut -f1)" "$2"
}

history=()
# step INSTRUCTION [empty]: the history entry of a layer, or of none
step() {
	local text=${1//\\/\\\\}
	text=${text//\"/\\\"}
	history+=("{\"created\":\"$created\",\"created_by\":\"$text\"${2:+,\"empty_layer\":true}}")
}

join() {
	local IFS=,
	echo "$*"
}

make_base() {
	local root=$work/base
	mkdir -p "$root"
	merged_usr "$root" on
	unpack "$root" "$packages/base.list"
	mkdir -p "$root"/{dev,proc,sys,run,root} "$root/etc"
	mkdir -p "$root/tmp"
	chmod 1777 "$root/tmp"
	cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
	cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	step "/bin/sh -c #(nop) ADD file:rootfs.tar in / "
	add_layer "$root" 'base system'
	step '/bin/sh -c #(nop)  CMD ["bash"]' empty
}

make_packages() {
	local root=$work/packages
	mkdir -p "$root/var/lib/dpkg"
	cp -p "$work/base/var/lib/dpkg/status" "$root/var/lib/dpkg/status"
	merged_usr "$root" on
	unpack "$root" "$packages/app.list"
	merged_usr "$root" off
	mkdir -p "$root/etc/ssl/certs" "$root/var/lib/apt" "$root/var/log"
	cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
	cp -R "$packages/lists" "$root/var/lib/apt/lists"
	sed 's/^/2024-01-01 00:00:00 status installed /' "$packages/app.list" >"$root/var/log/dpkg.log"
	step 'RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends ca-certificates curl python3-minimal # buildkit'
	add_layer "$root" 'packages, and package lists left behind'
}

make_app() {
	local root=$work/app
	mkdir -p "$root/srv/app/vendor"
	cp -R "$work"/packages/usr/lib/python3* "$root/srv/app/vendor/"
	cat >"$root/srv/app/main.py" <<'EOF'
import os
import sys

print("demo app on Python", sys.version.split()[0], "with", len(os.listdir("/srv/app")), "entries")
EOF
	step 'COPY app /srv/app # buildkit'
	add_layer "$root" 'application, with a copy of files from below'
	chmod -R g+w "$root/srv/app"
	step 'RUN /bin/sh -c chmod -R g+w /srv/app # buildkit'
	add_layer "$root" 'chmod -R: the same files again'
}

make_deleted() {
	mkdir -p "$work/big/tmp/build" "$work/gone/tmp"
	chmod 1777 "$work/big/tmp" "$work/gone/tmp"
	archive "$packages/archives" "$work/big/tmp/build/debs.tar"
	step 'ADD debs.tar /tmp/build/ # buildkit'
	add_layer "$work/big" 'a big archive'
	: >"$work/gone/tmp/.wh.build"
	step 'RUN /bin/sh -c rm -rf /tmp/build # buildkit'
	add_layer "$work/gone" 'deletes it, and frees nothing'
}

# As git's own "make install" leaves it: every command is a hard link to one program.
make_links() {
	local core=$work/links/usr/local/libexec/git-core name
	mkdir -p "$core" "$work/git"
	dpkg-deb --fsys-tarfile "$(deb_of git)" | tar -x --no-same-owner -C "$work/git"
	cp "$work/git/usr/bin/git" "$core/git"
	for name in "$work"/git/usr/lib/git-core/git-*; do
		if [ "$(readlink "$name")" = git ]; then
			ln "$core/git" "$core/${name##*/}"
		fi
	done
	step 'RUN /bin/sh -c make -C /usr/src/git install # buildkit'
	add_layer "$work/links" 'one program under many hard links'
}

make_archive() {
	local arch variant="" config id
	arch=$(dpkg --print-architecture)
	case $arch in
	i386) arch=386 ;;
	armhf) arch=arm variant=',"variant":"v7"' ;;
	ppc64el) arch=ppc64le ;;
	esac
	step 'CMD ["/usr/bin/python3" "/srv/app/main.py"]' empty
	config="{\"architecture\":\"$arch\"$variant,\"config\":{\"Env\":[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\"],\"Cmd\":[\"/usr/bin/python3\",\"/srv/app/main.py\"],\"WorkingDir\":\"/srv/app\"},\"created\":\"$created\",\"history\":[$(join "${history[@]}")],\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[$(join "${diff_ids[@]/#/\"}" | sed 's/,/",/g')\"]}}"
	id=$(printf '%s' "$config" | sha256sum)
	id=${id%% *}
	printf '%s' "$config" >"$work/image/$id.json"
	printf '[{"Config":"%s.json","RepoTags":["demo/app:1.0"],"Layers":[%s"]}]\n' "$id" \
		"$(join "${layer_names[@]/#/\"}" | sed 's/,/",/g')" >"$work/image/manifest.json"
	archive "$work/image" "$output.new"
	mv "$output.new" "$output"
}

make_base
make_packages
make_app
make_deleted
make_links
make_archive
rm -rf "$work"
