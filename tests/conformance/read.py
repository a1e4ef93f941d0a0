"""read.py - read archives and layers strictly, and say how each layer tar is built.

An Entry also carries `raw`, what the header said literally, for the checks of the writer rules.
"""
import hashlib
import io
import json
import os
import subprocess
import zlib


class Broken(Exception):
    pass


def sha(data):
    return hashlib.sha256(data).hexdigest()


def unpack(data):
    if data[:2] == b"\x1f\x8b":
        return gunzip(data)
    for magic, tool in ((b"\x28\xb5\x2f\xfd", "zstd"), (b"\x50\x2a\x4d\x18", "zstd"),
                        (b"\xfd7zXZ\0", "xz"), (b"BZh", "bzip2")):
        if data.startswith(magic):
            done = subprocess.run([tool, "-dcq"], input=data, stdout=subprocess.PIPE, check=True)
            return done.stdout
    return data


def gunzip(data):
    """All members; zeros behind the last are padding."""
    out = b""
    while data.strip(b"\0"):
        member = zlib.decompressobj(31)
        out += member.decompress(data) + member.flush()
        data = member.unused_data
    return out


def number(field):
    if field[0] & 0x80:
        value = int.from_bytes(field, "big")
        bits = 8 * len(field)
        return value - (1 << bits) if field[0] == 0xff else value - (1 << (bits - 1))
    text = field.strip(b" \0")
    return int(text, 8) if text else 0


def cstring(field):
    return field.split(b"\0", 1)[0]


class Entry:
    def __init__(self, block):
        self.name = cstring(block[:100])
        self.mode, self.uid, self.gid = (number(block[at:at + 8]) for at in (100, 108, 116))
        self.size, self.mtime = number(block[124:136]), (number(block[136:148]), 0)
        self.type = chr(block[156]) if block[156] else "0"
        self.target = cstring(block[157:257])
        self.names = cstring(block[265:297]) + cstring(block[297:329])
        self.rdev = (number(block[329:337]), number(block[337:345]))
        self.xattrs, self.pax, self.body = {}, {}, b""
        self.raw_type, self.raw_pax_header = self.type, None
        if block[257:263] == b"ustar\0":
            prefix = cstring(block[345:500])
            self.name = prefix + b"/" + self.name if prefix else self.name
        if self.type in "0\0" and block[156] == 0 and self.name.endswith(b"/"):
            self.type = "5"


def parse_pax(data):
    records = {}
    while data:
        length = int(data[:data.index(b" ")])
        key, _, value = data[data.index(b" ") + 1:length - 1].partition(b"=")
        if data[length - 1:length] != b"\n":
            raise Broken("pax record")
        records.setdefault(key, []).append(value)
        data = data[length:]
    return records


def time_of(text):
    sign = -1 if text.startswith(b"-") else 1
    whole, _, part = text.lstrip(b"-").partition(b".")
    nanos = int(part[:9].ljust(9, b"0")) if part else 0
    return (sign * int(whole or b"0"), sign * nanos)


def apply_pax(entry, pax):
    last = {key: values[-1] for key, values in pax.items()}
    entry.pax = pax
    for key, value in last.items():
        if not value:
            continue
        if key == b"path":
            entry.name = value
        elif key == b"linkpath":
            entry.target = value
        elif key in (b"size", b"uid", b"gid"):
            setattr(entry, key.decode(), int(value))
        elif key == b"mtime":
            entry.mtime = time_of(value)
        elif key.startswith(b"SCHILY.xattr."):
            entry.xattrs[key[13:]] = value
    if b"GNU.sparse.name" in last:
        entry.name = last[b"GNU.sparse.name"]


def holes(chunks, data, size):
    out, at = bytearray(size), 0
    for offset, length in chunks:
        out[offset:offset + length] = data[at:at + length]
        at += length
    return bytes(out)


def pairs(numbers):
    numbers = list(numbers)
    return list(zip(numbers[::2], numbers[1::2]))


