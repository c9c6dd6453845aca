"""Where does the kernel's time go? One thread sampled by perf, each sample put to a C function.

    python benchmarks/profile_kernel.py [--dataset ml-1m-implicit] [--factors 64] [--seconds 10]

The compiler has inlined nearly everything, so the kernels are built once more with debugging
information (in build/profile; the code is the same), and each sampled address is looked up in it,
inlined calls included. Samples come from the clock and not from counters, so this works in virtual
machines; a sample falls on the instruction that waited, so a row that is late counts where it is
first used. Needs Linux, perf (linux-tools) and addr2line (binutils).
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from recsys_backends import set_backend
from recsys_edu import BPR
from recsys_edu.datasets import load_split
from recsys_edu.machine import describe_machine

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/profile"
HELPERS = {
    *("mix64", "draw", "bounded", "filter_bit", "add_lanes", "exp_bounded", "log_normal"),
    *("user_row", "positive_row", "negative_row", "positive_bias", "negative_bias"),
}
"""Small functions that count as part of whoever calls them."""
MODULES = ("_bpr", "_plan")


def main() -> None:
    """Build, sample, look up, print; or, in a process that perf watches, run epochs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="ml-1m-implicit")
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--run", action="store_true", help=argparse.SUPPRESS)  # our own child
    asked = parser.parse_args()
    if asked.run:
        print(*run_epochs(asked.dataset, asked.factors, asked.seconds))
        return
    build()
    since, ns_per_triple = map(float, record(asked).split())
    shares = parts(sampled_symbols(since))
    for name, value in describe_machine().items():
        print(f"{name}: {value}")
    print(
        f"\n{asked.dataset}, {asked.factors} factors, one thread: {ns_per_triple:.1f} ns/triple\n"
    )
    print("  share  ns/triple  where")
    total = sum(shares.values())
    for (module, function), n in shares.most_common(25):
        print(f"{n / total:7.1%} {n / total * ns_per_triple:10.1f}  {function} ({module})")


def run_epochs(dataset: str, n_factors: int, seconds: float) -> tuple[float, float]:
    """Epochs of BPR for so long; returns when they began, and nanoseconds a triple."""
    set_backend("optimized")
    train = load_split(dataset).fold_valid().train
    model = BPR(n_factors, 1, n_threads=1, progress=False).fit(train)
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        model.fit(train, warm_start=True)
    times = [report.seconds / report.n_triples for report in model.history[1:]]
    return began, 1e9 * statistics.median(times)


def build() -> None:
    """The packages as they are, with kernels that carry debugging information."""
    subprocess.run(
        [
            *(sys.executable, "setup.py", "-q", "build"),
            *("--build-base", BUILD / "base", "--build-lib", BUILD / "lib"),
        ],
        cwd=ROOT,
        env={**os.environ, "RECSYS_EDU_CFLAGS": "-g"},
        check=True,
    )


def record(asked: argparse.Namespace) -> str:
    """Have perf watch a child that runs epochs; returns what the child printed."""
    done = subprocess.run(
        [
            *("perf", "record", "--quiet", "-e", "cpu-clock:u", "-F", "4000"),
            *("--clockid", "CLOCK_MONOTONIC"),  # that of time.monotonic
            *("-o", BUILD / "perf.data", "--", sys.executable, __file__, "--run"),
            *("--dataset", asked.dataset, "--factors", str(asked.factors)),
            *("--seconds", str(asked.seconds)),
        ],
        env={**os.environ, "PYTHONPATH": str(BUILD / "lib")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def sampled_symbols(since: float) -> Counter[tuple[str, str]]:
    """How many samples, from a time on, fell on each (file, symbol+offset)."""
    listed = subprocess.run(
        ["perf", "script", "-i", BUILD / "perf.data", "-F", "time,ip,sym,symoff,dso"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.findall(r"^\s*([\d.]+):\s+[0-9a-f]+ (\S+) \((.*)\)$", listed.stdout, re.M)
    return Counter((file, symbol) for at, symbol, file in found if float(at) >= since)


def parts(symbols: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """The samples of the kernels by (module, C function); all else is one part."""
    shares: Counter[tuple[str, str]] = Counter()
    for file in {file for file, _ in symbols}:
        module = Path(file).name.partition(".")[0]
        mine = {symbol: n for (where, symbol), n in symbols.items() if where == file}
        if module not in MODULES:
            shares["Python, NumPy and the rest", "everything else"] += sum(mine.values())
            continue
        functions = inlined_functions(file, list(mine))
        for symbol, n in mine.items():
            shares[module, functions[symbol]] += n
    return shares


def inlined_functions(file: str, symbols: list[str]) -> dict[str, str]:
    """For each symbol+offset the innermost inlined C function that is no helper."""
    listed = subprocess.run(["nm", file], capture_output=True, text=True, check=True).stdout
    starts = {name: int(start, 16) for start, name in re.findall(r"^(\w+) \w (\S+)$", listed, re.M)}
    places = {}
    for symbol in symbols:
        name, _, offset = symbol.partition("+")
        if name in starts:  # calls into other libraries have no address here
            places[symbol] = starts[name] + int(offset or "0", 16)
    told = subprocess.run(
        ["addr2line", "-e", file, "-i", "-f", "-a"],
        input="\n".join(hex(place) for place in places.values()),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    chains = re.split(r"^0x[0-9a-f]+\n", told, flags=re.M)[1:]  # then function, file:line, …
    return {symbol: symbol.partition("+")[0] for symbol in symbols} | {
        symbol: first_that_is_no_helper(chain.splitlines()[::2])
        for symbol, chain in zip(places, chains, strict=True)
    }


def first_that_is_no_helper(names: list[str]) -> str:
    """Of inlined calls, innermost first; without the instruction set at the end of the name."""
    plain = [re.sub(r"_(portable|avx2|avx512)$", "", name) for name in names]
    return next((name for name in plain if name not in HELPERS), plain[-1])


if __name__ == "__main__":
    main()
