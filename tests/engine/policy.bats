#!/usr/bin/env bats
# The shipped policies on real images, in real containers: what is gone, and that everything else
# works as before.  Every test names its policies, so none depends on the default.
#
# A number in brackets is that of the list of promises in README.md of this folder.

load common
load policy_images

# The commands of a run that removes most: everything but what is above "mostly-safe".
most='--policy aggressive --max-class mostly-safe'

files_begin() {
	start_docker
	policy_images_ready
	export NOTES=$ENGINE/notes
	mkdir "$NOTES"
}

# What a container of a failed test leaves.
teardown() {
	engine_possible || return 0
	docker ps --all --quiet | xargs --no-run-if-empty env "DOCKER_HOST=unix://$ENGINE/docker.sock" \
		docker rm --force >/dev/null
}

# image NAME: have policy/NAME:1 in the engine
image() {
	docker image inspect "policy/$1:1" >/dev/null 2>&1 || docker load --quiet --input "$IMAGES/$1.tar"
}

# lightened FROM NAME OPTION...: load FROM as policy/NAME:1 after lighten, once; leaves in $NOTES
# NAME.json (report), NAME.gone and NAME.empty (names that rules removed or emptied)
lightened() {
	local from=$1 name=$2
	shift 2
	[ ! -e "$NOTES/$name.gone" ] || return 0
	lighten plan "$@" "$IMAGES/$from.tar" >"$NOTES/$name.plan"
	lighten --quiet "$@" --tag "policy/$name:1" --report "$NOTES/$name.json" "$IMAGES/$from.tar" \
		-o "$NOTES/$name.tar"
	docker load --quiet --input "$NOTES/$name.tar"
	rm "$NOTES/$name.tar"
	jq -r 'select(.decision == "truncate").path' "$NOTES/$name.plan" | sort >"$NOTES/$name.empty"
	jq -r 'select(.decision == "remove").path' "$NOTES/$name.plan" | sort >"$NOTES/$name.gone"
	rm "$NOTES/$name.plan"
}

# probe NAME SECTION...: have what policy_probe.sh sees in policy/NAME:1, in $NOTES/NAME/SECTION; what
# it writes in /scratch goes to memory, for a database waits for its disk all the time
probe() {
	local name=$1 section missing=()
	shift
	mkdir -p "$NOTES/$name"
	for section in "$@"; do
		[ -e "$NOTES/$name/$section.done" ] || missing+=("$section")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	docker run --rm --network none --user 0 --workdir / --tmpfs /scratch:exec \
		--volume "$HERE:/probe:ro" --volume "$NOTES/$name:/out" \
		--entrypoint sh "policy/$name:1" /probe/policy_probe.sh "${missing[@]}"
	for section in "${missing[@]}"; do
		[ -e "$NOTES/$name/$section" ]
		touch "$NOTES/$name/$section.done"
	done
}

# unchanged NAME SECTION...: the container sees what that of policy/big:1 saw
unchanged() {
	local section
	image big
	probe big "${@:2}"
	probe "$@"
	for section in "${@:2}"; do
		same "$NOTES/big/$section" "$NOTES/$1/$section"
	done
}

# exported NAME: have $NOTES/NAME.tree and $NOTES/NAME.packages of docker's export of policy/NAME:1
exported() {
	local container
	[ ! -e "$NOTES/$1.packages" ] || return 0
	container=$(docker create --network none "policy/$1:1" true)
	docker export --output "$NOTES/export.tar" "$container"
	docker rm --volumes "$container" >/dev/null
	tree "$NOTES/export.tar" .dockerenv dev/ proc/ sys/ etc@ etc/hostname etc/hosts etc/resolv.conf \
		etc/mtab >"$NOTES/$1.tree"
	python3 "$HERE/packages.py" "$NOTES/export.tar" >"$NOTES/$1.packages"
	rm "$NOTES/export.tar"
}

