"""table.py - the Markdown that a run prints, and the goals with what was seen of each."""
import statistics


def spread(values, form="%.2f"):
    """median (least..most)"""
    values = list(values)
    middle = form % statistics.median(values)
    if len(values) == 1:
        return middle
    return "%s (%s..%s)" % (middle, form % min(values), form % max(values))


class Report:
    def __init__(self):
        self.lines = []
        self.sections = {}  # name: its goals, and cells of the short table
        self.section = None
        self.busy = 0.0  # processors that others used, at worst

    def begin(self, section):
        """what follows belongs to this section, and replaces what was known of it"""
        self.section = self.sections[section] = {"goals": [], "short": {}}

    def short(self, image):
        """the row of an image in the short table, {column: text}"""
        return self.section["short"].setdefault(image, {})

    def text(self, line):
        print(line, flush=True)
        self.lines.append(line)
        print()
        self.lines.append("")

    def line(self, line):
        print(line, flush=True)
        self.lines.append(line)

    def heading(self, title, note=""):
        self.line("")
        self.text("### " + title)
        if note:
            self.text(note)

    def table(self, columns):
        self.line("| " + " | ".join(columns) + " |")
        self.line("|" + "---|" * len(columns))

    def row(self, *cells):
        self.line("| " + " | ".join(str(cell) for cell in cells) + " |")

    def turns(self, turns, floor=None, form="%.2f"):
        """a table of tasks; `floor`: names whose sum each is divided by"""
        floor_title = "wall / (%s)" % " + ".join(floor) if floor else None
        self.table(["command", "wall s", "CPU s", "peak MB", "output MB"] +
                   ([floor_title] if floor else []))
        for name in turns.samples:
            self.row(name, spread(turns.column(name), form), "%.2f" % turns.median(name, "cpu"),
                     "%.0f" % (turns.median(name, "peak") / 1e6),
                     "%.1f" % (turns.median(name, "size") / 1e6),
                     *([spread(turns.ratios([name], floor))] if floor else []))
        self.text("")
        self.others(turns)

    def others(self, turns):
        self.busy = max(self.busy, turns.others())
        self.text("Other processes used %.2f processors." % turns.others())

    def goal(self, what, where, value, text, wanted, least=False):
        """`value` must be at most (or `least`: at least) `wanted`, 0 for what is only known; `text`
        shows it"""
        if not wanted:
            self.section["goals"].append((what, where, text, "", ""))
            return
        met = value >= wanted if least else value <= wanted
        sign = ">=" if least else "<="
        self.section["goals"].append((what, where, text, "%s %g" % (sign, wanted), "met" if met else "**missed**"))

    def goals_table(self, sections):
        lines = ["| what | image | seen | goal | |", "|---|---|---|---|---|"]
        for name in sections:
            lines += ["| " + " | ".join(goal) + " |" for goal in self.sections[name]["goals"]]
        return lines

    def short_goals(self, sections):
        """a row for each goal, with the median of every image"""
        rows = {}
        for name in sections:
            for what, where, text, wanted, met in self.sections[name]["goals"]:
                cells = rows.setdefault((what, wanted), [[], []])
                cells[0].append("%s: %s" % (where, text.partition(" (")[0]))
                cells[1].append(met)
        lines = ["| what | seen | goal | |", "|---|---|---|---|"]
        for (what, wanted), (seen, met) in rows.items():
            lines.append("| %s | %s | %s | %s |" % (
                what, ", ".join(seen), wanted, met[0] if len(set(met)) == 1 else "**missed** in part"))
        return lines

    def summary(self, sections):
        self.heading("Goals")
        for line in self.goals_table(sections):
            self.line(line)
        if self.busy > 0.3:
            self.text("")
            self.text("Others used up to %.1f processors, which makes what uses all of them look slower than "
                      "it is: as root, BENCH=\"--nice -20\" puts the benchmark first." % self.busy)

    def all(self):
        return "\n".join(self.lines) + "\n"

    def readme(self, machine, order):
        """few rows for people with little time, of all sections that were ever measured here"""
        sections = [name for name in order if name in self.sections]
        rows, columns = {}, []
        for name in sections:
            for image, cells in self.sections[name]["short"].items():
                rows.setdefault(image, {}).update(cells)
                columns += [column for column in cells if column not in columns]
        lines = ["", "| image | " + " | ".join(columns) + " |", "|" + "---|" * (len(columns) + 1)]
        for image, cells in rows.items():
            lines.append("| %s | %s |" % (image, " | ".join(cells.get(name, "") for name in columns)))
        lines += ["", "Medians, mostly of ratios within one run, against what is aimed at:", ""]
        lines += self.short_goals(sections)
        return "\n".join(lines + ["", "Measured by `make bench` on " + machine + ".", "", ""])
