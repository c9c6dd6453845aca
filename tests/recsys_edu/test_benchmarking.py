"""benchmark and measure: what they see, what they refuse to say, what they leave as it was."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest

from recsys_edu import benchmark, measure
from recsys_edu.benchmarking import NotMeasuredError
from recsys_edu.errors import InvalidParameterError, RecsysError

MB = 10**6


@pytest.fixture(autouse=True)
def _no_tracing_is_left_behind() -> Iterator[None]:
    assert not tracemalloc.is_tracing()
    yield
    traced = tracemalloc.is_tracing()
    tracemalloc.stop()
    assert not traced


def test_time_is_that_of_the_block() -> None:
    before = time.perf_counter()
    with benchmark() as run:
        time.sleep(0.03)
    outside = 1e3 * (time.perf_counter() - before)
    assert 29 <= run.time_ms <= outside
    assert "time_ms=" in repr(run)


def test_memory_is_what_the_block_held_and_holds() -> None:
    with benchmark(memory=True) as run:
        passing = np.zeros(20 * MB, dtype=np.uint8)
        del passing
        kept = np.zeros(5 * MB, dtype=np.uint8)
    assert run.peak_memory_mb == pytest.approx(20, rel=0.01)
    assert run.current_memory_mb == pytest.approx(5, rel=0.01)
    assert len(kept) == 5 * MB
    assert "peak_memory_mb=" in repr(run)


def test_what_was_held_before_does_not_count() -> None:
    tracemalloc.start()
    before = np.zeros(30 * MB, dtype=np.uint8)
    with benchmark(memory=True) as run:
        del before
        after = np.zeros(10 * MB, dtype=np.uint8)
    assert len(after) == 10 * MB
    assert run.peak_memory_mb == pytest.approx(0, abs=0.1)
    assert run.current_memory_mb == pytest.approx(-20, rel=0.01)
    assert tracemalloc.is_tracing()  # it was on before, and not by us
    tracemalloc.stop()


def test_a_block_within_a_block_does_not_hide_the_outer_peak() -> None:
    with benchmark(memory=True) as outer:
        passing = np.zeros(20 * MB, dtype=np.uint8)
        del passing
        with benchmark(memory=True) as inner:
            passing = np.zeros(3 * MB, dtype=np.uint8)
            del passing
        assert tracemalloc.is_tracing()
    assert inner.peak_memory_mb == pytest.approx(3, rel=0.01)
    assert outer.peak_memory_mb == pytest.approx(20, rel=0.01)


def test_a_timing_pass_does_not_trace() -> None:
    with benchmark() as run:
        assert not tracemalloc.is_tracing()
    assert run.time_ms >= 0


@pytest.mark.parametrize("memory", [False, True])
def test_an_error_passes_through_and_the_figures_stay(memory: bool) -> None:
    run = benchmark(memory=memory)
    with pytest.raises(ZeroDivisionError), run:
        _ = 1 / 0
    assert (run.peak_memory_mb if memory else run.time_ms) >= 0


def test_what_was_not_measured_is_refused_with_the_way_to_get_it() -> None:
    with benchmark() as timed, pytest.raises(NotMeasuredError, match=r"time_ms .*finished"):
        _ = timed.time_ms
    for name in ("peak_memory_mb", "current_memory_mb"):
        with pytest.raises(NotMeasuredError, match=rf"{name} .*benchmark\(memory=True\)"):
            getattr(timed, name)
    with benchmark(memory=True) as traced:
        pass
    with pytest.raises(NotMeasuredError, match=r"with benchmark\(\)"):
        _ = traced.time_ms
    assert isinstance(NotMeasuredError(""), RecsysError)
    assert repr(benchmark()) == "benchmark(not finished)"


def test_measure_separates_time_from_memory() -> None:
    tracing: list[bool] = []

    def work() -> None:
        tracing.append(tracemalloc.is_tracing())
        np.zeros(7 * MB, dtype=np.uint8)

    found = measure(work, repeats=4)
    assert tracing == [False] * 4 + [True]
    assert len(found.times_ms) == 4
    assert min(found.times_ms) <= found.time_ms <= max(found.times_ms)
    assert found.time_ms == pytest.approx(float(np.median(found.times_ms)))
    assert found.peak_memory_mb == pytest.approx(7, rel=0.01)
    assert found.current_memory_mb == pytest.approx(0, abs=0.1)


def test_measure_lets_errors_through_and_stops_tracing() -> None:
    calls = 0

    def fails_when_traced() -> None:
        nonlocal calls
        calls += 1
        if tracemalloc.is_tracing():
            raise OSError("from inside")

    with pytest.raises(OSError, match="from inside"):
        measure(fails_when_traced, repeats=2)
    assert calls == 3


@pytest.mark.parametrize("repeats", [0, -1])
def test_measure_needs_a_repeat(repeats: int) -> None:
    with pytest.raises(InvalidParameterError, match="repeats"):
        measure(lambda: None, repeats=repeats)
