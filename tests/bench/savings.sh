#!/usr/bin/env bash
# savings.sh [NAME...]: what each policy takes from file systems of Debian packages and of npm, as
# a Markdown table, with the given figures of savings.json beside it (README.md, Policies).
#
# Root, mmdebstrap, npm and the network are needed.  File systems are kept below build/savings, so
# that a second run only measures.  LIGHTEN names the program.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
LIGHTEN=$(realpath "${LIGHTEN:-build/lighten}")
# shellcheck source=../engine/policy_images.bash
HERE=$PWD/tests/engine . "$PWD/tests/engine/policy_images.bash"
store=$PWD/build/savings

# What was measured had nothing of Debian's "required" packages but apt, and the first suite only:
# neither updates nor security, whose lists would count as savings.
packages_of() {
	case $1 in
	base) ;;
	std) echo man-db,locales,bash-completion,vim,git,curl,ruby,perl,openssh-client,less,debsums,tzdata ;;
	py) echo python3,python3-{pip,numpy,pandas,scipy,flask,sqlalchemy,cryptography,requests,yaml} | tr ' ' , ;;
	java) echo openjdk-17-jdk-headless,maven ;;
	dev) echo build-essential,libboost-all-dev,cmake,gdb,git,lib{ssl,pq,curl4-openssl}-dev | tr ' ' , ;;
	my) echo mariadb-server,openssh-server,ca-certificates,tzdata ;;
	esac
}

# The given figures name seven of these, and a compiler of TypeScript 7.  The others, and the release
# of next, are chosen so that maps, declarations and the cache are about as many and as large.
node_packages=(express@5.3.0 next@16.3.0 react@19.3.1 react-dom@19.3.1 webpack@5.112.2 typescript@7.0.2
	jest@30.5.2 eslint@10.15.0 aws-sdk@2.1693.0 lodash@4.18.1 axios@1.21.1 moment@2.31.0
	@babel/core@7.29.13 @babel/preset-env@7.29.14 prettier@3.10.1 mongoose@9.12.1 bootstrap@5.3.9
	chart.js@4.6.1)

# A build step that cleans up nothing: the lists, both caches and an archive of apt stay.
careless() {
	# shellcheck disable=SC2016
	echo 'chroot "$1" sh -c "apt-get clean && apt-get -o Acquire::Languages=none update &&' \
		'apt-get -o Acquire::Languages=none install -y --no-install-recommends hello"'
}

# make_debian NAME TAR
make_debian() {
	local source options=(--variant=apt --include="$(packages_of "$1")")
	source=$(machine_sources)
	if [ -z "$source" ]; then
		apt-get update && source=$(machine_sources) || return
	fi
	source=$(grep -vE '(-updates|-security|-backports) ' <<<"$source")
	case $1 in
	base) options=(--variant=minbase) ;;
	std) options+=(--skip=cleanup/apt --customize-hook="$(careless)") ;;
	esac
	# shellcheck disable=SC2001
	mmdebstrap "${options[@]}" --dpkgopt=force-unsafe-io "$(sed 's/.*:[^ ]* \([^ ]*\) .*/\1/' <<<"$source")" \
		"$2" - <<<"$source"
}

# make_node TAR: an application, the cache that its installation leaves, the headers of node
make_node() {
	local root=$store/node include
	include=$(dirname "$(command -v node)")/../include/node
	[ -d "$include" ] || {
		echo "no headers of node in $include: install them, such as Debian's libnode-dev"
		return 1
	}
	rm -rf "$root"
	mkdir -p "$root/app" "$root/root" "$root/usr/include"
	echo '{ "name": "app", "version": "1.0.0", "private": true }' >"$root/app/package.json"
	npm install --no-audit --no-fund --no-update-notifier --ignore-scripts --legacy-peer-deps \
		--cache "$root/root/.npm" --prefix "$root/app" "${node_packages[@]}" &&
		cp -r "$include" "$root/usr/include" &&
		tar -C "$root" --sort=name -cf "$1" . &&
		rm -rf "$root"
}

# make_tree NAME: $store/NAME.tar
make_tree() {
	[ ! -e "$store/$1.tar" ] || return 0
	if [ "$1" = node ]; then
		make_node "$store/new.tar"
	else
		make_debian "$1" "$store/new.tar"
	fi >"$store/$1.log" 2>&1 || {
		tail -n 20 "$store/$1.log" >&2
		exit 1
	}
	mv "$store/new.tar" "$store/$1.tar"
}

[ $# -gt 0 ] || set -- base std py java dev my node
mkdir -p "$store"
work=$(mktemp -d "$store/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
for name in "$@"; do
	make_tree "$name"
	python3 "$here/savings.py" image "$store/$name.tar" "$work/image.tar"
	"$LIGHTEN" --quiet --policy aggressive --dedupe off --dry-run --report "$work/$name.json" "$work/image.tar"
	"$LIGHTEN" plan --quiet --policy aggressive --dedupe off -o "$work/$name.plan" "$work/image.tar"
	python3 "$here/savings.py" measure "$store/$name.tar" "$work/$name.json" "$work/$name.plan" >"$store/$name.json"
done
python3 "$here/savings.py" table "$here/savings.json" "${@/#/$store/}"
