#!/usr/bin/env python3
"""tree.py DIR|TAR [LEAVE_OUT]...: list a file tree so that two listings can be compared.

One line a name: path, type, mode, owner, mtime in nanoseconds, and by type the size and SHA-256 of
the content, the link's target or the device, then the extended attributes and the first name of a
group of hard links.  The root itself is not listed: engines give it a life of its own.
LEAVE_OUT names a path without leading slash; PATH/ leaves out what is below it, too; PATH@ only
ignores its mtime.
"""
import hashlib
import os
import stat
import sys
import tarfile

NANO = 1_000_000_000
# What the kernel stores for itself, and what an engine's security module adds.
FOREIGN_XATTRS = (b'trusted.overlay.', b'user.overlay.', b'security.selinux')


def digest(stream):
    total = hashlib.sha256()
    while chunk := stream.read(1 << 20):
        total.update(chunk)
    return total.hexdigest()


def nanoseconds(text):
    whole, _, part = text.partition('.')
    return int(whole) * NANO + int((part + '0' * 9)[:9])


def listed_xattrs(pairs):
    return {name: value for name, value in pairs if not name.startswith(FOREIGN_XATTRS)}


def of_folder(root):
    """Yield (path, attributes) of everything below a folder."""
    def xattrs(path):
        names = os.listxattr(path, follow_symlinks=False)
        return listed_xattrs((os.fsencode(name), os.getxattr(path, name, follow_symlinks=False))
                             for name in names)

    for folder, folders, files in os.walk(os.fsencode(root)):
        for name in folders + files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            kind, extra = stat.S_IFMT(status.st_mode), b''
            if stat.S_ISREG(kind):
                with open(path, 'rb') as stream:
                    extra = b'%d %s' % (status.st_size, digest(stream).encode())
            elif stat.S_ISLNK(kind):
                extra = os.readlink(path)
            elif stat.S_ISCHR(kind) or stat.S_ISBLK(kind):
                extra = b'%d:%d' % (os.major(status.st_rdev), os.minor(status.st_rdev))
            inode = None if stat.S_ISDIR(kind) else (status.st_dev, status.st_ino)
            yield os.path.relpath(path, os.fsencode(root)), {
                'type': stat.filemode(kind)[0], 'mode': stat.S_IMODE(status.st_mode),
                'owner': (status.st_uid, status.st_gid), 'mtime': status.st_mtime_ns,
                'extra': extra, 'xattrs': xattrs(path), 'inode': inode}


def of_tar(name):
    """Yield (path, attributes) of every member of a tar file."""
    kinds = {tarfile.DIRTYPE: 'd', tarfile.SYMTYPE: 'l', tarfile.FIFOTYPE: 'p',
             tarfile.CHRTYPE: 'c', tarfile.BLKTYPE: 'b'}
    prefix = 'SCHILY.xattr.'
    inodes = {}
    with tarfile.open(name, encoding='utf-8', errors='surrogateescape') as tar:
        for member in tar:
            path = os.fsencode(os.path.normpath(member.name.lstrip('/')))
            if path == b'.':
                continue
            if member.islnk():
                yield path, inodes[os.fsencode(os.path.normpath(member.linkname.lstrip('/')))]
                continue
            kind, extra = kinds.get(member.type, '-'), b''
            if kind == '-':
                content = digest(tar.extractfile(member))
                extra = b'%d %s' % (member.size, content.encode())
            elif kind == 'l':
                extra = os.fsencode(member.linkname)
            elif kind in 'cb':
                extra = b'%d:%d' % (member.devmajor, member.devminor)
            pairs = ((os.fsencode(key[len(prefix):]), os.fsencode(value))
                     for key, value in member.pax_headers.items() if key.startswith(prefix))
            inodes[path] = {
                'type': kind, 'mode': member.mode & 0o7777, 'owner': (member.uid, member.gid),
                'mtime': nanoseconds(member.pax_headers.get('mtime', str(int(member.mtime)))),
                'extra': extra, 'xattrs': listed_xattrs(pairs),
                'inode': None if kind == 'd' else path}
            yield path, inodes[path]


def listing(entries, leave_out):
    untimed = {path[:-1] for path in leave_out if path.endswith(b'@')}
    trees = tuple(path for path in leave_out if path.endswith(b'/'))
    entries = sorted((path, node) for path, node in entries
                     if path not in leave_out and not (path + b'/').startswith(trees))
    groups = {}
    for path, node in entries:
        if node['inode'] is not None:
            groups.setdefault(node['inode'], []).append(path)
    for path, node in entries:
        group = groups.get(node['inode'], [path])
        xattrs = b' '.join(b'%s=%s' % (name, value.hex().encode())
                           for name, value in sorted(node['xattrs'].items()))
        yield ascii(path)[2:-1], node['type'], '%04o' % node['mode'], '%d:%d' % node['owner'], \
            '-' if path in untimed else node['mtime'], ascii(node['extra'])[2:-1], \
            ascii(xattrs)[2:-1], 'links ' + ascii(group[0])[2:-1] if len(group) > 1 else ''


def main():
    source, leave_out = sys.argv[1], {os.fsencode(path) for path in sys.argv[2:]}
    entries = of_folder(source) if os.path.isdir(source) else of_tar(source)
    for fields in listing(entries, leave_out):
        print(*fields, sep='\t')


main()
