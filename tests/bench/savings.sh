#!/usr/bin/env bash
# savings.sh [NAME...]: what each policy takes from images of Debian packages, as a Markdown table.
#
# Root, docker, mmdebstrap and npm are needed.  File systems are kept below build/savings, so that
# a second run only measures.  LIGHTEN names the program.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
LIGHTEN=$(realpath "${LIGHTEN:-build/lighten}")
export LIGHTEN
HERE=$PWD/tests/engine
# shellcheck source=../engine/engine.bash
. "$HERE/engine.bash"
# shellcheck source=../engine/images.bash
. "$HERE/images.bash"
# shellcheck source=../engine/policy_images.bash
. "$HERE/policy_images.bash"
store=$PWD/build/savings

packages_of() {
	case $1 in
	base) echo ca-certificates ;;
	std) echo man-db,locales,bash-completion,vim,git,curl,ruby,perl ;;
	py) echo python3,python3-pip,python3-numpy,python3-pandas,python3-scipy,python3-flask,python3-sqlalchemy,python3-cryptography ;;
	java) echo openjdk-17-jdk-headless,maven ;;
	dev) echo build-essential,libboost-all-dev,cmake,gdb ;;
	my) echo mariadb-server,openssh-server ;;
	node) echo nodejs,libnode-dev ;;
	esac
}

# What a build does above the packages.
steps_of() {
	echo "FROM savings/$1-packages:1"
	case $1 in
	std) printf '%s\n' 'RUN sed -i 2,99d /etc/apt/sources.list' \
		'RUN apt-get update && apt-get install -y --no-install-recommends hello' ;;
	node) printf '%s\n' 'COPY app /app' 'COPY npm-cache /root/.npm' ;;
	esac
}

# make_image NAME: the archive of an image, in $ENGINE
make_image() {
	local context=$ENGINE/context-$1
	mkdir -p "$store" "$context"
	if [ ! -e "$store/$1.rootfs.tar" ]; then
		policy_base "$store/new.tar" "$(packages_of "$1")"
		mv "$store/new.tar" "$store/$1.rootfs.tar"
	fi
	docker import --change 'CMD ["bash"]' "$store/$1.rootfs.tar" "savings/$1-packages:1"
	if [ "$1" = node ]; then
		npm_config=(--no-audit --no-fund --no-update-notifier --ignore-scripts --legacy-peer-deps)
		mkdir "$context/app"
		echo '{ "name": "app", "version": "1.0.0", "private": true }' >"$context/app/package.json"
		npm install "${npm_config[@]}" --cache "$context/npm-cache" --prefix "$context/app" express@4 next@14 react@18 \
			react-dom@18 webpack@5 typescript@5 jest@29 eslint@8 aws-sdk@2 lodash@4 moment@2 axios@1 rxjs@7 core-js@3 \
			date-fns@2 @babel/core@7 @babel/preset-env@7
	fi
	steps_of "$1" >"$ENGINE/steps"
	docker build --network host --force-rm --tag "savings/$1:1" --file "$ENGINE/steps" "$context"
	docker save -o "$ENGINE/$1.tar" "savings/$1:1"
	docker_forget "savings/$1:1" "savings/$1-packages:1"
	rm -rf "$context"
}

# A row: file bytes, what the rules of each policy take (all of them at once), the sum, its share.
row() {
	lighten --quiet --policy aggressive --dry-run --report "$ENGINE/$1.json" "$ENGINE/$1.tar"
	lighten --quiet --policy none --dry-run --report "$ENGINE/$1.none.json" "$ENGINE/$1.tar"
	jq -r --arg name "$1" --slurpfile all "$ENGINE/$1.none.json" '
		def mb: . / 1e5 | round / 10 | tostring;
		.savings.policy as $policy | $all[0].fileSystemBytes.after as $total
		| def of(names): [$policy.rules[] | select(.policy as $p | names | index($p)) | .bytes] | add // 0 | mb;
		"| \($name) | \($total | mb) | \(of(["safe"])) | \(of(["docs"])) | \(of(["locales"])) "
		+ "| \(of(["python"])) | \(of(["node"])) | \(of(["java"])) | \(of(["dev"])) | \(of(["aggressive"])) "
		+ "| \($policy.removed + $policy.emptied | mb) | \(($policy.removed + $policy.emptied) * 100 / $total | round) % |"
	' "$ENGINE/$1.json"
}

[ $# -gt 0 ] || set -- base std py java dev my node
engine_begin
trap engine_end EXIT
start_docker
echo '| MB | files | safe | docs | locales | python | node | java | dev | aggressive | all | |'
echo '|---|---|---|---|---|---|---|---|---|---|---|---|'
for name in "$@"; do
	make_image "$name" >"$ENGINE/build.log" 2>&1 || {
		tail -n 20 "$ENGINE/build.log" >&2
		exit 1
	}
	row "$name"
	cp "$ENGINE/$name.json" "$store/$name.json"
	rm "$ENGINE/$name.tar"
done
