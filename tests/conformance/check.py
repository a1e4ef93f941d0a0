"""check.py - what must hold for every output: the rules for layers, configs and archives."""
import copy
import json
import re

from merge import components, groups, merge
from read import full_name, sha

PLAIN_TYPES = "0123456"
FORMATS = {"hybrid": (True, True), "docker": (True, False), "oci": (False, True),
           "oci-dir": (False, True)}
MEDIA_SUFFIX = {b"\x1f\x8b": "gzip", b"\x28\xb5": "zstd", b"\x50\x2a": "zstd"}


def order_key(path):
    """Bytewise by component; among children the opaque marker first, then the other markers."""
    def rank(part):
        if part == b".wh..wh..opq":
            return 0, part
        return (1, part) if part.startswith(b".wh.") else (2, part)
    return [rank(part) for part in path.split(b"/")]


def marker_of(path):
    """The path that a marker hides; None for other entries."""
    folder, slash, base = path.rpartition(b"/")
    if base == b".wh..wh..opq":
        return folder
    return folder + slash + base[4:] if base.startswith(b".wh.") else None


def safe_rules(entries, lower, markers_too=True):
    """What loaders need, whoever wrote the layer."""
    out, seen = [], {}
    opaque = set()
    for entry in entries:
        path = b"/".join(components(entry.name))
        if path in seen:
            out.append("duplicate %r" % path)
        seen[path] = entry
        if entry.raw_type not in PLAIN_TYPES or getattr(entry, "raw_long", False):
            out.append("type %s of %r" % (entry.raw_type, path))
        if entry.type == "1":
            target = seen.get(b"/".join(components(entry.target)))
            if not target:
                out.append("link %r before its target" % path)
            elif any(getattr(entry, key) != getattr(target, key)
                     for key in ("mode", "uid", "gid", "mtime", "xattrs")):
                out.append("link %r has other metadata" % path)
        if entry.type == "3" and entry.rdev == (0, 0):
            out.append("char 0:0 %r" % path)
        for key in entry.xattrs:
            if b"overlay." in key or (entry.type in "2346" and key.startswith(b"user.")):
                out.append("xattr %r of %r" % (key, path))
        if path.endswith(b".wh..wh..opq"):
            opaque.add(marker_of(path))
    return out + (marker_rules(seen, opaque, lower) if markers_too else [])


def marker_rules(seen, opaque, lower):
    out = []
    for path in seen:
        hidden = marker_of(path)
        if hidden is None:
            continue
        if hidden in opaque and path.endswith(b".wh..wh..opq"):
            if not hidden or not any(other.startswith(hidden + b"/") for other in lower):
                out.append("opaque %r hides nothing" % hidden)
            continue
        if hidden not in lower:
            out.append("whiteout %r hides nothing" % path)
        if hidden in seen:
            out.append("whiteout %r beside an entry of that name" % path)
        if any(hidden.startswith(folder + b"/") for folder in opaque):
            out.append("whiteout %r below an opaque folder" % path)
    return out


def needed_pax(entry):
    keys = {b"SCHILY.xattr." + key for key in entry.xattrs}
    if len(entry.name) > 100:
        keys.add(b"path")
    if len(entry.target) > 100:
        keys.add(b"linkpath")
    if entry.mtime[1] or not 0 <= entry.mtime[0] < 8**11:
        keys.add(b"mtime")
    for key in ("uid", "gid"):
        if getattr(entry, key) >= 8**7:
            keys.add(key.encode())
    if entry.size >= 8**11:
        keys.add(b"size")
    return keys


def file_key(entry, order):
    """What regular files are sorted by: the end of the name, the size, the name; then the path."""
    name = components(entry.name)[-1]
    parts = name[1:].split(b".")
    words = [part for part in parts[1:] if not re.fullmatch(rb"[0-9]*", part)]
    kind = words[-1] if words else b""
    path = order_key(b"/".join(components(entry.name)))
    if order == "type":
        return kind, path
    if order == "folder":
        return path[:-1], kind, -entry.size, path
    return (kind, entry.size.bit_length() // 2, re.sub(rb"[0-9]+", b"0", name), -entry.size,
            path)


def order_rules(entries, order):
    """By path; with another order regular files come behind all else, by their own keys."""
    files = {b"/".join(components(entry.name)): entry for entry in entries
             if order != "path" and entry.type == "0" and marker_of(entry.name) is None}
    sizes = {path: entry.size for path, entry in files.items()}
    keys = []
    for entry in entries:
        path, target = (b"/".join(components(name)) for name in (entry.name, entry.target))
        if entry.type == "1" and target in files:
            files[path] = copy.copy(entry)
            files[path].size = sizes[target]
        keys.append((1, file_key(files[path], order)) if path in files
                    else (0, order_key(path)))
    return ["order: %r after %r" % (entries[at + 1].name, entries[at].name)
            for at, (key, following) in enumerate(zip(keys, keys[1:]))
            if following <= key and entries[at + 1].name != b"./"]