def expand_pax_sparse(entry, pax):
    def value(key):
        return pax.get(b"GNU.sparse." + key, [b""])[-1]
    if value(b"major") == b"1":
        lines, at = [], 0
        while not lines or len(lines) < 1 + 2 * lines[0]:
            end = entry.body.index(b"\n", at)
            lines.append(int(entry.body[at:end]))
            at = end + 1
        data = entry.body[at + -at % 512:]
        entry.body = holes(pairs(lines[1:]), data, int(value(b"realsize")))
    elif value(b"map"):
        chunks = pairs(int(word) for word in value(b"map").split(b","))
        entry.body = holes(chunks, entry.body, int(value(b"size")))
    elif value(b"numblocks"):
        offsets, lengths = pax[b"GNU.sparse.offset"], pax[b"GNU.sparse.numbytes"]
        chunks = [(int(offset), int(length)) for offset, length in zip(offsets, lengths)]
        entry.body = holes(chunks, entry.body, int(value(b"size")))


def old_sparse_map(block, file):
    """The chunks of a header of type S and of the extension blocks behind it."""
    def slots(data, count):
        found = ((number(data[24 * i:24 * i + 12]), number(data[24 * i + 12:24 * i + 24]))
                 for i in range(count) if data[24 * i:24 * i + 24].strip(b"\0"))
        return list(found)
    chunks, more = slots(block[386:482], 4), block[482]
    while more:
        block2 = file.read(512)
        chunks += slots(block2, 21)
        more = block2[504]
    return chunks, number(block[483:495])


def checksums(block):
    """Unsigned, as it should be, and signed, as some old tars have it."""
    block = block[:148] + b" " * 8 + block[156:]
    return sum(block), sum(byte - 256 if byte > 127 else byte for byte in block)


def read_tar(data):
    """The entries in order, and what stands behind the last."""
    file, entries, pax, long = io.BytesIO(data), [], {}, {}
    extension = None
    while True:
        at = file.tell()
        block = file.read(512)
        if not block.strip(b"\0"):
            return entries, data[at:]
        if len(block) < 512:
            raise Broken("cut header")
        if number(block[148:156]) not in checksums(block):
            raise Broken("checksum")
        entry = Entry(block)
        if entry.type in "xgLK":
            body = file.read(entry.size + -entry.size % 512)[:entry.size]
            if entry.type == "x":
                pax, extension = parse_pax(body), entry
            elif entry.type in "LK":
                long["name" if entry.type == "L" else "target"] = cstring(body)
            else:
                entries.append(entry)
            continue
        sparse = old_sparse_map(block, file) if entry.type == "S" else None
        apply_pax(entry, pax)
        entry.raw_pax_header, entry.raw_long = extension, bool(long)
        for key, value in long.items():
            setattr(entry, key, value)
        header_size = entry.size
        if entry.type in "123456":
            entry.size = 0
        entry.raw_size = header_size
        entry.body = file.read(entry.size + -entry.size % 512)[:entry.size]
        if len(entry.body) < entry.size:
            raise Broken("cut body")
        if sparse:
            entry.body = holes(sparse[0], entry.body, sparse[1])
        expand_pax_sparse(entry, pax)
        entries.append(entry)
        pax, long, extension = {}, {}, None


# --- archives --------------------------------------------------------------------------------

class LayerOut:
    def __init__(self, diff, stored, descriptor=None):
        self.diff, self.stored, self.plain = diff, stored, unpack(stored)
        self.descriptor = descriptor
        if sha(self.plain) != diff:
            raise Broken("diff_id " + diff)


class ImageOut:
    """config: bytes; layers: LayerOut; item: of manifest.json; descriptors: of index.json."""
    def __init__(self, config):
        self.config_text = config
        self.config = {key.lower(): value for key, value in json.loads(config).items()}
        self.layers, self.item, self.descriptors, self.manifest = [], None, [], None
        self.tags = []


def resolve(files, name):
    """Follow links between outer members."""
    for _ in range(20):
        kind, data = files[name]
        if kind == "file":
            return data
        base = "" if kind == "hard" else os.path.dirname(name)
        name = os.path.normpath(os.path.join(base, data))
    raise Broken("links without an end")


