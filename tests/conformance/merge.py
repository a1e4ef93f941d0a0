"""merge.py - what a container sees of a stack of layers: a naive model on full paths.

A tree maps paths to Names.  Hard-linked names share one Inode.  A layer is applied in three steps:
find its deletion markers, delete in the lower tree, then put its entries in order.
"""
import copy

MAX_LINKS = 40
KINDS = {"0": "file", "7": "file", "S": "file", "1": "hardlink", "2": "symlink", "3": "char",
         "4": "block", "5": "dir", "6": "fifo"}


class Refused(Exception):
    """An input that lighten has to refuse."""


class Inode:
    def __init__(self, kind, mode, uid, gid, mtime):
        self.kind, self.mode, self.uid, self.gid, self.mtime = kind, mode, uid, gid, mtime
        self.xattrs, self.body, self.target, self.rdev = {}, b"", b"", (0, 0)

    def facts(self):
        """What must not change; the mode of a symlink means nothing."""
        mode = 0o777 if self.kind == "symlink" else self.mode
        rdev = self.rdev if self.kind in ("char", "block") else (0, 0)
        return (self.kind, mode, self.uid, self.gid, self.mtime, sorted(self.xattrs.items()),
                self.body, self.target, rdev)


class Name:
    def __init__(self, inode, layer):
        self.inode, self.layer = inode, layer


def components(path):
    parts = [part for part in path.split(b"/") if part not in (b"", b".")]
    if b".." in parts or b"\0" in path:
        raise Refused("path " + repr(path))
    return parts


def join(parts):
    return b"/".join(parts)


def followed(folder, target):
    """Where the target of a symlink in `folder` leads; above the root is the root."""
    onward = [] if target.startswith(b"/") else list(folder)
    for step in target.split(b"/"):
        if step == b"..":
            onward = onward[:-1]
        elif step not in (b"", b"."):
            onward.append(step)
    return onward


def inode_of(entry):
    inode = Inode(KINDS[entry.type], entry.mode & 0o7777, entry.uid, entry.gid, entry.mtime)
    if not (0 <= entry.uid < 2**32 - 1 and 0 <= entry.gid < 2**32 - 1):
        raise Refused("owner")
    inode.body, inode.target, inode.rdev = entry.body, entry.target, entry.rdev
    inode.xattrs = dict(xattrs_of(entry, inode.kind))
    if inode.kind != "symlink":
        inode.target = b""
    return inode


def xattrs_of(entry, kind):
    for key, value in entry.xattrs.items():
        overlay = key.startswith((b"trusted.overlay.", b"user.overlay."))
        useless = key.startswith(b"user.") and kind not in ("file", "dir")
        if not overlay and not useless:
            yield key, value


