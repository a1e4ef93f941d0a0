#!/usr/bin/env python3
"""forge.py - images of any size and shape for the benchmark and the tests of scale.

usage: forge.py SHAPE[:KEY=N,...] OUTPUT       (SHAPE is a function below; KEY one of its parameters)

The same arguments give the same bytes.  Prints a line of JSON: entries, bytes of their last names,
bytes of the layers.  Layers are written straight into the archive (a docker-archive), so that an
image needs no room but its own.
"""
import hashlib
import io
import json
import random
import sys

TIME = 1000000000
POOL_BYTES = 32 << 20


def make_pool():
    """Bytes that compress about as well as programs and their data do: words, tables, noise."""
    source = random.Random(20240101)
    words = [bytes(source.choices(b"etaoinshrdlucmfwypvbgkqjxz_./", k=source.randint(3, 11)))
             for _ in range(4000)]
    out = io.BytesIO()
    while out.tell() < POOL_BYTES:
        kind = source.random()
        if kind < 0.55:
            out.write(b" ".join(source.choices(words, k=700)))
        elif kind < 0.8:
            row = source.randbytes(24)
            for _ in range(100):
                out.write(row + source.randbytes(8) + bytes(8))
        else:
            out.write(source.randbytes(4096))
    return out.getvalue()[:POOL_BYTES]


