#!/usr/bin/env bash
# fetch.sh DIR: download the Debian packages of the demo image into DIR, as any user, without
# touching the system's own package state.
#
# Leaves in DIR: archives/*.deb, base.list and app.list (the packages of two layers), lists/ (real
# package lists) and the stamp "complete", with which a second run does nothing.
set -euo pipefail
dir=$(mkdir -p "$1" && cd "$1" && pwd)
[ ! -e "$dir/complete" ] || exit 0

base=(base-files base-passwd bash coreutils dash debconf debianutils diffutils findutils grep gzip
	hostname libc-bin login passwd perl-base sed tar)
app=(ca-certificates curl python3-minimal)
tools=(git)

if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
	echo 'demo: apt-get and dpkg-deb are needed: run this on Debian or Ubuntu' >&2
	exit 1
fi

# The hooks of the system act on the system's caches; this is not an update of the system.
mkdir -p "$dir/lists/partial" "$dir/archives/partial" "$dir/state"
: >"$dir/state/status"
cat >"$dir/apt.conf" <<EOF
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
Dir::State "$dir/state";
Dir::State::status "$dir/state/status";
Dir::State::lists "$dir/lists";
Dir::Cache "$dir";
Dir::Cache::archives "$dir/archives";
Dir::Log "$dir/state";
Debug::NoLocking "true";
APT::Sandbox::User "";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Acquire::Retries "5";
EOF
apt() {
	apt-get -c "$dir/apt.conf" -qq -o Dpkg::Use-Pty=0 "$@"
}

apt update
apt -s install "${base[@]}" | awk '/^Inst/ { print $2 }' | LC_ALL=C sort >"$dir/base.list"
apt -s install "${base[@]}" "${app[@]}" | awk '/^Inst/ { print $2 }' | LC_ALL=C sort |
	LC_ALL=C comm -13 "$dir/base.list" - >"$dir/app.list"
apt -y --download-only install "${base[@]}" "${app[@]}" >/dev/null
(cd "$dir/archives" && apt download "${tools[@]}" >/dev/null)
rm -rf "$dir/lists/partial" "$dir/lists/auxfiles" "$dir/lists/lock" "$dir/archives/partial" \
	"$dir/pkgcache.bin" "$dir/srcpkgcache.bin"
touch "$dir/complete"
