"""Clauses that judge each graded cell of lesson 06, on inputs that nobody has seen.

Clocks and blocks stand on the judge's side, and the learner's instruments are handed them: they can
know what a block took only by reading the clock before and after it. Memory cannot be staged like
that: ``traced`` is asked where it runs, by the probe.
"""

import math
import time

import numpy as np

from recsys_backends.contract.clause import require
from tito.judging.figures import require_figure
from tito.judging.staged import staged_call

from .checkpoint import (
    MB,
    made_up_profile,
    profile_of_bpr,
    require_amdahl,
    require_counts,
    require_memory_meter,
    require_roof,
    require_rows,
)


class _Stage:
    """A clock that moves only while a block runs, by seconds that are drawn then."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._now = float(rng.uniform(-50.0, 50.0))
        self.seconds: dict[str, float] = {}
        self.names: list[str] = []

    def clock(self) -> float:
        return self._now

    def block(self, name: str) -> None:
        seconds = float(self._rng.uniform(0.0, 50.0))
        self._now += seconds
        self.seconds[str(name)] = seconds
        self.names.append(str(name))

    def failing_block(self) -> None:
        self.block("failing")
        raise LookupError


def test_timed(remote, rng: np.random.Generator) -> None:
    """Blocks of any length, nested and failing, by a fake clock and by the real one."""
    for _ in range(5):
        _require_nested_times(remote, _Stage(rng))
        _require_time_of_failing_block(remote, _Stage(rng))
    seconds, slept = float(rng.uniform(0.02, 0.06)), []

    def sleep() -> None:
        start = time.perf_counter()
        time.sleep(seconds)
        slept.append(time.perf_counter() - start)

    start = time.perf_counter()
    found = staged_call(remote, "time_staged_sleep", sleep, probe=True)
    most, least = 1e3 * (time.perf_counter() - start), 1e3 * sum(slept)
    require(len(slept) == 1, f"The block was to run once, and ran {len(slept)} times.")
    require(
        found is not None and least - 0.01 <= found <= most + 0.01,
        f"A block that slept took between {least:.2f} and {most:.2f} ms, and timed says {found}: "
        "is its clock time.perf_counter?",
    )


def _require_nested_times(remote, stage: _Stage) -> None:
    found = staged_call(remote, "time_staged_blocks", stage.clock, stage.block, probe=True)
    require(
        stage.names == ["before", "inside", "after", "later"],
        f"The blocks were to run in their order, once each; they ran as {stage.names[:9]}.",
    )
    inside = stage.seconds["inside"]
    outer = stage.seconds["before"] + inside + stage.seconds["after"]
    for name, seconds in (("outer", outer), ("inner", inside)):
        require(found[name] is not None, f"After the {name} block its time_ms is still None.")
        about = f"One block in another: by the clock the {name} one takes, in ms,"
        require_figure(found[name], 1e3 * seconds, 1e-5, about)
    require(found["memory"] is None, "timed must leave peak_memory_mb None: it was not measured.")


def _require_time_of_failing_block(remote, stage: _Stage) -> None:
    found = staged_call(remote, "time_staged_error", stage.clock, stage.failing_block, probe=True)
    require(stage.names == ["failing"], "The block that raises was to run once.")
    require(found["came_out"], "An error in the block does not come out of timed: it is swallowed.")
    require(found["time_ms"] is not None, "A block raised an error, and its time got lost.")
    expected = 1e3 * stage.seconds["failing"]
    about = "A block raises an error, and until then takes, in ms,"
    require_figure(found["time_ms"], expected, 1e-5, about)


def test_traced(remote, rng: np.random.Generator) -> None:
    """Blocks of any size, nested, failing, and inside of other tracing."""
    for _ in range(3):
        require_memory_meter(remote, (rng.uniform(3, 20, 3) * MB).astype(int).tolist())


class _Actors:
    """Functions that take given seconds of a clock, call by call; the last ones take none."""

    def __init__(self, **seconds: np.ndarray) -> None:
        self._now = 50.0
        self._left = {name: iter(values.tolist()) for name, values in seconds.items()}
        self.calls: list[tuple[str, object]] = []

    def clock(self) -> float:
        return self._now

    def actor(self, name: str):
        def act(n: object = None) -> None:
            self.calls.append((name, n))
            self._now += next(self._left[name], 0.0)

        return act


def test_compare(remote, rng: np.random.Generator) -> None:
    """The medians of odd and even numbers of calls, whatever the warm-up took."""
    for n in (5, 2, 1, 8):
        first, second = rng.exponential(0.1, (2, n + 1))
        first[0], second[0] = rng.uniform(1.0, 9.0, 2)
        actors = _Actors(A=first, B=second)
        both = actors.actor("A"), actors.actor("B")
        found = staged_call(remote, "compare", *both, n, actors.clock)
        calls = "".join(name for name, _ in actors.calls)
        require(
            calls.count("A") == calls.count("B") == n + 1,
            f"With n = {n} each function is to be called {n + 1} times; the calls were "
            f"{calls[:40]}.",
        )
        require(
            all({calls[k], calls[k + 1]} == {"A", "B"} for k in range(2, 2 * n + 2, 2)),
            f"After one warm-up of each the two should take turns; the calls were {calls}.",
        )
        expected = 1e3 * np.median(first[1:]), 1e3 * np.median(second[1:])
        require(len(found) == 2, "compare should return two medians.")
        for which, got, median in zip(("first", "second"), found, expected, strict=True):
            about = (
                f"Of the {n} measured calls of the {which} function, without the warm-up, the median "
                "is, in ms,"
            )
            require_figure(got, median, 1e-5, about)


def test_time_shares(remote, rng: np.random.Generator) -> None:
    """A real profile, made-up ones with ties and twins, and two that are empty."""
    for stats in (profile_of_bpr(), *(made_up_profile(rng) for _ in range(5))):
        require_rows(remote.time_shares(stats), stats)
    require(remote.time_shares({}) == [], "An empty profile has no rows: [] is expected.")
    idle = {("a.py", 3, "idle"): (2, 2, 0.0, 0.0, {})}
    require_rows(remote.time_shares(idle), idle)


def test_cost_per_call(remote, rng: np.random.Generator) -> None:
    """The least disturbed of several repeats, without the loop."""
    for repeats, n in ((1, 10), (4, 1000), (7, 20_000)):
        work, empty = rng.uniform(0.02, 0.1, repeats), rng.uniform(0.001, 0.01, repeats)
        actors = _Actors(work=work, empty=empty)
        both = actors.actor("work"), actors.actor("empty")
        cost = staged_call(remote, "cost_per_call", *both, n, repeats, actors.clock)
        wanted = sorted([("empty", n), ("work", n)] * repeats)
        require(
            len(actors.calls) == len(wanted)
            and all(call in wanted for call in actors.calls)
            and all(actors.calls.count(call) == repeats for call in set(wanted)),
            f"With {repeats} repeats and n = {n}, work(n) and empty(n) are to be called once in "
            f"each repeat; the calls were {actors.calls[:20]}.",
        )
        expected = 1e9 * (work.min() - empty.min()) / n
        about = (
            f"The fastest of {repeats} loops with the work takes {1e6 * work.min():.1f} µs, the fastest "
            f"empty one {1e6 * empty.min():.1f} µs, for {n} operations: one costs, in ns,"
        )
        require_figure(cost, expected, 1e-6 * expected, about)


def test_speedup(remote, rng: np.random.Generator) -> None:
    """Amdahl's law forwards, to infinity and backwards."""
    for _ in range(10):
        require_amdahl(remote, float(rng.uniform(0.05, 0.95)), float(np.exp(rng.uniform(-1, 6))))
    require_amdahl(remote, 0.5, float(rng.uniform(2, 9)))
    nothing = (
        "A part that takes no time becomes 9 times faster: the whole becomes faster by a factor of"
    )
    require_figure(remote.speedup(0.0, 9.0), 1.0, 0, nothing)
    require(
        remote.speedup(1.0, math.inf) == math.inf,
        "speedup(1.0, math.inf) should be math.inf: nothing is left.",
    )
    whole = (
        "A part that is all of the time has to become faster, for 7.5 times as fast, by a factor of"
    )
    require_figure(remote.factor_needed(1.0, 7.5), 7.5, 1e-9, whole)


def test_triple_cost(remote, rng: np.random.Generator) -> None:
    """Flops and bytes for any sizes."""
    for _ in range(8):
        require_counts(remote, *rng.integers(1, 40, 4).tolist())


def test_roofline(remote, rng: np.random.Generator) -> None:
    """Any machine, on both sides of its ridge."""
    for _ in range(8):
        require_roof(remote, *rng.uniform([0.01, 1e9, 1e8], [0.99, 1e13, 1e12]).tolist())
