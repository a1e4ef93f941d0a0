"""turns.py - run commands in turns and say what each turn took.

Machines are noisy, and slow down for all alike: commands that are compared take turns in one run,
forwards and backwards, and a ratio is the median of the ratios within each turn.  Each sample knows
how busy other processes kept the machine meanwhile; when asked to, turns in which they were busy
are replaced by later ones.
"""
import os
import signal
import statistics
import subprocess
import sys
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")
# A command and all its children end with us, where Python can see to that.
OWN_GROUP = {"process_group": 0} if sys.version_info >= (3, 11) else {}
# So many processors may others use before a turn is taken again.
QUIET = 0.15


class Task:
    """A command.  `makes` is removed after each run, and `after` called; neither is timed."""

    def __init__(self, name, command, makes=None, after=None, env=None, quiet=True, mark=None):
        self.name, self.command, self.makes = name, command, makes
        self.after, self.env = after, env
        self.quiet = quiet  # False: others (a daemon) work for it
        self.mark = mark  # file that the command touches when its preparations end


class Sample:
    def __init__(self, wall, rest, cpu, peak, others, size):
        self.wall, self.rest = wall, rest  # seconds; those behind the mark
        self.cpu, self.peak, self.others, self.size = cpu, peak, others, size


def busy_ticks():
    with open("/proc/stat") as file:
        columns = [int(text) for text in file.readline().split()[1:9]]
    return sum(columns) - columns[3] - columns[4]


def size_of(path):
    if not path or not os.path.exists(path):
        return 0
    if os.path.isdir(path):
        return sum(os.path.getsize(os.path.join(folder, name))
                   for folder, _, names in os.walk(path) for name in names
                   if not os.path.islink(os.path.join(folder, name)))
    return os.path.getsize(path)


def remove(path):
    if path and os.path.isdir(path):
        subprocess.run(["rm", "-rf", path], check=True)
    elif path and os.path.lexists(path):
        os.remove(path)


def execute(task):
    """one run of a task; a command that fails ends the program"""
    ticks = busy_ticks()
    begin, clock = time.monotonic(), time.time()
    process = subprocess.Popen(task.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               stdin=subprocess.DEVNULL, env=task.env, **OWN_GROUP)
    try:
        message = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        if OWN_GROUP:
            os.killpg(process.pid, signal.SIGKILL)
        raise
    wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        sys.exit("bench: %s: status %d\n%s" % (" ".join(task.command), process.returncode,
                                               message.decode(errors="replace")))
    cpu = usage.ru_utime + usage.ru_stime
    others = max(0.0, ((busy_ticks() - ticks) / TICK - cpu) / wall)
    size = size_of(task.makes)
    remove(task.makes)
    if task.after:
        task.after()
    rest = wall - (os.path.getmtime(task.mark) - clock if task.mark else 0)
    return Sample(wall, rest, cpu, usage.ru_maxrss * 1024, others if task.quiet else 0.0, size)


class Turns:
    """Samples of tasks by name, one list of equal length for each."""

    def __init__(self, samples):
        self.samples = samples

    def column(self, name, field="wall"):
        return [getattr(sample, field) for sample in self.samples[name]]

    def median(self, name, field="wall"):
        return statistics.median(self.column(name, field))

    def sums(self, names, field="wall"):
        """wall seconds of several tasks together, by turn"""
        return [sum(walls) for walls in zip(*(self.column(name, field) for name in names))]

    def ratios(self, above, below, field="wall"):
        """by turn: a task, or the sum of several, divided by others"""
        return [a / b for a, b in zip(self.sums(above, field), self.sums(below, "wall"))]

    def others(self):
        return statistics.median(max(sample.others for sample in turn)
                                 for turn in zip(*self.samples.values()))


def take_turns(tasks, runs, patience=1, before=lambda: None):
    """`runs` turns after one that warms caches up; with `patience` above 1 up to so many times
    more of them, of which the least disturbed are used; `before` is called before each task"""
    def turn_of(order):
        for task in order:
            before()
            yield task.name, execute(task)

    turns = []
    for number in range(1 + runs * patience):
        order = tasks if number % 2 else tasks[::-1]
        turn = dict(turn_of(order))
        if number:
            turns.append(turn)
        if sum(max(s.others for s in turn.values()) < QUIET for turn in turns) >= runs:
            break
    turns.sort(key=lambda turn: max(sample.others for sample in turn.values()))
    return Turns({task.name: [turn[task.name] for turn in turns[:runs]] for task in tasks})


# --- memory ----------------------------------------------------------------------------------


def memory(command):
    """Peak private memory of a command: RssAnon, read from /proc/PID/status all the time."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               stdin=subprocess.DEVNULL)
    peak = [0]

    def watch():
        file = os.open("/proc/%d/status" % process.pid, os.O_RDONLY)
        while True:
            try:
                text = os.pread(file, 8192, 0)
            except OSError:
                break
            at = text.find(b"RssAnon:")
            if at < 0:
                break
            peak[0] = max(peak[0], int(text[at + 8:text.index(b"kB", at)]))
            time.sleep(0.0005)
        os.close(file)

    watcher = threading.Thread(target=watch)
    watcher.start()
    message = process.communicate()[1]
    watcher.join()
    if process.returncode:
        sys.exit("bench: %s: %s" % (" ".join(command), message.decode(errors="replace")))
    return peak[0] * 1024
