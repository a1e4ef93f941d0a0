#!/usr/bin/env bats
# Files that packages own, by a database that rpm itself made.

load common.bash

setup() {
	enter_work
}

# A package with a file in a directory for temporary files, installed into root/.
install_package() {
	cat >tool.spec <<-'END'
		Name: tool
		Version: 1
		Release: 1
		Summary: x
		License: x
		BuildArch: noarch
		%description
		x
		%install
		mkdir -p %{buildroot}/var/tmp/tool %{buildroot}/usr/bin
		echo x >%{buildroot}/var/tmp/tool/owned
		echo x >%{buildroot}/usr/bin/tool
		%files
		/usr/bin/tool
		/var/tmp/tool
	END
	rpmbuild --quiet -bb --define "_topdir $PWD/build" tool.spec
	mkdir -p root
	rpm --root "$PWD/root" --dbpath /var/lib/rpm --define '_db_backend sqlite' --initdb
	rpm --root "$PWD/root" --dbpath /var/lib/rpm --define '_db_backend sqlite' --nodeps --noscripts \
		--justdb -i build/RPMS/noarch/tool-1-1.noarch.rpm
	[ -s root/var/lib/rpm/rpmdb.sqlite ]
	mkdir -p root/var/tmp/tool root/usr/bin
	touch root/var/tmp/tool/{owned,left} root/var/tmp/other root/usr/bin/tool
}

# archive FOLDER FILE: an image of one layer
archive() {
	python3 - "$1" "$2" <<-'END'
		import hashlib, io, json, sys, tarfile
		layer = io.BytesIO()
		with tarfile.open(fileobj=layer, mode="w") as tar:
		    tar.add(sys.argv[1], "")
		diff = hashlib.sha256(layer.getvalue()).hexdigest()
		config = json.dumps({"os": "linux", "architecture": "amd64", "config": {},
		                     "rootfs": {"type": "layers", "diff_ids": ["sha256:" + diff]}}).encode()
		manifest = json.dumps([{"Config": "c.json", "RepoTags": ["test/rpm:1"],
		                        "Layers": ["layer.tar"]}]).encode()
		with tarfile.open(sys.argv[2], "w") as tar:
		    for name, data in (("layer.tar", layer.getvalue()), ("c.json", config),
		                       ("manifest.json", manifest)):
		        member = tarfile.TarInfo(name)
		        member.size = len(data)
		        tar.addfile(member, io.BytesIO(data))
	END
}

@test "rpm's own database says which files are owned" {
	install_package
	archive root rpm.tar
	succeeds plan rpm.tar
	grep '"decision":"remove"' <<<"$output" >decisions
	grep -q '"path":"var/tmp/tool/left".*"rule":"tmp"' decisions
	grep -q '"path":"var/tmp/other".*"rule":"tmp"' decisions
	run ! grep -q 'var/tmp/tool/owned' decisions
	succeeds policy explain rpm.tar /var/tmp/tool/owned
	[[ $output == *"unowned"* ]]
}

@test "where the database cannot be read, every file is owned" {
	install_package
	head -c 5000 /dev/zero >root/var/lib/rpm/rpmdb.sqlite
	archive root rpm.tar
	succeeds plan rpm.tar
	run ! grep '"decision":"remove".*var/tmp' <<<"$output"
}
