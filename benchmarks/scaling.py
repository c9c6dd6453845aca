"""Does a triple cost the same in a large data set as in a small one, and is memory what it must be?

    make scaling [BENCH="--sizes 1e6 1e7"]     or     python benchmarks/scaling.py [--rounds 1]

BPR with 64 factors on made-up interactions whose density, over all and in a tile, is the same at
each size (skewed.py). Each fit runs in a process of its own. A triple's time is the median over
epochs (planning included, the first left out) and rounds. Memory is the process's peak during the
fit, less what it held when everything was imported and a tiny model fitted, but no data read; what
is needed is the interactions (CSR), the factors and one plan. Reads /proc, so Linux only.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypedDict

import numpy as np
from skewed import CSR, make_skewed

from recsys_backends import set_backend
from recsys_edu import BPR
from recsys_edu.interactions import Interactions
from recsys_edu.machine import describe_machine

MB = 1e6


class Measured(TypedDict):
    """One fit, as the process that ran it reports it."""

    ns_per_triple: float
    n_blocks: int
    peak_bytes: int
    needed_bytes: int


def main() -> None:
    """Fit each size with each number of threads, in turn, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", type=float, default=[1e6, 1e7, 5e7])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="100,000 interactions, once: a try")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)  # for our own children
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure, asked.factors, asked.epochs, asked.threads[0])))
        return
    if asked.quick:
        asked.sizes, asked.rounds = [1e5], 1
    for name, value in describe_machine().items():
        print(f"{name}: {value}")
    print(f"\nBPR, {asked.factors} factors, median of {asked.rounds}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        data = {int(size): write(make_skewed(int(size)), Path(folder)) for size in asked.sizes}
        print_table(measure_in_turn(data, asked), data)


def write(made: CSR, folder: Path) -> Path:
    """Keep interactions in a file, from which a fit reads them without making them."""
    path = folder / f"{len(made.indices)}.npy"
    np.save(path, made.indices)
    np.save(path.with_suffix(".indptr.npy"), made.indptr)
    path.with_suffix(".json").write_text(json.dumps(made.n_items))
    return path


def measure_in_turn(
    data: dict[int, Path], asked: argparse.Namespace
) -> dict[tuple[int, int], list[Measured]]:
    """By size and number of threads, a fit for each round: every size in each round."""
    fits: dict[tuple[int, int], list[Measured]] = {}
    for _ in range(asked.rounds):
        for size, path in data.items():
            for n_threads in asked.threads:
                done = subprocess.run(
                    [
                        *(sys.executable, __file__, "--measure", path),
                        *("--factors", str(asked.factors), "--epochs", str(asked.epochs)),
                        *("--threads", str(n_threads)),
                    ],
                    stdout=subprocess.PIPE,
                    check=True,
                )
                fits.setdefault((size, n_threads), []).append(json.loads(done.stdout))
    return fits


def measure(path: Path, n_factors: int, epochs: int, n_threads: int) -> Measured:
    """Fit once; the process must have done nothing before."""
    set_backend("optimized")

    def model(epochs: int) -> BPR:
        return BPR(n_factors, epochs, n_threads=n_threads, progress=False)

    tiny = make_skewed(2_000)
    model(2).fit(interactions(tiny))
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM starts again: imports had a peak, too
    before = peak_memory()
    starts = np.load(path.with_suffix(".indptr.npy"))
    made = CSR(starts, np.load(path), json.loads(path.with_suffix(".json").read_text()))
    train = interactions(made)
    fitted = model(epochs).fit(train)
    peak = peak_memory() - before
    seconds = [report.seconds / report.n_triples for report in fitted.history[1:]]
    arrays = (train.indptr, train.indices, fitted.user_factors, fitted.item_factors)
    return {
        "ns_per_triple": 1e9 * statistics.median(seconds),
        "n_blocks": fitted.n_blocks_used,
        "peak_bytes": peak,
        "needed_bytes": sum(array.nbytes for array in (*arrays, fitted.item_biases))
        + 3 * train.indices.nbytes  # a plan: three int32 for each interaction, and its bounds
        + 8 * (fitted.n_blocks_used**2 + 1),
    }


def interactions(made: CSR) -> Interactions:
    """The arrays as they are, without a copy, which ``Interactions`` makes of what is writable."""
    for array in (made.indptr, made.indices):
        array.flags.writeable = False
    n_users = len(made.indptr) - 1
    return Interactions(made.indptr, made.indices, np.arange(n_users), np.arange(made.n_items))


def peak_memory() -> int:
    """The most that was resident at a time since the peak was last reset, in bytes."""
    (line,) = (
        line
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM:")
    )
    return 1024 * int(line.split()[1])


def print_table(fits: dict[tuple[int, int], list[Measured]], data: dict[int, Path]) -> None:
    """A line a fit; ratios are to the first size on as many threads."""
    first = next(iter(data))
    print("interactions  blocks  threads  ns/triple  × first |  peak MB  needed MB  ratio")
    for (size, n_threads), measured in fits.items():
        times = [fit["ns_per_triple"] for fit in measured]
        base = statistics.median(fit["ns_per_triple"] for fit in fits[first, n_threads])
        peak = statistics.median(fit["peak_bytes"] for fit in measured)
        needed = measured[0]["needed_bytes"]
        print(
            f"{size:12,} {measured[0]['n_blocks']:7} {n_threads:8}"
            f" {statistics.median(times):10.1f} {statistics.median(times) / base:8.2f} |"
            f" {peak / MB:8,.1f} {needed / MB:10,.1f} {peak / needed:6.2f}"
        )


if __name__ == "__main__":
    main()
