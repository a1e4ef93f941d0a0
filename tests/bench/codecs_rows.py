"""codecs_rows.py - compressing and inflating layers, against the fastest tools for that alone."""
import json
import os
import shutil
import subprocess
import tarfile

from squash_rows import plain_command, title, turns_median
from table import spread
from turns import Task, take_turns


def flat_image(bench, image):
    """the image squashed to one plain layer, and that layer as a file"""
    flat, layer = bench.path("flat.tar"), bench.path("layer.tar")
    subprocess.run([bench.lighten, "-q", "-p", "none", "--compress", "none", "-o", flat, image],
                   check=True)
    with tarfile.open(flat) as archive:
        names = json.load(archive.extractfile("manifest.json"))[0]["Layers"]
        member = archive.getmember(names[0])
        with open(flat, "rb") as source, open(layer, "wb") as out:
            source.seek(member.offset_data)
            left = member.size
            while left:
                data = source.read(min(left, 1 << 20))
                out.write(data)
                left -= len(data)
    return flat, layer


def pack(bench, format_name, tool, command, goal_speed, image):
    flat, layer = flat_image(bench, image)
    target, packed = bench.path("packed-image.tar"), bench.path("packed")
    run = [bench.lighten, "-q", "-p", "none", "--compress", format_name, "-o", target, flat]
    shell = ["sh", "-c", command + ' "$0" >"$1"', layer, packed]
    turns = take_turns([Task(tool, shell, packed), Task("lighten", run, target),
                        Task("lighten, verify off", run + ["--verify", "off"], target)],
                       max(1, bench.runs // 2 + 1), bench.patience)
    name = title(image)
    bench.report.heading("%s layers out: %s, layer of %.0f MB" % (format_name, name,
                                                                  os.path.getsize(layer) / 1e6))
    bench.report.turns(turns)
    for task in "lighten", "lighten, verify off":
        speeds = turns.ratios([tool], [task])
        bench.report.goal("%s out: speed of %s / %s" % (format_name, task, tool), name,
                          turns_median(speeds), spread(speeds), goal_speed, least=True)
    sizes = turns.median("lighten", "size") / turns.median(tool, "size")
    # What stands around the one layer of an archive is a few kilobytes.
    bench.report.goal("%s out: size / %s" % (format_name, tool), name, round(sizes, 3),
                      "%.4f" % sizes, 1)
    os.remove(flat)
    os.remove(layer)


def gzip_out(bench):
    if shutil.which("pigz"):
        for image in bench.images(few=True):
            pack(bench, "gzip", "pigz -6", "pigz -6 -c", 2.5, image)


def zstd_out(bench):
    for image in bench.images(few=True):
        pack(bench, "zstd", "zstd -3 -T0", "zstd -q -3 -T0 -c", 0.95, image)


def blobs_of(image, folder):
    """the layers of an archive, as files"""
    paths = []
    with tarfile.open(image) as archive:
        for number, name in enumerate(json.load(archive.extractfile("manifest.json"))[0]["Layers"]):
            member = archive.getmember(name)
            while member.issym():
                member = archive.getmember(os.path.normpath(
                    os.path.join(os.path.dirname(member.name), member.linkname)))
            paths.append(os.path.join(folder, "blob%d.gz" % number))
            with open(paths[-1], "wb") as out:
                shutil.copyfileobj(archive.extractfile(member), out, 1 << 20)
    return paths


def gzip_in(bench):
    if not shutil.which("igzip"):
        return
    for image in bench.images(few=True):
        packed, target = bench.path("packed.tar"), bench.path("out.tar")
        subprocess.run([bench.lighten, "-q", "-p", "none", "--squash", "none", "--compress", "gzip:6",
                        "-o", packed, image], check=True)
        blobs = blobs_of(packed, bench.folder)
        inflate = "for blob; do igzip -dc <\"$blob\" || exit; done >/dev/null"
        run = plain_command(bench, packed, target)
        turns = take_turns(
            [Task("igzip -dc", ["sh", "-c", inflate, "sh"] + blobs),
             Task("lighten, dry run", [bench.lighten, "-q", "-p", "none", "--dry-run", packed]),
             Task("lighten, one thread", [bench.lighten, "-q", "-p", "none", "--dry-run", "--threads",
                                          "1", packed]),
             Task("lighten, plain out", run + ["--compress", "none"], target)],
            bench.runs, bench.patience)
        name = title(image)
        bench.report.heading("gzip layers in: %s, %d layers, %.0f MB" % (
            name, len(blobs), os.path.getsize(packed) / 1e6))
        bench.report.turns(turns, ["igzip -dc"])
        for task in "lighten, dry run", "lighten, plain out":
            ratios = turns.ratios([task], ["igzip -dc"])
            bench.report.goal("gzip in: %s / igzip -dc" % task, name, turns_median(ratios),
                              spread(ratios), 1.3)
        for path in blobs + [packed]:
            os.remove(path)
