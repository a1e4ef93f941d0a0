"""peers.py - other programs that squash or copy an image, as tasks for turns.py.

Each starts from the archive and ends with an archive or layout of one layer, as lighten does; a mark
tells when the archive is in its store, so that what comes after can be read apart.  Stores and
daemons are private and are gone afterwards; starting and cleaning them is not timed.
"""
import os
import shlex
import shutil
import subprocess
import time

from turns import Task, remove

# name of the row, command that must be there, words for its version
KNOWN = [
    ("docker load, export, import, save", "dockerd", ["dockerd", "--version"]),
    ("docker-squash", "docker-squash", ["docker-squash", "--version"]),
    ("buildah from, commit --squash", "buildah", ["buildah", "--version"]),
    ("umoci unpack, insert (skopeo copy before)", "umoci", ["umoci", "--version"]),
    ("skopeo copy", "skopeo", ["skopeo", "--version"]),
]


def quiet(*command, env=None):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)


def version_of(command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return (result.stdout.strip().splitlines() or ["unknown"])[0]


def installed():
    """(versions of those that are there, names of those that are not)"""
    have = [version_of(words) for _, command, words in KNOWN if shutil.which(command)]
    return have, [command for _, command, _ in KNOWN if not shutil.which(command)]


class Docker:
    """An engine of its own."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "docker")
        socket = "unix://%s/docker.sock" % self.folder
        os.makedirs(self.folder)
        beside = os.path.join(os.path.dirname(shutil.which("dockerd")), "../bin/docker")
        self.client = beside if os.path.exists(beside) else "docker"
        self.env = dict(os.environ, DOCKER_HOST=socket, DOCKER_CONFIG=self.folder + "/client",
                        DOCKER=self.client)
        with open(self.folder + "/log", "w") as log:
            self.daemon = subprocess.Popen(
                ["dockerd", "--data-root", self.folder + "/data", "--exec-root", self.folder + "/run",
                 "--pidfile", self.folder + "/pid", "--host", socket, "--bridge=none",
                 "--iptables=false", "--ip6tables=false"], stdout=log, stderr=log)
        for _ in range(300):
            if not subprocess.run([self.client, "info"], env=self.env, capture_output=True).returncode:
                return
            time.sleep(0.1)
        raise RuntimeError("dockerd does not answer: see " + self.folder + "/log")

    def clean(self):
        for words in ["container", "prune", "-f"], ["image", "prune", "-a", "-f"]:
            quiet(self.client, *words, env=self.env)

    def task(self, name, folder, image, squash):
        target = os.path.join(folder, name.split()[0] + ".tar")
        script = 'loaded=$("$DOCKER" load -q -i "$IN") && loaded=${loaded#*: } && touch "$MARK" && '
        if squash:
            script += 'docker-squash --output-path "$OUT" "$loaded"'
        else:
            script += ('id=$("$DOCKER" create "$loaded" /x) && '
                       '"$DOCKER" export "$id" | "$DOCKER" import - bench/flat >/dev/null && '
                       '"$DOCKER" save bench/flat -o "$OUT"')
        return script_task(name, script, folder, image, target, self.clean, self.env, quiet=False)

    def end(self):
        self.daemon.terminate()
        self.daemon.wait()
        remove(self.folder)


class Buildah:
    def __init__(self, folder):
        self.folder = os.path.join(folder, "buildah")
        self.buildah = ["buildah", "--root", self.folder + "/root", "--runroot", self.folder + "/run",
                        "--storage-driver", "overlay"]

    def clean(self):
        quiet(*self.buildah, "rm", "-a")
        quiet(*self.buildah, "rmi", "-a", "-f")

    def task(self, name, folder, image):
        script = ('name=$(%s from "docker-archive:$IN") && touch "$MARK" && '
                  '%s commit -q --squash "$name" "docker-archive:$OUT:bench/flat:1"')
        words = " ".join(map(shlex.quote, self.buildah))
        return script_task(name, script % (words, words), folder, image,
                           os.path.join(folder, "buildah.tar"), self.clean)

    def end(self):
        self.clean()
        subprocess.run(["umount", self.folder + "/root/overlay"], capture_output=True)
        remove(self.folder)


class Umoci:
    def __init__(self, folder):
        self.folder = os.path.join(folder, "umoci")
        os.makedirs(self.folder)

    def clean(self):
        remove(self.folder + "/in")
        remove(self.folder + "/bundle")

    def task(self, name, folder, image):
        script = ('skopeo copy -q --insecure-policy "docker-archive:$IN" "oci:$DIR/in:1" && '
                  'touch "$MARK" && umoci unpack --image "$DIR/in:1" "$DIR/bundle" && '
                  'umoci init --layout "$OUT" && umoci new --image "$OUT:1" && '
                  'umoci insert --image "$OUT:1" "$DIR/bundle/rootfs" /')
        return script_task(name, script, folder, image, os.path.join(folder, "umoci.out"), self.clean,
                           dict(os.environ, DIR=self.folder))

    def end(self):
        remove(self.folder)


def script_task(name, script, folder, image, target, after, env=None, quiet=True):
    """a script from $IN to $OUT, which touches $MARK when $IN is in its store"""
    mark = os.path.join(folder, "mark")
    return Task(name, ["bash", "-o", "pipefail", "-c", script], target, after=after, mark=mark,
                env=dict(env or os.environ, IN=image, OUT=target, MARK=mark), quiet=quiet)


def skopeo_task(name, folder, image):
    target = os.path.join(folder, "skopeo.tar")
    return Task(name, ["skopeo", "copy", "-q", "--insecure-policy", "docker-archive:" + image,
                       "docker-archive:" + target], target)


class Peers:
    """with Peers(folder, image) as tasks: those that are installed"""

    def __init__(self, folder, image, squashers=True):
        self.folder, self.image, self.squashers, self.stores = folder, image, squashers, []

    def start(self, store):
        self.stores.append(store(self.folder))
        return self.stores[-1]

    def __enter__(self):
        have = {name for name, command, _ in KNOWN if shutil.which(command)}
        docker, squash, buildah, umoci, skopeo = [name for name, _, _ in KNOWN]
        tasks = []
        if self.squashers and os.geteuid() == 0:
            if docker in have:
                engine = self.start(Docker)
                tasks.append(engine.task(docker, self.folder, self.image, False))
                if squash in have:
                    tasks.append(engine.task(squash, self.folder, self.image, True))
            if buildah in have:
                tasks.append(self.start(Buildah).task(buildah, self.folder, self.image))
            if umoci in have and skopeo in have:
                tasks.append(self.start(Umoci).task(umoci, self.folder, self.image))
        if skopeo in have:
            tasks.append(skopeo_task(skopeo, self.folder, self.image))
        return tasks

    def __exit__(self, *_):
        for store in self.stores:
            store.end()