class Layer:
    """One layer on its way into a tree."""

    def __init__(self, tree, entries, number):
        self.tree, self.number = tree, number
        self.before = {path: Name(name.inode, name.layer) for path, name in tree.items()}
        self.hidden = {}  # bodies under .wh..wh.plnk, which only links can name
        self.entries = [(entry, self.path_of(entry)) for entry in entries if entry.type not in "gV"]
        self.links = {join(parts): entry.target for entry, parts in self.entries
                      if entry.type == "2"}

    @staticmethod
    def path_of(entry):
        if entry.type not in KINDS:
            raise Refused("type " + entry.type)
        if not entry.name:
            raise Refused("no name")
        return components(entry.name)

    # --- places ------------------------------------------------------------------------------

    def lookup(self, path):
        return self.tree.get(path)

    def remove(self, path):
        for other in [p for p in self.tree if p == path or p.startswith(path + b"/")]:
            del self.tree[other]

    def put(self, path, inode):
        self.tree[path] = Name(inode, self.number)

    def imply(self, path, mtime):
        self.remove(path)
        self.put(path, Inode("dir", 0o755, 0, 0, mtime))

    def parent(self, parts, mtime, depth=0):
        """Where parts lead, with folders made where they are missing; symlinks of this layer lead
        on, those of lower layers give way."""
        if depth > MAX_LINKS:
            raise Refused("symlink loop")
        done = []
        for at, part in enumerate(parts[:-1]):
            path = join(done + [part])
            name = self.lookup(path)
            if name and name.inode.kind == "symlink" and name.layer == self.number:
                onward = followed(done, name.inode.target)
                return self.parent(onward + parts[at + 1:], mtime, depth + 1)
            if name and name.inode.kind != "dir" and name.layer == self.number:
                raise Refused("entry below a file of its own layer")
            if not name or name.inode.kind != "dir":
                self.imply(path, mtime)
            done.append(part)
        return done + parts[-1:]

    def find(self, tree, parts, depth=0):
        """Any name, through any symlink, as the target of a hard link."""
        done = []
        for at, part in enumerate(parts[:-1]):
            name = tree.get(join(done + [part]))
            if name and name.inode.kind == "symlink" and depth < MAX_LINKS:
                onward = followed(done, name.inode.target)
                return self.find(tree, onward + parts[at + 1:], depth + 1)
            done.append(part)
        return tree.get(join(parts))

    # --- step 1 and 2: deletions -------------------------------------------------------------

    def marker(self, entry, parts):
        """("delete" or "opaque", parts), "drop", or None for an ordinary entry."""
        base = parts[-1] if parts else b""
        if any(part.startswith(b".wh.") for part in parts[:-1]):
            return "drop"
        if base == b".wh..wh..opq":
            return "opaque", parts[:-1]
        if base.startswith(b".wh..wh."):
            return "drop"
        if base.startswith(b".wh."):
            if base in (b".wh.", b".wh..", b".wh..."):
                raise Refused("deletion of nothing")
            return "delete", parts[:-1] + [base[4:]]
        if entry.type == "3" and entry.rdev == (0, 0):
            return "delete", parts
        return None

    def below(self, parts):
        """Parts with the symlinks of this layer resolved, nothing made."""
        for _ in range(MAX_LINKS):
            for at in range(1, len(parts)):
                target = self.links.get(join(parts[:at]))
                if target is None:
                    continue
                parts = followed(parts[:at - 1], target) + parts[at:]
                break
            else:
                return parts
        raise Refused("symlink loop")

    def through_lower_link(self, parts, mtime):
        """A marker below a symlink of a lower layer turns that into an empty folder."""
        for at in range(1, len(parts)):
            path = join(parts[:at])
            name, now = self.before.get(path), self.tree.get(path)
            if name and name.inode.kind == "symlink":
                # Another marker may have done so already: the first one gives the time.
                if not now or now.inode.kind != "dir":
                    self.imply(path, mtime)
                return

    def delete(self, markers):
        for entry, (how, parts) in markers:
            place = self.below(parts + [b""] if how == "opaque" else parts)
            place = place[:-1] if how == "opaque" else place
            self.through_lower_link(place + [b""] if how == "opaque" else place, entry.mtime)
            path = join(place)
            if how == "delete":
                self.remove(path)
            elif not path or (path in self.tree and self.tree[path].inode.kind == "dir"):
                prefix = path + b"/" if path else b""
                for other in [p for p in self.tree if p and p.startswith(prefix)]:
                    del self.tree[other]

    # --- step 3: entries ---------------------------------------------------------------------

    def place_link(self, entry, parts):
        target = components(entry.target)
        name = self.find(self.tree, target) or self.hidden.get(join(target)) or \
            self.find(self.before, target)
        if not name:
            return False
        if name.inode.kind == "dir" or join(target) == join(parts):
            raise Refused("hard link to a folder or itself")
        inode = name.inode
        inode.mode, inode.uid, inode.gid, inode.mtime = \
            entry.mode & 0o7777, entry.uid, entry.gid, entry.mtime
        inode.xattrs.update(xattrs_of(entry, inode.kind))
        path = join(self.parent(parts, entry.mtime))
        if self.tree.get(path) is None or self.tree[path].inode is not inode:
            self.remove(path)
        self.put(path, inode)
        return True

    def place(self, entry, parts):
        if not parts:
            if entry.type != "5":
                raise Refused("the root must be a folder")
            self.put(b"", inode_of(entry))
            return
        if entry.type == "2" and not entry.target:
            raise Refused("symlink to nothing")
        path = join(self.parent(parts, entry.mtime))
        inode, old = inode_of(entry), self.lookup(path)
        if not (inode.kind == "dir" and old and old.inode.kind == "dir"):
            self.remove(path)
        self.put(path, inode)

    def apply(self):
        ordinary, markers = [], []
        for entry, parts in self.entries:
            found = self.marker(entry, parts)
            if found is None:
                ordinary.append((entry, parts))
            elif found != "drop":
                markers.append((entry, found))
            elif entry.type == "0" and parts[0] == b".wh..wh.plnk":
                self.hidden[join(parts)] = Name(inode_of(entry), self.number)
        self.delete(markers)
        waiting = []
        for entry, parts in ordinary:
            if entry.type != "1":
                self.place(entry, parts)
            elif not self.place_link(entry, parts):
                waiting.append((entry, parts))
        while waiting:
            left = [pair for pair in waiting if not self.place_link(*pair)]
            if len(left) == len(waiting):
                raise Refused("hard link to nothing")
            waiting = left


def merge(layers):
    """layers: lists of entries, bottom first.  The tree, path -> Name."""
    tree = {}
    for number, entries in enumerate(layers):
        Layer(tree, copy.deepcopy(entries), number).apply()
    return tree


def groups(tree):
    """The hard-linked names of each path."""
    members = {}
    for path, name in tree.items():
        members.setdefault(id(name.inode), set()).add(path)
    return {path: members[id(name.inode)] for path, name in tree.items()}


def differences(before, after, exact_links=True):
    """Lines that say how two trees differ; links may come apart unless they must be exact."""
    out = ["lost " + repr(path) for path in sorted(before.keys() - after.keys())]
    out += ["new " + repr(path) for path in sorted(after.keys() - before.keys())]
    groups_before, groups_after = groups(before), groups(after)
    for path in sorted(before.keys() & after.keys()):
        was, now = before[path].inode.facts(), after[path].inode.facts()
        if was != now:
            out.append("changed %r: %.200r, not %.200r" % (path, now, was))
        linked = groups_after[path]
        if linked != groups_before[path] if exact_links else not linked <= groups_before[path]:
            wanted = sorted(groups_before[path])
            out.append("links of %r: %r, not %r" % (path, sorted(linked), wanted))
    return out
