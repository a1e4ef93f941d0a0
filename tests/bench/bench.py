#!/usr/bin/env python3
"""bench.py - measure lighten against the floor, its peers and its goals, in one run; Markdown.

What is compared takes turns (turns.py), and figures are medians with (least..most) behind them.
The floor of a run is hashing the input once (openssl) and writing the output once (cp).  A goal is
a ratio within one run or a bound on this machine; "missed" changes no exit status, since this is an
instrument and not a test.
"""
import argparse
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zlib

sys.dont_write_bytecode = True

import codecs_rows
import peers
import scale_rows
import squash_rows
from full_cache import FullCache
from table import Report
from turns import QUIET, take_turns

SECTIONS = {
    "squash": squash_rows.squash,
    "peers": squash_rows.against_peers,
    "small": squash_rows.small,
    "gzip": codecs_rows.gzip_out,
    "zstd": codecs_rows.zstd_out,
    "inflate": codecs_rows.gzip_in,
    "index": scale_rows.index,
    "policy": scale_rows.policy,
    "dedupe": scale_rows.dedupe,
    "memory": scale_rows.memory,
    "growth": scale_rows.growth,
}
FORGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "forge.py")
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def arguments():
    parser = argparse.ArgumentParser(description="see the head of bench.py")
    parser.add_argument("lighten", help="the program")
    parser.add_argument("images", nargs="*", help="archives (default: made by forge.py)")
    parser.add_argument("--drivers", default="build/release/bench", help="where index_bench is")
    parser.add_argument("--runs", type=int, default=5, help="turns of each comparison (5)")
    parser.add_argument("--patience", type=int, default=1,
                        help="up to so many times more turns, until RUNS are undisturbed (1)")
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections: " + ", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="small images, no daemons")
    parser.add_argument("--entries", default="10000,100000,1000000", help="of the growth images")
    parser.add_argument("--bytes", default="1,4,16", help="GB of the growth images")
    parser.add_argument("--memory-bytes", default="1,10", help="GB of the memory images")
    parser.add_argument("--nice", type=int, default=0,
                        help="priority of everything that is timed, for a machine with other work (0)")
    parser.add_argument("--work", default="build/bench", help="folder for images and outputs")
    parser.add_argument("--readme", help="renew the table between the markers of this file")
    args = parser.parse_intermixed_args()
    for name in args.only.split(","):
        if name not in SECTIONS:
            parser.error("no section %s; sections: %s" % (name, ", ".join(SECTIONS)))
    return args


class Bench:
    """What every section needs."""

    def __init__(self, args):
        self.args = args
        self.lighten = os.path.abspath(args.lighten)
        self.runs, self.patience, self.quick = args.runs, args.patience, args.quick
        self.work = os.path.abspath(args.work)
        self.drivers = os.path.abspath(args.drivers)
        self.report = Report()
        self.folder = None
        os.makedirs(self.work, exist_ok=True)
        self.before = (lambda: None) if self.quick else FullCache(self.work).fill

    def turns(self, tasks, runs=None, patience=None):
        return take_turns(tasks, runs or self.runs, patience or self.patience, self.before)

    def path_of(self, shape):
        with open(FORGE, "rb") as file:
            version = zlib.crc32(file.read())
        return os.path.join(self.work, "%s.%08x.tar" % (re.sub(r"[:,=]", "-", shape), version))

    def is_made(self, shape):
        return os.path.exists(self.path_of(shape) + ".json")

    def made(self, shape):
        """an image by forge.py, kept in the work folder for the next time"""
        path = self.path_of(shape)
        if not self.is_made(shape):
            figures = subprocess.run([sys.executable, FORGE, shape, path], check=True,
                                     stdout=subprocess.PIPE, text=True).stdout
            with open(path + ".json", "w") as file:
                file.write(figures)
        with open(path + ".json") as file:
            return path, json.load(file)

    def discard_big(self):
        """made images that are too large to keep"""
        for name in os.listdir(self.work):
            path = os.path.join(self.work, name)
            if name.endswith(".tar") and os.path.getsize(path) > 1 << 30:
                os.remove(path)
                os.remove(path + ".json")

    def images(self, few=False):
        """those to measure; `few`: where a quick run takes only one"""
        if self.args.images:
            return [os.path.abspath(path) for path in self.args.images]
        size = (64 if self.quick else 600) << 20
        shapes = ("modules",) if self.quick and few else ("bundle", "modules", "chown")
        return [self.made("%s:bytes=%d" % (shape, size))[0] for shape in shapes]

    def path(self, name):
        return os.path.join(self.folder, name)

    def room(self, bytes_needed):
        return shutil.disk_usage(self.work).free > bytes_needed + (4 << 30)

    def options(self, *command):
        """does the program take these? (options that come later)"""
        return subprocess.run([self.lighten, *command, "--help"], capture_output=True).returncode == 0


def prefer(nice):
    """run with this priority, and where the kernel groups processes by session, the session too"""
    os.setpriority(os.PRIO_PROCESS, 0, nice)
    if os.path.exists("/proc/self/autogroup"):
        if os.getpid() != os.getpgrp():
            os.setsid()
        with open("/proc/self/autogroup", "w") as file:
            file.write(str(nice))


def machine():
    model = "unknown processor"
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return "%d processors (%s), %.0f GB" % (len(os.sched_getaffinity(0)), model, memory / 1e9)


def versions(bench):
    have, missing = peers.installed()
    have.insert(0, peers.version_of([bench.lighten, "--version"]))
    for command, words in (("openssl", ["openssl", "version"]), ("pigz", ["pigz", "--version"]),
                           ("zstd", ["zstd", "--version"]), ("igzip", ["igzip", "--version"])):
        if shutil.which(command):
            have.append(peers.version_of(words).strip("* "))
        else:
            missing.append(command)
    return have, missing


def renew(path, text):
    with open(path) as file:
        head, begin, rest = file.read().partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        sys.exit("bench: %s has no lines %s and %s" % (path, BEGIN, END))
    with open(path, "w") as file:
        file.write(head + begin + "\n" + text + end + tail)


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: terminated"))
    bench = Bench(args)
    if args.nice:
        prefer(args.nice)
    have, missing = versions(bench)
    report = bench.report
    report.text("Machine: %s, %s, load %.1f" % (machine(), platform.platform(), os.getloadavg()[0]))
    report.text("Versions: " + "; ".join(have))
    if missing:
        report.text("Not installed, left out: " + ", ".join(missing))
    report.text("Medians (least..most) of %d turns; CPU is user and system time, peak is the largest "
                "resident size.  A turn counts as quiet when other processes used less than %.2f "
                "processors." % (args.runs, QUIET))
    if not args.quick:
        report.text("Each begins with memory as full of cached files as the system lets it become.")
    # Sections may be measured one by one, when the machine is quiet: the README has the last of each.
    known = os.path.join(bench.work, "sections.json")
    if os.path.exists(known) and not args.quick:
        with open(known) as file:
            report.sections = json.load(file)
    sections = args.only.split(",")
    for name in sections:
        report.begin(name)
        with tempfile.TemporaryDirectory(dir=bench.work, prefix="run-") as bench.folder:
            SECTIONS[name](bench)
        bench.discard_big()
        if not args.quick:
            with open(known, "w") as file:
                json.dump(report.sections, file, indent=1)
    report.summary(sections)
    with open(os.path.join(bench.work, "report.md"), "w") as file:
        file.write(report.all())
    if args.readme:
        renew(args.readme, report.readme(machine(), SECTIONS))


if __name__ == "__main__":
    main()