# surgery FROM NAME: nothing is gone, and nothing differs, but what the plan says
surgery() {
	exported "$1"
	exported "$2"
	cut -f1 "$NOTES/$1.tree" | sort >before.names
	cut -f1 "$NOTES/$2.tree" | sort >after.names
	comm -23 before.names after.names >gone
	comm -13 before.names after.names >new
	same gone "$NOTES/$2.gone"
	same /dev/null new
	# The first name of a group of links may be gone, and what rules emptied has another size.
	grep -vFf <(sed 's/$/\t/' "$NOTES/$2.empty") "$NOTES/$2.tree" | cut -f1-7 | sort >after.lines || [ $? -eq 1 ]
	cut -f1-7 "$NOTES/$1.tree" | sort | comm -13 - after.lines >differs
	same /dev/null differs
}

# no_new_dangling NAME: each link that leads nowhere did so in policy/big:1
no_new_dangling() {
	image big
	probe big dangling
	probe "$1" dangling
	LC_ALL=C comm -13 <(LC_ALL=C sort "$NOTES/big/dangling") <(LC_ALL=C sort "$NOTES/$1/dangling") >dangling
	same /dev/null dangling
}

# packages_kept FROM NAME: scanners find the same packages, but for those in caches
packages_kept() {
	exported "$1"
	exported "$2"
	comm -23 "$NOTES/$1.packages" "$NOTES/$2.packages" >lost
	comm -13 "$NOTES/$1.packages" "$NOTES/$2.packages" >found
	same /dev/null found
	jq -r '.savings.policy.rules[].rule' "$NOTES/$2.json" >rules
	# What is lost is named among the removed files, and lies in a cache.
	cut -f4 lost | sort >lost.paths
	comm -23 lost.paths "$NOTES/$2.gone" >unnamed
	same /dev/null unnamed
	run -1 grep -vE "$3" lost.paths
}

@test "[T1] slim: dpkg knows the same packages, each with its copyright file" {
	lightened big slim --policy slim
	unchanged slim dpkg
	[ "$(grep -c '^ii ' "$NOTES/slim/dpkg")" -gt 150 ]
	run -1 grep 'no copyright' "$NOTES/slim/dpkg"
	grep -q '^/var/lib/apt/lists/partial 700 _apt$' "$NOTES/slim/dpkg"
}

@test "[T1] slim: apt-get update and install work" {
	lightened big slim --policy slim
	docker run --rm --network host --user 0 policy/slim:1 sh -c \
		'apt-get install -y hello 2>&1 | grep -o "Unable to locate package hello"
		apt-get update -qq && apt-get install -y -qq --no-install-recommends hello >/dev/null && hello &&
			dpkg --audit && apt-get check -qq' >said
	[ "$(<said)" = "$(printf 'Unable to locate package hello\nHello, world!')" ]
}

@test "[T2] even without the folders of lists and archives apt-get works" {
	cat >gone.json <<-'END'
		{ "schema": 1, "name": "gone", "version": "1", "description": "No folder of apt is left.",
		  "rules": [ { "id": "gone.apt", "action": "remove", "class": "safe", "dirs": "remove",
		    "match": ["/var/{lib/apt/lists,cache/apt}", "/var/{lib/apt/lists,cache/apt}/**"],
		    "types": ["file", "symlink", "dir"], "reason": "A test.", "ref": ["T2"] } ] }
	END
	lightened build gone --policy gone.json
	docker run --rm --network host policy/gone:1 sh -c \
		'[ ! -e /var/lib/apt/lists ] && [ ! -e /var/cache/apt ] || exit 1
		apt-get update -qq && apt-get install -y -qq --no-install-recommends hello >/dev/null && hello &&
			stat -c "%a %U" /var/lib/apt/lists/partial' >said
	[ "$(<said)" = "$(printf 'Hello, world!\n700 _apt')" ]
	docker_forget policy/gone:1
}

