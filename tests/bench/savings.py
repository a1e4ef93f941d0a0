#!/usr/bin/env python3
"""savings.py - figures of what policies take, and their table (for savings.sh).

usage: savings.py image TREE.tar IMAGE.tar             an image of one layer, without unpacking
       savings.py measure TREE.tar REPORT.json PLAN    MB and MB of gzip of each policy, as JSON
       savings.py table GIVEN.json PREFIX...           Markdown, from PREFIX.json
"""
import hashlib
import io
import json
import sys
import tarfile
import zlib

COLUMNS = ("files", "safe", "docs", "locales", "language", "dev", "aggressive", "all")
LANGUAGES = ("python", "node", "java")


def image(tree, output):
    with open(tree, "rb") as layer, tarfile.open(output, "w") as archive:
        digest = hashlib.file_digest(layer, "sha256").hexdigest()

        def add(name, value):
            text = json.dumps(value).encode()
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))

        add("config.json", {
            "architecture": "amd64", "os": "linux", "config": {"Cmd": ["bash"]}, "history": [{"created_by": "savings"}],
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]}})
        add("manifest.json", [{"Config": "config.json", "RepoTags": ["savings:1"], "Layers": ["layer.tar"]}])
        layer.seek(0)
        archive.addfile(archive.gettarinfo(arcname="layer.tar", fileobj=layer), layer)


def column(policy):
    return "language" if policy in LANGUAGES else policy


def decided(plan):
    """Path to column, for what is removed."""
    with open(plan, encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            if line.startswith('{"decision":"remove"'):
                decision = json.loads(line)
                if decision["verdict"] == "done":
                    yield decision["path"], column(decision["policy"])


def gzipped(tree, removed):
    """What the removed files of each column take alone, as tar and gzip -6."""
    streams = {}
    with tarfile.open(tree) as members:
        for member in members:
            name = removed.get(member.name.removeprefix("./"))
            if name is None or not member.isfile():
                continue
            for key in (name, "all"):
                stream, size = streams.setdefault(key, [zlib.compressobj(6, zlib.DEFLATED, 31), 0])
                size += len(stream.compress(member.tobuf()))
                source = members.extractfile(member)
                while block := source.read(1 << 20):
                    size += len(stream.compress(block))
                size += len(stream.compress(bytes(-member.size % 512)))
                streams[key][1] = size
    return {key: size + len(stream.flush()) for key, (stream, size) in streams.items()}


def measure(tree, report, plan):
    with open(report, encoding="utf-8") as file:
        policy = json.load(file)["savings"]["policy"]
    with tarfile.open(tree) as members:
        figures = {"files": sum(member.size for member in members if member.isreg())}
    for rule in policy["rules"]:
        name = column(rule["policy"])
        figures[name] = figures.get(name, 0) + rule["bytes"]
    figures["all"] = policy["removed"] + policy["emptied"]
    json.dump({"bytes": figures, "gzip": gzipped(tree, dict(decided(plan)))}, sys.stdout)


def cell(size, packed, given):
    """What was measured, and in brackets what was given and the difference."""
    if given is None:
        return f"{size / 1e6:.1f}" if size >= 50000 else ""
    mb, gz = given if isinstance(given, list) else (given, None)
    digits = 2 if mb < 2 else 1
    text = f"{size / 1e6:.{digits}f} ({mb:.{digits}f}, {(size / 1e6 / mb - 1) * 100:+.1f} %)"
    if gz is not None:
        text += f", gz {packed / 1e6:.1f} ({gz:.1f}, {(packed / 1e6 / gz - 1) * 100:+.1f} %)"
    return text


def table(given_path, prefixes):
    with open(given_path, encoding="utf-8") as file:
        given = json.load(file)
    print("| MB | " + " | ".join(COLUMNS) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for prefix in prefixes:
        with open(prefix + ".json", encoding="utf-8") as file:
            figures = json.load(file)
        name = prefix.rpartition("/")[2]
        cells = [cell(figures["bytes"].get(key, 0), figures["gzip"].get(key, 0), given[name].get(key))
                 for key in COLUMNS]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["image", tree, output]:
            image(tree, output)
        case ["measure", tree, report, plan]:
            measure(tree, report, plan)
        case ["table", given, *prefixes] if prefixes:
            table(given, prefixes)
        case _:
            sys.exit(__doc__)
