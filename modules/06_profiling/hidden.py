"""What each graded cell of lesson 06 is judged by, on inputs that nobody has seen."""

import math

import numpy as np

from recsys_backends.contract.clause import require, require_close

from .checkpoint import (
    MB,
    made_up_profile,
    profile_of_bpr,
    require_amdahl,
    require_comparison,
    require_cost,
    require_counts,
    require_memory_meter,
    require_roof,
    require_rows,
    require_stopwatch,
)


def test_timed(remote, rng: np.random.Generator) -> None:
    """Blocks of any length, nested and failing, by a fake clock and by the real one."""
    for _ in range(5):
        require_stopwatch(remote, *rng.uniform(0.0, 50.0, 4).tolist())
    require_stopwatch(remote, -7.0, 0.0, 0.0, 0.0)
    found = remote.probe.time_a_sleep(float(rng.uniform(0.02, 0.06)))
    require(
        found["least"] - 0.01 <= found["time_ms"] <= found["most"] + 0.01,
        f"a block that slept took between {found['least']:.2f} and {found['most']:.2f} ms, and "
        f"timed says {found['time_ms']:.2f}: is its clock time.perf_counter?",
    )


def test_traced(remote, rng: np.random.Generator) -> None:
    """Blocks of any size, nested, failing, and inside of other tracing."""
    for _ in range(3):
        require_memory_meter(remote, (rng.uniform(3, 20, 3) * MB).astype(int).tolist())


def test_compare(remote, rng: np.random.Generator) -> None:
    """The medians of odd and even numbers of calls, whatever the warm-up took."""
    for n in (5, 2, 1, 8):
        first, second = rng.exponential(0.1, (2, n + 1))
        first[0], second[0] = rng.uniform(1.0, 9.0, 2)
        require_comparison(remote, first, second)


def test_time_shares(remote, rng: np.random.Generator) -> None:
    """A real profile, made-up ones with ties and twins, and two that are empty."""
    for stats in (profile_of_bpr(), *(made_up_profile(rng) for _ in range(5))):
        require_rows(remote.time_shares(stats), stats)
    require(remote.time_shares({}) == [], "an empty profile has no rows: [] is expected.")
    idle = {("a.py", 3, "idle"): (2, 2, 0.0, 0.0, {})}
    require_rows(remote.time_shares(idle), idle)


def test_cost_per_call(remote, rng: np.random.Generator) -> None:
    """The least disturbed of several repeats, without the loop."""
    for repeats, n in ((1, 10), (4, 1000), (7, 20_000)):
        empty = rng.uniform(0.001, 0.01, repeats)
        require_cost(remote, rng.uniform(0.02, 0.1, repeats), empty, n)


def test_speedup(remote, rng: np.random.Generator) -> None:
    """Amdahl's law forwards, to infinity and backwards."""
    for _ in range(10):
        require_amdahl(remote, float(rng.uniform(0.05, 0.95)), float(np.exp(rng.uniform(-1, 6))))
    require_amdahl(remote, 0.5, float(rng.uniform(2, 9)))
    require_close(remote.speedup(0.0, 9.0), 1.0, 0, "speedup of a part that takes no time")
    require(
        remote.speedup(1.0, math.inf) == math.inf,
        "speedup(1.0, math.inf) should be math.inf: nothing is left.",
    )
    require_close(remote.factor_needed(1.0, 7.5), 7.5, 1e-9, "factor_needed for a share of 1")


def test_triple_cost(remote, rng: np.random.Generator) -> None:
    """Flops and bytes for any sizes."""
    for _ in range(8):
        require_counts(remote, *rng.integers(1, 40, 4).tolist())


def test_roofline(remote, rng: np.random.Generator) -> None:
    """Any machine, on both sides of its ridge."""
    for _ in range(8):
        require_roof(remote, *rng.uniform([0.01, 1e9, 1e8], [0.99, 1e13, 1e12]).tolist())