@test "[T3] logs are emptied in place" {
	image small
	lightened small few --policy aggressive
	exported few
	grep -qP '^var/log/nginx/access.log\tl\t.*\t/dev/stdout\t' "$NOTES/few.tree"
	grep -qP '^var/log/mysql/error.log\t-\t0640\t999:4\t1400000000000000000\t0 ' "$NOTES/few.tree"
	run -1 grep -P '^var/log/nginx/access.log.1\t' "$NOTES/few.tree"
	lightened big slim --policy slim
	exported slim
	grep -qP '^var/log/app/app.log\t-\t0640\t33:4\t\d+\t0 \w+\tsecurity.capability=0100' "$NOTES/slim.tree"
}

@test "[T4] what the config names in /tmp stays and works" {
	image small
	lightened small few --policy aggressive
	docker run --rm --network none policy/small:1 >before
	docker run --rm --network none policy/few:1 >after
	[ "$(<before)" = 'app one data /tmp/unpacked-app here' ]
	same before after
	exported few
	grep -qP '^tmp/volume/kept\t' "$NOTES/few.tree"
	grep -qP '^tmp\td\t1777\t' "$NOTES/few.tree"
	grep -qP '^var/tmp\td\t1777\t' "$NOTES/few.tree"
	run -1 grep -P '^(var/)?tmp/(pip-build|x|empty)' "$NOTES/few.tree"
}

@test "[T5] a file named core goes only when it is one" {
	lightened small few --policy aggressive
	grep -qx srv/dump/core "$NOTES/few.gone"
	run -1 grep -E '^srv/(text|core)' "$NOTES/few.gone"
}

@test "[T6] a rule for everything is refused, one for most of it leaves what is protected" {
	cat >all.json <<-'END'
		{ "schema": 1, "name": "all", "version": "1", "description": "Takes what it can.",
		  "rules": [ { "id": "all.of-it", "action": "remove", "class": "safe", "dirs": "remove",
		    "match": ["/{etc,lib,srv,tmp,usr,var}/**"], "reason": "A test.", "ref": ["T6"] } ] }
	END
	sed 's,"/{.*}/\*\*","/**",' all.json >everything.json
	run -2 lighten --dry-run --policy everything.json "$IMAGES/small.tar"
	image small
	lightened small rest --policy all.json
	# The entry point is a script: sh, its libraries and the loader are all that it needs.
	docker run --rm --network none --entrypoint /bin/sh policy/rest:1 -c 'read -r word </tmp/data/file; echo $word' >said
	[ "$(<said)" = data ]
	exported rest
	for path in etc/passwd etc/group etc/apk/world etc/apk/keys/key.pub lib/apk/db/installed etc/os-release \
		var/lib/dpkg/status.d/base usr/share/doc/demo/copyright srv/app/node_modules/demo/LICENSE \
		srv/app/node_modules/demo/package.json srv/app/lib.jar tmp/volume/kept; do
		cut -f1 "$NOTES/rest.tree" | grep -qxF "$path" || cut -f1 "$NOTES/rest.tree" | grep -qxF "usr/$path"
	done
	packages_kept small rest '^(etc/apk/cache|var/cache/apk)/'
	lighten policy explain --policy all.json "$IMAGES/small.tar" /etc/passwd | grep -q 'keep.accounts'
	docker_forget policy/rest:1
}

@test "[T7] slim: man finds nothing, its folders are there, programs work" {
	lightened big slim --policy slim
	run -16 docker run --rm --network none policy/slim:1 man ls
	[[ $output = *'No manual entry for ls'* ]]
	docker run --rm --network none policy/slim:1 sh -c '[ -d /usr/share/man/man1 ] && find /usr/share/man -type f' >said
	[ ! -s said ]
	unchanged slim tools
	[ "$(head -n 1 "$NOTES/slim/tools")" = diagnostics ]
}

@test "[T8] slim: debsums and dpkg -V list what the report counts, no program among it" {
	lightened big slim --policy slim
	docker run --rm --network none policy/big:1 dpkg -V >before || true
	docker run --rm --network none policy/slim:1 dpkg -V >after || true
	comm -13 <(sort before) <(sort after) >listed
	[ "$(wc -l <listed)" -gt 1000 ]
	awk '{ print $NF }' listed | sed 's,^/,,' | sort -u >names
	comm -23 names "$NOTES/slim.gone" >unnamed
	same /dev/null unnamed
	run -1 grep -E '^usr/(s?bin|libexec)/|\.so(\.|$)' names
}

