"""Calls by which the mistakes of lesson 06 are recognised."""

import math

import numpy as np

MEGABYTES_OF_PYTHON = 0.05
"""Megabytes that Python itself may take while a block is traced."""


def calls(rng: np.random.Generator) -> dict:
    """Return calls of each part's functions: (name, arguments, keyword arguments)."""
    return {
        "test_timed": _timed(rng),
        "test_traced": _traced(rng),
        "test_compare": _comparisons(rng),
        "test_time_shares": _profiles(rng),
        "test_cost_per_call": [_weighing(rng), _weighing(rng)],
        "test_speedup": _speedups(rng),
        "test_triple_cost": _costs(rng),
        "test_roofline": _roofs(rng),
    }


def _timed(rng: np.random.Generator) -> list:
    spans = rng.uniform(0.1, 3, 4).tolist()
    return [
        ("probe.time_blocks", tuple(spans), {}),
        ("probe.time_a_block_that_raises", (float(rng.uniform(0.1, 3)),), {}),
    ]


def _traced(rng: np.random.Generator) -> list:
    """Return blocks that hold megabytes, so that what Python takes beside them does not count.

    The numbers say which size is the largest: the first one, or the last.
    """
    found = []
    for name, places in (
        ("probe.trace_a_block", (1, 0)),
        ("probe.trace_while_tracing", (2, 1, 0)),
        ("probe.trace_nested", (2, 1, 0)),
        ("probe.trace_nested", (0, 1, 2)),
        ("probe.trace_a_block_that_raises", (0,)),
    ):
        sizes = tuple(int(1e6 * (3 + 2 * place + rng.uniform(0, 1))) for place in places)
        found.append((name, sizes, {}, MEGABYTES_OF_PYTHON))
    return found


def _comparisons(rng: np.random.Generator) -> list:
    """Return seconds of each call, a slow first one among them, for odd and even numbers."""
    found = []
    for n in (5, 6):
        seconds = [[9.0 + k, *rng.uniform(0.1 + k, 0.9 + k, n + 1).tolist()] for k in (0, 2)]
        found.append(("probe.stage_a_comparison", (*seconds, n), {}))
    return found


def _profiles(rng: np.random.Generator) -> list:
    """Return profiles with recursive calls, equal own times and a name that stands twice."""
    found = []
    for _ in range(2):
        own = [float(t) for t in rng.permutation([0.5, 0.5, 1.25, 2.0, 3.5, 0.75])]
        names = ["train", "step", "sigmoid", "draw", "plan", "step"]
        order = rng.permutation(6)
        stats = {
            (f"m{place}.py", 7 * int(place) + 1, names[place]): (
                int(place) + 1,
                int(place) + int(rng.integers(2, 9)),
                own[place],
                own[place] + float(rng.uniform(0, 9)),
                {},
            )
            for place in order
        }
        found.append(("time_shares", (stats,), {}))
    tied = {("z.py", 1, "zeta"): (1, 1, 1.0, 1.0, {}), ("a.py", 2, "alpha"): (1, 1, 1.0, 2.0, {})}
    idle = {("a.py", 3, "idle"): (2, 2, 0.0, 0.0, {})}
    return [*found, ("time_shares", (tied,), {}), ("time_shares", (idle,), {})]


def _weighing(rng: np.random.Generator) -> tuple:
    work, empty = rng.uniform(3, 5, 6).tolist(), rng.uniform(0.5, 1.5, 6).tolist()
    return ("probe.weigh_an_operation", (work, empty, int(rng.integers(20, 60))), {})


def _speedups(rng: np.random.Generator) -> list:
    share, factor = float(rng.uniform(0.55, 0.9)), float(rng.uniform(3, 9))
    found = [("speedup", (share, factor), {}), ("speedup", (1.0, math.inf), {})]
    needed = [(share, 1.5), (share, 50.0), (0.5, 2.0)]
    return [*found, *(("factor_needed", each, {}) for each in needed)]


def _costs(rng: np.random.Generator) -> list:
    d, m, k, n = (int(size) for size in rng.permutation([16, 24, 40, 56]))
    return [("triple_cost", (d,), {}), ("matmul_cost", (m, k, n), {})]


def _roofs(rng: np.random.Generator) -> list:
    peak, bandwidth = float(rng.uniform(50, 90)), float(rng.uniform(8, 20))
    low, high = float(rng.uniform(0.2, 0.8)), float(rng.uniform(20, 40))
    found = [("ridge_point", (peak, bandwidth), {})]
    return [*found, *(("attainable", (x, peak, bandwidth), {}) for x in (low, high))]
