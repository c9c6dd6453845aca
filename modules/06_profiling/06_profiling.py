# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lesson 06. Profiling: where does the time go?
#
# **The question of this lesson: do I know where the time goes?** You will write your own measuring
# instruments: a stopwatch, a memory meter, a fair comparison, a reader of profiles. Then you point
# them at BPR in plain Python. At the end you know three things: which part is slow, why it is slow,
# and how fast it could be at most.
#
# About three hours. You need NumPy, and the training loop of lesson 05. If a cell gets stuck, the
# square button stops it. Words that are new stand in bold, and the [glossary](glossary.md) explains them.
#
# | part | you write | points |
# | --- | --- | --- |
# | 1 | `timed` | 3 |
# | 2 | `traced` | 5 |
# | 3 | `compare` | 4 |
# | 4 | `time_shares` | 4 |
# | 5 | `cost_per_call` | 3 |
# | 6 | `speedup`, `factor_needed` | 4 |
# | 7 | `triple_cost`, `matmul_cost` | 3 |
# | 8 | `ridge_point`, `attainable` | 3 |
# | | three questions in words | 9 |

# %% [markdown]
# ## Why
#
# In lesson 05 you trained BPR with a loop in plain Python. It ranks well, and it is slow: each triple
# (user, positive item, negative item) takes tens of microseconds, and an epoch has as many triples as
# there are interactions.
#
# What would you do about it? Most people look at the code, guess what is slow, and rewrite that. The
# guess is often wrong. Then the work is lost, and the code is harder to read.
#
# So this lesson changes nothing. It only measures. In each part you build an instrument, and then you use
# it on BPR.

# %% [markdown]
# These are the imports of everything that you will export. Run the cell and go on.

# %% nbgrader={"grade": false, "grade_id": "profiling_imports", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export"]
import math
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

# %% [markdown]
# And these only look at things; they stay in the notebook.

# %%
import cProfile
import pstats

import matplotlib.pyplot as plt
from threadpoolctl import threadpool_limits

from recsys_backends import ops
from recsys_backends.plan import EpochPlan
from recsys_edu import BPR, load_split, use_backend
from recsys_edu.datasets.synthetic import make_synthetic

# %% [markdown]
# ## 1. A stopwatch
#
# We want to write
#
# ```python
# with timed() as run:
#     model.fit(train)
# print(run.time_ms)
# ```
#
# The object after `with` is a **context manager**: it does one thing before the block and another thing
# after it. The shortest way to write one is a function with a `yield` in the middle. The block runs where
# the `yield` is, and the name after `as` gets the value that you yield. Run this:


# %%
@contextmanager
def announced(name):
    print("before", name)
    try:
        yield name.upper()
    finally:
        print("after", name)


with announced("the block") as loud:
    print("inside", loud)

# %% [markdown]
# Why `try` and `finally`? If the block raises an error, the error appears at the `yield`. Without
# `finally`, the lines after the `yield` would not run. With `finally` they run in any case, and the error is
# raised after them. Leave out `try` and `finally`, put `1 / 0` into the block, and see what happens.
#
# A `Run` is the record of a measurement. What was not measured stays `None`. (`highest` is for part 2.)


# %% nbgrader={"grade": false, "grade_id": "run_record", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export"]
@dataclass
class Run:
    """What was measured of one block."""

    time_ms: float | None = None
    peak_memory_mb: float | None = None
    current_memory_mb: float | None = None
    highest: int = 0


# %% [markdown]
# **Which clock?** Python has several. `time.time()` is the date; it jumps when the computer corrects
# its date. `time.process_time()` counts only what the processor does for you: it stands still while
# your program waits. We want the time that a person with a stopwatch would see, as exactly as possible.
# `time.perf_counter()` gives that. It returns seconds; only the *difference* of two readings has a meaning.
#
# **How do you test a stopwatch?** The answer is different every time. The trick: the clock is an
# argument. In real use it is `time.perf_counter`. A test passes a fake clock, which moves only when it
# is told to:


