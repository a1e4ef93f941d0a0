#!/usr/bin/env python3
"""forge.py - build the image archive of a case, as one of the known producers writes it.

usage: forge.py NAME OUTPUT      a case of fixtures/conformance, or of the file $CASES
"""
import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import subprocess
import sys
import tarfile

import cases
import tarforge
from cases import unescape

DOCKER = "application/vnd.docker."
OCI = "application/vnd.oci.image."
FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../fixtures/conformance")


def sha(data):
    return hashlib.sha256(data).hexdigest()


def zstd(data):
    done = subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True)
    return done.stdout


def zipped(data):
    return gzip.compress(data, mtime=0)


SKIPPABLE = b"\x50\x2a\x4d\x18\x04\0\0\0skip"
PACKERS = {
    "none": lambda data: data,
    "gzip": zipped,
    "gzip-members": lambda data: zipped(data[:700]) + zipped(data[700:]),
    "gzip-padded": lambda data: zipped(data) + bytes(1024),
    "gzip-cut": lambda data: zipped(data)[:-9],
    "gzip-bad": lambda data: zipped(data)[:-8] + b"\1\2\3\4" + zipped(data)[-4:],
    "zstd": zstd,
    "zstd-frames": lambda data: zstd(data[:700]) + zstd(data[700:]),
    "zstd-skip-first": lambda data: SKIPPABLE + zstd(data),
    "zstd-skip-last": lambda data: zstd(data) + SKIPPABLE,
    "xz": lzma.compress,
    "xz-next-cut": lambda data: lzma.compress(data) + lzma.compress(b"next")[:3],
    "bzip2": bz2.compress,
    "bzip2-next-cut": lambda data: bz2.compress(data) + bz2.compress(b"next")[:12],
    "bzip2-next-bad": lambda data: bz2.compress(data) + b"BZh9\x31\x41" + bytes(20),
    "gzip-next-cut": lambda data: zipped(data) + zipped(b"next")[:2],
}


def layer_bytes(layer):
    options = layer["options"]
    if "raw" in options:
        return unescape(options["raw"])
    data = tarforge.tar(layer["entries"], int(options.get("end", "2")))
    data += bytes(int(options.get("zeros", "0"))) + unescape(options.get("behind", ""))
    if "second" in options:
        hidden = {"kind": "f", "path": unescape(options["second"])}
        data += tarforge.tar([hidden])
    return data[:len(data) - int(options.get("cut", "0"))]


class Layer:
    def __init__(self, layer, archive):
        self.options = layer["options"]
        self.plain = layer_bytes(layer)
        self.packing = self.options.get("compress", archive.get("compress", "none"))
        self.stored = PACKERS[self.packing](self.plain)
        self.diff, self.digest = sha(self.plain), sha(self.stored)

    def media(self, docker):
        packing = self.packing.split("-")[0]
        if docker:
            return DOCKER + "image.rootfs.diff.tar" + ("" if packing == "none" else ".gzip")
        tail = self.options.get("media", "layer.v1.tar")
        return OCI + tail + ("" if packing == "none" else "+zstd" if packing == "zstd" else "+gzip")

    def descriptor(self, docker):
        out = {"mediaType": self.media(docker), "digest": "sha256:" + self.digest,
               "size": len(self.stored)}
        if "urls" in self.options:
            out["urls"] = [self.options["urls"]]
        if "note" in self.options:
            out["annotations"] = {self.options["note"]: "x"}
        return out


