"""scale_rows.py - what grows with entries and bytes: indexing, rules, dedupe, memory, time."""
import json
import os
import subprocess

from squash_rows import default_command, floor_tasks, plain_command, title, turns_median
from table import spread
from turns import Task, memory as memory_of

MEMORY_BASE, MEMORY_ENTRY = 48e6, 200


def driver(bench, name, *words):
    out = subprocess.run([os.path.join(bench.drivers, name), *words], check=True, capture_output=True)
    return json.loads(out.stdout)


def index(bench):
    size = 256 << 20 if bench.quick else 3 << 30
    images = [(bench.made("app:entries=46000,bytes=%d,layers=6" % size)[0], 0.15)]
    images.append((bench.made("app:entries=280000,bytes=%d,layers=6" % (100 << 20))[0], 0.6))
    images += [(path, None) for path in bench.args.images]
    bench.report.heading("Open, index and merge, without hashing (warm)")
    bench.report.table(["image", "GB", "entries", "open ms", "index ms", "merge ms", "all ms",
                        "us per entry"])
    for path, goal in images:
        seen = driver(bench, "index_bench", str(2 * bench.runs), path)
        steps = {key: [run[key] * 1000 for run in seen["runs"][1:]] for key in ("open", "index", "merge")}
        total = [sum(run.values()) for run in seen["runs"][1:]]
        bench.report.row(title(path), "%.2f" % (seen["bytes"] / 1e9), seen["entries"],
                         "%.2f" % turns_median(steps["open"]), spread(steps["index"], "%.0f"),
                         spread(steps["merge"], "%.1f"), spread([1000 * t for t in total], "%.0f"),
                         "%.2f" % (1e6 * turns_median(total) / seen["entries"]))
        if goal:
            where = "%.1f GB, %d entries" % (seen["bytes"] / 1e9, seen["entries"])
            bench.report.goal("open, index, merge: s", where, turns_median(total),
                              spread(total, "%.3f"), goal)


def policy(bench):
    seen = [driver(bench, "policy_bench") for _ in range(bench.runs)]
    times = [run["seconds"] for run in seen]
    bench.report.heading("Policy decisions")
    bench.report.table(["entries", "rules", "decisions", "s"])
    bench.report.row(seen[0]["entries"], seen[0]["rules"], seen[0]["decisions"], spread(times, "%.3f"))
    bench.report.goal("all shipped rules: s", "%d entries" % seen[0]["entries"], turns_median(times),
                      spread(times, "%.3f"), 0.3)


