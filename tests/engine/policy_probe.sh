#!/bin/sh
# policy_probe.sh SECTION...: run inside a container of policy/big:1; what each section sees goes to
# /out/SECTION, so that two images can be compared.
here=${0%/*}
export LC_ALL=C.UTF-8

# The database of packages, its judgement, and what each package must have.
probe_dpkg() {
	dpkg -l
	dpkg --audit
	stat -c '%n %a %U' /var/lib/apt/lists/partial /var/cache/apt/archives/partial
	dpkg-query -W -f '${Package}\n' | sort -u | while read -r name; do
		[ -s "/usr/share/doc/$name/copyright" ] || echo "no copyright of $name"
	done
}

# Links that lead nowhere.
probe_dangling() {
	find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /out \) -prune -o -xtype l -print | sort
}

probe_locales() {
	locale -a
	localedef -i de_DE -f UTF-8 /tmp/de_DE.UTF-8 && LOCPATH=/tmp LC_ALL=de_DE.UTF-8 locale -k decimal_point
	ls /usr/share/locale/locale.alias
	TZ=Europe/Berlin date -d @1000000000
}

probe_tools() {
	perl -e 'use diagnostics; print "diagnostics\n"'
	perl -Mutf8 -MPOSIX -e 'print POSIX::strftime("%Y", gmtime(0)), "\n"'
	git init -q /tmp/repository && git -C /tmp/repository status --short --branch
	file -b /bin/sh | cut -d, -f1
	curl --version | head -n 1
}

probe_python() {
	python3 "$here/policy_python.py"
}

probe_node() {
	cd /srv/app && node "$here/policy_require.js" && npm ls --all
	echo 'test("adds", () => expect(1 + 1).toBe(2));' >/tmp/a.test.js
	node_modules/.bin/jest --rootDir /tmp --config '{}' --ci 2>&1 | sed -n 's/^\(PASS\) .*/\1/p; s/^Tests: *//p'
	echo 'var x = 1' >/tmp/a.js
	node_modules/.bin/eslint --no-eslintrc --rule '{"semi": 2}' --format unix /tmp/a.js
	mkdir /tmp/ts
	echo 'const a: number = Math.max(1, 2); console.log(a);' >/tmp/ts/a.ts
	echo '{ "compilerOptions": { "types": [] }, "files": ["a.ts"] }' >/tmp/ts/tsconfig.json
	node_modules/.bin/tsc -p /tmp/ts && node /tmp/ts/a.js
	node -e 'require("webpack")({ mode: "production", entry: "/tmp/a.js", output: { path: "/tmp/webpack-output" } },
		(error, stats) => console.log("webpack", error, stats.hasErrors()))'
	node -e 'console.log(new (require("exceljs").Workbook)().creator, require("yaml").parse("a: 1"))'
	find node_modules -iname 'licen[cs]e*' | sort
}

probe_java() {
	java -cp /srv/java Hello
	javac -d /tmp/classes /srv/java/Hello.java && echo compiled
	mvn --version --batch-mode | sed -n 1p
	keytool -list -cacerts -storepass changeit 2>/dev/null | grep -c trustedCertEntry
	ls -d /usr/lib/jvm/*/jmods /usr/lib/jvm/*/legal /root/.m2/settings.xml /root/.m2/wrapper/dists
}

probe_jdk() {
	javac --release 11 -d /tmp/eleven /srv/java/Hello.java && echo compiled
}

probe_mariadb() {
	mariadb-install-db --user=mysql --datadir=/scratch/data --skip-test-db >/dev/null &&
		mkdir -p /run/mysqld && chown mysql /run/mysqld
	mariadbd --user=mysql --datadir=/scratch/data --skip-networking --socket=/tmp/sql.sock 2>/tmp/log &
	for _ in $(seq 600); do
		mariadb-admin --socket=/tmp/sql.sock ping >/dev/null 2>&1 && break
		sleep 0.2
	done
	mariadb-tzinfo-to-sql /usr/share/zoneinfo/Europe/Berlin Europe/Berlin 2>/dev/null |
		mariadb --socket=/tmp/sql.sock mysql
	mariadb --socket=/tmp/sql.sock -e "SELECT 6 * 7, CONVERT_TZ('2024-07-01 12:00:00', '+00:00', 'Europe/Berlin')"
	mariadb --socket=/tmp/sql.sock -e 'SELECT * FROM nothing.nowhere' 2>&1
	mariadb-admin --socket=/tmp/sql.sock shutdown
}

for section in "$@"; do
	"probe_$section" >"/out/$section" 2>"/out/$section.stderr"
done
