"""full_cache.py - memory full of what can be dropped at once, as on a machine that has been up for long.

Free memory is not alike everywhere: a virtual machine may hand its host what it does not use, and
fetch each page again when something is written to it.  There a `cp` into pages that are free took
1.7 s a GB, and 0.3 s into pages that the system took from other files (Linux 6.18, free page
reporting): who writes more, or writes after others, looked slower than it is.
"""
import os
import tempfile

PIECE = 1 << 20
PIECES = 256
IN_VAIN_MAX = 4


def free_bytes():
    with open("/proc/meminfo") as file:
        for line in file:
            if line.startswith("MemFree:"):
                return int(line.split()[1]) << 10
    return 0


class FullCache:
    def __init__(self, folder):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        # Holes that were read long ago are no longer cached.
        self.length = 4 * (memory // PIECE) * PIECE
        self.file = tempfile.TemporaryFile(dir=folder)
        self.file.truncate(self.length)
        self.at = 0
        self.buffer = bytearray(PIECE)

    def fill(self):
        """read holes of a file, which need no disk, until that leaves as much memory free as before;
        a zone that the system spares is never filled, and others may free some meanwhile"""
        free, in_vain = free_bytes(), 0
        while in_vain < IN_VAIN_MAX:
            for _ in range(PIECES):
                os.preadv(self.file.fileno(), [self.buffer], self.at)
                self.at = (self.at + PIECE) % self.length
            before, free = free, free_bytes()
            in_vain += before - free < PIECE * PIECES / 4