def dedupe(bench):
    if not bench.options("--dedupe", "safe"):
        return
    files = 30000 if bench.quick else 300000
    image, _ = bench.made("same:files=%d,candidates=%d" % (files, files // 5))
    target = bench.path("out.tar")
    base = [bench.lighten, "-q", "-p", "none", "-o", target, image, "--dedupe"]
    turns = bench.turns([Task("off", base + ["off"], target), Task("safe", base + ["safe"], target)])
    bench.report.heading("Dedupe: %d files, %d of them alike in pairs" % (files, files // 5))
    bench.report.turns(turns, ["off"])
    ratios = turns.ratios(["safe"], ["off"])
    bench.report.goal("--dedupe safe / off", "%d files, %d alike" % (files, files // 5), turns_median(ratios), spread(ratios), 1.4)


def memory(bench):
    rows = [("app:entries=20000,bytes=%d,layers=4" % (20 << 20), None)]
    sizes = [0.1, 0.4] if bench.quick else [float(size) for size in bench.args.memory_bytes.split(",")]
    rows += [("app:entries=50000,bytes=%d,layers=4" % int(size * 1e9), "bytes") for size in sizes]
    for shape in "app:entries=%d,bytes=%d,layers=4", "flat:entries=%d":
        count = 100000 if bench.quick else 1000000
        rows.append((shape % ((count, 20 << 20) if shape.count("%") == 2 else count), None))
    bench.report.heading("Private memory", "RssAnon of /proc/PID/status, read twice a millisecond, "
                         "largest value; bound: 48 MB + 200 bytes and the last name, by entry.")
    bench.report.table(["image", "GB", "entries", "MB", "defaults MB", "bound MB", "bytes per entry"])
    target, equal = bench.path("out.tar"), []
    for shape, group in rows:
        image_bytes = int(shape.partition("bytes=")[2].partition(",")[0] or 1 << 30)
        if not bench.room(2 * image_bytes):
            bench.report.row(shape, "left out: too little room on the disk", "", "", "", "", "")
            continue
        image, facts = bench.made(shape)
        plain = memory_of(plain_command(bench, image, target))
        full = memory_of(default_command(bench, image, target, bench.path("r.json")))
        os.remove(target)
        bench.discard_big()
        bound = MEMORY_BASE + MEMORY_ENTRY * facts["entries"] + facts["name_bytes"]
        bench.report.row(shape, "%.2f" % (facts["layer_bytes"] / 1e9), facts["entries"],
                         "%.1f" % (plain / 1e6), "%.1f" % (full / 1e6), "%.1f" % (bound / 1e6),
                         "%.0f" % (max(plain, full) / facts["entries"]))
        where = "%d entries, %.1f GB" % (facts["entries"], facts["layer_bytes"] / 1e9)
        for kind, peak in ("plain", plain), ("defaults", full):
            bench.report.goal("memory / bound, " + kind, where, peak / bound, "%.2f" % (peak / bound), 1)
        if group:
            equal.append(max(plain, full))
    if len(equal) == 2:
        bench.report.goal("memory: many bytes / few", "equal entries", equal[1] / equal[0],
                          "%.2f" % (equal[1] / equal[0]), 1.05)


def amount(shape, what):
    """of what grows: "4 GB", "20000 entries" """
    values = dict(part.split("=") for part in shape.partition(":")[2].split(","))
    if what == "bytes":
        return "%g GB" % (int(values["bytes"]) / 1e9)
    return "%d entries" % int(values["entries"])


def grow(bench, what, shapes, unit_of, unit, beside_floor=False):
    """time by unit, of each image against the one before it; `beside_floor`: hash and copy of the
    same image as well, since what does not fit into memory takes those longer, too"""
    target = bench.path("out.tar")
    images = [bench.made(shape) for shape in shapes]
    tasks, floors = [], {}
    for shape, (path, _) in zip(shapes, images):
        tasks.append(Task(shape, plain_command(bench, path, target), target))
        if beside_floor:
            floors[shape] = [Task(task.name + " " + shape, task.command, task.makes)
                             for task in floor_tasks(bench, path, path)]
            tasks += floors[shape]
    turns = bench.turns(tasks)
    bench.report.heading("Growth: " + what)
    bench.report.table(["image", "entries", "GB", "wall s", "CPU s", unit] +
                       ["wall / (hash + copy)"] * beside_floor)
    costs = []
    for shape, (_, facts) in zip(shapes, images):
        walls = turns.column(shape)
        costs.append([wall / unit_of(facts) for wall in walls])
        ratios = turns.ratios([shape], [task.name for task in floors[shape]]) if beside_floor else None
        bench.report.row(shape, facts["entries"], "%.2f" % (facts["layer_bytes"] / 1e9),
                         spread(walls), "%.2f" % turns.median(shape, "cpu"), spread(costs[-1]),
                         *([spread(ratios)] if ratios else []))
        if ratios:
            bench.report.goal("growth, %s: wall / (hash + copy)" % what, amount(shape, what),
                              turns_median(ratios), spread(ratios), 0)
    bench.report.text("")
    bench.report.others(turns)
    for less, more, before, after in zip(shapes, shapes[1:], costs, costs[1:]):
        ratios = [b / a for a, b in zip(before, after)]
        where = amount(more, what) + " / " + amount(less, what)
        bench.report.goal("growth, %s: %s" % (what, unit), where, turns_median(ratios),
                          spread(ratios), 1.15)


def growth(bench):
    counts = [2000, 20000, 100000] if bench.quick else map(int, bench.args.entries.split(","))
    entries = lambda facts: facts["entries"] / 1e6
    grow(bench, "entries", ["app:entries=%d,bytes=0,layers=4" % count for count in counts], entries,
         "s per million entries")
    sizes = [0.1, 0.4] if bench.quick else [float(size) for size in bench.args.bytes.split(",")]
    shapes = {size: "app:entries=5000,bytes=%d,layers=4" % int(size * 1e9) for size in sizes}
    to_make = sum(size for size in sizes if not bench.is_made(shapes[size]))
    grow(bench, "bytes", [shapes[size] for size in sizes if bench.room(1e9 * (to_make + size))],
         lambda facts: facts["layer_bytes"] / 1e9, "s per GB", beside_floor=True)
    count = 20000 if bench.quick else 100000
    for shape in "flat", "links", "whiteouts", "deep":
        grow(bench, shape, ["%s:entries=%d" % (shape, n) for n in (count, 2 * count)], entries,
             "s per million entries")
