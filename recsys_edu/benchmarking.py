"""Measure a piece of code: how long, or how much memory; never both in one pass.

Tracing memory makes Python code 3 to 13 times slower, so a time that was taken while tracing is
worth nothing. A ``benchmark()`` block is one pass and gives the one or the other; ``measure`` runs
a function several times and gives both.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from recsys_backends.whole_numbers import whole_number
from recsys_edu.errors import InvalidParameterError, RecsysError

_MB = 1e6


class NotMeasuredError(RecsysError, AttributeError):
    """Figure that this pass did not measure; the message says how to get the figure."""


class benchmark:  # noqa: N801 (reads as what it does: with benchmark() as run)
    """Context manager that measures its block.

    >>> with benchmark() as run:
    ...     total = sum(range(1000))
    >>> run.time_ms > 0
    True

    Args:
        memory: trace memory instead of taking the time. Seen are Python's and NumPy's allocations,
            not those that other compiled code makes behind their backs.
    """

    def __init__(self, *, memory: bool = False) -> None:
        self._memory = memory
        self._time_ms: float | None = None
        self._peak_mb: float | None = None
        self._current_mb: float | None = None

    def __enter__(self) -> Self:
        if self._memory:
            self._was_tracing = tracemalloc.is_tracing()
            if not self._was_tracing:
                tracemalloc.start()
            _remember_peak()
            _tracing.append(self)
            tracemalloc.reset_peak()
            self._before = tracemalloc.get_traced_memory()[0]
            self._highest = self._before
        self._started = time.perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        elapsed = time.perf_counter() - self._started
        if not self._memory:
            self._time_ms = 1e3 * elapsed
            return
        current = tracemalloc.get_traced_memory()[0]
        _remember_peak()
        _tracing.remove(self)
        if not self._was_tracing:
            tracemalloc.stop()
        self._current_mb = (current - self._before) / _MB
        self._peak_mb = (self._highest - self._before) / _MB

    @property
    def time_ms(self) -> float:
        """Wall-clock time of the block in milliseconds."""
        return _measured(self._time_ms, "time_ms", "benchmark()")

    @property
    def peak_memory_mb(self) -> float:
        """Largest memory of the block at one time, beyond what was held before, in 10⁶ bytes."""
        return _measured(self._peak_mb, "peak_memory_mb", "benchmark(memory=True)")

    @property
    def current_memory_mb(self) -> float:
        """Memory still held at the end of the block, beyond what was before, in 10⁶ bytes."""
        return _measured(self._current_mb, "current_memory_mb", "benchmark(memory=True)")

    def __repr__(self) -> str:
        if self._time_ms is not None:
            return f"benchmark(time_ms={self._time_ms:.3f})"
        if self._peak_mb is not None:
            return (
                f"benchmark(peak_memory_mb={self._peak_mb:.3f}, "
                f"current_memory_mb={self._current_mb:.3f})"
            )
        return "benchmark(not finished)"


_tracing: list[benchmark] = []
"""The blocks that trace memory now. There is one peak for all, and each that begins resets it."""


def _remember_peak() -> None:
    """Note the peak for every open block, before it is reset or gone."""
    peak = tracemalloc.get_traced_memory()[1]
    for block in _tracing:
        block._highest = max(block._highest, peak)


@dataclass(frozen=True, slots=True)
class Measurement:
    """Time and memory of a function, from separate passes."""

    time_ms: float
    """Median wall-clock time of the timing passes, in milliseconds."""
    times_ms: tuple[float, ...]
    """All of them."""
    peak_memory_mb: float
    """Peak of the tracing pass; see ``benchmark.peak_memory_mb``."""
    current_memory_mb: float
    """Memory still held after the tracing pass; see ``benchmark.current_memory_mb``."""


def measure(function: Callable[[], object], *, repeats: int = 5) -> Measurement:
    """Run a function ``repeats`` times for its time, and once more for its memory.

    Raises:
        InvalidParameterError: ``repeats`` below 1. What the function raises passes through.
    """
    repeats = whole_number("repeats", repeats, 1, error=InvalidParameterError)
    times = []
    for _ in range(repeats):
        with benchmark() as timed:
            function()
        times.append(timed.time_ms)
    with benchmark(memory=True) as traced:
        function()
    return Measurement(
        statistics.median(times), tuple(times), traced.peak_memory_mb, traced.current_memory_mb
    )


def _measured(value: float | None, name: str, how: str) -> float:
    if value is None:
        raise NotMeasuredError(
            f"{name} was not measured: it takes a finished pass of `with {how}`."
        )
    return value