@test "[T10] slim: locales work, and a parameter keeps a language" {
	lightened big slim --policy slim
	unchanged slim locales
	grep -q 'decimal_point=","' "$NOTES/slim/locales"
	run -1 grep -E '^usr/share/locale/en(_US|_GB)?/' "$NOTES/slim.gone"
	grep -q '^usr/share/locale/de/' "$NOTES/slim.gone"
	lighten plan --policy slim --param keep_locales+=de "$IMAGES/big.tar" >plan
	jq -r 'select(.decision).path' plan >names
	run -1 grep -E '^usr/share/locale/de/' names
	grep -q '^usr/share/locale/fr/' names
}

@test "[T11] locales that the environment asks for stay" {
	printf 'FROM policy/tiny:1\nENV LANG=de_DE.UTF-8\nRUN mkdir -p /usr/lib/locale/de_DE.utf8 && echo x >%s\n' \
		/usr/lib/locale/de_DE.utf8/LC_CTYPE >lang
	docker image inspect policy/small:1 >/dev/null 2>&1 || image small
	sed -i 's,tiny,small,' lang
	docker build --quiet --network none --tag policy/lang:1 --file lang . >/dev/null
	docker save -o lang.tar policy/lang:1
	lighten plan --policy locales lang.tar | jq -r 'select(.decision).path' >names
	run -1 grep usr/lib/locale names
	sed 's,ENV LANG=.*,ENV LANG=C.UTF-8,' lang >plain
	docker build --quiet --network none --tag policy/plain:1 --file plain . >/dev/null
	docker save -o plain.tar policy/plain:1
	lighten plan --policy locales plain.tar | jq -r 'select(.decision).path' >names
	grep -qx usr/lib/locale/de_DE.utf8/LC_CTYPE names
	docker_forget policy/lang:1 policy/plain:1
}

@test "[T12] slim and most: Python imports every module that it imported" {
	lightened big slim --policy slim
	unchanged slim python
	[ "$(grep -c ' ok$' "$NOTES/slim/python")" -gt 600 ]
	# shellcheck disable=SC2086
	lightened big most $most
	unchanged most python
	for name in starlike.tests.runner stubbed bare; do
		docker run --rm --network none policy/most:1 python3 -c "import $name"
	done
	grep -q 'dist-packages/plain/tests/test_it.py$' "$NOTES/most.gone"
	grep -q 'dist-packages/plain/hints.pyi$' "$NOTES/most.gone"
	grep -q 'dist-packages/numpy/core/tests/' "$NOTES/most.gone"
	run -1 grep -E 'dist-packages/(starlike/tests/.*py$|stubbed/__init__.py|bare.pyc|plain/tests/data|__pycache__/gone)' \
		"$NOTES/most.gone"
}

@test "[T13] slim: byte code fits its sources, Python compiles nothing again" {
	lightened big slim --policy slim
	probe slim python
	run -1 grep stale: "$NOTES/slim/python"
	docker run --rm --network none policy/slim:1 python3 -v -c 'import json, numpy, flask' 2>said
	grep -q 'matches /usr/lib/python3/dist-packages/numpy/__init__.py' said
	run -1 grep -E 'bytecode is stale|# wrote' said
}

@test "[T14] slim and most: node loads every module that it loaded, tools run" {
	lightened big slim --policy slim
	unchanged slim node
	[ "$(grep -c ' loads$' "$NOTES/slim/node")" -gt 300 ]
	# shellcheck disable=SC2086
	lightened big most $most
	unchanged most node
	for word in '^PASS$' '^1 passed, 1 total$' 'Missing semicolon' '^webpack null false$' '^2$' '{ a: 1 }$'; do
		grep -qE "$word" "$NOTES/most/node"
	done
	grep -qE '^srv/app/node_modules/.*\.js\.map$' "$NOTES/most.gone"
	run -1 grep -E 'node_modules/((exceljs/lib/doc|yaml/dist/doc)/.*\.js|typescript/lib/lib\..*)$' "$NOTES/most.gone"
}

