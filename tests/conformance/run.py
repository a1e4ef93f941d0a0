"""run.py [NAME...] - run the conformance cases, or those whose names start so.

Each case is forged, given to lighten in each of its modes, and the outcome is compared with the
case and with our own merger.  The last line is "N passed, N failed".
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import cases
import check
import forge
import merge
import read
from tarforge import body_of, chunks_of

LIGHTEN = os.environ.get("LIGHTEN", "build/lighten")
PLAIN_KEYS = {"m": "mode", "u": "uid", "g": "gid"}
KINDS = {"d": "dir", "f": "file", "l": "symlink", "c": "char", "b": "block", "p": "fifo"}


def call(*arguments):
    done = subprocess.run([LIGHTEN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")


def modes_of(case):
    if "mode" in case.expect:
        return case.expect["mode"][0].split(",")
    one = len(case.images) == 1 and len(case.images[0]["layers"]) > 1
    return ["all", "none"] + (["keep=1"] if one and "exit" not in case.expect else [])


def mode_options(mode):
    name, _, count = mode.partition("=")
    return ["--keep-base", count] if name == "keep" else ["--squash", name]


# --- the tree that the case wants --------------------------------------------------------------

def fact_problems(tree, entry):
    path, name = entry["path"], tree[entry["path"]]
    inode = name.inode
    wanted = {}
    if entry["kind"] == "h":
        target = cases.unescape(entry["to"])
        linked = check.linked(tree, [path, target])
        return [] if linked else ["%r and %r are not linked" % (path, target)]
    wanted["kind"] = KINDS[entry["kind"]]
    for key, attribute in PLAIN_KEYS.items():
        if key in entry:
            wanted[attribute] = int(entry[key], 8 if key == "m" else 10)
    if "t" in entry:
        wanted["mtime"] = read.time_of(entry["t"].encode())
    if "c" in entry or "c*" in entry:
        wanted["body"] = body_of(entry)
    if "data" in entry:
        wanted["body"] = read.holes([(at, len(data)) for at, data in chunks_of(entry)],
                                    b"".join(data for _, data in chunks_of(entry)),
                                    int(entry["size"]))
    if "to" in entry:
        wanted["target"] = cases.unescape(entry["to"])
    if "dev" in entry:
        wanted["rdev"] = tuple(int(part) for part in entry["dev"].split(":"))
    xattrs = {cases.unescape(key[2:]): cases.unescape(value) for key, value in entry.items()
              if key.startswith("x.")}
    if xattrs or "noxattrs" in entry:
        wanted["xattrs"] = xattrs
    if "links" in entry and len(merge.groups(tree)[path]) != int(entry["links"]):
        return ["%r has %d names" % (path, len(merge.groups(tree)[path]))]
    return ["%r: %s is %.80r, not %.80r" % (path, key, getattr(inode, key), value)
            for key, value in wanted.items() if getattr(inode, key) != value]


def tree_problems(tree, partial, wanted):
    """The wanted paths with the facts that are given; "." is the root."""
    wanted = [{**entry, "path": b""} if entry["path"] == b"." else entry for entry in wanted]
    names = {entry["path"] for entry in wanted}
    found = set(tree) - ({b""} - names)
    out = [] if partial else ["the case wants no %r" % path for path in sorted(found - names)]
    for entry in wanted:
        if entry["path"] not in tree:
            out.append("the case wants %r" % entry["path"])
        else:
            out += fact_problems(tree, entry)
    return out


# --- one run -----------------------------------------------------------------------------------

class Run:
    def __init__(self, case, folder, mode, options):
        self.case, self.mode, self.options = case, mode, options
        self.input = os.path.join(folder, "in" + ("/" if "directory" in case.archive else ".tar"))
        self.output = os.path.join(folder, "out")

    def value(self, key, default=None):
        return self.case.expect.get(key, [default])[0]

    def problems(self):
        rules = [] if "--policy" in self.options else ["--policy", "none"]
        rules += [] if "--dedupe" in self.options else ["--dedupe", "off"]
        status, out, err = call("optimize", *mode_options(self.mode), *rules, *self.options, "-o",
                                self.output, self.input)
        wanted = [int(word) for word in self.value("exit", "0").split(",")]
        if status not in wanted:
            return ["exit status %d: %s" % (status, err.strip())]
        found = [] if not out else ["standard output is not empty"]
        found += ["%r is not in: %s" % (text, err) for text in self.case.expect.get("says", [])
                  if text not in err]
        if status:
            return found + self.failure_problems(err)
        return found + self.output_problems()

    def failure_problems(self, err):
        out = [] if not os.path.lexists(self.output) else ["an output was left"]
        lines = [line for line in err.splitlines() if not line.startswith("warning")]
        return out + ([] if len(lines) == 1 else ["the message is no single line: " + err])

    def option(self, name, default):
        words = self.options + [""]
        return words[words.index(name) + 1] if name in words else default

    def output_problems(self):
        before, after = read.Archive(self.input), read.Archive(self.output)
        found = check.archive(after, self.option("--format", "hybrid"))
        if "images" in self.case.expect and len(after.images) != int(self.value("images")):
            found.append("%d images" % len(after.images))
        diffs = {layer.diff for image in before.images for layer in image.layers}
        chosen = [image for image in before.images if image.tags and "--image" in self.options and
                  read.full_name(self.option("--image", "")) in image.tags]
        pool = chosen or before.images
        if "images" in self.case.expect:
            pool = [image for image in pool if not self.is_dropped(image)]
        for at, (was, now) in enumerate(zip(pool, after.images)):
            found += self.image_problems(at, was, now, diffs)
        found += self.text_problems(before, after)
        exact = self.mode == "all" or "exact" in self.case.expect
        if exact and not self.removing() and "--image" not in self.options and self.value("verify") != "no":
            status, _, err = call("verify", self.input, self.output)
            if status:
                found.append("lighten verify: %d %s" % (status, err))
        return found

    def removing(self):
        """Do rules or links change the tree?  Then the case says by its tree what is left."""
        return bool({"--drop", "--policy", "--dedupe"} & set(self.options))

    def is_dropped(self, image):
        return image.config.get("architecture") == self.value("dropped")

    def order(self):
        order, compress = self.option("--order", "path"), self.option("--compress", "auto")
        return "folder" if order == "similar" and compress.endswith(",long") else order

    def image_problems(self, at, was, now, diffs):
        parsed_in = [read.read_tar(layer.plain) for layer in was.layers]
        parsed = [read.read_tar(layer.plain) for layer in now.layers]
        before = merge.merge([entries for entries, _ in parsed_in])
        after = merge.merge([entries for entries, _ in parsed])
        frozen = int(self.mode.partition("=")[2] or 0)
        found = [] if self.removing() else merge.differences(before, after, self.mode == "all")
        if at in self.case.trees:
            found += tree_problems(after, *self.case.trees[at])
        found += check.layers(now, parsed, diffs, frozen, self.order())
        found += check.config(was, now)
        found += self.count_problems(was, now, frozen)
        wanted = [read.full_name(self.option("--tag", ""))] if "--tag" in self.options else was.tags
        if sorted(set(wanted)) != sorted(set(now.tags)):
            found.append("tags %s, not %s" % (now.tags, wanted))
        return found

    def count_problems(self, was, now, frozen):
        old, new = [layer.diff for layer in was.layers], [layer.diff for layer in now.layers]
        dropping = "--drop-empty-layers" in self.options
        count = int(self.value("layers", "0")) if dropping else len(old)
        if self.mode == "none" and len(new) != count:
            return ["%d layers, not %d" % (len(new), count)]
        if self.mode == "all" and len(new) > int(self.value("layers", "1")):
            return ["%d layers after a full squash" % len(new)]
        if frozen and (new[:frozen] != old[:frozen] or len(new) > frozen + 1):
            return ["the kept layers changed"]
        if "same" in self.case.expect and was.config_text != now.config_text:
            return ["the config changed, though no layer needed it"]
        return []

    def text_problems(self, before, after):
        config = after.images[0].config_text.decode() if after.images else ""
        everything = b"".join(data for name, (_, data) in after.files.items()
                              if name.endswith(".json")).decode()
        found = ["%r is not in the config" % text for text in self.case.expect.get("config", [])
                 if text.replace("'", '"') not in config]
        found += ["%r is in the config" % text for text in self.case.expect.get("config-not", [])
                  if text.replace("'", '"') in config]
        found += ["%r is in manifest.json or index.json" % text
                  for text in self.case.expect.get("not", []) if text in everything]
        for text in self.case.expect.get("media", []):
            media = [layer.descriptor["mediaType"] for layer in after.images[0].layers]
            found += [] if media == [text] else ["layer media types %s" % media]
        blobs = self.value("blobs")
        count = len({layer.stored for image in after.images for layer in image.layers})
        return found + (["%d layer blobs" % count] if blobs and int(blobs) != count else [])


def run_case(case):
    """Lines that say what is wrong, each with its mode."""
    found = []
    for options in case.runs or [[]]:
        for mode in modes_of(case):
            folder = tempfile.mkdtemp(prefix="conformance-")
            try:
                run = Run(case, folder, mode, options)
                data = forge.archive_bytes(case)
                if "directory" in case.archive:
                    forge.unpack(data, run.input)
                else:
                    with open(run.input, "wb") as file:
                        file.write(data)
                found += ["%s %s: %s" % (mode, " ".join(options), line) for line in run.problems()]
            except (read.Broken, merge.Refused, LookupError, TypeError, ValueError) as problem:
                found.append("%s: cannot judge: %r" % (mode, problem))
            finally:
                shutil.rmtree(folder)
    return found


def main():
    passed = failed = 0
    for case in cases.read_all(forge.FIXTURES):
        if sys.argv[1:] and not any(re.match(name, case.name) for name in sys.argv[1:]):
            continue
        found = run_case(case)
        print("%s %s %s" % ("FAIL" if found else "ok", case.name, case.title))
        for line in found:
            print("     " + line)
        failed, passed = failed + bool(found), passed + (not found)
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(failed > 0 or passed == 0)


if __name__ == "__main__":
    main()
