"""peers.py - other programs that squash or copy an image, as tasks for turns.py.

Each starts from what it needs in its own store (loading that is not timed) and ends with an archive
or layout of one layer.  Their stores and daemons are private and are gone afterwards.
"""
import os
import shutil
import subprocess
import time

from turns import Task, remove

# name of the row, command that must be there, words for its version
KNOWN = [
    ("docker export, import, save", "dockerd", ["dockerd", "--version"]),
    ("docker-squash", "docker-squash", ["docker-squash", "--version"]),
    ("buildah from, commit --squash", "buildah", ["buildah", "--version"]),
    ("umoci unpack, insert", "umoci", ["umoci", "--version"]),
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
    """An engine of its own, with the image loaded."""

    def __init__(self, folder, image):
        self.folder = os.path.join(folder, "docker")
        socket = "unix://%s/docker.sock" % self.folder
        os.makedirs(self.folder)
        beside = os.path.join(os.path.dirname(shutil.which("dockerd")), "../bin/docker")
        self.client = beside if os.path.exists(beside) else "docker"
        self.env = dict(os.environ, DOCKER_HOST=socket, DOCKER_CONFIG=self.folder + "/client")
        with open(self.folder + "/log", "w") as log:
            self.daemon = subprocess.Popen(
                ["dockerd", "--data-root", self.folder + "/data", "--exec-root", self.folder + "/run",
                 "--pidfile", self.folder + "/pid", "--host", socket, "--bridge=none",
                 "--iptables=false", "--ip6tables=false"], stdout=log, stderr=log)
        for _ in range(300):
            if not subprocess.run([self.client, "info"], env=self.env, capture_output=True).returncode:
                break
            time.sleep(0.1)
        out = subprocess.run([self.client, "load", "-q", "-i", image], env=self.env, check=True,
                             capture_output=True, text=True).stdout
        self.loaded = out.splitlines()[0].split(": ", 1)[1]

    def task(self, name, folder):
        target = os.path.join(folder, "docker.tar")
        script = ('id=$("$0" create "$1" /x) && "$0" export "$id" | "$0" import - bench/flat >/dev/null'
                  ' && "$0" save bench/flat -o "$2"')

        def after():
            ids = subprocess.run([self.client, "ps", "-aq"], env=self.env, capture_output=True,
                                 text=True).stdout.split()
            quiet(self.client, "rm", *ids, env=self.env)
            quiet(self.client, "rmi", "bench/flat", env=self.env)
        return Task(name, ["bash", "-o", "pipefail", "-c", script, self.client, self.loaded, target],
                    target, after=after, env=self.env, quiet=False)

    def squash_task(self, name, folder):
        target = os.path.join(folder, "docker-squash.tar")
        return Task(name, ["docker-squash", "--output-path", target, self.loaded], target,
                    env=self.env, quiet=False)

    def end(self):
        self.daemon.terminate()
        self.daemon.wait()
        remove(self.folder)


class Buildah:
    def __init__(self, folder, image):
        self.folder = os.path.join(folder, "buildah")
        self.buildah = ["buildah", "--root", self.folder + "/root", "--runroot", self.folder + "/run",
                        "--storage-driver", "overlay"]
        self.id = subprocess.run(self.buildah + ["pull", "-q", "docker-archive:" + image], check=True,
                                 capture_output=True, text=True).stdout.split()[0]

    def task(self, name, folder):
        target = os.path.join(folder, "buildah.tar")
        script = ('name=$("$@" from --pull-never "$ID") && '
                  '"$@" commit -q --squash "$name" "docker-archive:$TARGET:bench/flat:1"')

        def after():
            quiet(*self.buildah, "rm", "-a")
        return Task(name, ["bash", "-c", script, "buildah"] + self.buildah, target, after=after,
                    env=dict(os.environ, ID=self.id, TARGET=target))

    def end(self):
        quiet(*self.buildah, "rmi", "-a", "-f")
        subprocess.run(["umount", self.folder + "/root/overlay"], capture_output=True)
        remove(self.folder)


class Umoci:
    def __init__(self, folder, image):
        self.folder = os.path.join(folder, "umoci")
        os.makedirs(self.folder)
        quiet("skopeo", "copy", "-q", "--insecure-policy", "docker-archive:" + image,
              "oci:%s/in:1" % self.folder)

    def task(self, name, folder):
        target = os.path.join(folder, "umoci.out")
        script = ('umoci unpack --image "$0/in:1" "$0/bundle" && umoci init --layout "$1" && '
                  'umoci new --image "$1:1" && umoci insert --image "$1:1" "$0/bundle/rootfs" /')
        return Task(name, ["bash", "-c", script, self.folder, target], target,
                    after=lambda: remove(self.folder + "/bundle"))

    def end(self):
        remove(self.folder)


def skopeo_task(name, folder, image):
    target = os.path.join(folder, "skopeo.tar")
    return Task(name, ["skopeo", "copy", "-q", "--insecure-policy", "docker-archive:" + image,
                       "docker-archive:" + target], target)


class Peers:
    """with Peers(folder, image, root) as tasks: those that are installed, as (task, squashes?)"""

    def __init__(self, folder, image, squashers=True):
        self.folder, self.image, self.squashers, self.stores = folder, image, squashers, []

    def start(self, store):
        self.stores.append(store(self.folder, self.image))
        return self.stores[-1]

    def __enter__(self):
        have = {name for name, command, _ in KNOWN if shutil.which(command)}
        names = [name for name, _, _ in KNOWN]
        tasks = []
        if self.squashers and os.geteuid() == 0:
            docker = self.start(Docker) if names[0] in have else None
            if docker:
                tasks.append(docker.task(names[0], self.folder))
            if docker and names[1] in have:
                tasks.append(docker.squash_task(names[1], self.folder))
            if names[2] in have:
                tasks.append(self.start(Buildah).task(names[2], self.folder))
            if names[3] in have and names[4] in have:
                tasks.append(self.start(Umoci).task(names[3], self.folder))
        if names[4] in have:
            tasks.append(skopeo_task(names[4], self.folder, self.image))
        return tasks

    def __exit__(self, *_):
        for store in self.stores:
            store.end()
