# Applications of Python and Java, logs, links and caches.
set -e
put() {
	mkdir -p "${1%/*}"
	printf '%b' "${2-x\n}" >"$1"
}

# npm as the image of node has it: in /usr/local, with a link to it.
mkdir -p /usr/local/lib/node_modules
mv /srv/app/npm /usr/local/lib/node_modules/npm
ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm

python3 /tmp/build/python.py

# A program of Java, and what Maven downloads.
mkdir -p /srv/java
cat >/srv/java/Hello.java <<-'EOF'
	public class Hello {
		public static void main(String[] words) throws Exception {
			javax.net.ssl.SSLContext.getDefault();
			System.out.println(java.text.NumberFormat.getInstance(java.util.Locale.GERMANY).format(1234.5));
		}
	}
EOF
javac -d /srv/java /srv/java/Hello.java
put /root/.m2/settings.xml '<settings/>\n'
put /root/.m2/wrapper/dists/x
put /root/.m2/repository/org/demo/1/demo-1.jar
put /root/.m2/repository/org/demo/1/_remote.repositories

put /root/.cache/pip/http/x
put /root/.bash_history 'secret\n'
put /var/log/app/app.log 'old\n'
chown 33:4 /var/log/app/app.log
chmod 640 /var/log/app/app.log
python3 -c 'import os; os.setxattr("/var/log/app/app.log", "security.capability",
    bytes.fromhex("0100000202200000000000000000000000000000"))'
git init -q /srv/app/.git-demo
ln /usr/share/doc/git/copyright /srv/copyright-of-git
