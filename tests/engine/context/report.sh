# The entry point of the test image: say what a process in the container sees.
# shellcheck shell=sh
echo "arguments: $*"
echo "in $(pwd) as $(id -u):$(id -g), home $APP_HOME, $GREETING"
find /base /opt /srv /data ! -type d -printf '%p %y %m %U:%G %T@ %s %l\n' 2>&1 | LC_ALL=C sort
find /base /opt /srv -type d -printf '%p %m %U:%G %T@\n' 2>&1 | LC_ALL=C sort
find /base /opt /srv -type f -exec sha256sum {} + 2>&1 | LC_ALL=C sort
getcap -r /opt /base 2>&1 | LC_ALL=C sort
cd /srv/links || exit
[ "$(stat -c %i b)" = "$(stat -c %i z)" ] && echo 'b and z are one file'
[ "$(stat -c %i b)" = "$(stat -c %i c)" ] || echo 'b and c are two files'
cat /dev/null
