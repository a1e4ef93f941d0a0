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
        self.lines, self.goals = [], []
        self.short = {}  # image: {column: text}, the table of the README
        self.busy = 0.0  # processors that others used, at worst

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
            self.goals.append((what, where, text, "", ""))
            return
        met = value >= wanted if least else value <= wanted
        sign = ">=" if least else "<="
        self.goals.append((what, where, text, "%s %g" % (sign, wanted), "met" if met else "**missed**"))

    def goals_table(self):
        head = ["| what | image | seen | goal | |", "|---|---|---|---|---|"]
        return head + ["| " + " | ".join(goal) + " |" for goal in self.goals]

    def summary(self):
        self.heading("Goals")
        for line in self.goals_table():
            self.line(line)
        if self.busy > 0.3:
            self.text("")
            self.text("Others used up to %.1f processors, which makes what uses all of them look slower than "
                      "it is: as root, BENCH=\"--nice -20\" puts the benchmark first." % self.busy)

    def all(self):
        return "\n".join(self.lines) + "\n"

    def readme(self, machine):
        """few rows for people with little time"""
        columns = []
        for cells in self.short.values():
            columns += [name for name in cells if name not in columns]
        lines = ["", "| image | " + " | ".join(columns) + " |", "|" + "---|" * (len(columns) + 1)]
        for image, cells in self.short.items():
            lines.append("| %s | %s |" % (image, " | ".join(cells.get(name, "") for name in columns)))
        if self.goals:
            lines += ["", "Ratios within one run against what is aimed at:", ""] + self.goals_table()
        return "\n".join(lines + ["", "Measured by `make bench` on " + machine + ".", "", ""])
