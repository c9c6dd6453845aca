"""What a jail costs: a runner that answers one call, and a notebook, in a jail and without.

    python benchmarks/jail_cost.py [--rounds 9]

Kinds are measured in turn. Processor time is what the process inside says it has used (bubblewrap's
own share is some 5 ms more): on a machine that does other things as well, it says more than the
wall clock does.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tito.jail.cells import font_list, notebook_jail, run_cells
from tito.jail.jail import Jail
from tito.judging.remote import Remote
from tito.wire.processes import StartRunner, plain_process

_USED = "import time\ntime.process_time()"
_FIGURE = ["import matplotlib.pyplot as plt", "plt.plot([1, 2])\nplt.show()"]


def of_a_call(module: Path, launch: StartRunner) -> float:
    """Start a runner and ask it what it has used."""
    with Remote(module, launch=launch) as remote:
        return float(remote.used())


def of_cells(jail: Jail, cells: list[str]) -> float:
    """Run cells, and one that says what has been used."""
    outcomes = run_cells([*cells, _USED], jail)
    return float(outcomes[-1].outputs[0]["data"]["text/plain"])


def main() -> None:
    """Print a line for each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="one round, to see that it runs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder, "used.py")
        module.write_text("import time\ndef used(): return time.process_time()\n")
        fonts = font_list()
        with (
            Jail([module]) as calls,
            notebook_jail() as bare,
            notebook_jail(contents=fonts) as told,
        ):
            kinds: dict[str, Callable[[], float]] = {
                "one call, plain process": lambda: of_a_call(module, plain_process),
                "one call, jail": lambda: of_a_call(module, calls),
                "one cell, jail": lambda: of_cells(bare, []),
                "a figure, jail": lambda: of_cells(bare, _FIGURE),
                "a figure, fonts given": lambda: of_cells(told, _FIGURE),
            }
            found: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
            for _ in range(1 if arguments.quick else arguments.rounds):
                for name, run in kinds.items():
                    found[name].append(timed(run))
    print(f"{'medians':<26} wall ms   processor ms")
    for name, runs in found.items():
        wall, used = (statistics.median(column) * 1e3 for column in zip(*runs, strict=True))
        print(f"{name:<26} {wall:7.0f} {used:14.0f}")


def timed(run: Callable[[], float]) -> tuple[float, float]:
    """Wall and processor seconds."""
    before = time.perf_counter()
    used = run()
    return time.perf_counter() - before, used


if __name__ == "__main__":
    main()