class Pool:
    """Contents by number: two numbers never give the same bytes when there are 8 or more."""
    data = None

    def __init__(self):
        if Pool.data is None:
            Pool.data = make_pool()

    def body(self, number, size):
        """pieces of a body"""
        mark = b"%08x" % number
        yield mark[-size:] if size < 8 else mark
        left, at = size - 8, number * 7919 * 512 % (POOL_BYTES // 2)
        while left > 0:
            piece = self.data[at:at + min(left, POOL_BYTES - at)]
            yield piece
            left -= len(piece)
            at = 0


def octal(value, width):
    return b"%0*o\0" % (width - 1, value)


def pax_path(path):
    length = len(path) + 7
    while len(str(length)) + len(path) + 7 != length:
        length = len(str(length)) + len(path) + 7
    return b"%d path=%s\n" % (length, path)


def header(path, kind, mode, size, link=b""):
    """one block of ustar, behind a pax header when the name needs one"""
    if len(path) > 100:
        record = pax_path(path)
        return (header(b"pax", b"x", 0o644, len(record)) + record + bytes(-len(record) % 512) +
                header(path[-99:], kind, mode, size, link))
    fields = (path.ljust(100, b"\0") + octal(mode, 8) + octal(0, 8) + octal(0, 8) +
              octal(size, 12) + octal(TIME, 12))
    rest = kind + link.ljust(100, b"\0") + b"ustar\x0000"
    total = sum(fields) + sum(rest) + 8 * 32
    return (fields + b"%06o\0 " % total + rest).ljust(512, b"\0")


class Layer:
    def __init__(self, image):
        self.image = image
        self.out = image.out
        self.sha = hashlib.sha256()
        self.begin = self.out.tell()
        self.pending = []
        self.pending_bytes = 0

    def write(self, data):
        self.pending.append(data)
        self.pending_bytes += len(data)
        if self.pending_bytes > 1 << 20:
            self.flush()

    def flush(self):
        data = b"".join(self.pending)
        self.sha.update(data)
        self.out.write(data)
        self.pending, self.pending_bytes = [], 0

    def entry(self, path, kind, mode, size=0, link=b""):
        self.image.entries += 1
        self.image.name_bytes += len(path.rstrip(b"/").rpartition(b"/")[2])
        self.write(header(path, kind, mode, size, link))

    def directory(self, path):
        self.entry(path + b"/", b"5", 0o755)

    def file(self, path, size, number=None):
        """`number` chooses the content; without it no other file has the same"""
        if number is None:
            self.image.serial += 1
            number = self.image.serial
        self.entry(path, b"0", 0o644, size)
        if size:
            for piece in self.image.pool.body(number, size):
                self.write(piece)
            self.write(bytes(-size % 512))

    def link(self, path, target):
        self.entry(path, b"1", 0o644, 0, target)

    def whiteout(self, path):
        folder, _, name = path.rpartition(b"/")
        self.entry(folder + b"/.wh." + name if folder else b".wh." + name, b"0", 0o644)


class Image:
    """with Image(file) as image: layer = image.layer(); ..."""

    def __init__(self, path):
        self.out = open(path, "wb")
        self.pool = Pool()
        self.entries = self.name_bytes = self.layer_bytes = self.serial = 0
        self.names, self.diff_ids = [], []
        self.current = None

    def __enter__(self):
        return self

    def layer(self):
        self.end_layer()
        self.out.write(bytes(512))
        self.current = Layer(self)
        return self.current

    def end_layer(self):
        layer = self.current
        if not layer:
            return
        layer.write(bytes(1024))
        layer.flush()
        size = self.out.tell() - layer.begin
        self.layer_bytes += size
        name = "layer%d.tar" % len(self.names)
        self.out.seek(layer.begin - 512)
        self.out.write(header(name.encode(), b"0", 0o644, size))
        self.out.seek(0, 2)
        self.names.append(name)
        self.diff_ids.append("sha256:" + layer.sha.hexdigest())
        self.current = None

    def member(self, name, data):
        self.out.write(header(name.encode(), b"0", 0o644, len(data)) + data + bytes(-len(data) % 512))

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.end_layer()
            config = json.dumps({
                "architecture": "amd64", "os": "linux", "config": {"Cmd": ["/bin/sh"]},
                "created": "2001-09-09T01:46:40Z",
                "history": [{"created_by": "RUN step %d" % n} for n in range(len(self.names))],
                "rootfs": {"type": "layers", "diff_ids": self.diff_ids}}).encode()
            name = hashlib.sha256(config).hexdigest() + ".json"
            self.member(name, config)
            self.member("manifest.json", json.dumps([
                {"Config": name, "RepoTags": ["bench/image:1"], "Layers": self.names}]).encode())
            self.out.write(bytes(1024))
        self.out.close()


# --- shapes ----------------------------------------------------------------------------------


def sizes(count, total, seed):
    """`count` sizes of about `total` bytes: many small ones, few big ones, as trees have them"""
    source = random.Random(seed)
    weights = [source.paretovariate(1.1) for _ in range(count)]
    scale = total / sum(weights)
    return [int(weight * scale) for weight in weights]


def tree(layer, top, count, total, seed=1):
    """files below `top`, about sixteen in a directory, directories nested"""
    layer.directory(top)
    folder = top
    for number, size in enumerate(sizes(count, total, seed)):
        if number % 16 == 0:
            parent = top + b"/d%d" % (number // 512)
            if number % 512 == 0:
                layer.directory(parent)
            folder = parent + b"/s%d" % (number // 16)
            layer.directory(folder)
        layer.file(folder + b"/file%d.dat" % number, size)


def app(image, entries=10000, bytes=100 << 20, layers=1):
    """so many files and bytes, spread over layers that hide nothing"""
    for number in range(layers):
        tree(image.layer(), b"srv%d" % number, entries * 16 // 17 // layers, bytes // layers, number)


def bundle(image, bytes=400 << 20):
    """a bundle is copied in, unpacked, deleted, installed from, and its packages deleted"""
    base = image.layer()
    tree(base, b"usr", 6000, bytes // 3)
    image.layer().file(b"bundle.tar", bytes // 5)
    packages = image.layer()
    packages.directory(b"debs")
    for number in range(60):
        packages.file(b"debs/package%d.deb" % number, bytes // 300)
    image.layer().whiteout(b"bundle.tar")
    tree(image.layer(), b"opt", 5000, bytes * 2 // 3)
    image.layer().whiteout(b"debs")


def modules(image, bytes=400 << 20, files=40000):
    """an application of many small files above a base"""
    tree(image.layer(), b"usr", 6000, bytes // 3)
    tree(image.layer(), b"app", files, bytes * 2 // 3, 2)
    image.layer().whiteout(b"app/d3")


def chown(image, bytes=400 << 20):
    """chmod -R and chown -R: one tree, stored three times"""
    tree(image.layer(), b"usr", 6000, bytes // 2, 1)
    for _ in range(3):
        tree(image.layer(), b"app", 6000, bytes // 6, 2)


def flat(image, entries=100000):
    """one directory with all files, in no order; a tenth of them replaced"""
    for count in entries * 10 // 11, entries // 11:
        layer = image.layer()
        layer.directory(b"all")
        for number in range(count):
            layer.file(b"all/file%d" % (number * 7919 % entries), 16)


def links(image, entries=100000):
    """one file with so many names"""
    layer = image.layer()
    layer.directory(b"all")
    layer.file(b"all/body", 4096)
    for number in range(entries):
        layer.link(b"all/name%d" % number, b"all/body")


def whiteouts(image, entries=100000):
    """a layer deletes every file of the one below, one by one"""
    lower = image.layer()
    lower.directory(b"all")
    for number in range(entries // 2):
        lower.file(b"all/file%d" % number, 16)
    upper = image.layer()
    for number in range(entries // 2):
        upper.whiteout(b"all/file%d" % number)


def deep(image, entries=100000, depth=500):
    """chains of directories, one in another, with a file at each end"""
    layer = image.layer()
    for chain in range(max(1, entries // depth)):
        path = b"c%d" % chain
        layer.directory(path)
        for _ in range(depth - 2):
            path += b"/d"
            layer.directory(path)
        layer.file(path + b"/end", 16)


def same(image, files=300000, candidates=60000, size=8192):
    """files of one size that are alike in pairs, among many that are too small to look at; a second
    layer deletes one, so that the first has to be written anew whatever is linked"""
    layer = image.layer()
    layer.directory(b"all")
    for number in range(files):
        if number % 1000 == 0:
            folder = b"all/d%d" % (number // 1000)
            layer.directory(folder)
        if number % (files // candidates) == 0:
            layer.file(folder + b"/same%d" % number, size, 1 << 24 | number // (files // candidates) // 2)
        else:
            layer.file(folder + b"/small%d" % number, 100)
    image.layer().whiteout(b"all/d0/small1")


SHAPES = {shape.__name__: shape for shape in (app, bundle, modules, chown, flat, links, whiteouts,
                                              deep, same)}


def make(text, path):
    """an image from "SHAPE:KEY=N,..."; its figures"""
    name, _, rest = text.partition(":")
    arguments = {key: int(value) for key, _, value in
                 (item.partition("=") for item in rest.split(",") if item)}
    with Image(path) as image:
        SHAPES[name](image, **arguments)
    return {"entries": image.entries, "name_bytes": image.name_bytes,
            "layer_bytes": image.layer_bytes}


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(json.dumps(make(sys.argv[1], sys.argv[2])))
