"""Run the learner's instruments where they are, and return what they said; no answers are here.

Clocks move only when told to, so nothing here depends on how fast the machine is; where a real
clock is needed, the block is measured from inside and from outside as well.
"""

import time
import tracemalloc


class _Clock:
    def __init__(self, start=0.0):
        self.now = start

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += seconds


class ExpectedError(Exception):
    """Raised in a block on purpose."""


def time_blocks(learner, start, before, inside, after):
    """Return time_ms of a block and of one inside of it, which begins late and ends early."""
    clock = _Clock(start)
    with learner.timed(clock) as outer:
        clock.advance(before)
        with learner.timed(clock) as inner:
            clock.advance(inside)
        clock.advance(after)
    clock.advance(17.0)
    return {"outer": outer.time_ms, "inner": inner.time_ms, "memory": outer.peak_memory_mb}


def time_a_block_that_raises(learner, seconds):
    """Return time_ms of the block, and True if its error came out."""
    clock, came_out, run = _Clock(), False, None
    try:
        with learner.timed(clock) as run:
            clock.advance(seconds)
            raise ExpectedError
    except ExpectedError:
        came_out = True
    return {"time_ms": run.time_ms, "came_out": came_out}


def time_a_sleep(learner, seconds):
    """Return time_ms of a real block, and the least and the most that it can have taken."""
    outside = time.perf_counter()
    with learner.timed() as run:
        inside = time.perf_counter()
        time.sleep(seconds)
        least = time.perf_counter() - inside
    most = time.perf_counter() - outside
    return {"time_ms": run.time_ms, "least": 1e3 * least, "most": 1e3 * most}


def time_staged_blocks(learner, clock, block):
    """Return time_ms of a block and of one inside of it; clock and block are the judge's."""
    with learner.timed(clock) as outer:
        block("before")
        with learner.timed(clock) as inner:
            block("inside")
        block("after")
    block("later")
    return {"outer": outer.time_ms, "inner": inner.time_ms, "memory": outer.peak_memory_mb}


def time_staged_error(learner, clock, block):
    """Return time_ms of a block that raises, and True if its error came out."""
    came_out, run = False, None
    try:
        with learner.timed(clock) as run:
            block()
    except LookupError:
        came_out = True
    return {"time_ms": run.time_ms, "came_out": came_out}


def time_staged_sleep(learner, block):
    """Return time_ms of a block of the judge's, by the clock that timed takes by itself."""
    with learner.timed() as run:
        block()
    return run.time_ms


def _clean(function):
    """Leave no tracing behind, whatever the learner's code does."""

    def cleaned(learner, *args):
        _reset(learner)
        try:
            return function(learner, *args)
        finally:
            _reset(learner)

    return cleaned


def _reset(learner):
    tracemalloc.stop()
    learner.open_runs.clear()


def _figures(run):
    return {
        "peak": run.peak_memory_mb,
        "current": run.current_memory_mb,
        "time_ms": run.time_ms,
    }


@_clean
def trace_a_block(learner, dropped, kept):
    """A block that holds and drops some bytes, and then keeps others."""
    with learner.traced() as run:
        passing = bytearray(dropped)
        del passing
        left = bytearray(kept)
    still = tracemalloc.is_tracing()
    return {**_figures(run), "still": still, "left": len(left)}


@_clean
def trace_while_tracing(learner, earlier, held, kept):
    """The same while somebody else traces, with a higher peak behind and bytes held from before."""
    tracemalloc.start()
    gone = bytearray(earlier)
    del gone
    before = bytearray(held)
    with learner.traced() as run:
        left = bytearray(kept)
    with learner.traced() as dropping:
        del before
    return {
        **_figures(run),
        "still": tracemalloc.is_tracing(),
        "dropping": _figures(dropping),
        "left": len(left),
    }


@_clean
def trace_nested(learner, first, inside, last):
    """A block that drops bytes before and after two inner blocks, which drop others."""
    with learner.traced() as outer:
        passing = bytearray(first)
        del passing
        with learner.traced() as inner:
            passing = bytearray(inside)
            del passing
            with learner.traced() as innermost:
                pass
        with learner.traced() as second:
            pass
        still = tracemalloc.is_tracing()
        passing = bytearray(last)
        del passing
    return {
        "peaks": [run.peak_memory_mb for run in (outer, inner, innermost, second)],
        "still_inside": still,
        "still_after": tracemalloc.is_tracing(),
        "open": len(learner.open_runs),
    }


@_clean
def trace_a_block_that_raises(learner, kept):
    """A block that raises while it holds some bytes."""
    came_out, run, left = False, None, b""
    try:
        with learner.traced() as run:
            left = bytearray(kept)
            raise ExpectedError
    except ExpectedError:
        came_out = True
    still = tracemalloc.is_tracing()
    open_runs = len(learner.open_runs)
    return {
        **_figures(run),
        "came_out": came_out,
        "still": still,
        "open": open_runs + len(left) * 0,
    }


def stage_a_comparison(learner, first, second, n):
    """compare() on two functions that take these seconds, call by call, and who was called."""
    clock, calls = _Clock(50.0), []

    def actor(name, seconds):
        left = iter(seconds)

        def function():
            calls.append(name)
            clock.advance(next(left, 0.0))

        return function

    medians = learner.compare(actor("A", first), actor("B", second), n, clock)
    return {"medians": list(medians), "calls": "".join(calls)}


def weigh_an_operation(learner, work, empty, n):
    """cost_per_call() on loops that take these seconds, and the n that each was called with."""
    clock, asked = _Clock(3.0), []

    def actor(name, seconds):
        left = iter(seconds)

        def function(times):
            asked.append([name, times])
            clock.advance(next(left, 0.0))

        return function

    cost = learner.cost_per_call(actor("work", work), actor("empty", empty), n, len(work), clock)
    return {"cost": cost, "asked": asked}
