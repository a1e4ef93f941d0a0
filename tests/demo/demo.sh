#!/usr/bin/env bash
# demo.sh: make an image archive from Debian packages, lighten it, verify the result.
#
# Runs as any user, without an engine; downloads once into build/demo and works offline after.
# LIGHTEN names the program.
set -euo pipefail
here=$(dirname "$0")
cd "$here/../.."
here=tests/demo
lighten=${LIGHTEN:-build/lighten}
dir=build/demo
image=$dir/app.tar
light=$dir/app-light.tar

say() {
	printf '\n== %s\n' "$*"
}

show() {
	printf '$ %s\n' "$*"
	"$@"
}

if [ ! -e "$image" ] || [ "$here/make_image.sh" -nt "$image" ]; then
	say "Packages, downloaded once into $dir/packages"
	"$here/fetch.sh" "$dir/packages"
	say "A layered image from them: $image"
	"$here/make_image.sh" "$dir/packages" "$dir/work" "$image"
fi
rm -f "$light"

say 'Leave out what no container can see, and compare, file by file'
show "$lighten" --policy none --dedupe off "$image" -o "$light"
show "$lighten" verify "$image" "$light"

say 'Leave out caches and logs, too, and store identical files once'
show "$lighten" "$image" -o "$light"

say 'Sizes in bytes'
wc -c "$image" "$light" | sed '$d'
cat <<EOF

Load and run it where an engine is at hand:
  docker load -i $light && docker run --rm demo/app:1.0
EOF
