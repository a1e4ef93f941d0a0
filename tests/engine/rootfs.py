#!/usr/bin/env python3
"""rootfs.py TAR: write the file system of a small base image from this machine's own programs.

Nothing is downloaded.  Below /base lies what `docker build` cannot make or what later steps change:
user xattrs, times below a second, hard links, devices.
"""
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile

PROGRAMS = '''sh cat chmod chown cp dd echo env find grep head id ln ls mkdir mkfifo mknod mv printf
    readlink rm rmdir seq sha256sum sleep sort stat tail touch true wc setcap getcap'''.split()
EPOCH = 1_600_000_000


class Rootfs:
    def __init__(self, tar):
        self.tar = tar
        self.names = set()

    def add(self, path, kind=tarfile.REGTYPE, content=b'', mode=0o644, xattrs=None, **fields):
        """Add a member and the folders above it; a path that is there already stays as it is."""
        if path in self.names:
            return
        self.names.add(path)
        above = os.path.dirname(path)
        if above:
            self.folder(above)
        member = tarfile.TarInfo(path)
        member.type, member.mode, member.mtime, member.size = kind, mode, EPOCH, len(content)
        for name, value in (xattrs or {}).items():
            member.pax_headers['SCHILY.xattr.' + name] = os.fsdecode(value)
        for name, value in fields.items():
            setattr(member, name, value)
        self.tar.addfile(member, io.BytesIO(content))

    def folder(self, path, mode=0o755, **fields):
        self.add(path, tarfile.DIRTYPE, mode=mode, **fields)

    def link(self, path, target):
        self.add(path, tarfile.SYMTYPE, mode=0o777, linkname=target)

    def program(self, path, source):
        with open(source, 'rb') as stream:
            self.add(path, content=stream.read(), mode=0o755)


def programs(root):
    search = os.environ.get('PATH', '') + ':/usr/sbin:/sbin:/usr/bin:/bin'
    libraries = set()
    for name in PROGRAMS:
        source = os.path.realpath(shutil.which('dash' if name == 'sh' else name, path=search))
        root.program('usr/bin/' + name, source)
        found = subprocess.run(['ldd', source], capture_output=True, text=True, check=False)
        libraries.update(re.findall(r'(/\S+) \(0x', found.stdout))
    for library in sorted(libraries):
        # /lib and /lib64 are links into /usr, as on the machine that the program comes from.
        path = library.removeprefix('/usr').lstrip('/')
        root.program('usr/' + path, os.path.realpath(library))
    for name in ('bin', 'sbin', 'lib', 'lib64'):
        root.folder('usr/' + name)
        root.link(name, 'usr/' + name)


def skeleton(root):
    for path in ('proc', 'sys', 'dev/pts', 'dev/shm', 'opt', 'srv', 'var/lib', 'run'):
        root.folder(path)
    root.folder('tmp', 0o1777)
    root.folder('root', 0o700)
    root.add('etc/passwd', content=b'root:x:0:0::/root:/bin/sh\napp:x:1000:2000::/opt/app:/bin/sh\n')
    root.add('etc/group', content=b'root:x:0:\napp:x:2000:\n')
    for name in ('hostname', 'hosts', 'resolv.conf'):
        root.add('etc/' + name)


def oddities(root):
    root.folder('base', uid=7, gid=8)
    root.add('base/xattr', content=b'attributes\n',
             xattrs={'user.lighten': b'text', 'user.binary': b'\x00\xff\n=\x01'})
    root.add('base/chmod-later', content=b'attributes go\n', xattrs={'user.lighten': b'gone'})
    root.folder('base/folder', 0o750, xattrs={'user.folder': b'value'}, uid=3, gid=4)
    root.add('base/folder/deep/file', content=b'deep\n')
    for index, time in enumerate(('1500000000.123456789', '0', '1234567890.5', '9000000000')):
        member_time = {'mtime': int(time.split('.', maxsplit=1)[0])}
        root.add('base/time-%d' % index, content=time.encode(), pax_headers={'mtime': time}, **member_time)
    for group in ('kept', 'lost', 'split', 'all'):
        root.add('base/%s/a' % group, content=group.encode() * 1000)
        for name in ('b', 'c', 'd'):
            root.add('base/%s/%s' % (group, name), tarfile.LNKTYPE, linkname='base/%s/a' % group)
    root.add('base/capable', content=b'a capability\n', mode=0o755,
             xattrs={'security.capability': bytes.fromhex('0100000202200000000000000000000000000000')[:20]})
    root.add('base/owner', content=b'big numbers\n', uid=3_000_000, gid=2**31 + 5)
    root.add('base/null', tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666)
    root.add('base/disk', tarfile.BLKTYPE, devmajor=4095, devminor=1048575, mode=0o600)
    root.add('base/fifo', tarfile.FIFOTYPE, mode=0o620)
    root.add(os.fsdecode(b'base/latin-\xe9'), content=b'raw byte\n')
    root.add('base/\u540d\u524d', content=b'utf-8\n')
    root.add('base/big', content=bytes(range(256)) * 8192)
    root.link('base/link', 'folder')
    root.link('base/dangling', 'nowhere/' + 'far/' * 40)


def main():
    with tarfile.open(sys.argv[1], 'w', format=tarfile.PAX_FORMAT, encoding='utf-8',
                      errors='surrogateescape') as tar:
        root = Rootfs(tar)
        skeleton(root)
        programs(root)
        oddities(root)


main()
