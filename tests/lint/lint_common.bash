# shellcheck shell=bash
# Sourced by the lint scripts.  Each takes the root of a tree to look at (default: this
# repository), prints "PATH:LINE: finding" lines and ends with status 1 when there are any,
# or prints a reason and ends with 77 when it cannot look.
set -u
export LC_ALL=C
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/../..}" || exit 2

# List C files below the given folders; folders that do not exist are left out.
c_files() {
	local folders=() folder
	for folder in "$@"; do
		[ -d "$folder" ] && folders+=("$folder")
	done
	[ ${#folders[@]} -eq 0 ] || find "${folders[@]}" -type f -name '*.[ch]' | sort
}

# Fail when the text on stdin has any line.
report() {
	! grep .
}

need() {
	command -v "$1" >/dev/null && return
	echo "$1 is not installed: run make deps-test"
	exit 77
}