class Image:
    def __init__(self, image, archive):
        self.options = image["options"]
        self.layers = [Layer(layer, archive) for layer in image["layers"]]
        tags = self.options.get("tags", "test/image:1")
        self.tags = [tag for tag in tags.split(",") if tag]
        self.config = self.make_config(image)
        self.docker = archive.get("family") == "docker"

    def make_config(self, image):
        diffs = ["sha256:" + layer.diff for layer in self.layers]
        if "swap" in self.options:
            diffs[0], diffs[1] = diffs[1], diffs[0]
        diffs = diffs[:len(diffs) - int(self.options.get("short", "0"))]
        rootfs = {"type": "layers", "diff_ids": diffs}
        if "typeless" in self.options:
            del rootfs["type"]
        lines = image["history"]
        if lines is None:
            lines = ["step %d" % (i + 1) for i in range(len(self.layers))]
        history = [{"created": "2020-01-02T03:04:05Z", "created_by": line[6:], "empty_layer": True}
                   if line.startswith("empty ") else
                   {"created": "2020-01-02T03:04:05Z", "created_by": line} for line in lines]
        if image["config"]:
            text = image["config"].replace("@ROOTFS@", json.dumps(rootfs))
            return text.replace("@HISTORY@", json.dumps(history)).encode()
        config = {"architecture": self.options.get("arch", "amd64"),
                  "os": self.options.get("os", "linux"), "config": {"Cmd": ["/x"]},
                  "rootfs": rootfs, "history": history}
        if self.options.get("history") == "absent":
            del config["history"]
        return json.dumps(config).encode()

    def manifest(self):
        family = DOCKER + "distribution.manifest.v2" if self.docker else OCI + "manifest.v1"
        config = DOCKER + "container.image.v1" if self.docker else OCI + "config.v1"
        out = {"schemaVersion": 2, "mediaType": family + "+json",
               "config": {"mediaType": config + "+json", "digest": "sha256:" + sha(self.config),
                          "size": len(self.config)},
               "layers": [layer.descriptor(self.docker) for layer in self.layers]}
        if "note" in self.options:
            out["annotations"] = {"org.example.note": self.options["note"]}
        return json.dumps(out).encode()

    def descriptors(self):
        """One for each tag, as the exporters of docker and containerd annotate them."""
        base = blob_descriptor(OCI + "manifest.v1+json", self.manifest())
        if self.docker:
            base["mediaType"] = DOCKER + "distribution.manifest.v2+json"
        if "platform" in self.options:
            system, _, machine = self.options["platform"].partition("/")
            base["platform"] = {"os": system, "architecture": machine}
        out = []
        for tag in self.tags or [None]:
            notes = {}
            if tag and "refname" not in self.options:
                full = tag if tag.count("/") > 1 else "docker.io/" + tag
                notes = {"io.containerd.image.name": full,
                         "org.opencontainers.image.ref.name": tag.rpartition(":")[2]}
            elif tag:
                notes = {"org.opencontainers.image.ref.name": tag}
            out.append({**base, "annotations": notes} if notes else dict(base))
        return out

    def item(self, config, paths):
        """The object of this image in manifest.json."""
        out = {"Config": config, "RepoTags": self.tags, "Layers": paths}
        empty = self.options.get("repotags")
        if empty == "null":
            out["RepoTags"] = None
        elif empty == "absent":
            del out["RepoTags"]
        if "parent" in self.options:
            out["Parent"] = "sha256:" + "0" * 64
        if "lower" in self.options:
            out = {key.lower(): value for key, value in out.items()}
        if "sources" in self.options:
            out["LayerSources"] = {"sha256:" + layer.diff: layer.descriptor(False)
                                   for layer in self.layers}
        return out


def blob_descriptor(media, data):
    return {"mediaType": media, "digest": "sha256:" + sha(data), "size": len(data)}


def legacy_member(image, layer, at):
    return sha(b"%d" % at + layer.diff.encode() + sha(image.config).encode())


def docker24(images, _):
    """docker save up to 24; a layer that occurs again is a symlink to the first."""
    files, items, seen = [], [], {}
    for image in images:
        paths = []
        for at, layer in enumerate(image.layers):
            folder = legacy_member(image, layer, at)
            first = seen.setdefault(layer.diff, folder)
            body = layer.stored if first == folder else "link:../%s/layer.tar" % first
            files += [(folder + "/", None), (folder + "/VERSION", b"1.0"),
                      (folder + "/json", b'{"id":"%s"}' % folder.encode()),
                      (folder + "/layer.tar", body)]
            paths.append(folder + "/layer.tar")
        files.append((sha(image.config) + ".json", image.config))
        items.append(image.item(sha(image.config) + ".json", paths))
    files.append(("manifest.json", json.dumps(items).encode()))
    return files + [("repositories", b'{"test/image":{"1":"0"}}')]