@test "[T15] slim and most: java, javac and Maven run; only jlink misses its modules" {
	lightened big slim --policy slim
	unchanged slim java jdk
	# shellcheck disable=SC2086
	lightened big most $most
	unchanged most java jdk
	[ "$(head -n 2 "$NOTES/most/java")" = "$(printf '1.234,5\ncompiled')" ]
	jlink='jlink --add-modules java.base --output /tmp/runtime'
	docker run --rm --network none policy/slim:1 sh -c "$jlink"
	run -1 docker run --rm --network none policy/most:1 sh -c "$jlink"
	grep -qE '^root/.m2/repository/org/demo/1/demo-1.jar$' "$NOTES/most.gone"
}

@test "[T16] headers and libraries of a build go only where no compiler is" {
	# shellcheck disable=SC2086
	lightened big most $most
	grep -q '^usr/include/openssl/ssl.h$' "$NOTES/most.gone"
	grep -q '/libssl.a$' "$NOTES/most.gone"
	docker run --rm --network none policy/most:1 python3 -c \
		'import ctypes, sysconfig; ctypes.CDLL("libssl.so"); print(sysconfig.get_config_h_filename())' >said
	[ -s said ]
	lightened small few --policy aggressive
	grep -qx srv/object/built.o "$NOTES/few.gone"
	run -1 grep -E '^(srv/object/(kernel|data).o|usr/lib/crt1.o)$' "$NOTES/few.gone"
	lightened build made --policy dev
	docker run --rm --network none policy/made:1 >said
	[ "$(<said)" = built ]
	run -1 grep -E '^(srv|usr/include|usr/lib)/' "$NOTES/made.gone"
	docker_forget policy/made:1
}

@test "[T17] aggressive: MariaDB serves, knows its messages and time zones" {
	lightened big all --policy aggressive
	unchanged all dpkg mariadb
	grep -q '2024-07-01 14:00:00' "$NOTES/all/mariadb"
	grep -q "Table 'nothing.nowhere' doesn't exist" "$NOTES/all/mariadb"
	run -1 grep 'no copyright' "$NOTES/all/dpkg"
}

@test "[T18] airgap: downloads stay byte for byte, apt knows its packages without network" {
	lightened big airgap --policy airgap
	run -1 grep -E '^(root/.npm/_cacache|root/.m2|root/.cache|var/lib/apt/lists|var/cache/apt)/.' "$NOTES/airgap.gone"
	grep -qx root/.bash_history "$NOTES/airgap.gone"
	surgery big airgap
	docker run --rm --network none policy/airgap:1 sh -c 'apt-cache show hello | grep -m 1 ^Package' >said
	[ "$(<said)" = 'Package: hello' ]
	docker_forget policy/airgap:1
}

@test "[T19] secrets are found wherever they hide, masked, and gone where they were deleted" {
	lighten --quiet --policy secrets --report report.json "$IMAGES/secrets.tar" -o out.tar
	jq -r '.secrets[] | .rule + " " + .state + " " + .where' report.json | sort >found
	cat >wanted <<-'END'
		secret.cloud live layer 3: root/.aws/credentials
		secret.npmrc overwritten layer 3: root/.npmrc
		secret.ssh-private deleted layer 3: root/.ssh/id_rsa
		secret.config config config
		secret.config history history
	END
	while read -r line; do
		grep -qF "$line" found
	done <wanted
	run -1 grep -E "correcthorse|ghp_0|npm_0|wJalr" report.json
	# The bodies of what was deleted or overwritten: in the input, not in the output.
	grep -qa '^100000$' "$IMAGES/secrets.tar"
	run -1 grep -qa '^100000$' out.tar
	grep -qa 'npm_0000' "$IMAGES/secrets.tar"
	run -1 grep -qa 'npm_0000' out.tar
	grep -qa 'wJalrXUtn' out.tar
	lighten --quiet --policy secrets --report clean.json "$IMAGES/build.tar" -o /dev/null
	[ "$(jq '.secrets | length' clean.json)" -eq 0 ]
}

