"""tarforge.py - write any tar, byte by byte, broken ones included."""
from cases import unescape

TYPES = {"d": b"5", "f": b"0", "w": b"0", "l": b"2", "h": b"1", "c": b"3", "b": b"4", "p": b"6",
         "g": b"g"}
TIME = "1000000000"


def body_of(entry):
    """c=TEXT, or c*=TEXT*COUNT."""
    if "c*" in entry:
        text, count = entry["c*"].rsplit("*", 1)
        return unescape(text) * int(count)
    return unescape(entry.get("c", ""))


def padded(data):
    return data + bytes(-len(data) % 512)


def number(value, width, binary):
    digits = b"%0*o" % (width - 1, max(value, 0))
    if binary or value < 0 or len(digits) > width - 1:
        sign = b"\xff" if value < 0 else b"\x80"
        return sign + (value % (1 << (8 * width - 8))).to_bytes(width - 1, "big")
    return digits + b"\0"


def header(name, kind, entry, size, prefix=b""):
    magic = {"gnu": b"ustar  \0", "v7": bytes(8)}.get(entry.get("magic"), b"ustar\x0000")
    binary = entry.get("b256", "").split(",")
    mode = int(entry.get("m", "0755" if entry["kind"] == "d" else "0644"), 8)
    time = int(float(entry.get("t", TIME).rstrip(".")))
    major, _, minor = entry.get("dev", "0:0").partition(":")
    out = name[:100].ljust(100, b"\0")
    out += number(mode, 8, "m" in binary)
    out += number(int(entry.get("u", "0")), 8, "u" in binary)
    out += number(int(entry.get("g", "0")), 8, "g" in binary)
    out += number(size, 12, "size" in binary)
    out += number(time if time >= 0 or "t" in binary else 0, 12, "t" in binary)
    out += b" " * 8 + kind
    out += unescape(entry.get("to", ""))[:100].ljust(100, b"\0") + magic
    out += unescape(entry.get("uname", "")).ljust(32, b"\0")
    out += unescape(entry.get("gname", "")).ljust(32, b"\0")
    out += number(int(major), 8, False) + number(int(minor), 8, False)
    out = (out + prefix.ljust(155, b"\0")).ljust(512, b"\0")
    total = sum(out) + (1 if "badsum" in entry else 0)
    if "signedsum" in entry:
        total = sum(byte - 256 if byte > 127 else byte for byte in out)
    return out[:148] + b"%06o\0 " % total + out[156:]


def pax_record(key, value):
    rest = b" " + key + b"=" + value + b"\n"
    length = len(rest)
    while len(str(length)) + len(rest) != length:
        length = len(str(length)) + len(rest)
    return str(length).encode() + rest


def extension(kind, data, name=b"PaxHeaders.0/x"):
    plain = {"kind": "f", "t": "0"}
    return header(name, kind, plain, len(data)) + padded(data)


def pax_of(entry, name, target):
    """Records that the entry asks for, and those that it needs."""
    records = []
    time = entry.get("t", TIME)
    auto = "nopax" not in entry
    if auto and len(name) > 100 and not ({"split", "longname"} & entry.keys()):
        records.append((b"path", name))
    if auto and len(target) > 100 and "longlink" not in entry:
        records.append((b"linkpath", target))
    if "." in time or (time.startswith("-") and "t" not in entry.get("b256", "")):
        records.append((b"mtime", time.encode()))
    for key, value in entry.items():
        if key.startswith("x."):
            records.append((b"SCHILY.xattr." + unescape(key[2:]), unescape(value)))
        elif key.startswith("pax."):
            records.append((unescape(key[4:]), unescape(value)))
    return records


def chunks_of(entry):
    """data=OFFSET:CHARACTER*COUNT,..."""
    out = []
    for word in entry["data"].split(","):
        offset, _, rest = word.partition(":")
        char, _, count = rest.partition("*")
        out.append((int(offset), char.encode() * int(count)))
    return out