def skopeo(images, archive):
    """skopeo and podman: DIFFID.tar, and v1 folders that only link to them."""
    files, items = [], []
    for image in images:
        for at, layer in enumerate(image.layers):
            folder = legacy_member(image, layer, at)
            files += [(layer.diff + ".tar", layer.stored), (folder + "/", None),
                      (folder + "/layer.tar", "link:../%s.tar" % layer.diff),
                      (folder + "/VERSION", b"1.0"), (folder + "/json", b"{}")]
        chain = "links" in archive
        paths = [legacy_member(image, layer, at) + "/layer.tar" if chain else layer.diff + ".tar"
                 for at, layer in enumerate(image.layers)]
        files.append((sha(image.config) + ".json", image.config))
        items.append(image.item(sha(image.config) + ".json", paths))
    return files + [("manifest.json", json.dumps(items).encode())]


def plain(config_name, layer_name):
    """manifest.json at the end and nothing but what it names: crane, jib, rules_oci, nix."""
    def build(images, archive):
        files, items = [], []
        for image in images:
            paths = [layer_name % {"d": layer.diff, "s": layer.digest} for layer in image.layers]
            files += [(path, layer.stored) for path, layer in zip(paths, image.layers)
                      if "absent" not in layer.options]
            config = config_name % sha(image.config) if "%" in config_name else config_name
            files.append((config, image.config))
            items.append(image.item(config, paths))
        indent = 2 if archive["kind"] == "nix" else None
        return files + [("manifest.json", json.dumps(items, indent=indent).encode())]
    return build


def attestation(image):
    statement = b'{"_type":"https://in-toto.io/Statement/v0.1"}'
    config = json.dumps({"architecture": "unknown", "os": "unknown", "rootfs":
                         {"type": "layers", "diff_ids": ["sha256:" + sha(statement)]}}).encode()
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
        "config": blob_descriptor(OCI + "config.v1+json", config),
        "layers": [blob_descriptor("application/vnd.in-toto+json", statement)]}).encode()
    notes = {"vnd.docker.reference.type": "attestation-manifest",
             "vnd.docker.reference.digest": "sha256:" + sha(image.manifest())}
    return [statement, config, manifest], {
        **blob_descriptor(OCI + "manifest.v1+json", manifest), "annotations": notes,
        "platform": {"architecture": "unknown", "os": "unknown"}}


