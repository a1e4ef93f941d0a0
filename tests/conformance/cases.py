"""cases.py - read the case files of fixtures/conformance (see its README.md for the format)."""
import glob
import os
import re

ENTRY_KINDS = "dflhcbpgw"


class Case:
    def __init__(self, name, title, where):
        self.name, self.title, self.where = name, title, where
        self.archive = {}
        self.images = []
        self.runs = []
        self.expect = {}
        self.trees = {}

    def image(self):
        if not self.images:
            self.images.append({"options": {}, "layers": [], "history": None, "config": None})
        return self.images[-1]


def unescape(text):
    """The bytes of a word: \\n, \\t, \\s (blank), \\\\ and \\xNN are escapes."""
    out = bytearray()
    plain = {"n": b"\n", "t": b"\t", "s": b" ", "\\": b"\\"}
    for piece in re.findall(r"\\x[0-9a-f]{2}|\\.|[^\\]+", text):
        if piece.startswith("\\x"):
            out.append(int(piece[2:], 16))
        elif piece.startswith("\\"):
            out += plain[piece[1]]
        else:
            out += piece.encode()
    return bytes(out)


def attributes(words):
    """KEY=VALUE words as a dict; a bare KEY means KEY=."""
    out = {}
    for word in words:
        key, _, value = word.partition("=")
        out[key] = value
    return out


def entry(line):
    line = re.sub(r"\{([^{}]*)\}(\d+)", lambda found: found[1] * int(found[2]), line)
    kind, path, *words = line.split()
    if kind not in ENTRY_KINDS:
        raise ValueError("unknown kind of entry: " + kind)
    return {"kind": kind, "path": unescape(path), **attributes(words)}


def directive(case, line):
    """One line at the left margin; returns the list that the indented lines below go to."""
    word, _, rest = line.partition(" ")
    words = rest.split()
    if word == "archive":
        case.archive.update(attributes(words))
    elif word == "image":
        case.images.append({"options": attributes(words), "layers": [], "history": None,
                            "config": None})
    elif word == "layer":
        case.image()["layers"].append({"options": attributes(words), "entries": []})
        return case.image()["layers"][-1]["entries"]
    elif word == "history":
        case.image()["history"] = [] if case.image()["history"] is None else case.image()["history"]
        if rest:
            case.image()["history"].append(rest)
    elif word == "config":
        case.image()["config"] = rest
    elif word == "run":
        case.runs.append(words)
    elif word == "expect":
        for key, value in re.findall(r'([\w-]+)=("[^"]*"|\S+)', rest):
            case.expect.setdefault(key, []).append(value.strip('"'))
    elif word == "tree":
        options = attributes(words)
        case.trees[int(options.get("image", "0"))] = ("partial" in options, [])
        return case.trees[int(options.get("image", "0"))][1]
    else:
        raise ValueError("unknown line: " + line)
    return None


def read_file(path):
    cases, target = [], None
    with open(path, encoding="ascii") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            try:
                if not line.strip() or line.startswith("#"):
                    continue
                if line.startswith("== "):
                    name, _, title = line[3:].partition(" ")
                    cases.append(Case(name, title, "%s:%d" % (os.path.basename(path), number)))
                elif line[0] in " \t":
                    target.append(entry(line))
                else:
                    target = directive(cases[-1], line)
            except Exception as problem:
                raise SystemExit("%s:%d: %s" % (path, number, problem))
    return cases


def read_all(folder):
    cases = [case for path in sorted(glob.glob(os.path.join(folder, "*.case")))
             for case in read_file(path)]
    names = [case.name for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise SystemExit("cases of the same name: " + " ".join(sorted(twice)))
    return cases
