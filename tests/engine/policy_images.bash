# shellcheck shell=bash
# The images of the policy tests: Debian with what real images carry, built once by a real docker
# from the packages of this machine's own mirror, kept below build/policy.

# No compiler among these: headers and static libraries are what a build left.
big_packages=(man-db locales perl git file debsums python3 python3-numpy python3-flask python3-requests
	libpython3-dev libssl-dev openjdk-17-jdk-headless maven nodejs mariadb-server bash-completion)
node_packages=(express@4 exceljs@4 yaml@2 typescript@5 jest@29 eslint@8 webpack@5)
npm_package=npm@9

# The package sources of this machine that are Debian's or Ubuntu's own, one line each.
machine_sources() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(ORIGIN)|$(SIGNED_BY)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' 'Created-By: Packages' |
		awk -F'|' '$1 == "Debian" || $1 == "Ubuntu" {
			print "deb " ($2 ~ /^\// ? "[signed-by=" $2 "] " : "") $3, $4, $5 }'
}

# policy_images_ready: $IMAGES holds
#   small.tar    policy/small:1, every trap that needs no program of Debian's
#   secrets.tar  policy/secrets:1
#   build.tar    policy/build:1, Debian with a compiler
#   big.tar      policy/big:1, Debian with Python, Node, Java, MariaDB and a careless use of apt
policy_images_ready() {
	images_kept policy "$(cat "$HERE"/policy/* "$HERE/policy_images.bash" | sha256sum)" policy_images_build
}

policy_images_build() {
	local context=$ENGINE/policy
	cp -r --no-preserve=mode "$HERE/policy" "$context" &&
		python3 "$HERE/rootfs.py" "$ENGINE/tiny.tar" &&
		docker import "$ENGINE/tiny.tar" policy/tiny:1 &&
		policy_build small "$1" --network none &&
		policy_build secrets "$1" --network none --build-arg "TOKEN=ghp_$(printf '%036d' 5)" &&
		policy_base "$ENGINE/base.tar" ca-certificates &&
		docker import --change 'CMD ["bash"]' "$ENGINE/base.tar" policy/base:1 &&
		rm "$ENGINE/base.tar" &&
		policy_build build "$1" --network host &&
		policy_node "$context" &&
		policy_build big "$1" --network host --build-arg "PACKAGES=${big_packages[*]}" &&
		rm -rf "$context" "$ENGINE/npm" "$ENGINE/npm-package"
}

# policy_base TAR PACKAGE,...: the file system of a minimal Debian
policy_base() {
	local sources suite
	sources=$(machine_sources)
	if [ -z "$sources" ]; then
		apt-get update && sources=$(machine_sources) || return
	fi
	suite=$(awk '{ for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) { print $(i + 1); exit } }' <<<"$sources")
	# Both options stay in the image, for the packages that its builds and tests install.
	mmdebstrap --variant=minbase --include="$2" --dpkgopt=force-unsafe-io --aptopt='Acquire::Retries "5"' \
		"$suite" "$1" - <<<"$sources"
}

# policy_node CONTEXT: an application of node, and the cache that its installation leaves
policy_node() {
	local config=(--no-audit --no-fund --no-update-notifier --ignore-scripts --fetch-retries 5)
	mkdir -p "$1/app" &&
		echo '{ "name": "app", "version": "1.0.0", "private": true }' >"$1/app/package.json" &&
		npm install "${config[@]}" --cache "$ENGINE/npm" --prefix "$ENGINE/npm-package" "$npm_package" &&
		mv "$ENGINE/npm-package/node_modules/npm" "$1/app/npm" &&
		npm install "${config[@]}" --cache "$1/npm-cache" --prefix "$1/app" "${node_packages[@]}"
}

# policy_build NAME FOLDER [OPTION]...: build, and save into the folder
policy_build() {
	docker build --force-rm --tag "policy/$1:1" --file "$ENGINE/policy/$1.dockerfile" "${@:3}" \
		"$ENGINE/policy" && docker save -o "$2/$1.tar" "policy/$1:1"
}