def old_sparse(name, entry):
    chunks = chunks_of(entry)
    slots = [b"%011o\0%011o\0" % (at, len(data)) for at, data in chunks]
    head = bytearray(header(name, b"S", {**entry, "magic": "gnu"}, sum(len(d) for _, d in chunks)))
    head[386:482] = b"".join(slots[:4]).ljust(96, b"\0")
    head[482] = 1 if slots[4:] else 0
    head[483:495] = b"%011o\0" % int(entry["size"])
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    out, slots = bytes(head), slots[4:]
    while slots:
        out += b"".join(slots[:21]).ljust(504, b"\0") + (b"\1" if slots[21:] else b"\0") + bytes(7)
        slots = slots[21:]
    return out + padded(b"".join(data for _, data in chunks))


def sparse(name, entry):
    version = entry["sparse"]
    if version == "old":
        return old_sparse(name, entry)
    chunks = chunks_of(entry)
    data = b"".join(piece for _, piece in chunks)
    pairs = [b"%d" % n for at, piece in chunks for n in (at, len(piece))]
    size = entry["size"].encode()
    if version == "1.0":
        table = b"\n".join([b"%d" % len(chunks)] + pairs) + b"\n"
        data = padded(table) + data
        records = [(b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"),
                   (b"GNU.sparse.name", name), (b"GNU.sparse.realsize", size)]
    else:
        records = [(b"GNU.sparse.size", size), (b"GNU.sparse.numblocks", b"%d" % len(chunks))]
        if version == "0.1":
            records += [(b"GNU.sparse.name", name), (b"GNU.sparse.map", b",".join(pairs))]
        else:
            for at, piece in chunks:
                records += [(b"GNU.sparse.offset", b"%d" % at),
                            (b"GNU.sparse.numbytes", b"%d" % len(piece))]
    pax = b"".join(pax_record(key, value) for key, value in records)
    stored = b"GNUSparseFile.0/x" if version != "0.0" else name
    return extension(b"x", pax) + header(stored, b"0", entry, len(data)) + padded(data)


def member(entry):
    """The bytes of one entry with all its extension headers."""
    kind = unescape(entry["type"]) if "type" in entry else TYPES[entry["kind"]]
    name, target = entry["path"], unescape(entry.get("to", ""))
    if entry["kind"] == "w":
        folder, slash, base = name.rpartition(b"/")
        name = folder + slash + b".wh." + base
    if entry["kind"] == "d" and "noslash" not in entry and not name.endswith(b"/"):
        name += b"/"
    if "sparse" in entry:
        return sparse(name, entry)
    records = pax_of(entry, name, target)
    pax = b"".join(pax_record(key, value) for key, value in records)
    if kind == b"g":
        return extension(b"g", pax, b"pax_global_header")
    body = body_of(entry)
    out = extension(b"x", pax) if pax else b""
    if "longname" in entry:
        long = unescape(entry["longname"]) or name
        out += extension(b"L", long + b"\0", b"././@LongLink")
    if "longlink" in entry:
        out += extension(b"K", target + b"\0", b"././@LongLink")
    prefix = b""
    if "split" in entry:
        cut = name.rindex(b"/", 0, 156)
        prefix, name = name[:cut], name[cut + 1:]
    if "name" in entry:
        name = unescape(entry["name"])
    out += header(name, kind, entry, int(entry.get("size", len(body))), prefix)
    return out + padded(body)


def tar(entries, end_blocks=2):
    return b"".join(member(entry) for entry in entries) + bytes(512 * end_blocks)


def simple(members):
    """A plain tar of (name, bytes), or (name, None) for a directory, or (name, "link:TARGET")."""
    out = b""
    for name, data in members:
        name = name.encode()
        if data is None:
            out += member({"kind": "d", "path": name})
        elif isinstance(data, str):
            how, _, target = data.partition(":")
            out += member({"kind": {"link": "l", "hard": "h"}[how], "path": name, "to": target})
        else:
            out += header(name, b"0", {"kind": "f"}, len(data)) + padded(data)
    return out + bytes(1024)