def form_rules(entries, behind, order):
    """What lighten promises about layers that it writes itself."""
    out = ["end of %d bytes" % len(behind)] if behind != bytes(1024) else []
    listed = set()
    for entry in entries:
        path = b"/".join(components(entry.name))
        wanted = path + b"/" if entry.type == "5" else path
        if entry.name != (wanted if path else b"./"):
            out.append("name %r" % entry.name)
        if entry.names or entry.mode & ~0o7777 or (entry.type != "0" and entry.raw_size):
            out.append("form of %r" % path)
        if entry.type not in "34" and entry.rdev != (0, 0):
            out.append("device numbers of %r" % path)
        if set(entry.pax) - needed_pax(entry):
            out.append("pax of %r: %r" % (path, sorted(set(entry.pax) - needed_pax(entry))))
        head = entry.raw_pax_header
        if head and not (head.name.startswith(b"PaxHeaders.0/") and head.mtime == (0, 0)
                         and head.mode == 0o644):
            out.append("pax header of %r" % path)
        folder = path.rpartition(b"/")[0]
        if folder and folder not in listed:
            out.append("no entry of the folder of %r" % path)
        if entry.type == "5":
            listed.add(path)
    return out + order_rules(entries, order)


def link_form(entries):
    """Every link names the first of its group."""
    return ["link %r -> %r" % (entry.name, entry.target) for entry in entries if entry.type == "1"
            and next((other.type for other in entries if other.name == entry.target), "1") == "1"]


def layers(image, parsed, input_diffs, frozen, order):
    """parsed: (entries, behind) of each layer of the output."""
    out = []
    for at, (layer, (entries, behind)) in enumerate(zip(image.layers, parsed)):
        if at < frozen:
            continue
        lower = merge([entries for entries, _ in parsed[:at]])
        found = safe_rules(entries, lower)
        if layer.diff not in input_diffs:
            found += form_rules(entries, behind, order) + link_form(entries)
        out += ["layer %d: %s" % (at, text) for text in found]
    return out


# --- config ----------------------------------------------------------------------------------

DROPPED_KEYS = {"rootfs", "history", "id", "parent", "moby.buildkit.cache.v0"}


def other_keys(text):
    """All but what lighten may change, with the order of keys and the spelling of numbers."""
    pairs = json.loads(text, object_pairs_hook=list, parse_int=str, parse_float=str)
    return [(key, value) for key, value in pairs if key.lower() not in DROPPED_KEYS]


def config(before, after):
    if before.config_text == after.config_text:
        return []
    out = []
    if other_keys(before.config_text) != other_keys(after.config_text):
        out.append("config: other keys changed")
    old, new = before.config.get("history") or [], after.config.get("history")
    if not old:
        return out + (["history came from nowhere"] if new else [])
    owners = [step for step in new if not step.get("empty_layer")]
    if len(owners) != len(after.layers):
        out.append("history: %d steps own a layer, there are %d" % (len(owners), len(after.layers)))
    if [step.get("created_by") for step in new[:len(old)]] != [s.get("created_by") for s in old]:
        out.append("history: steps lost or changed")
    for was, now in zip(old, new):
        if was.get("empty_layer") and not now.get("empty_layer"):
            out.append("history: a step without a layer got one")
    return out


# --- archive ---------------------------------------------------------------------------------

def archive(out, format_name):
    found = []
    has_docker, has_oci = FORMATS[format_name]
    for name, wanted in (("manifest.json", has_docker), ("index.json", has_oci),
                         ("oci-layout", has_oci)):
        if (name in out.files) != wanted:
            found.append("archive: %s is %s" % (name, "missing" if wanted else "there"))
    if out.odd or len(set(out.names)) != len(out.names):
        found.append("archive: links or names that occur twice")
    texts = [data for _, data in out.files.values() if len(data) < 1 << 20]
    for name, (_, data) in out.files.items():
        if not name.startswith("blobs/sha256/"):
            continue
        if sha(data) != name[13:]:
            found.append("archive: digest of " + name)
        if not any(name[13:].encode() in text for text in texts if text is not data):
            found.append("archive: nothing names " + name)
    for item in out.items:
        if set(item) - {"Config", "RepoTags", "Layers"}:
            found.append("manifest.json: keys %s" % sorted(item))
    for image in out.images:
        if len(image.config.get("rootfs", {}).get("diff_ids", [])) != len(image.layers):
            found.append("archive: layers and diff_ids differ in number")
        if has_oci:
            found += descriptors(image)
    return found


def descriptors(image):
    out = []
    for layer in image.layers:
        media = (layer.descriptor or {}).get("mediaType", "none")
        wanted = MEDIA_SUFFIX.get(layer.stored[:2], "tar")
        if not media.endswith(wanted):
            out.append("descriptor: %s, but the blob is %s" % (media, wanted))
    names = [d["annotations"].get("io.containerd.image.name") for d in image.descriptors]
    if image.tags and sorted(filter(None, names)) != sorted(set(full_name(t) for t in image.tags)):
        out.append("index.json: names %s for tags %s" % (names, image.tags))
    return out


def linked(tree, names):
    return groups(tree)[names[0]] >= set(names)