@test "[T20] scanners find the same packages, but for those in caches that the report names" {
	image small
	lightened small few --policy aggressive
	packages_kept small few '^(etc/apk/cache|var/cache/apk)/'
	[ "$(cut -f1 "$NOTES/few.packages" | sort -u | tr '\n' ' ')" = 'apk copyright dpkg gem java npm python system ' ]
	image big
	lightened big slim --policy slim
	packages_kept big slim '^var/cache/apt/archives/'
	# shellcheck disable=SC2086
	lightened big most $most
	packages_kept big most '^(var/cache/apt/archives|root/\.m2/repository)/'
	lightened big all --policy aggressive
	packages_kept big all '^(var/cache/apt/archives|root/\.m2/repository|usr/share/python-wheels)/'
	[ "$(grep -c '^npm	' "$NOTES/all.packages")" -gt 500 ]
}

@test "[T21] the layer with the database of dpkg has its folders" {
	for squash in all none; do
		lighten --quiet --policy slim --squash "$squash" --format docker "$IMAGES/build.tar" -o "$squash.tar"
		tar -xOf "$squash.tar" manifest.json | jq -r '.[0].Layers[]' >layers
		while read -r layer; do
			tar -xOf "$squash.tar" "$layer" | tar -t | sed 's,^\./,,' >members
			! grep -qx 'var/lib/dpkg/status' members || grep -qx 'var/lib/dpkg/info/' members
			! grep -qx 'var/lib/dpkg/status' members || touch "$squash.seen"
		done <layers
		[ -e "$squash.seen" ]
	done
}

@test "[T23] links: bodies live on, nothing dangles, names behind linked folders are found" {
	image small
	lightened small few --policy aggressive
	surgery small few
	grep -qx usr/share/doc/demo/readme "$NOTES/few.gone"
	docker run --rm --network none --entrypoint cat policy/few:1 /srv/app/linked /etc/needed >said
	[ "$(<said)" = "$(printf 'one body\nneeded')" ]
	run -1 grep -E '^(etc/needed|usr/share/doc/needed/config|etc/dangling)$' "$NOTES/few.gone"
	grep -qx etc/alternatives/tool.1.gz "$NOTES/few.gone"
	grep -qx usr/lib/modules/6.1/x.ko "$NOTES/few.gone"
}

@test "[T23] surgery: slim, most and aggressive change nothing but what they name" {
	image big
	lightened big slim --policy slim
	surgery big slim
	no_new_dangling slim
	# shellcheck disable=SC2086
	lightened big most $most
	surgery big most
	no_new_dangling most
	lightened big all --policy aggressive
	surgery big all
	no_new_dangling all
}

@test "[T24] a second run removes nothing, a dry run tells the same" {
	lighten --quiet --policy aggressive --report first.json "$IMAGES/big.tar" -o first.tar
	lighten --quiet --policy aggressive --report second.json first.tar -o second.tar
	cmp first.tar second.tar
	[ "$(jq '.savings.policy.removed + .savings.policy.emptied' second.json)" -eq 0 ]
	lighten --quiet --policy aggressive --dry-run --report dry.json "$IMAGES/big.tar"
	[ "$(jq -S .savings.policy dry.json)" = "$(jq -S .savings.policy first.json)" ]
}

@test "[T25] apk: caches go, its database, keys and world stay" {
	lightened small few --policy safe
	grep -E 'apk' "$NOTES/few.gone" >names
	[ "$(<names)" = "$(printf '%s\n' etc/apk/cache/musl.apk var/cache/apk/APKINDEX.0001.tar.gz \
		var/cache/apk/musl-1.2.5-r0.apk)" ]
}
