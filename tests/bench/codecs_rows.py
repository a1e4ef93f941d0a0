"""codecs_rows.py - compressing and inflating layers, against the fastest tools for that alone."""
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile

from squash_rows import plain_command, title, turns_median
from table import spread
from turns import Task


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


def floor_of(bench, encoding, layer, copies):
    """CPU seconds, by step, of the plain library calls that a compressed layer takes, when so many
    processors do the same: they share caches and memory; the medians"""
    driver = os.path.join(bench.drivers, "codec_bench")
    outputs = [bench.path("floor%d" % number) for number in range(copies)]
    runs = []
    for _ in range(max(1, bench.runs // 2 + 1)):
        processes = [subprocess.Popen([driver, "floor", encoding, layer, output],
                                      stdout=subprocess.PIPE) for output in outputs]
        runs += [json.loads(process.communicate()[0]) for process in processes]
    for output in outputs:
        os.remove(output)
    return {step: turns_median([run[step] for run in runs]) for step in runs[0]}


def pack(bench, format_name, level, tool, command, goal_speed, image):
    flat, layer = flat_image(bench, image)
    target, packed = bench.path("packed-image.tar"), bench.path("packed")
    run = [bench.lighten, "-q", "-p", "none", "--dedupe", "off", "--compress", format_name,
           "-o", target, flat]
    shell = ["sh", "-c", command + ' "$0" >"$1"', layer, packed]
    blob = [os.path.join(bench.drivers, "codec_bench"), "blob", format_name, str(os.cpu_count()),
            layer, target]
    turns = bench.turns([Task(tool, shell, packed), Task("layer to blob", blob, target),
                         Task("lighten", run, target),
                         Task("lighten, verify off", run + ["--verify", "off"], target)],
                        max(1, bench.runs // 2 + 1))
    encoding = "%s:%d" % (format_name, level)
    alone, steps = (floor_of(bench, encoding, layer, copies) for copies in (1, os.cpu_count()))
    name = title(image)
    bench.report.heading("%s layers out: %s, layer of %.0f MB" % (format_name, name,
                                                                  os.path.getsize(layer) / 1e6))
    bench.report.turns(turns)
    bench.report.text("Plain library calls take, in CPU seconds: " + ", ".join(
        "%s %.2f (%.2f on one processor alone)" % (step.replace("_", " "), seconds, alone[step])
        for step, seconds in steps.items()) +
        ".  Their sum, divided by the processors, is the floor.")
    for task in "lighten", "lighten, verify off", "layer to blob":
        speeds = turns.ratios([tool], [task])
        bench.report.goal("%s out: speed of %s / %s" % (format_name, task, tool), name,
                          turns_median(speeds), spread(speeds), goal_speed, least=True)
    for task in "lighten", "layer to blob":
        least = sum(seconds for step, seconds in steps.items()
                    if task == "lighten" or step != "inflate") / os.cpu_count()
        ratios = [wall / least for wall in turns.column(task)]
        bench.report.goal("%s out: %s / floor" % (format_name, task), name, turns_median(ratios),
                          spread(ratios), 1.2)
        speeds = [wall / least for wall in turns.column(tool)]
        bench.report.goal("%s out: speed of the floor of %s / %s" % (format_name, task, tool), name,
                          turns_median(speeds), spread(speeds), 0)
    sizes = turns.median("lighten", "size") / turns.median(tool, "size")
    # What stands around the one layer of an archive is a few kilobytes.
    bench.report.goal("%s out: size / %s" % (format_name, tool), name, round(sizes, 3),
                      "%.4f" % sizes, 1)
    os.remove(flat)
    os.remove(layer)


def gzip_out(bench):
    if shutil.which("pigz"):
        for image in bench.images(few=True):
            pack(bench, "gzip", 5, "pigz -6", "pigz -6 -c", 2.5, image)


def zstd_out(bench):
    for image in bench.images(few=True):
        pack(bench, "zstd", 3, "zstd -3 -T0", "zstd -q -3 -T0 -c", 0.95, image)


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


def inflate(bench, name, packed, maker, goal):
    """an archive of gzip layers, looked at and written anew"""
    target = bench.path("out.tar")
    blobs = blobs_of(packed, bench.folder)
    alone = "for blob; do igzip -dc <\"$blob\" || exit; done >\"$0\""
    unpacked = bench.path("unpacked")
    look = plain_command(bench, packed, target) + ["--dry-run"]
    turns = bench.turns(
        [Task("igzip -dc", ["sh", "-c", alone, "/dev/null"] + blobs),
         Task("igzip -dc to a file", ["sh", "-c", alone, unpacked] + blobs, unpacked),
         Task("lighten, dry run", look),
         Task("lighten, one thread", look + ["--threads", "1"]),
         Task("lighten, plain out", plain_command(bench, packed, target) + ["--compress", "none"],
              target)])
    bench.report.heading("gzip layers in, %s: %s, %d layers, %.0f MB" % (
        maker, name, len(blobs), os.path.getsize(packed) / 1e6))
    bench.report.turns(turns, ["igzip -dc"])
    for task, tool in (("lighten, dry run", "igzip -dc"),
                       ("lighten, plain out", "igzip -dc to a file")):
        ratios = turns.ratios([task], [tool])
        bench.report.goal("gzip of %s in: %s / %s" % (maker, task, tool), name,
                          turns_median(ratios), spread(ratios), goal)
    for path in blobs:
        os.remove(path)


def recompress(source, target, command, folder):
    """the docker archive `source` with every layer put through a command, and found by the digest of
    what that gave; manifest.json is the only index of it that stays"""
    plain, packed = (os.path.join(folder, name) for name in ("recompress.in", "recompress.out"))
    with tarfile.open(source) as archive, tarfile.open(target, "w") as out:
        manifest = json.load(archive.extractfile("manifest.json"))
        for image in manifest:
            for number, name in enumerate(image["Layers"]):
                with open(plain, "wb") as file:
                    shutil.copyfileobj(archive.extractfile(name), file, 1 << 20)
                with open(plain, "rb") as data, open(packed, "wb") as file:
                    subprocess.run(command, stdin=data, stdout=file, check=True)
                image["Layers"][number] = "%s.tar" % digest_of(packed)
                if image["Layers"][number] not in out.getnames():
                    out.add(packed, image["Layers"][number])
            if image["Config"] not in out.getnames():
                add_member(out, image["Config"],
                           archive.extractfile(image["Config"]).read())
        add_member(out, "manifest.json", json.dumps(manifest).encode())
    os.remove(plain)
    os.remove(packed)


def digest_of(path):
    """piece by piece: what this program once held counts as memory of the commands that it starts"""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while data := file.read(1 << 20):
            digest.update(data)
    return digest.hexdigest()


def add_member(out, name, data):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    out.addfile(member, io.BytesIO(data))


def gzip_in(bench):
    if not shutil.which("igzip"):
        return
    for image in bench.images(few=True):
        name, packed = title(image), bench.path("packed.tar")
        command = [bench.lighten, "-q", "-p", "none", "--squash", "none", "-o", packed, image]
        subprocess.run(command + ["--compress", "gzip:6"], check=True)
        inflate(bench, name, packed, "lighten", 1.3)
        if shutil.which("pigz"):
            plain = bench.path("plain.tar")
            subprocess.run(command[:-2] + [plain, image, "--format", "docker", "--compress", "none"],
                           check=True)
            recompress(plain, packed, ["pigz", "-6", "-c"], bench.folder)
            os.remove(plain)
            inflate(bench, name, packed, "pigz", 1.3)
        os.remove(packed)
