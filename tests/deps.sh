#!/usr/bin/env bash
# deps.sh build|test|bench...: install the Debian or Ubuntu packages that the build, the tests or the
# benchmark need.
#
# An item is PACKAGE, or PACKAGE=COMMAND when any provider of COMMAND will do, so that a machine
# with Docker's own packages keeps them.  OLD|NEW takes OLD where the release still has it.
# Nothing is asked of apt when all is there, so a second run works offline.
set -euo pipefail

build='gcc=gcc libc6-dev make=make pkg-config=pkg-config
	libjansson-dev libssl-dev libzstd-dev zlib1g-dev liblzma-dev libbz2-dev liblz4-dev
	libxxhash-dev libsqlite3-dev libdeflate-dev libisal-dev'
test='libcmocka-dev libarchive-dev bats=bats clang=clang clang-format-14|clang-format
	universal-ctags shellcheck=shellcheck codespell=codespell
	python3=python3 python3-jsonschema python3-html5lib tidy=tidy cmark-gfm=cmark-gfm jq=jq
	file=file mandoc=mandoc rpm=rpmbuild ca-certificates
	gzip=gzip bzip2=bzip2 xz-utils=xz zstd=zstd
	libcap2-bin=setcap e2fsprogs=mkfs.ext4 iptables=iptables
	docker.io=dockerd podman=podman skopeo=skopeo umoci=umoci
	mmdebstrap=mmdebstrap npm=npm'
bench='python3=python3 openssl=openssl pigz=pigz zstd=zstd isal|libisal-dev
	docker.io=dockerd buildah=buildah skopeo=skopeo umoci=umoci
	mmdebstrap=mmdebstrap npm=npm'

items=
for what in "$@"; do
	case $what in
	build) items+=" $build" ;;
	test) items+=" $test" ;;
	bench) items+=" $bench" ;;
	*) items= && break ;;
	esac
done
if [ -z "$items" ]; then
	echo 'usage: deps.sh build|test|bench...' >&2
	exit 2
fi

# System daemons live in sbin, which the PATH of a user may lack.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for item in $items; do
	package=${item%%=*}
	command=${item#"$package"}
	command=${command#=}
	if [ -n "$command" ] && command -v "$command" >/dev/null; then
		continue
	fi
	for choice in ${package//|/ }; do
		installed "$choice" && continue 2
	done
	missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "deps: this is not Debian or Ubuntu; install the equivalents of: ${missing[*]}" >&2
	exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "deps: not root and no sudo; ask root to run: apt-get install ${missing[*]}" >&2
		exit 1
	fi
	as_root=(sudo)
fi
apt() {
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 \
		-o Acquire::Retries=5 "$@"
}

echo "deps: installing ${missing[*]}"
apt update
chosen=()
for package in "${missing[@]}"; do
	first=${package%%|*}
	if [ "$first" != "$package" ] && [ -z "$(apt-cache search --names-only "^$first\$")" ]; then
		first=${package#*|}
	fi
	chosen+=("$first")
done
apt install -y --no-install-recommends "${chosen[@]}" >/dev/null
