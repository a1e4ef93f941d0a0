#!/usr/bin/env bats
# --persist: the package manager in the image is told to leave out what rules left out.

load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR"
	for name in careless debian parent; do
		forge "$name" "$name.tar"
	done
}

setup() {
	enter_work
}

# layer_file ARCHIVE PATH: a file of the uppermost layer
layer_file() {
	python3 -c 'import json, sys, tarfile
outer = tarfile.open(sys.argv[1])
top = json.load(outer.extractfile("manifest.json"))[0]["Layers"][-1]
layer = tarfile.open(fileobj=outer.extractfile(top))
sys.stdout.buffer.write(layer.extractfile(sys.argv[2]).read())' "$1" "$2"
}

# entry_of ARCHIVE PATH: its mode and time
entry_of() {
	python3 -c 'import json, sys, tarfile
outer = tarfile.open(sys.argv[1])
top = json.load(outer.extractfile("manifest.json"))[0]["Layers"][-1]
entry = tarfile.open(fileobj=outer.extractfile(top)).getmember(sys.argv[2])
print("%o %d %d %d" % (entry.mode, entry.uid, entry.gid, entry.mtime))' "$1" "$2"
}

# The input of the test
images() {
	printf '%s/%s.tar' "$BATS_FILE_TMPDIR" "$1"
}

@test "dpkg takes the file and leaves out the same" {
	succeeds --policy docs --persist "$(images debian)" -o out.tar --verify full --report out.json
	[[ $stderr == *"added: etc/dpkg/dpkg.cfg.d/lighten"* ]]
	layer_file out.tar etc/dpkg/dpkg.cfg.d/lighten >lighten.cfg
	[ "$(json out.json "x['savings']['policy']['added'][0]['bytes']")" -eq "$(wc -c <lighten.cfg)" ]

	mkdir -p package/DEBIAN package/usr/share/{man/man1,doc/new/examples,locale/de} package/usr/bin
	printf 'Package: new\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n' \
		>package/DEBIAN/control
	for file in man/man1/new.1 doc/new/README doc/new/copyright doc/new/examples/COPYING \
		locale/de/new.mo ../bin/new; do
		echo x >"package/usr/share/$file"
	done
	dpkg-deb --root-owner-group -b package new.deb
	mkdir -p root/var/lib/dpkg/{info,updates,triggers}
	touch root/var/lib/dpkg/{status,available}
	mapfile -t options < <(sed -n 's/^path-/--path-/p' lighten.cfg)
	dpkg --root="$PWD/root" --log=/dev/null --force-not-root --force-script-chrootless \
		"${options[@]}" --unpack new.deb
	(cd root/usr && find . -type f | sort) >found
	# Translations stay: no rule about them took anything.
	diff found - <<-'END'
		./bin/new
		./share/doc/new/copyright
		./share/doc/new/examples/COPYING
		./share/locale/de/new.mo
	END
}

@test "rpm gets macros" {
	succeeds --policy slim --persist "$(images debian)" -o out.tar
	layer_file out.tar etc/rpm/macros.lighten >macros
	grep -qx '%_excludedocs 1' macros
	grep -qx '%_install_langs C:POSIX:en:en_US:en_GB:default:locale.alias' macros
	succeeds --policy docs --persist "$(images debian)" -o docs.tar
	layer_file docs.tar etc/rpm/macros.lighten >macros
	grep -qx '%_excludedocs 1' macros
	run ! grep install_langs macros
}

@test "only what rules took, and only where there is a package manager" {
	succeeds --persist "$(images debian)" -o out.tar
	[[ $stderr != *added* ]]
	succeeds --policy slim --persist "$(images careless)" -o out.tar
	[[ $stderr != *added* ]]
	succeeds --policy slim "$(images debian)" -o out.tar
	[[ $stderr != *added* ]]
}

@test "once is enough, and a plan has it" {
	succeeds --policy slim --persist "$(images debian)" -o once.tar
	succeeds --policy slim --persist once.tar -o twice.tar
	cmp once.tar twice.tar
	"$LIGHTEN" plan --policy slim --persist "$(images debian)" >plan 2>/dev/null
	grep -q '"action":"add".*"path":"etc/dpkg/dpkg.cfg.d/lighten"' plan
	succeeds apply plan "$(images debian)" -o planned.tar
	cmp once.tar planned.tar
	# A reviewer who keeps all pages has no exclude for them.
	sed '/man1/s/"decision":"remove"/"decision":"keep"/' plan >edited
	succeeds apply edited "$(images debian)" -o edited.tar
	layer_file edited.tar etc/dpkg/dpkg.cfg.d/lighten >lighten.cfg
	run ! grep '^path-exclude=/usr/share/man' lighten.cfg
	grep -q '^path-exclude=/usr/share/doc' lighten.cfg
}

@test "every mode can hold it, and its time is not that of the run" {
	for mode in '--squash none' '--keep-base 1' '--layer-size 1kB' '--squash none --dedupe off'; do
		# shellcheck disable=SC2086
		succeeds --policy slim --persist $mode --verify full "$(images debian)" -o out.tar
		[[ $stderr == *added* ]]
	done
	SOURCE_DATE_EPOCH=12345 succeeds --policy slim --persist "$(images debian)" -o out.tar
	[ "$(entry_of out.tar etc/dpkg/dpkg.cfg.d/lighten)" = '644 0 0 12345' ]
}

@test "nothing is overwritten" {
	succeeds --policy docs --persist "$(images debian)" -o docs.tar
	cat >wider.json <<-'END'
		{"schema": 1, "name": "wider", "extends": ["docs"],
		 "persist": {"dpkg": "/etc/dpkg/dpkg.cfg.d/lighten"},
		 "rules": [{"id": "wider.mo", "action": "remove", "class": "safe", "reason": "x",
		            "match": ["/usr/share/locale/de/**"]}]}
	END
	refuses 2 "has another /etc/dpkg/dpkg.cfg.d/lighten" --policy ./wider.json --persist docs.tar -o out.tar
	succeeds --policy ./wider.json docs.tar -o out.tar
}

@test "an image that another one is built on" {
	refuses 2 "choose one with --image" --policy docs --persist "$(images parent)" -o out.tar
	succeeds --policy docs --persist --image test/upper:1 "$(images parent)" -o out.tar
	[[ $stderr == *added* ]]
}

@test "a policy can only name settings of package managers" {
	echo '{"schema": 1, "name": "x", "persist": {"dpkg": "/etc/passwd"}}' >x.json
	refuses 2 "persist" policy check x.json
	echo '{"schema": 1, "name": "x", "persist": {"zypper": "/etc/zypp/zypp.conf"}}' >x.json
	refuses 2 "persist" policy check x.json
	echo '{"schema": 1, "name": "x", "persist": []}' >x.json
	refuses 2 "persist" policy check x.json
}
