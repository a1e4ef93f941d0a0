"""squash_rows.py - whole runs: against the floor, against peers, and on a small image."""
import os
import subprocess

from peers import Peers
from table import spread
from turns import Task

HASH, COPY = "openssl sha256", "cp"
# Where they are, that is without copying them out of the page cache as openssl does.
HASH_INPUT, HASH_OUTPUT = "input hashed where it is", "output hashed where it is"
HASH_PAIR = "both hashed side by side"


def title(path):
    return os.path.basename(path).split(".")[0]


def plain_command(bench, image, target):
    command = [bench.lighten, "-q", "--policy", "none", "-o", target, image]
    return command + ["--dedupe", "off"]


def default_command(bench, image, target, report):
    command = [bench.lighten, "-q", "--policy", "safe", "--verify", "structure", "--report", report,
               "-o", target, image]
    return command + (["--dedupe", "safe"] if bench.options("--dedupe", "safe") else [])


def floor_tasks(bench, image, output):
    copy = bench.path("copy.tar")
    return [Task(HASH, ["openssl", "dgst", "-sha256", image]),
            Task(COPY, ["cp", "--reflink=never", output, copy], copy)]


def squash(bench):
    for image in bench.images():
        name = title(image)
        reference = bench.path("reference.tar")
        subprocess.run(plain_command(bench, image, reference), check=True)
        outputs = [bench.path("%d.tar" % n) for n in range(5)]
        plain = plain_command(bench, image, outputs[0])
        hasher = os.path.join(bench.drivers, "hash_bench")
        tasks = floor_tasks(bench, image, reference) + [
            Task("squash", plain, outputs[0]),
            Task(HASH_INPUT, [hasher, image]),
            Task(HASH_OUTPUT, [hasher, reference]),
            Task(HASH_PAIR, [hasher, image, reference]),
            Task("squash, verify off", plain + ["--verify", "off"], outputs[0]),
            Task("squash, one thread", plain + ["--threads", "1"], outputs[0]),
            Task("squash none", plain + ["--squash", "none"], outputs[0]),
            Task("defaults", default_command(bench, image, outputs[1], bench.path("r.json")),
                 outputs[1]),
            Task("policy slim", [bench.lighten, "-q", "-p", "slim", "-o", outputs[2], image],
                 outputs[2])]
        turns = bench.turns(tasks)
        bench.report.heading("Squash: %s, %.0f MB" % (name, os.path.getsize(image) / 1e6))
        bench.report.turns(turns, [HASH, COPY])
        for row, task, goal in (("squash, plain in and out", "squash", 0.65),
                                ("the same with safe policy, dedupe, report", "defaults", 0.9)):
            ratios = turns.ratios([task], [HASH, COPY])
            bench.report.goal(row + " / (hash + copy)", name, turns_median(ratios), spread(ratios), goal)
        bounds(bench, turns, name)
        row = bench.report.short("%s, %.0f MB" % (name, os.path.getsize(image) / 1e6))
        row["lighten"] = "%.1f s" % turns.median("squash")
        row["/ (hash + copy)"] = "%.2f" % turns_median(turns.ratios(["squash"], [HASH, COPY]))
        os.remove(reference)


def least_squash(hash_in, hash_out, pair, copy, processors):
    """seconds in which processors could hash input and output and copy the latter, if they never
    waited for each other, from those that each takes alone on one, and both hashed side by side.

    The output is one chain of hashes: x seconds of it are hashed beside input, which makes them
    last `slower` times as long, the rest goes alone; the rest of the input goes side by side with
    itself.  The more x, the longer the chain takes, and the less time all takes together."""
    shorter = min(hash_in, hash_out)
    slower = (pair - abs(hash_in - hash_out)) / shorter
    work = hash_out + slower / 2 * hash_in + copy
    # Where chain(x) = hash_out + (slower - 1) x meets work(x) = (work - (1 - slower / 2) x) / processors
    x = (work / processors - hash_out) / (slower - 1 + (1 - slower / 2) / processors)
    x = max(0, min(x, shorter))
    return max(hash_out + (slower - 1) * x, (work - (1 - slower / 2) * x) / processors)


def bounds(bench, turns, name):
    """what no squash that hashes what it reads and what it writes can do without"""
    processors = len(os.sched_getaffinity(0))
    columns = [turns.column(task)
               for task in (HASH, HASH_INPUT, HASH_OUTPUT, HASH_PAIR, COPY, "squash")]
    rows = [(least_squash(hash_in, hash_out, pair, copy, processors), divisor + copy, squash_wall)
            for divisor, hash_in, hash_out, pair, copy, squash_wall in zip(*columns)]
    ratios = [wall / least for least, _, wall in rows]
    bench.report.goal("squash / least", name, turns_median(ratios), spread(ratios), 0)
    ratios = [least / divisor for least, divisor, _ in rows]
    bench.report.goal("least: both hashed, the output in one chain, side by side where that is faster, "
                      "and copied / (hash + copy)", name, turns_median(ratios), spread(ratios), 0)
    ratios = turns.ratios([HASH_OUTPUT], [HASH, COPY])
    bench.report.goal("least: that chain alone / (hash + copy)", name, turns_median(ratios),
                      spread(ratios), 0)


def turns_median(values):
    values = sorted(values)
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2


def against_peers(bench):
    for image in bench.images(few=True):
        name = title(image)
        target = bench.path("light.tar")
        mine = Task("lighten", plain_command(bench, image, target), target)
        with Peers(bench.folder, image, squashers=not bench.quick) as peers:
            if not peers:
                return
            turns = bench.turns([mine] + peers, max(1, bench.runs // 2), 1)
        bench.report.heading("Peers: %s, %.0f MB" % (name, os.path.getsize(image) / 1e6),
                             "From archive to archive; \"rest\" is what remains of a ratio when loading "
                             "the archive into the peer's store is not counted.  CPU time and memory "
                             "of docker are its client's.")
        bench.report.turns(turns)
        for peer in peers:
            ratios = turns.ratios([peer.name], [mine.name])
            text = spread(ratios, "%.1f")
            if peer.mark:
                text += ", rest " + spread(turns.ratios([peer.name], [mine.name], "rest"), "%.1f")
            row = bench.report.short("%s, %.0f MB" % (name, os.path.getsize(image) / 1e6))
            row[peer.name] = "%.1f x as long" % turns_median(ratios)
            goal = 1 if peer.name == "skopeo copy" else 10
            bench.report.goal(peer.name + " / lighten", name, turns_median(ratios), text, goal, least=True)


def small(bench):
    image, _ = bench.made("app:entries=500,bytes=1500000,layers=3")
    target = bench.path("small.tar")
    turns = bench.turns([Task("true", ["true"]),
                         Task("lighten", plain_command(bench, image, target), target),
                         Task("defaults", default_command(bench, image, target, bench.path("r.json")),
                              target)], max(bench.runs, 15), 1)
    bench.report.heading("Small image: %.1f MB, 500 entries, 3 layers" % (os.path.getsize(image) / 1e6))
    bench.report.turns(turns, form="%.4f")
    for task, title_of in ("lighten", "`--policy none --dedupe off`"), ("defaults", "defaults"):
        walls = [wall * 1000 for wall in turns.column(task)]
        bench.report.goal("whole run, ms, " + title_of, "2 MB", turns_median(walls),
                          spread(walls, "%.1f"), 15)
