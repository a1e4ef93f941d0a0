#!/usr/bin/env python3
"""Time lighten against the floor and against peers, in one run.

usage: bench.py LIGHTEN RUNS IMAGE.tar...

For each image the commands take turns, RUNS times after one warm-up, so that a machine whose speed
drifts slows all of them down alike.  Printed are medians of wall and processor seconds, the peak
memory of the process, and the ratio to the floor: hashing the input once (openssl) and writing the
output once (cp).  Peers that are not installed are left out.
"""
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def run(command):
    """wall seconds, processor seconds, peak memory in bytes"""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit("%s: status %d\n%s" % (command, process.returncode, message.decode()))
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def commands_for(lighten, image, folder):
    """name -> command and the file that it writes; in the order in which they take turns"""
    path = lambda name: os.path.join(folder, name)
    squash = [lighten, "-q", "--policy", "none", "-o"]
    table = {
        "hash": (["openssl", "dgst", "-sha256", image], None),
        "squash": (squash + [path("squash.tar"), image], path("squash.tar")),
        "squash, verify off": (squash + [path("fast.tar"), "--verify", "off", image], path("fast.tar")),
        "squash none": (squash + [path("none.tar"), "--squash", "none", image], path("none.tar")),
        "copy": (["cp", "--reflink=never", path("squash.tar"), path("copy.tar")], path("copy.tar")),
        "policy slim": ([lighten, "-q", "--policy", "slim", "-o", path("slim.tar"), image],
                        path("slim.tar")),
    }
    if shutil.which("skopeo"):
        table["skopeo copy"] = (["skopeo", "copy", "--insecure-policy", "docker-archive:" + image,
                                 "docker-archive:" + path("skopeo.tar")], path("skopeo.tar"))
    return table


def measure(table, runs):
    seen = {name: [] for name in table}
    for turn in range(runs + 1):
        for name, (command, target) in table.items():
            if target and os.path.exists(target):
                os.remove(target)
            figures = run(command)
            if turn:
                seen[name].append(figures)
    return {name: [statistics.median(column) for column in zip(*rows)] for name, rows in seen.items()}


def report(image, medians):
    floor = medians["hash"][0] + medians["copy"][0]
    print("\n%s, %.1f MB; floor (hash + copy) %.2f s" % (os.path.basename(image),
                                                         os.path.getsize(image) / 1e6, floor))
    print("| command | wall s | CPU s | peak MB | wall / floor |\n|---|---|---|---|---|")
    for name, (wall, cpu, peak) in medians.items():
        print("| %s | %.2f | %.2f | %.0f | %.2f |" % (name, wall, cpu, peak / 1e6, wall / floor))


def main():
    lighten, runs, images = os.path.abspath(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    print("%s, %d processors, medians of %d runs" % (platform.platform(), os.cpu_count(), runs))
    for image in images:
        with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(image))) as folder:
            report(image, measure(commands_for(lighten, image, folder), runs))


if __name__ == "__main__":
    main()
