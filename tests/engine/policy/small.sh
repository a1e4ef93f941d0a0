# Files of the small image: what rules take, and beside it what they must leave.
set -e
put() {
	mkdir -p "${1%/*}"
	printf '%b' "${2-x\n}" >"$1"
}
# elf FILE TYPE MACHINE: the first 64 bytes of an ELF file
elf() {
	put "$1" '\0177ELF\02\01\01\00\00\00\00\00\00\00\00\00'"\\0$2\\00\\0$3\\00"'\01\00\00\00'
	head -c 40 /dev/zero >>"$1"
}

# What the config names, and what lies beside it.
put /tmp/app.sh '#!/bin/sh\necho "app $1 $(cat /tmp/data/file) $(pwd) $(cat here)"\n'
chmod 755 /tmp/app.sh
put /tmp/unpacked-app/here 'here\n'
put /tmp/data/file 'data\n'
put /tmp/volume/kept
put /tmp/pip-build/x
put /var/tmp/x
mkdir -p /tmp/empty
chmod 1777 /tmp /var/tmp

# Logs: truncated in place; links to the outside stay.
mkdir -p /var/log/nginx /var/log/mysql
ln -s /dev/stdout /var/log/nginx/access.log
put /var/log/mysql/error.log 'old\n'
chown 999:4 /var/log/mysql/error.log
chmod 640 /var/log/mysql/error.log
put /var/log/nginx/access.log.1 'old\n'

# "core" as a name, as a folder and as what it says.
put /srv/text/core 'text\n'
put /srv/core/module
elf /srv/dump/core 4 76
elf /srv/object/built.o 1 76
elf /srv/object/kernel.o 1 367
elf /usr/lib/crt1.o 1 76
put /srv/object/data.o 'no object\n'
put /usr/include/left.h
put /usr/lib/libleft.a

# The files of apk; nothing of it but caches may go.
put /etc/os-release 'ID=alpine\nVERSION_ID=3.20\n'
put /lib/apk/db/installed 'P:musl\nV:1.2.5-r0\nF:usr/share/doc\nR:owned\n\n'
put /usr/share/doc/owned
put /etc/apk/world 'musl\n'
put /etc/apk/keys/key.pub
put /var/cache/apk/APKINDEX.0001.tar.gz
put /var/cache/apk/musl-1.2.5-r0.apk
put /etc/apk/cache/musl.apk

# Package data of other systems, as scanners read them.
put /var/lib/dpkg/status.d/base 'Package: base-files\nStatus: install ok installed\nVersion: 12\n\n'
put /usr/lib/python3/dist-packages/demo-1.0.dist-info/METADATA 'Name: demo\nVersion: 1.0\n'
put /usr/share/gems/specifications/demo-2.0.gemspec 'Gem::Specification.new do |s|\n  s.name = "demo"\n  s.version = "2.0"\nend\n'
put /srv/app/node_modules/demo/package.json '{"name": "demo", "version": "3.0", "files": ["test"]}\n'
put /srv/app/node_modules/demo/test/fixture/package.json '{"name": "fixture", "version": "1.0"}\n'
put /srv/app/node_modules/demo/test/test.js
put /srv/app/node_modules/demo/LICENSE
put /srv/app/lib.jar

# Links.
put /usr/share/doc/demo/readme 'one body\n'
ln /usr/share/doc/demo/readme /srv/app/linked
ln /usr/share/doc/demo/readme /usr/share/doc/demo/again
put /usr/share/doc/demo/copyright
put /usr/share/doc/needed/config 'needed\n'
ln -s /usr/share/doc/needed/config /etc/needed
ln -s /gone /etc/dangling
put /usr/share/man/man1/tool.1.gz
mkdir -p /etc/alternatives
ln -s /usr/share/man/man1/tool.1.gz /etc/alternatives/tool.1.gz
put /usr/lib/modules/6.1/x.ko

# Times that must stay, below and above what goes.
find /srv /usr/share/doc /usr/share/man /var/log /etc -exec touch -h -d @1400000000 {} +
