"""scale_check.py SHAPE:KEY=N OUTPUT: is this what must become of an image of tests/bench/forge.py?

The expectation is counted out here, and the output is read by Python's tarfile.
"""
import json
import sys
import tarfile


def layer_of(path):
    """name -> (kind, what makes it right) of the only layer"""
    found = {}
    with tarfile.open(path) as archive:
        names = json.load(archive.extractfile("manifest.json"))[0]["Layers"]
        assert len(names) == 1, names
        with tarfile.open(fileobj=archive.extractfile(names[0])) as layer:
            for member in layer:
                assert member.name not in found, member.name
                if member.isdir():
                    found[member.name] = "dir"
                elif member.islnk():
                    found[member.name] = "link to " + member.linkname
                else:
                    assert member.isreg(), member.name
                    found[member.name] = layer.extractfile(member).read(8).decode()
    return found


def mark(number):
    return "%08x" % number


def flat(entries):
    lower, upper = entries * 10 // 11, entries // 11
    wanted = {"all": "dir"}
    for layer_start, count in (0, lower), (lower, upper):
        for number in range(count):
            wanted["all/file%d" % (number * 7919 % entries)] = mark(layer_start + number + 1)
    return wanted


def links(entries):
    wanted = {"all": "dir", "all/body": mark(1)}
    wanted.update({"all/name%d" % number: "link to all/body" for number in range(entries)})
    return wanted


def whiteouts(entries):
    return {"all": "dir"}


def deep(entries, depth=500):
    wanted = {}
    for chain in range(entries // depth):
        path = "c%d" % chain
        for _ in range(depth - 1):
            wanted[path] = "dir"
            path += "/d"
        wanted[path[:-1] + "end"] = mark(chain + 1)
    return wanted


def main():
    name, _, rest = sys.argv[1].partition(":")
    arguments = {key: int(value) for key, value in (item.split("=") for item in rest.split(","))}
    wanted, found = globals()[name](**arguments), layer_of(sys.argv[2])
    wrong = [path for path in sorted({*wanted, *found}) if wanted.get(path) != found.get(path)]
    for path in wrong[:10]:
        print("%.80s: wanted %s, found %s" % (path, wanted.get(path), found.get(path)))
    print("%d names, %d wrong" % (len(wanted), len(wrong)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