def oci(images, archive):
    blobs, listed = {}, []
    for image in images:
        blobs.update({sha(data): data for data in (image.config, image.manifest())})
        blobs.update({layer.digest: layer.stored for layer in image.layers
                      if "absent" not in layer.options})
        if "unlisted" not in image.options:
            listed += image.descriptors()
    if "attestation" in archive:
        extra, descriptor = attestation(images[0])
        blobs.update({sha(data): data for data in extra})
        listed.append(descriptor)
    if "dangling" in archive:
        lost = blob_descriptor(OCI + "manifest.v1+json", b"lost")
        listed.append({**lost, "platform": {"os": "linux", "architecture": "s390x"}})
    if "nested" in archive:
        notes = listed[0].pop("annotations", {})
        for descriptor in listed[1:]:
            if "io.containerd.image.name" in descriptor.get("annotations", {}):
                del descriptor["annotations"]
        inner = json.dumps({"schemaVersion": 2, "mediaType": OCI + "index.v1+json",
                            "manifests": listed}).encode()
        blobs[sha(inner)] = inner
        listed = [{**blob_descriptor(OCI + "index.v1+json", inner), "annotations": notes}]
    for name in archive.get("lose", "").split(","):
        if name:
            target = images[0].config if name == "config" else images[0].layers[int(name)].stored
            del blobs[sha(target)]
    files = [("blobs/", None), ("blobs/sha256/", None)]
    files += [("blobs/sha256/" + name, data) for name, data in sorted(blobs.items())]
    index = {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": listed}
    return files + [("index.json", json.dumps(index).encode()),
                    ("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')]


def hybrid(images, archive):
    """docker save from 25 on, buildx type=docker, containerd."""
    items = [image.item("blobs/sha256/" + sha(image.config),
                        ["blobs/sha256/" + layer.digest for layer in image.layers])
             for image in images if "unnamed" not in image.options]
    return oci(images, archive) + [("manifest.json", json.dumps(items).encode())]


def v1(images, _):
    files = docker24(images, None)
    return [pair for pair in files if pair[0] != "manifest.json" and pair[0][64:] != ".json"]


def rootfs(*_):
    return [(".dockerenv", b""), ("bin/", None), ("bin/sh", b"sh"), ("etc/", None), ("etc/x", b"x")]


def skopeo_dir(images, _):
    files = [(layer.digest, layer.stored) for layer in images[0].layers]
    return files + [("manifest.json", images[0].manifest()),
                    ("version", b"Directory Transport Version: 1.1\n")]


KINDS = {
    "docker24": docker24, "docker25": hybrid, "hybrid": hybrid, "oci": oci, "skopeo": skopeo,
    "crane": plain("sha256:%s", "%(s)s.tar.gz"), "jib": plain("config.json", "%(s)s.tar.gz"),
    "nix": plain("%s.json", "%(d)s/layer.tar"),
    "rules_oci": plain("blobs/sha256/%s", "blobs/sha256/%(s)s.tar.gz"),
    "v1": v1, "rootfs": rootfs, "dir": skopeo_dir,
    "helm": lambda *_: [("app/Chart.yaml", b"name: app\n"), ("app/values.yaml", b"")],
}


def escaping(files):
    """The first layer becomes a symlink that leaves the archive."""
    at = next(i for i, (name, _) in enumerate(files) if name.endswith((".tar", "/layer.tar")))
    return files[:at] + [(files[at][0], "link:../../../outside")] + files[at + 1:]


def members(archive, images):
    files = KINDS[archive.get("kind", "hybrid")](images, archive)
    place = archive.get("manifest")
    if place:
        key = [pair for pair in files if pair[0] == "manifest.json"]
        rest = [pair for pair in files if pair[0] != "manifest.json"]
        files = key + rest if place == "first" else rest + key
    if "escape" in archive:
        files = escaping(files)
    if "hardlinks" in archive:
        files = [(name, "hard:" + data[8:] if isinstance(data, str) and data.startswith("link:../")
                  else data) for name, data in files]
    if "twice" in archive:
        files.append((archive["twice"], b"[]"))
    if "extra" in archive:
        files += [("README", b"not named by anything"), ("blobs/sha256/" + "0" * 64, b"stray")]
    if "trailing" in archive:
        files = [(name, data + unescape(archive["trailing"]) if name == "manifest.json" else data)
                 for name, data in files]
    dots = "./" if "dots" in archive else ""
    return [(dots + name, data) for name, data in files]


def archive_bytes(case):
    archive = case.archive
    if "raw" in archive:
        return unescape(archive["raw"])
    images = [Image(image, archive) for image in case.images or [case.image()]]
    data = tarforge.simple(members(archive, images))
    if "flip" in archive:
        at = data.index(unescape(archive["flip"]))
        data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
    if "cut" in archive:
        cut = int(archive["cut"])
        data = data[:cut if cut > 0 else len(data) + cut]
    return PACKERS[archive.get("outer", "none")](data)


def unpack(data, folder):
    """An OCI layout directory instead of an archive."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        tar.extractall(folder)


def main():
    name, output = sys.argv[1:]
    path = os.environ.get("CASES")
    found = cases.read_file(path) if path else cases.read_all(FIXTURES)
    case = next((case for case in found if case.name == name), None)
    if not case:
        raise SystemExit("no case " + name)
    data = archive_bytes(case)
    if output.endswith("/"):
        unpack(data, output)
    else:
        with open(output, "wb") as file:
            file.write(data)


if __name__ == "__main__":
    main()