# %%
class FakeClock:
    """A clock for tests: calling it reads it, and it moves only by ``advance``."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += seconds


# %% nbgrader={"grade": false, "grade_id": "timed", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
@contextmanager
def timed(clock: Callable[[], float] = time.perf_counter) -> Iterator[Run]:
    """Measure how long a block takes: ``run.time_ms``, in milliseconds.

    Args:
        clock: returns the time in seconds, each time that it is called.

    Example: with timed() as run: time.sleep(0.02)   leaves run.time_ms a little above 20.
    Approach: make a Run; read the clock; yield the Run; read the clock again, and write the difference
    into the Run. An error in the block must pass through, and the time must be there all the same.
    Hint: the same shape as ``announced``: the yield in a ``try``, the second reading in ``finally``.
    """
    ### BEGIN SOLUTION
    run = Run()
    start = clock()
    try:
        yield run
    finally:
        run.time_ms = 1e3 * (clock() - start)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_timed", "locked": true, "points": 3, "schema_version": 3, "solution": false}
clock = FakeClock()
try:
    with timed(clock) as run:
        clock.advance(0.25)
except TypeError as error:
    raise AssertionError(
        f"`with timed(clock)` does not work: {error}. Is there a `yield` in your function? The block runs where it is; "
        "`return` does not do that."
    ) from None
assert run is not None, "`as run` got None: yield the Run, so that the block gets it."
assert run.time_ms is not None, "After the block run.time_ms is still None: write it into the Run."
assert run.time_ms != 0.25, "That is in seconds. time_ms is in milliseconds: 250, not 0.25."
assert abs(run.time_ms + 250) > 1e-6, (
    "The time is negative: it is the later reading minus the earlier one."
)
assert abs(run.time_ms - 0.00025) > 1e-9, "You divide by 1000: seconds times 1000 are milliseconds."
assert 0 <= run.time_ms < 1e6, (
    f"time_ms is {run.time_ms:g}. Read one clock both times, the one that you are given: clock()."
)
assert abs(run.time_ms - 250) < 1e-6, (
    f"The clock moved by 0.25 s in the block, so time_ms should be 250; yours is {run.time_ms:g}. Read the "
    "clock just before the yield, and again just after it; and read the one that you are given, clock()."
)
assert run.peak_memory_mb is None, "timed measures time alone: leave peak_memory_mb as it is, None."

with timed(clock) as outer:
    clock.advance(1)
    with timed(clock) as inner:
        clock.advance(2)
    clock.advance(4)
assert abs(outer.time_ms - 7000) < 1e-6 and abs(inner.time_ms - 2000) < 1e-6, (
    "A block of 7 s with one of 2 s inside: expected 7000 and 2000 ms, yours are "
    f"{outer.time_ms:g} and {inner.time_ms:g}. Each call of timed needs a Run and a start of its own."
)

try:
    with timed(clock) as run:
        clock.advance(0.5)
        raise ZeroDivisionError("from the block")
except ZeroDivisionError:
    passed_through = True
else:
    passed_through = False
assert passed_through, (
    "The block raised an error, and your timed swallowed it. Use `finally`, without an `except`."
)
assert run.time_ms is not None and abs(run.time_ms - 500) < 1e-6, (
    "The block raised an error after 0.5 s, and the time got lost. What comes after the yield runs in "
    "any case only if the yield is in a `try`, and the rest in its `finally`."
)

with timed() as run:
    time.sleep(0.05)
assert run.time_ms > 49, (
    f"The block slept for 50 ms, and your timer saw {run.time_ms:.3f} ms: a sleeping program uses no processor "
    "time. Is the default clock still time.perf_counter?"
)
print("Part 1 works: you have a stopwatch.")

# %% [markdown]
# **The patient.** The program that we examine is one epoch of BPR, with 16 factors, on the backend `naive`.
# That is the answer key of lesson 05: a plain loop like the one that you wrote.
#
# We take a fifth of the data set that is made by code (its test part; `load_split("ml-100k")` would take
# MovieLens instead). That is enough: today nobody asks how well the model ranks, and the cost of one triple
# hardly depends on how many there are. To find out where the time goes, take a small and typical piece.

# %% tags=["experiment"]
train = load_split("synthetic-100k").test
SETTINGS = {
    "n_factors": 16,
    "epochs": 1,
    "learning_rate": 0.05,
    "reg": 0.01,
    "n_blocks": 1,
    "n_threads": 1,
    "progress": False,
}


def fit_plain():
    """One epoch of BPR in plain Python."""
    with use_backend("naive"):
        return BPR(**SETTINGS).fit(train)


with timed() as plain:
    fit_plain()
print(f"one epoch of {train.nnz:,} triples: {plain.time_ms / 1e3:.2f} s")
print(f"that is {plain.time_ms * 1e3 / train.nnz:.1f} µs for each triple")

# %% [markdown]
# ## 2. A memory meter
#
# The second resource is memory. Python can *trace* it: between `tracemalloc.start()` and
# `tracemalloc.stop()` it notes every piece of memory that is taken or given back, also for NumPy's arrays.
# You need three more calls:
#
# | call | does |
# | --- | --- |
# | `tracemalloc.get_traced_memory()` | returns `(level, peak)` in bytes: what is held now, and the most that was held at any one moment |
# | `tracemalloc.reset_peak()` | sets the peak back to the level of now |
# | `tracemalloc.is_tracing()` | says whether memory is being traced |
#
# Let $m_t$ be the level at time $t$. For a block we want two figures, both *beyond what was held before it*:
#
# $$\text{current} = m_{\text{end}} - m_{\text{start}}, \qquad
# \text{peak} = \max_{t \,\in\, \text{block}} m_t - m_{\text{start}}.$$
#
# The two differ whenever the block makes something and drops it again. *Current* is what is left at the
# end; the **peak** is what your computer must have.
#
# **Two traps.**
#
# - *Tracing may be on already*, because somebody else has started it. Then leave it on. If *you* have
#   started it, you stop it, also after an error. While it is on, everything is slow.
# - *There is only one peak*, for the whole program, and blocks stand inside one another. When the inner block
#   resets the peak, the outer block's figure is gone. So each open block has a note of its own, `run.highest`: the
#   highest level so far, in bytes. The given function `note_peak()` copies the peak into the notes of all open
#   blocks. Call it *before* each reset, and before tracing ends.
#
# An outer block takes 8 MB and gives them back; then an inner block does the same with 3 MB:
#
# | moment | level | Python's peak | `outer.highest` | `inner.highest` |
# | --- | --- | --- | --- | --- |
# | outer begins, and resets the peak | 0 | 0 | 0 | |
# | 8 MB were taken and given back | 0 | 8 | 0 | |
# | inner begins: `note_peak()` | 0 | 8 | 8 | |
# | … and resets the peak | 0 | 0 | 8 | 0 |
# | 3 MB were taken and given back | 0 | 3 | 8 | 0 |
# | inner ends: `note_peak()` | 0 | 3 | 8 | 3 |
# | outer ends: `note_peak()` | 0 | 3 | 8 | |
#
# At the end Python's peak says 3, and the outer block's own note says 8, which is right.


# %% nbgrader={"grade": false, "grade_id": "note_peak", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export"]
open_runs: list[Run] = []
"""The blocks that trace memory now, the outermost first."""


def note_peak() -> None:
    """Tell every open block how high the level has been since the last reset."""
    peak = tracemalloc.get_traced_memory()[1]
    for run in open_runs:
        run.highest = max(run.highest, peak)


# %% nbgrader={"grade": false, "grade_id": "traced", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
@contextmanager
def traced() -> Iterator[Run]:
    """Measure a block's memory: ``run.peak_memory_mb`` and ``run.current_memory_mb``, in 10⁶ bytes.

    Example: a block that makes 8 MB, drops them and then makes 2 MB has a peak of 8 and a current of 2.
    Approach, before the block: remember whether tracing is on, and start it if not; note_peak(), for
    the blocks around this one; reset the peak; read the level, and remember it as the level before;
    append the Run to open_runs.
    After the block, in ``finally``: read the level; note_peak(); take the Run off open_runs; stop
    tracing if you have started it; write both figures into the Run.
    Hint: blocks end in the opposite order to that in which they began, so open_runs.pop() is yours.
    """
    ### BEGIN SOLUTION
    run = Run()
    was_tracing = tracemalloc.is_tracing()
    if not was_tracing:
        tracemalloc.start()
    note_peak()
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    open_runs.append(run)
    try:
        yield run
    finally:
        current = tracemalloc.get_traced_memory()[0]
        note_peak()
        open_runs.pop()
        if not was_tracing:
            tracemalloc.stop()
        run.current_memory_mb = (current - before) / 1e6
        run.peak_memory_mb = (run.highest - before) / 1e6
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_traced", "locked": true, "points": 5, "schema_version": 3, "solution": false}
def megabytes(n):
    """Something that takes n million bytes."""
    return bytearray(round(n * 1e6))


def assert_mb(got, expected, what):
    assert got is not None, f"{what} is None: write it into the Run after the block."
    assert abs(got - expected) < 0.05, f"{what} should be about {expected} MB, yours is {got:.3f}."


tracemalloc.stop()
open_runs.clear()
try:
    try:
        with traced() as run:
            passing = megabytes(8)
            del passing
            kept = megabytes(2)
    except IndexError as error:
        raise AssertionError(
            f"After the block there is no Run to take off ({error}): append it to open_runs before the block."
        ) from None
    still_tracing = tracemalloc.is_tracing()
    assert run.current_memory_mb is None or abs(run.current_memory_mb - 2e6) > 1e5, (
        "That is in bytes: divide by 10⁶ for megabytes."
    )
    assert run.current_memory_mb is None or abs(run.current_memory_mb - 2e6 / 2**20) > 1e-3, (
        "You divide by 2²⁰. Here a megabyte is 10⁶ bytes."
    )
    assert_mb(
        run.current_memory_mb,
        2,
        "What is left of 8 MB dropped and 2 MB kept (current; is the level read before tracing stops?)",
    )
    assert_mb(
        run.peak_memory_mb,
        8,
        "The most held at a time, of 8 MB dropped, then 2 MB kept (peak; is the Run still in open_runs when "
        "note_peak() is called after the block?)",
    )
    assert not still_tracing, (
        "The block has ended, and memory is still being traced: everything that follows is slow now. Stop "
        "what you have started."
    )
    assert run.time_ms is None, "A time taken while tracing is worth nothing: leave time_ms None."
    del kept

    tracemalloc.start()
    earlier = megabytes(20)
    del earlier
    before = megabytes(5)
    with traced() as run:
        kept = megabytes(3)
    assert tracemalloc.is_tracing(), (
        "Memory was traced before your block began, by somebody else, and your block has switched it off."
    )
    assert run.peak_memory_mb < 14, (
        f"The block held 3 MB at most, yours says {run.peak_memory_mb:.1f}: that is a peak from before the "
        "block. When the block begins, reset the peak, and append the Run to open_runs only behind note_peak() and the reset."
    )
    assert_mb(
        run.current_memory_mb, 3, "With 5 MB held from before, a block that makes 3 (current)"
    )
    assert_mb(
        run.peak_memory_mb,
        3,
        "With 5 MB held from before, a block that makes 3 (peak: run.highest minus the level before)",
    )
    with traced() as run:
        del before
    assert_mb(run.peak_memory_mb, 0, "The peak of a block that only drops 5 MB")
    assert_mb(run.current_memory_mb, -5, "What is left by a block that only drops 5 MB (current)")
    del kept
    tracemalloc.stop()

    with traced() as outer:
        passing = megabytes(10)
        del passing
        with traced() as inner:
            passing = megabytes(4)
            del passing
        still_tracing = tracemalloc.is_tracing()
        passing = megabytes(13)
        del passing
    assert still_tracing, (
        "The end of the inner block has switched off the tracing of the outer one."
    )
    assert_mb(
        outer.peak_memory_mb,
        13,
        "The peak of an outer block that makes 13 MB after an inner block (has the inner one taken the "
        "outer one's Run off open_runs, instead of its own?)",
    )
    with traced() as outer:
        passing = megabytes(10)
        del passing
        with traced() as inner:
            passing = megabytes(4)
            del passing
    assert_mb(inner.peak_memory_mb, 4, "The peak of the inner block, which makes 4 MB,")
    assert_mb(
        outer.peak_memory_mb,
        10,
        "The peak of an outer block that makes and drops 10 MB before an inner block (does the inner one "
        "reset the peak before note_peak() has told the outer one?)",
    )

    try:
        with traced() as run:
            kept = megabytes(6)
            raise ZeroDivisionError("from the block")
    except ZeroDivisionError:
        pass
    else:
        raise AssertionError("The block raised an error, and your traced swallowed it.")
    assert not tracemalloc.is_tracing() and not open_runs, (
        "The block raised an error, and tracing stayed on, or its Run stayed in open_runs: clean up in "
        "`finally`."
    )
    assert_mb(run.peak_memory_mb, 6, "The peak of a block that raises after making 6 MB")
    del kept
finally:
    tracemalloc.stop()
    open_runs.clear()
print("Part 2 works: you have a memory meter.")

# %% [markdown]
# **Why not time and memory at once?** Because tracing takes time. Put together, the two
# instruments are one `benchmark`, with a mode for each:


# %% nbgrader={"grade": false, "grade_id": "benchmark", "locked": true, "points": 0, "schema_version": 3, "solution": false} tags=["export"]
def benchmark(*, memory: bool = False) -> Any:
    """A context manager that measures the time of its block, or else its memory; never both."""
    return traced() if memory else timed()


# %% [markdown]
# See what tracing does to the time, on a small catalogue:

# %% tags=["experiment"]
small = make_synthetic(150, 200, 5000, seed=6)


def fit_small():
    with use_backend("naive"):
        return BPR(**SETTINGS).fit(small)


with benchmark() as run:
    fit_small()
with benchmark(memory=True) as memory, timed() as while_tracing:
    fit_small()
print(f"time:   {run.time_ms:7.1f} ms")
print(
    f"memory: {memory.peak_memory_mb:7.2f} MB at most, {memory.current_memory_mb:.2f} MB at the end"
)
print(
    f"time while tracing: {while_tracing.time_ms:.1f} ms, {while_tracing.time_ms / run.time_ms:.1f} times as long"
)

# %% [markdown]
# Memory is no problem here. (At the end the model is gone, so little is left.) But a time that was
# measured while tracing is worth nothing. The library has this instrument too: `recsys_edu.benchmark`.

# %% [markdown]
# ## 3. A fair comparison
#
# "My version takes 212 ms, the old one 230 ms." Is yours faster? On a real machine other programs come
# and go, and the processor changes its speed when it gets warm. Three habits help.
#
# 1. **Warm up.** The first call is often slow: it loads, compiles and fills caches. Call each function once
#    and do not count that call.
# 2. **Interleave.** Measure A, B, A, B, … and not A, A, … B, B, … If the machine slows down half way, that
#    concerns both.
# 3. **Take the median.** Sort the times, and take the one in the middle (of an even number, the mean of the
#    middle two). One call that was disturbed for a second raises the *mean*; it hardly moves the median.
#
# $$\text{ratio} = \frac{\mathrm{median}(a_1, \dots, a_n)}{\mathrm{median}(b_1, \dots, b_n)},
# \qquad \text{measured in the order } a_1, b_1, a_2, b_2, \dots$$
#
# Your `compare` does all three and returns the two medians.


# %% nbgrader={"grade": false, "grade_id": "compare", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def compare(
    first: Callable[[], object],
    second: Callable[[], object],
    n: int = 5,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, float]:
    """The median time of each of two functions in milliseconds, measured in turns.

    Args:
        first, second: called without arguments, n + 1 times each: once to warm up, n times to measure.
        n: how many times of each are measured.
        clock: as in ``timed``.

    Example: compare(lambda: time.sleep(0.01), lambda: time.sleep(0.02)) is about (10.1, 20.1).
    Approach: call both once; then n times: time the first, time the second; then the two medians.
    Hint: use your ``timed(clock)``; and statistics.median(numbers).
    """
    ### BEGIN SOLUTION
    functions = (first, second)
    times: tuple[list[float], list[float]] = ([], [])
    for function in functions:
        function()
    for _ in range(n):
        for function, found in zip(functions, times, strict=True):
            with timed(clock) as run:
                function()
            found.append(run.time_ms)
    return statistics.median(times[0]), statistics.median(times[1])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_compare", "locked": true, "points": 4, "schema_version": 3, "solution": false}
def staged(first_seconds, second_seconds, n):
    """compare() on two functions that take these times, and the order in which they were called."""
    clock, calls = FakeClock(), []

    def actor(name, seconds):
        left = iter(seconds)

        def function():
            calls.append(name)
            clock.advance(next(left, 0.0))

        return function

    return compare(actor("A", first_seconds), actor("B", second_seconds), n, clock), "".join(calls)


(a, b), calls = staged([0.5, 0.1, 0.1, 0.1], [0.5, 0.2, 0.2, 0.2], 3)
assert calls.count("A") == calls.count("B") == 4, (
    f"With n = 3 each function should be called 4 times, once to warm up. Yours were called in the order {calls}."
)
turns = [calls[k : k + 2] for k in range(2, 8, 2)]
assert all(turn in ("AB", "BA") for turn in turns), (
    f"After the warm-up the two should take turns, ABABAB; yours were called in the order {calls}. If the "
    "machine slows down half way, only one of them pays for it."
)
assert abs(a - 100) < 1e-6 and abs(b - 200) < 1e-6, (
    f"The calls took 0.1 s and 0.2 s each, after a warm-up of 0.5 s: expected 100 and 200 ms, yours are {a:g} "
    f"and {b:g}. Are the two exchanged, is that in seconds, or is the clock not passed on, timed(clock)?"
)
(a, b), _ = staged([0.5, 0.1], [0.5, 0.2], 1)
assert abs(a - 300) > 1e-6, (
    "With one warm-up of 0.5 s and one call of 0.1 s you get 300 ms: the warm-up is among the times of which "
    "you take the median. Call both functions once before you begin to measure."
)
(a, b), _ = staged([0.0, 0.1, 9.0, 0.1, 0.1, 0.1], [0.0, 0.2, 0.2, 0.2, 0.2, 0.2], 5)
assert abs(a - 100) < 1e-6, (
    f"Four calls took 0.1 s; one was disturbed and took 9 s. The median is 100 ms; yours is {a:g}. (The mean is "
    "1880: one bad call spoils it.)"
)
(a, b), _ = staged([0.0, 0.4, 0.1, 0.3], [0.0, 0.1, 0.2, 0.3], 3)
assert abs(a - 100) > 1e-6, (
    "Of 400, 100 and 300 ms you take the smallest: the median is the one in the middle, 300."
)
assert abs(a - 300) < 1e-6, (
    f"The times 400, 100 and 300 ms have the median 300; yours is {a:g}. Sort before you take the middle; "
    "statistics.median does."
)
(a, b), _ = staged([0.0, 0.1, 0.4], [0.0, 0.2, 0.6], 2)
assert abs(a - 250) < 1e-6 and abs(b - 400) < 1e-6, (
    f"Of an even number of times, the median is the mean of the middle two: 250 and 400 ms, not {a:g} and {b:g}."
)
print("Part 3 works: your comparisons are fair.")

# %% [markdown]
# A first use: what does the sum of an array cost, compared with the sum of a list?

# %%
numbers = np.arange(1000.0)
as_list = numbers.tolist()
with_list, with_array = compare(lambda: sum(as_list), lambda: numbers.sum(), 51)
print(f"1,000 numbers: list {with_list * 1e3:.1f} µs, array {with_array * 1e3:.1f} µs")
few, few_as_list = numbers[:4], as_list[:4]
with_list, with_array = compare(lambda: sum(few_as_list), lambda: few.sum(), 51)
print(f"    4 numbers: list {with_list * 1e3:.1f} µs, array {with_array * 1e3:.1f} µs")

# %% [markdown]
# Who wins at 1,000 numbers, and who at 4? A call of NumPy costs about the same for any short vector, and a
# list costs less the shorter it is. Keep that in mind: our vectors have 16 numbers.

# %% [markdown]
# ## 4. Reading a profile
#
# A stopwatch around everything says *how long* it took, not *where* the time went. A **profiler** watches
# every call of every function, and writes a **profile**. Python's own is `cProfile`:

# %% tags=["experiment"]
profiler = cProfile.Profile()
profiler.enable()
fit_plain()
profiler.disable()
stats = pstats.Stats(profiler).stats
print(f"{len(stats)} functions were called. One of them, as the profiler wrote it down:")
next((key, entry[:4]) for key, entry in stats.items() if key[2] == "sigmoid")

# %% [markdown]
# `stats` is a dictionary. Each key is `(file, line, name)`. Each entry is a tuple of five:
#
# | index | is |
# | --- | --- |
# | 0 | calls that are not recursive (a recursive call is made inside a call of the same function) |
# | 1 | all calls |
# | 2 | **own time**, in seconds: spent in the function's own lines |
# | 3 | **cumulative time**: own time, and that of everything the function called |
# | 4 | who called it |
#
# An example. `train` takes 1 s for its own lines, and calls `step`, which takes 3 s:
#
# | | own | cumulative |
# | --- | --- | --- |
# | `train` | 1 s | 4 s |
# | `step` | 3 s | 3 s |
# | sum | *4 s* | 7 s |
#
# The program took 4 s. Own times add up to the whole; cumulative times count the 3 s of `step` twice. So
# a share is always a share of the *sum of own times* $T$:
#
# $$T = \sum_f \mathrm{own}_f, \qquad
# \text{own share}_f = \frac{\mathrm{own}_f}{T}, \qquad
# \text{cumulative share}_f = \frac{\mathrm{cum}_f}{T}.$$
#
# The own share says *where* the time is spent; the cumulative share says *on whose behalf*.


# %% nbgrader={"grade": false, "grade_id": "time_shares", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def time_shares(
    stats: dict[tuple[str, int, str], tuple[Any, ...]],
) -> list[tuple[str, int, float, float]]:
    """One row (name, calls, own share, cumulative share) for each function, the largest own share first.

    Args:
        stats: a profile as pstats has it: (file, line, name) → (…, all calls, own, cumulative, …).

    Returns:
        A list of rows. Functions with the same own share stand in the order of their names. Two
        functions of the same name, in different places, are two rows. Where no time was spent at all,
        the shares are 0.0.

    Example: for the table above, with one call of each, [("step", 1, 0.75, 0.75), ("train", 1, 0.25, 1.0)].
    Hint: sort by the key (-own share, name).
    """
    ### BEGIN SOLUTION
    total = sum(entry[2] for entry in stats.values()) or 1.0
    rows = [
        (name, entry[1], entry[2] / total, entry[3] / total)
        for (_, _, name), entry in stats.items()
    ]
    return sorted(rows, key=lambda row: (-row[2], row[0]))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_time_shares", "locked": true, "points": 4, "schema_version": 3, "solution": false}
example = {("m.py", 1, "train"): (1, 1, 1.0, 4.0, {}), ("m.py", 9, "step"): (2, 5, 3.0, 3.0, {})}
rows = time_shares(example)
assert len(rows) == 2 and all(len(row) == 4 for row in rows), (
    f"Expected two rows (name, calls, own share, cumulative share), got {rows}."
)
assert rows[0][0] == "step", (
    f"The function with the largest own share, step, should come first; yours starts with {rows[0][0]!r}. "
    "By cumulative share the first would always be the whole program."
)
assert rows[0][1] == 5, f"step has 5 calls in all (index 1 of its entry), yours says {rows[0][1]}."
assert abs(rows[0][2] - 3 / 7) > 1e-9, (
    "You divide by the sum of the cumulative times, which counts the time of step twice. Divide by the sum "
    "of the own times."
)
assert abs(rows[0][2] - 0.75) < 1e-9, (
    f"3 s of 4 s are spent in step's own lines: an own share of 0.75, not {rows[0][2]:g}."
)
assert abs(rows[1][2] - 0.25) < 1e-9 and abs(rows[1][3] - 1.0) < 1e-9, (
    f"train has an own share of 0.25 and a cumulative share of 1.0; yours are {rows[1][2]:g} and {rows[1][3]:g}."
)
twins = {
    ("b.py", 1, "f"): (1, 1, 1.0, 1.0, {}),
    ("a.py", 1, "f"): (2, 2, 2.0, 2.0, {}),
    ("a.py", 5, "e"): (3, 3, 1.0, 1.0, {}),
}
rows = time_shares(twins)
assert len(rows) == 3, (
    f"Two different functions are both called f, in a.py and b.py: three rows, not {len(rows)}. A dictionary "
    "by name alone loses one."
)
assert [row[:2] for row in rows] == [("f", 2), ("e", 3), ("f", 1)], (
    f"Largest own share first, then by name: f (2 calls), e (3), f (1); yours is {[row[:2] for row in rows]}."
)
assert abs(rows[0][2] - 0.5) < 1e-9, (
    f"These three functions do not call one another, and their own times add up to 4 s: the first has a share "
    f"of 2 s / 4 s = 0.5, not {rows[0][2]:g}. Divide by the sum of the own times, not by one cumulative time."
)
try:
    empty = time_shares({})
except ValueError as error:
    raise AssertionError(
        f"An empty profile has no rows: return [], instead of raising {error!r}."
    ) from None
assert empty == [], "An empty profile has no rows: return []."
try:
    idle = time_shares({("a.py", 1, "f"): (1, 1, 0.0, 0.0, {})})
except ZeroDivisionError:
    raise AssertionError(
        "Where no time was spent, the sum of own times is 0, and you divide by it: the shares are 0.0."
    ) from None
assert idle == [("f", 1, 0.0, 0.0)], (
    f"Where no time was spent, the shares are 0.0; yours is {idle}."
)
print("Part 4 works: you can read a profile.")

# %% [markdown]
# Now the patient's own profile:


# %% tags=["experiment"]
def short(name):
    """Built-in functions without what the profiler writes around their names."""
    return name.split("'")[1] if name.startswith("<method") else name.strip("<>").split(".")[-1]


rows = time_shares(stats)
print(f"{'function':<20}{'calls':>9}{'own':>8}{'cumulative':>12}")
for name, calls, own, cumulative in rows[:12]:
    print(f"{short(name):<20}{calls:>9,}{own:>8.1%}{cumulative:>12.1%}")

# %% tags=["experiment"]
top = rows[:8][::-1]
names = [short(name) for name, *_ in top]
plt.figure(figsize=(8, 3.6))
plt.barh(names, [cumulative for *_, cumulative in top], color="lightgrey", label="cumulative")
plt.barh(names, [own for _, _, own, _ in top], color="tab:blue", height=0.5, label="own")
plt.xlabel("share of all time")
plt.title("Where one epoch of BPR in plain Python goes")
plt.legend(loc="lower right")
plt.tight_layout()
plt.show()

# %% [markdown]
# One function stands out: `bpr_update`, the inner loop, with most of the time in its own lines. That
# is the slow part. (Operators such as `*` and `+` are not function calls, so NumPy's arithmetic is
# counted as `bpr_update`'s own.)
#
# **A profile shows the place; it does not measure.** The profiler does some work at every call, so code
# that makes many calls looks slower than it is. Here are times with and without it, measured in turns:


# %% tags=["experiment"]
def fit_profiled():
    """The same epoch under a profiler whose notes are thrown away."""
    watcher = cProfile.Profile()
    watcher.runcall(fit_plain)


plain_ms, profiled_ms = compare(fit_plain, fit_profiled, 3)
print(f"without the profiler {plain_ms / 1e3:.2f} s, with it {profiled_ms / 1e3:.2f} s")

# %% [markdown]
# So let the profile say *where* to look, and the stopwatch say *how much*. From lesson 05 you know that
# an epoch is two ops: `plan_epoch` draws the triples, `bpr_update` learns from them.

# %% tags=["experiment"]
generator = np.random.default_rng(6)
user_factors = generator.normal(0, 0.1, (train.n_users, 16)).astype(np.float32)
item_factors = generator.normal(0, 0.1, (train.n_items, 16)).astype(np.float32)
item_biases = np.zeros(train.n_items, dtype=np.float32)


def plan_once():
    return ops.plan_epoch(
        train.indptr, train.indices, train.n_items, seed=0, epoch=0, n_blocks=1, n_threads=1
    )


def update_once(triples=None):
    return ops.bpr_update(
        user_factors,
        item_factors,
        item_biases,
        triples or plan,
        learning_rate=0.05,
        reg_user=0.01,
        reg_positive=0.01,
        reg_negative=0.01,
        n_threads=1,
    )


with use_backend("naive"):
    plan = plan_once()
    plan_ms, update_ms = compare(plan_once, update_once, 3)  # medians, measured in turns
loop_share = update_ms / (plan_ms + update_ms)
triple_us = update_ms * 1e3 / len(plan.users)
in_profile = next(cumulative for name, _, _, cumulative in rows if name == "bpr_update")
print(f"plan_epoch {plan_ms:7.0f} ms")
print(f"bpr_update {update_ms:7.0f} ms, {triple_us:.1f} µs for each triple")
print(
    f"the loop's share of the epoch: {loop_share:.1%} by the clock, {in_profile:.1%} in the profile"
)

# %% [markdown]
# ## 5. What an operation costs in Python
#
# *Why* is the loop slow? It needs a few hundred multiplications and additions for each triple; a processor
# does billions a second. Let us see how long Python takes for a single small operation.
#
# One operation is too short for any clock. So do it $n$ times in a loop, and measure the loop. But that
# includes the time of the loop itself. So measure an empty loop as well, and subtract:
#
# $$\text{cost} = \frac{\min_r \, t_r(\text{loop of } n \text{ with the operation}) - \min_r \, t_r(\text{empty loop of } n)}{n}$$
#
# Here $t_r$ is the time in repeat number $r$. Why the *minimum* this time, and not the median? A disturbance
# can only make a repeat longer, never shorter. Here we want the cost of the operation itself, so the repeat
# that was disturbed least is the best one. (In part 3 we wanted the time that one can expect: the median.)


# %% nbgrader={"grade": false, "grade_id": "cost_per_call", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def cost_per_call(
    work: Callable[[int], object],
    empty: Callable[[int], object],
    n: int = 2_000,
    repeats: int = 25,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """What one operation costs, in nanoseconds (10⁻⁹ s).

    Args:
        work: work(n) does the operation n times, in a loop.
        empty: empty(n) runs the same loop n times, with nothing in it.
        n: how many operations are timed at a time.
        repeats: how often each of the two is timed.
        clock: as in ``timed``.

    Example: where work takes 5 ms, empty 1 ms and n is 1000, the cost is 4000 ns.
    Approach: in each repeat time work(n) and then empty(n); take the minimum of each, then subtract.
    Hint: ``timed`` gives milliseconds, and 1 ms is 10⁶ ns.
    """
    ### BEGIN SOLUTION
    with_work, without = math.inf, math.inf
    for _ in range(repeats):
        with timed(clock) as run:
            work(n)
        with_work = min(with_work, run.time_ms)
        with timed(clock) as run:
            empty(n)
        without = min(without, run.time_ms)
    return 1e6 * (with_work - without) / n
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_cost_per_call", "locked": true, "points": 3, "schema_version": 3, "solution": false}
def staged_cost(work_seconds, empty_seconds, n):
    """cost_per_call() on loops that take these times, and the n with which each was called."""
    clock, asked = FakeClock(), []

    def actor(seconds):
        left = iter(seconds)

        def function(times):
            asked.append(times)
            clock.advance(next(left, 0.0))

        return function

    return cost_per_call(
        actor(work_seconds), actor(empty_seconds), n, len(work_seconds), clock
    ), asked


cost, asked = staged_cost([0.005, 0.005], [0.001, 0.001], 1000)
assert set(asked) == {1000} and len(asked) == 4, (
    f"With n = 1000 and two repeats, work(1000) and empty(1000) should be called twice each. Calls: {asked}."
)
assert abs(cost - 5000) > 1e-3, (
    "You get 5000 ns: that is with the loop itself. Subtract the empty loop."
)
assert abs(cost - 4000) < 1e-3, (
    f"Loops of 1000 that take 5 ms and 1 ms: (5 − 1) ms / 1000 = 4000 ns for each operation, not {cost:g}. "
    "(1 ms is 10⁶ ns.)"
)
cost, _ = staged_cost([0.009, 0.005, 0.007], [0.001, 0.002, 0.004], 1000)
assert abs(cost - 3000) > 1e-3, (
    "You take the smallest difference within one repeat, and the 4 ms of the empty loop were a disturbance. "
    "Take the minimum of each of the two first, then subtract."
)
assert abs(cost - 4000) < 1e-3, (
    f"With repeats of 9, 5 and 7 ms, and of 1, 2 and 4 ms when empty, the cost is (5 − 1) ms / 1000 = 4000 ns, "
    f"not {cost:g}: take the minimum of each over the repeats."
)
print("Part 5 works: you can weigh a single operation.")

# %% [markdown]
# Now weigh the operations of which the inner loop of BPR consists. The vectors have 16 numbers, as in the
# model. The column "a triple" says how often each operation occurs for one triple. (Count them in your
# `bpr_update` of lesson 05 if you like: a number times a vector, as in `g * user`, occurs nine times; a sum
# or difference of two vectors eight times; …) If your machine is busy, run the cell twice.

# %%
table = np.ones((1000, 16), dtype=np.float32)
column = np.ones(1000, dtype=np.float32)
u, v = table[0].copy(), table[1].copy()
small_number = 0.25


def nothing():
    pass


class Box:
    value = 1.0


box = Box()


def empty_loop(n):
    for _ in range(n):
        pass


def call_nothing(n):
    for _ in range(n):
        nothing()


def look_up(n):
    for _ in range(n):
        box.value


def multiply_floats(n):
    for _ in range(n):
        small_number * small_number


def scale_vector(n):
    for _ in range(n):
        small_number * u


def subtract_vectors(n):
    for _ in range(n):
        u - v


def dot_product(n):
    for _ in range(n):
        float(u @ v)


def read_row(n):
    for _ in range(n):
        table[7]


def write_row(n):
    for _ in range(n):
        table[7] = u


def copy_row(n):
    for _ in range(n):
        u.copy()


def read_bias(n):
    for _ in range(n):
        float(column[7])


def exponential(n):
    for _ in range(n):
        math.exp(small_number)


weighed = [  # (what, the loop, how many for a triple)
    ("call an empty function", call_nothing, 2),
    ("look up an attribute", look_up, 0),
    ("multiply two floats", multiply_floats, 12),
    ("math.exp", exponential, 2),
    ("NumPy: number × 16-vector", scale_vector, 9),
    ("NumPy: 16-vector − 16-vector", subtract_vectors, 8),
    ("NumPy: product of two 16-vectors", dot_product, 1),
    ("NumPy: read a row", read_row, 6),
    ("NumPy: write a row", write_row, 3),
    ("NumPy: copy a row", copy_row, 3),
    ("NumPy: read or write a bias", read_bias, 8),
]
predicted = 0.0
print(f"{'operation':<36}{'ns each':>9}{'a triple':>10}{'together':>10}")
for what, loop, times in weighed:
    cost = cost_per_call(loop, empty_loop)
    predicted += times * cost / 1e3
    print(f"{what:<36}{cost:>9.0f}{times:>10}{times * cost / 1e3:>7.1f} µs")
print(f"\nthat makes {predicted:.1f} µs for a triple")

# %% [markdown]
# That is a prediction. Is it right? It was made of minima, so compare it with a minimum: cut the plan into
# pieces of 200 triples, time each piece, and take the fastest.

# %% tags=["experiment"]
piece_ms = []
with use_backend("naive"):
    for start in range(0, len(plan.users) - 199, 200):
        columns = (plan.users, plan.positives, plan.negatives)
        piece = EpochPlan(*(column[start : start + 200] for column in columns), np.array([0, 200]))
        with timed() as run:
            update_once(piece)
        piece_ms.append(run.time_ms)
least_us, middle_us = min(piece_ms) * 1e3 / 200, float(np.median(piece_ms)) * 1e3 / 200
print(f"predicted: {predicted:.1f} µs for a triple")
print(f"measured:  {least_us:.1f} µs in the fastest piece, {middle_us:.1f} µs in the median one")
print(f"           ({triple_us:.1f} µs on average in part 4, while other programs ran too)")

# %% [markdown]
# **Counting small operations predicts the time of the loop,** more or less. (It leaves out what happens
# between the operations.) If the median is far above the fastest piece, other programs have disturbed your
# measurement: the fastest piece says what the code needs, the others what your machine had left for it. Now compare the lines of NumPy with the line "multiply two floats". A processor
# needs a few nanoseconds for 16 multiplications. Nearly all of the rest is **overhead**: finding the
# function, checking types, making a new array for the result. That is why the loop is slow.

# %% [markdown]
# ## 6. Amdahl's law
#
# Suppose that we make the inner loop faster. What does the *epoch* gain?
#
# Let the whole take time 1. A share $p$ of it is the part that we make $f$ times faster; the rest,
# $1 - p$, stays as it is. Afterwards the whole takes $(1 - p) + p/f$. So it is faster by
#
# $$S(p, f) = \frac{1}{(1 - p) + p / f}.$$
#
# That is **Amdahl's law** (Amdahl, *Validity of the Single Processor Approach to Achieving Large Scale
# Computing Capabilities*, AFIPS 1967). However fast the part becomes, the rest remains. With $f \to \infty$
# we get the upper bound
#
# $$S_{\max}(p) = S(p, \infty) = \frac{1}{1 - p}.$$
#
# Now the other way round: if the whole is to become $S$ times faster, how much faster must the part become?
# Solve for $f$:
#
# $$f = \frac{p}{1/S - (1 - p)}, \qquad \text{possible only if } \; 1/S > 1 - p.$$
#
# In Python, infinity is `math.inf`, and `1.0 / math.inf` is `0.0`. But `1.0 / 0.0` raises an error.


# %% nbgrader={"grade": false, "grade_id": "speedup", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def speedup(share: float, factor: float) -> float:
    """How many times faster the whole becomes when a share of its time becomes ``factor`` times faster.

    Args:
        share: p, from 0 to 1.
        factor: f, > 0; math.inf gives the upper bound. (Below 1 the part becomes slower.)

    Example: speedup(0.5, 2.0) is 1 / (0.5 + 0.25) = 1.333…; speedup(0.75, math.inf) is 4.0.
    Hint: speedup(1.0, math.inf) is math.inf: there is nothing left.
    """
    ### BEGIN SOLUTION
    left = (1.0 - share) + share / factor
    return 1.0 / left if left > 0 else math.inf
    ### END SOLUTION


def factor_needed(share: float, target: float) -> float:
    """How many times faster the part has to become for the whole to become ``target`` times faster.

    Args:
        share: p, above 0 and at most 1.
        target: S, > 0.

    Returns:
        f; math.inf where no factor is enough.

    Example: factor_needed(0.75, 2.0) is 0.75 / (0.5 − 0.25) = 3.0; factor_needed(0.75, 4.0) is math.inf.
    """
    ### BEGIN SOLUTION
    left = 1.0 / target - (1.0 - share)
    return share / left if left > 0 else math.inf
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_speedup", "locked": true, "points": 4, "schema_version": 3, "solution": false}
assert abs(speedup(0.5, 2.0) - 4 / 3) < 1e-12, (
    f"Half of the time twice as fast: 1 / (0.5 + 0.5/2) = 1.333, not {speedup(0.5, 2.0):g}."
)
assert abs(speedup(0.9, 3.0) - 2.5) < 1e-12, (
    f"90 % three times as fast: 1 / (0.1 + 0.9/3) = 2.5, not {speedup(0.9, 3.0):g}. Is it the share that is "
    "divided by the factor, and the rest that stays?"
)
assert abs(speedup(0.75, math.inf) - 4) < 1e-12, (
    f"With a quarter left as it is, the upper bound is 4; yours is {speedup(0.75, math.inf):g}."
)
assert speedup(0.0, 100.0) == 1.0, "A part that takes no time gains nothing: the speed-up is 1."
try:
    everything = speedup(1.0, math.inf)
except ZeroDivisionError:
    raise AssertionError(
        "speedup(1.0, math.inf) divides by zero: nothing of the time is left. Return math.inf in that case."
    ) from None
assert everything == math.inf, "When everything becomes infinitely fast, so does the whole."
assert abs(speedup(0.5, 0.5) - 2 / 3) < 1e-12, (
    "A factor below 1 makes the part slower, and so the whole: speedup(0.5, 0.5) is 1 / (0.5 + 1) = 0.667."
)
back = factor_needed(0.9, 2.5)
assert not (abs(back - 1 / 3) < 1e-9), (
    "You return the inverse: the factor is the share over what is left for it."
)
assert not (abs(back - 0.9 / 2.4) < 1e-9), (
    "You take the rest, 0.1, from the target 2.5. The new time is 1 / 2.5 of the old one: take the rest from that."
)
assert abs(back - 3.0) < 1e-9, (
    f"For 2.5 times as fast, 90 % have to become 3 times as fast: 1 / 2.5 − 0.1 = 0.3 is left for them, and 0.9 / 0.3 = 3. "
    f"Yours is {back:g}."
)
for share, factor in ((0.3, 1.7), (0.8, 12.0), (1.0, 5.0)):
    back = factor_needed(share, speedup(share, factor))
    assert abs(back - factor) < 1e-9, (
        f"factor_needed should undo speedup: a part of {share:.0%} that becomes {factor:g} times faster makes the "
        f"whole {speedup(share, factor):.3f} times faster, but for that you ask for a factor of {back:g}."
    )
for target in (4.0, 5.0):
    try:
        needed = factor_needed(0.75, target)
    except ZeroDivisionError:
        needed = "a division by zero"
    assert needed == math.inf, (
        f"With a quarter of the time left as it is, no factor makes the whole {target:g} times faster: return "
        f"math.inf. Yours gives {needed}."
    )
print("Part 6 works: you know what to expect before you begin.")

# %% [markdown]
# Now with the share that you measured:

# %% tags=["experiment"]
print(f"The loop is {loop_share:.1%} of an epoch.")
print(f"{'loop faster by':>15}{'epoch faster by':>18}")
for factor in (2.0, 10.0, 100.0, 1000.0, math.inf):
    print(f"{factor:>15g}{speedup(loop_share, factor):>18.2f}")
for target in (2.0, 3.0, 100.0):
    print(
        f"For an epoch {target:g} times as fast, the loop must be {factor_needed(loop_share, target):.3g} times as fast."
    )

# %% [markdown]
# (Where a line says `inf`, no factor is enough.) The loop is the place to start. But the line with `inf` in
# the first column shows the limit: if the loop takes no time at all, `plan_epoch` is all that is left. To get
# further, both have to become fast.

# %% [markdown]
# ## 7. How much work is it really?
#
# So how fast could the loop itself be? Forget Python. A processor needs time for two things:
#
# - *arithmetic*: floating-point operations, in short **flops**;
# - **traffic**: bytes that are moved between memory and the processor.
#
# Count both by hand, for the *algorithm*, not for some program. Our numbers are float32: 4 bytes each.
#
# **One BPR triple.** It has $d$ factors. A $+$, $-$ or $\times$ on a vector is done for each of its $d$ numbers, so
# it is $d$ flops. Leave out biases, and what is done with single numbers alone (such as $\sigma$ or $-g$). The
# letters are those of lesson 05: $p_u$ is the user's vector, $q_i$ and $q_j$ are those of the positive and of the
# negative item, $g = \sigma(-x)$ is a single number, $\eta$ the learning rate and $\lambda$ the regularisation.
#
# $$\begin{aligned}
# \delta &= q_i - q_j && d \\
# x &= p_u \cdot \delta && 2d \quad (d \text{ products, and } d \text{ additions}) \\
# p_u &\leftarrow p_u + \eta\,(g\,\delta - \lambda p_u) && \text{count yourself} \\
# q_i &\leftarrow q_i + \eta\,(g\,p_u - \lambda q_i) && \text{as many} \\
# q_j &\leftarrow q_j + \eta\,((-g)\,p_u - \lambda q_j) && \text{as many}
# \end{aligned}$$
#
# And the traffic: three rows of $d$ numbers are *read, and written back*.
#
# **A matrix product.** It is $m \times k$ by $k \times n$. Each of the $m \cdot n$ results is a dot product of
# length $k$, that is $2k$ flops. For the traffic, count the best case: both matrices are read once, and the
# result is written once.


# %% nbgrader={"grade": false, "grade_id": "triple_cost", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def triple_cost(d: int) -> tuple[int, int]:
    """(flops, bytes) of one BPR triple with d factors in float32, counted as above.

    Hint: how many signs +, − and × are there in p + η × (g × δ − λ × p)? Each is d flops.
    """
    ### BEGIN SOLUTION
    flops = d + 2 * d + 3 * 5 * d
    traffic = 3 * 2 * 4 * d
    return flops, traffic
    ### END SOLUTION


def matmul_cost(m: int, k: int, n: int) -> tuple[int, int]:
    """(flops, bytes) of the product of an m × k and a k × n matrix in float32, counted as above.

    Example: matmul_cost(1, 1, 1) is (2, 12): a product, an addition; two numbers read, one written.
    """
    ### BEGIN SOLUTION
    return 2 * m * k * n, 4 * (m * k + k * n + m * n)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_triple_cost", "locked": true, "points": 3, "schema_version": 3, "solution": false}
flops, traffic = triple_cost(1)
assert flops != 15, (
    "15 is one flop too few for each of the three updates: p + η × (g × δ − λ × p) has five signs, and all of "
    "them count."
)
assert flops == 18, (
    f"For d = 1: 1 for δ, 2 for x, and 5 for each of the three updates make 18 flops; you count {flops}."
)
assert traffic != 12, "Only half of the traffic: the three rows are read AND written back."
assert traffic != 6, "Those are numbers, not bytes: a float32 has 4 bytes."
assert traffic == 24, (
    f"For d = 1: three rows of one number of 4 bytes, read and written, are 24 bytes; you count {traffic}."
)
assert triple_cost(16) == (288, 384), (
    f"Both grow in proportion to d: 288 flops and 384 bytes for d = 16, not {triple_cost(16)}."
)
flops, traffic = matmul_cost(2, 3, 5)
assert flops == 60, (
    f"A 2 × 3 by 3 × 5 product has 10 results of 2 · 3 flops each: 60; you count {flops}."
)
assert traffic != 31, "Those are numbers, not bytes: a float32 has 4 bytes."
assert traffic != 164, "The result is only written: each number counts once."
assert traffic != 248, "That is twice the traffic: is each number counted once, with 4 bytes?"
assert traffic == 124, (
    f"A 2 × 3 by 3 × 5 product reads 6 + 15 numbers and writes 10, of 4 bytes each: 124; you count {traffic}."
)
print("Part 7 works: you know how much work there is.")

# %% [markdown]
# The two counts have a ratio, the **arithmetic intensity** $I = \text{flops} / \text{bytes}$. It says how much
# work is done with each byte that is moved.

# %%
for d in (16, 64, 256):
    flops, traffic = triple_cost(d)
    print(f"BPR triple, d = {d:<4}     {flops / traffic:7.2f} flops per byte")
for n in (16, 128, 1024):
    flops, traffic = matmul_cost(n, n, n)
    print(f"matmul {n:>4} × {n:<4}       {flops / traffic:7.2f} flops per byte")

# %% [markdown]
# The difference is large. A big matrix product uses each number again and again. A BPR triple uses each
# number a few times, whatever $d$ is.

# %% [markdown]
# ## 8. The roofline
#
# A machine has two limits: the most flops per second, its *peak* $P$ (not the peak of part 2); and the most
# bytes per second, its **bandwidth** $B$. A program of intensity $I$ does $I$ flops with each byte, so memory
# allows it $B \cdot I$ flops per second, and not more. The processor allows $P$. The smaller limit counts:
#
# $$\text{attainable}(I) = \min(P,\; B \cdot I).$$
#
# Drawn over $I$, it looks like a roof: first it rises, then it is flat. So it is called the **roofline**. The
# edge, where the two limits are equal, is the **ridge point**
#
# $$I^* = P / B.$$
#
# Left of it, a program is **memory-bound**: it waits for memory, and faster arithmetic would not help. Right
# of it, a program is **compute-bound**: it waits for arithmetic. This picture is by Williams, Waterman and
# Patterson (*Roofline: An Insightful Visual Performance Model for Multicore Architectures*, Communications
# of the ACM 2009).


# %% nbgrader={"grade": false, "grade_id": "roofline", "locked": false, "points": 0, "schema_version": 3, "solution": true} tags=["export"]
def ridge_point(peak: float, bandwidth: float) -> float:
    """The intensity (flops per byte) from which on arithmetic is the limit.

    Args:
        peak: P, in flops per second.
        bandwidth: B, in bytes per second.

    Example: with 40e9 flops/s and 10e9 bytes/s it is 4.0.
    """
    ### BEGIN SOLUTION
    return peak / bandwidth
    ### END SOLUTION


def attainable(intensity: float, peak: float, bandwidth: float) -> float:
    """The most flops per second for a program of this intensity.

    Example: with 40e9 flops/s and 10e9 bytes/s, an intensity of 0.5 gets 5e9, and one of 100 gets 40e9.
    """
    ### BEGIN SOLUTION
    return min(peak, bandwidth * intensity)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "test_roofline", "locked": true, "points": 3, "schema_version": 3, "solution": false}
assert abs(ridge_point(40e9, 10e9) - 4) < 1e-12, (
    f"The ridge point is P / B = 40e9 / 10e9 = 4 flops per byte, not {ridge_point(40e9, 10e9):g}."
)
assert attainable(0.5, 40e9, 10e9) <= 5e9, (
    f"At 0.5 flops per byte, 10e9 bytes a second feed 5e9 flops a second at most; yours promises "
    f"{attainable(0.5, 40e9, 10e9):g}. The SMALLER of the two limits counts."
)
assert attainable(0.5, 40e9, 10e9) == 5e9, (
    f"At 0.5 flops per byte: 10e9 bytes/s × 0.5 = 5e9 flops/s, not {attainable(0.5, 40e9, 10e9):g}."
)
assert attainable(100.0, 40e9, 10e9) == 40e9, (
    f"At 100 flops per byte the peak of 40e9 is the limit; yours says {attainable(100.0, 40e9, 10e9):g}."
)
ridge = ridge_point(40e9, 10e9)
assert attainable(ridge, 40e9, 10e9) == 40e9, "At the ridge point both limits are equal: the peak."
print("Part 8 works: you have a roof.")

# %% [markdown]
# **Your machine's roof.** Measured crudely, with NumPy, on one core, because our loop uses one core:
#
# - $P$: a large matrix product. The libraries behind `@` get close to what the processor can do.
# - $B$: the copy of an array. Each byte is read and written. We need *two* bandwidths: a large array comes
#   from main memory; one of a few hundred kB stays in the **cache**, a small fast memory near the processor.

# %% tags=["experiment"]
model_bytes = 4 * SETTINGS["n_factors"] * (train.n_users + train.n_items)


def best_ms(function, repeats=7):
    """The shortest of a few runs, by your stopwatch."""
    found = []
    for _ in range(repeats):
        with timed() as run:
            function()
        found.append(run.time_ms)
    return min(found)


def bandwidth_of(n_bytes, loops):
    """Bytes per second, read and written, for a copy of an array of this size."""
    source = np.ones(n_bytes // 4, dtype=np.float32)
    target = np.zeros_like(source)
    ms = best_ms(lambda: [np.copyto(target, source) for _ in range(loops)])
    return loops * 2 * n_bytes / (ms / 1e3)


with threadpool_limits(1):
    matrix = np.ones((1024, 1024), dtype=np.float32)
    matmul_ms = best_ms(lambda: matrix @ matrix)
P = matmul_cost(1024, 1024, 1024)[0] / (matmul_ms / 1e3)
B_memory = bandwidth_of(64_000_000, 1)
B_cache = bandwidth_of(model_bytes // 2, 500)  # source and target together: as large as the model
print(f"peak                   {P / 1e9:7.1f} · 10⁹ flops per second")
print(
    f"bandwidth, main memory {B_memory / 1e9:7.1f} · 10⁹ bytes per second, ridge point {ridge_point(P, B_memory):.1f}"
)
print(
    f"bandwidth, cache       {B_cache / 1e9:7.1f} · 10⁹ bytes per second, ridge point {ridge_point(P, B_cache):.1f}"
)
print(
    f"Our model has {model_bytes / 1e3:.0f} kB: it fits into the cache, so the cache is its roof."
)

# %% [markdown]
# And now the picture that this lesson was made for. How far below its roof is the loop? If the compiled
# backend is installed, it is measured too: the same triples, on one core.

# %% tags=["experiment"]
flops, traffic = triple_cost(SETTINGS["n_factors"])
intensity = flops / traffic
roof_us = 1e6 * flops / attainable(intensity, P, B_cache)
loops = {"plain Python": least_us}
try:
    with use_backend("optimized"):
        fast_plan_us, fast_update_us = 1e3 * best_ms(plan_once), 1e3 * best_ms(update_once)
    loops["compiled (lesson 08)"] = fast_update_us / len(plan.users)
except LookupError as error:
    print("Without the compiled backend:", error)

intensities = np.logspace(-1.5, 3, 200)
plt.figure(figsize=(8, 5))
for name, bandwidth, style in (("cache", B_cache, "-"), ("main memory", B_memory, "--")):
    roof = [attainable(i, P, bandwidth) / 1e9 for i in intensities]
    plt.loglog(intensities, roof, style, color="black", label=f"roof: {name}")
for name, us in loops.items():
    plt.plot(intensity, flops / us / 1e3, "o", markersize=9, label=f"BPR, {name}")
square = matmul_cost(1024, 1024, 1024)
plt.plot(square[0] / square[1], P / 1e9, "s", markersize=9, label="matmul 1024 × 1024")
slow, possible = flops / least_us / 1e3, flops / roof_us / 1e3
plt.annotate("", (intensity, possible), (intensity, slow), arrowprops={"arrowstyle": "->"})
plt.text(1.15 * intensity, np.sqrt(slow * possible), f"up to {possible / slow:,.0f} times as fast")
plt.xlabel("arithmetic intensity (flops per byte)")
plt.ylabel("10⁹ flops per second")
plt.title("How far below the roof?")
plt.grid(alpha=0.3, which="both")
plt.legend(loc="lower right")
plt.show()

# %% [markdown]
# Read the picture from below. A mark is what a program reaches; the line above it is what the machine allows at
# that intensity. The solid line holds for data that stay in the cache, as our model does. The dashed line
# holds for data that come from main memory. The large matrix product has 12 MB and may not fit into your cache,
# but it is so far to the right that both lines are the same there: it is limited by arithmetic.
#
# On which side are you? Left of a line's bend (its ridge point) the bandwidth is the limit, right of it the
# arithmetic. BPR's intensity is the same everywhere; where your bend is depends on your machine.
#
# If a mark is *above* its line, then the line was measured too low: copying an array is not the fastest use of
# a cache on every machine, and other programs slow it down. Run the two cells again before you believe it.

# %% [markdown]
# ## 9. The diagnosis
#
# Everything that you have measured, on one page:

# %% tags=["experiment"]
print("BPR in plain Python, one epoch")
print(f"  1. where:  {loop_share:.0%} of the time is one inner loop, bpr_update")
print(
    f"  2. why:    a triple takes {least_us:.1f} µs (median {middle_us:.1f}); small operations predict {predicted:.1f} µs"
)
print(
    f"  3. bound:  {flops} flops and {traffic} bytes need {roof_us:.3f} µs: the loop could be {least_us / roof_us:,.0f} times as fast"
)
print(
    f"  4. but:    with the loop alone, the epoch becomes at most {speedup(loop_share, math.inf):.1f} times as fast"
)
if len(loops) > 1:
    with use_backend("naive"):
        plan_us = 1e3 * best_ms(plan_once, 3)
    gain = least_us / loops["compiled (lesson 08)"]
    both = (plan_us + least_us * len(plan.users)) / (fast_plan_us + fast_update_us)
    print(
        f"  5. real:   compiled, the loop is {gain:,.0f} times as fast; that alone would give {speedup(loop_share, gain):.1f}."
    )
    print(f"             With plan_epoch compiled as well, the epoch is {both:,.0f} times as fast.")

# %% [markdown]
# Line 3 is a bound, not a promise. It leaves out the exponential in $\sigma$, rows that are scattered over
# the memory, and steps that have to wait for one another. But it tells you that the *problem* is not slow:
# Python is. So a rewrite is worth the work, and now you know which function to rewrite first.

# %% [markdown]
# **To go further.** (Not graded.) Diagnose the half step of lesson 04 in the same way: count its flops and bytes
# with $d = 16$, put it under the roof, once for `naive` and once for `optimized`. Guess first: is it to the left
# or to the right of BPR, and which of the two backends is further from its roof?

# %% [markdown]
# ## 10. Questions
#
# A few sentences each. They are marked by a person.
#
# **a) The profiler in the picture.** Look at part 4: what is the loop's share of the time by the clock, and
# what in the profile? How much longer did everything take under the profiler? Which functions look more
# expensive in a profile than they are, and why? What would you use the profile for, and what not?

# %% [markdown] nbgrader={"grade": true, "grade_id": "what_a_profiler_adds", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# Under the profiler the epoch took longer (by how much depends on Python's version). The profiler does a fixed amount of work at each call
# and each return, so functions that are called very often and do little (`sigmoid`, `max`, `mix64`,
# `draw_negative`) look more expensive than they are, and a function that does much in its own lines looks cheaper.
# The loop and the planning are not inflated equally, so the loop's share in the profile is not that by the clock. I use the
# profile to see where to look, and for the numbers of calls, which are exact; then I measure that part
# with a stopwatch, without the profiler.
#
# === BEGIN MARK SCHEME ===
# 1 point: quotes both figures, the share by the clock and in the profile, or the factor by which the whole slowed
# down. 1 point: cost per call, so many small calls are inflated. 1 point: profile for finding the place (or counting
# calls), stopwatch for how much.
# === END MARK SCHEME ===

# %% [markdown]
# **b) More than Amdahl allows?** A colleague says: "The loop was 75 % of the time. I compiled the code, and
# the epoch is 100 times as fast. So Amdahl's law is wrong: it allows 4." What has happened? Name two things
# that such a claim must say before you can check it. And if the colleague had stopped at the loop: which
# function would be the next to look at, and what share of the time would it have by then?

# %% [markdown] nbgrader={"grade": true, "grade_id": "beyond_amdahl", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# The law bounds what can be won by changing that one part, with the rest left as it is. For more
# than 4, the rest must have become faster too: `plan_epoch` was compiled as well, so the share that
# was changed is nearly 100 %, not 75 %. The claim must say which part was changed and what its share was before
# (and measured how, on the same data, machine and number of threads). Had only the loop been made very
# fast, an epoch would be almost nothing but `plan_epoch`: its 25 % of the old time is nearly 100 % of the new.
#
# === BEGIN MARK SCHEME ===
# 1 point: more than the loop was changed; the law holds for a part with the rest unchanged. 1 point: two of: what was
# changed, its share, same data, same machine or threads, how measured. 1 point: plan_epoch, now nearly all.
# === END MARK SCHEME ===

# %% [markdown]
# **c) Under the roof.** Take a catalogue so large that the model does not fit into the cache: the dashed
# roof. The next computer has twice the flops per second, and the same memory. What does the roofline say
# this brings for a large matrix product, and for BPR? Would more factors change the answer for BPR? And our
# own small model: why may it run faster *per triple* than the large one, in the same compiled code?

# %% [markdown] nbgrader={"grade": true, "grade_id": "under_the_roof", "locked": false, "points": 3, "schema_version": 3, "solution": true}
# The large product is right of the ridge point, so it gains up to twice. BPR, with 0.75 flops per byte,
# is left of the ridge point of main memory: bandwidth is its limit, and it gains nothing. More factors do
# not help, as flops and bytes both grow in proportion to d, and their ratio stays. Our small model has about
# 170 kB and stays in the cache: there the bandwidth is many times higher, so the higher roof counts.
#
# === BEGIN MARK SCHEME ===
# 1 point: twice for the product (compute-bound), nothing for BPR (memory-bound). 1 point: the intensity does not depend on
# d. 1 point: the small model stays in the cache, which has more bandwidth (or less latency) than main memory.
# === END MARK SCHEME ===

# %% [markdown]
# ## What next
#
# In a terminal, in your workspace:
#
# ```
# tito complete 6
# ```
#
# It runs the tests above, exports your instruments to `my_recsys/profiling.py` and asks the question of this
# lesson: do I know where the time goes?
#
# You have your instruments, so try them on something of your own: which line of lesson 04 takes the time, and
# how far is it from its roof? (ALS is made of matrix products.)
#
# The diagnosis is clear: the model is good, and its *engine* is slow. So we want to exchange the engine and
# keep the model. Lesson 07, backends, shows how a library does that; in lesson 08 you write the new engine.
