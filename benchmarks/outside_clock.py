"""The clock outside of the jail: what it costs, how true it is, and what cheating it comes to.

    python benchmarks/outside_clock.py [--calls 100] [--empty 1000] [--json results.json]

It wants root and control groups with a freezer. Ratios are those of one and the same call, by the
clock outside and by the function's own, so that other work on the machine cancels.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tito.jail import timed_group
from tito.jail.timed import TimedJail
from tito.judging.clock import TimedSession
from tito.judging.comparison import Comparison, TimedModule, Validity, compare
from tito.judging.shared_files import Call
from tito.wire import nothing

ENTRY = Path(__file__).with_name("outside_clock_entry.py")
HONEST_MS = (1, 5, 50)
CHEATS = ("a_hidden_thread", "work_between_calls", "a_stopped_clock")
LEFT_BY_A_KILLED_JUDGE = """
import sys, time
from pathlib import Path
from tito.jail import timed_group
from tito.jail.timed import TimedJail
from tito.judging.clock import TimedSession
timed_group.PREFIX = sys.argv[2]
session = TimedSession(Path(sys.argv[1]), TimedJail)
print(session.group.folder, flush=True)
time.sleep(100)
"""


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    what: str
    figure: str
    holds: bool


def spread(seconds: Sequence[float]) -> str:
    """Median, and the middle nine tenths, in microseconds."""
    ordered = sorted(seconds)
    low, high = (ordered[int(share * (len(ordered) - 1))] for share in (0.05, 0.95))
    return f"{statistics.median(ordered) * 1e6:.0f} µs ({low * 1e6:.0f} to {high * 1e6:.0f})"


def of_empty_calls(n_calls: int) -> Line:
    """The cost of a call that does nothing, another jail being frozen meanwhile as it always is."""
    module = Path(nothing.__file__)
    with TimedSession(module, TimedJail) as session, TimedSession(module, TimedJail):
        samples = [session.call(Call("nothing", (1,)))[1] for _ in range(n_calls)]
    walls = [sample.wall / 1e9 for sample in samples]
    return Line(f"{n_calls} empty calls: median (5 to 95 %)", spread(walls), bool(samples))


def loops_for(seconds: float) -> int:
    """How many loops of the honest function take that long."""
    with TimedSession(ENTRY, TimedJail) as session:
        n_loops = 10_000
        while True:
            inside = session.call(Call("arithmetic", (n_loops,)))[0].value
            if inside > seconds / 4:
                return max(1, round(n_loops * seconds / inside))
            n_loops *= 2


def of_honest_calls(milliseconds: int, n_calls: int) -> Line:
    """The clock outside over the honest one inside, of the same calls."""
    n_loops = loops_for(milliseconds / 1e3)
    inside: list[float] = []
    me = TimedModule(ENTRY)
    found = compare(
        me,
        me,
        lambda number: Call("arithmetic", (n_loops,)),
        n_rounds=n_calls,
        check=lambda call, entry, baseline: inside.append(entry.value),
    )
    outside = [entry for entry, _ in found.seconds()]
    inside = inside[-len(outside) :]
    ratio = statistics.median(out / own for out, own in zip(outside, inside, strict=True))
    figure = (
        f"{statistics.median(outside) * 1e3:.3f} ms outside, {statistics.median(inside) * 1e3:.3f} "
        f"inside; outside / inside, median over calls: {ratio:.4f}; {found.validity}"
    )
    what = f"{milliseconds} ms of arithmetic, {n_calls} calls"
    return Line(what, figure, abs(ratio - 1) < 0.02)


def of_a_cheat(name: str, n_calls: int) -> Line:
    """What a cheat wins over the honest function, or that it is refused."""
    n_loops = loops_for(0.02)
    found = compare(
        TimedModule(ENTRY, function=name),
        TimedModule(ENTRY),
        lambda number: Call("arithmetic", (n_loops,)),
        n_rounds=n_calls,
    )
    figure = f"speed-up {statistics.median(found.speedups()):.4f}, {found.validity}"
    if found.reasons:
        figure += f": {found.reasons[0].sentence}"
    return Line(name.replace("_", " "), figure, holds(found))


def holds(found: Comparison) -> bool:
    """Whether a cheat is refused, or changes nothing."""
    change = abs(statistics.median(found.speedups()) - 1)
    return found.validity is Validity.REFUSED or change < 0.02


def of_a_killed_judge() -> Line:
    """How many frozen processes a killed judge leaves, before and after the next one starts."""
    timed_group.PREFIX = "recsys-killed"  # so that nobody else's judge sweeps it before this one
    command = [sys.executable, "-c", LEFT_BY_A_KILLED_JUDGE, str(ENTRY), timed_group.PREFIX]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as judge:
        assert judge.stdout is not None
        folder = Path(judge.stdout.readline().strip())
        judge.kill()
    time.sleep(0.2)
    before = len((folder / "cgroup.procs").read_text().split())
    timed_group.sweep()
    after = len((folder / "cgroup.procs").read_text().split()) if folder.exists() else 0
    figure = f"{before} frozen processes left by kill -9, {after} once the next one has started"
    return Line("a judge that was killed", figure, before > 0 and after == 0)


def main() -> None:
    """Print the table; exit with 1 where a line does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--empty", type=int, default=1000, help="number of empty calls")
    parser.add_argument("--calls", type=int, default=100, help="number of calls of each function")
    parser.add_argument("--json", type=Path, help="file to write the lines to")
    parser.add_argument("--quick", action="store_true", help="few calls, to see that it runs")
    arguments = parser.parse_args()
    n_empty, n_calls = (50, 5) if arguments.quick else (arguments.empty, arguments.calls)
    lines = [of_empty_calls(n_empty)]
    lines += [of_honest_calls(milliseconds, n_calls) for milliseconds in HONEST_MS]
    lines += [of_a_cheat(name, max(5, n_calls // 5)) for name in CHEATS]
    lines.append(of_a_killed_judge())
    where = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"Python {platform.python_version()}, {platform.release()}, {where}\n")
    print("| what | figure | |\n| --- | --- | --- |")
    for line in lines:
        print(f"| {line.what} | {line.figure} | {'holds' if line.holds else 'DOES NOT HOLD'} |")
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(line) for line in lines], indent=1))
    sys.exit(0 if arguments.quick or all(line.holds for line in lines) else 1)


if __name__ == "__main__":
    main()