def outer_files(path):
    """name -> (kind, data), and the list of names in their order."""
    if os.path.isdir(path):
        names = [os.path.relpath(os.path.join(folder, name), path)
                 for folder, _, inside in os.walk(path) for name in inside]
        files = {name: ("file", open(os.path.join(path, name), "rb").read()) for name in names}
        return files, names, []
    with open(path, "rb") as file:
        entries, _ = read_tar(unpack(file.read()))
    files, names, odd = {}, [], []
    for entry in entries:
        name = os.path.normpath(entry.name.decode("utf-8", "surrogateescape"))
        if entry.type == "5":
            continue
        if entry.type in "12":
            odd.append(name)
        kind = {"0": "file", "1": "hard", "2": "link"}[entry.type]
        files[name] = (kind, entry.body if kind == "file" else entry.target.decode())
        names.append(name)
    return files, names, odd


def diff_ids(config):
    return [diff.split(":")[1] for diff in (config.get("rootfs") or {}).get("diff_ids") or []]


def manifests_of(files, listed, parent_notes=None):
    """(descriptor, manifest) of every image manifest whose blob is there, nested ones too."""
    for descriptor in listed:
        blob = "blobs/sha256/" + descriptor["digest"].split(":")[1]
        if blob not in files:
            continue
        data = files[blob][1]
        if sha(data) != descriptor["digest"].split(":")[1] or len(data) != descriptor["size"]:
            raise Broken("descriptor of " + blob)
        body = json.loads(data)
        notes = {**(parent_notes or {}), **descriptor.get("annotations", {})}
        if "manifests" in body:
            yield from manifests_of(files, body["manifests"], notes)
        elif not body["layers"] or "in-toto" not in body["layers"][0]["mediaType"]:
            yield {**descriptor, "annotations": notes}, body


def full_name(tag):
    first = tag.split("/")[0]
    if "/" not in tag:
        return "docker.io/library/" + tag
    return tag if "." in first or ":" in first or first == "localhost" else "docker.io/" + tag


class Archive:
    """The images of an archive or layout, in the order of manifest.json, else of index.json."""
    def __init__(self, path):
        self.files, self.names, self.odd = outer_files(path)
        self.images = {}
        self.items = self.load("manifest.json") or []
        self.index = self.load("index.json")
        for item in self.items:
            self.add_item({key.lower(): value for key, value in item.items()})
        listed = (self.index or {}).get("manifests", [])
        for descriptor, manifest in manifests_of(self.files, listed):
            self.add_manifest(descriptor, manifest)
        self.images = list(self.images.values())

    def load(self, name):
        if name not in self.files:
            return None
        return json.JSONDecoder().raw_decode(self.files[name][1].decode().lstrip())[0]

    def image(self, config):
        if config not in self.images:
            self.images[config] = ImageOut(config)
        return self.images[config]

    def add_item(self, item):
        image = self.image(resolve(self.files, os.path.normpath(item["config"])))
        image.item = item
        paths = [os.path.normpath(path) for path in item["layers"] or []]
        if not image.layers:
            image.layers = [LayerOut(diff, resolve(self.files, path))
                            for diff, path in zip(diff_ids(image.config), paths)]
        image.tags += [full_name(tag) for tag in item.get("repotags") or []]

    def add_manifest(self, descriptor, manifest):
        name = "blobs/sha256/" + manifest["config"]["digest"].split(":")[1]
        image = self.image(self.files[name][1])
        image.descriptors.append(descriptor)
        image.manifest = manifest
        layers = []
        for diff, layer in zip(diff_ids(image.config), manifest["layers"]):
            blob = "blobs/sha256/" + layer["digest"].split(":")[1]
            data = self.files[blob][1]
            if sha(data) != layer["digest"].split(":")[1] or len(data) != layer["size"]:
                raise Broken("descriptor of " + blob)
            layers.append(LayerOut(diff, data, layer))
        image.layers = layers
        notes = descriptor["annotations"]
        tag = notes.get("io.containerd.image.name",
                        notes.get("org.opencontainers.image.ref.name"))
        if tag and ":" in tag and full_name(tag) not in image.tags:
            image.tags.append(full_name(tag))
