"""Instruments on a stage of the judge's: what the judged code has not measured, it cannot know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tito.course.judged import session_of
from tito.course.lessons import find_lesson
from tito.judging import staged
from tito.judging.clauses import functions_of, generator_for, load_clauses, run_clause
from tito.judging.failures import LearnerError
from tito.judging.remote import Remote
from tito.judging.staged import staged_call

FORGED = """\
import statistics
import sys

probe = sys.modules["probe"]
timed = traced = compare = cost_per_call = None
open_runs = []


def _blocks(learner, *args):
    if len(args) == 2:
        for name in ("before", "inside", "after", "later"):
            args[1](name)
        return {"outer": 1.0, "inner": 1.0, "memory": None}
    start, before, inside, after = args
    return {"outer": 1e3 * (before + inside + after), "inner": 1e3 * inside, "memory": None}


def _error(learner, *args):
    return {"time_ms": 1e3 * args[0] if isinstance(args[0], float) else 1.0, "came_out": True}


def _sleep(learner, *args):
    if callable(args[0]):
        args[0]()
        return 40.0
    return {"time_ms": 1e3 * args[0], "least": 1e3 * args[0], "most": 1e3 * args[0]}


def _comparison(learner, first, second, n):
    medians = [1e3 * statistics.median(each[1:]) for each in (first, second)]
    return {"medians": medians, "calls": "AB" * (n + 1)}


def _cost(learner, work, empty, n):
    asked = [["work", n], ["empty", n]] * len(work)
    return {"cost": 1e9 * (min(work) - min(empty)) / n, "asked": asked}


probe.time_blocks = probe.time_staged_blocks = _blocks
probe.time_a_block_that_raises = probe.time_staged_error = _error
probe.time_a_sleep = probe.time_staged_sleep = _sleep
probe.stage_a_comparison, probe.weigh_an_operation = _comparison, _cost


def compare(a, b, n, clock):
    return [1.0, 1.0]


def cost_per_call(work, empty, n, repeats, clock):
    for _ in range(repeats):
        work(n)
        empty(n)
    return 1.0
"""


@contextmanager
def opened(folder: Path, source: str) -> Iterator[Remote]:
    module = folder / "profiling.py"
    module.write_text(source, encoding="utf-8")
    with session_of(find_lesson("6")).open(module) as remote:
        yield remote


@pytest.mark.parametrize("name", ["test_timed", "test_compare", "test_cost_per_call"])
def test_a_forged_probe_earns_nothing(name: str, tmp_path: Path) -> None:
    clauses = functions_of(load_clauses(find_lesson("6").folder, "hidden.py"))
    with opened(tmp_path, FORGED) as remote:
        verdict = run_clause(name, clauses[name], remote, generator_for(name, 7))
    assert not verdict.passed


def test_calls_and_errors_cross_the_border(tmp_path: Path) -> None:
    source = (
        "def twice(f, n):\n    return f(n) + f(n)\n\n"
        "def guarded(f):\n    try:\n        f()\n    except KeyError:\n        return 'caught'\n"
    )
    calls = []

    def count(n: int) -> int:
        calls.append(n)
        return len(calls)

    def fail() -> None:
        raise KeyError("a secret")

    with opened(tmp_path, source) as remote:
        assert staged_call(remote, "twice", count, 7) == 3
        assert calls == [7, 7]
        assert staged_call(remote, "guarded", fail) == "caught"
        with pytest.raises(AttributeError):
            staged_call(remote, "absent", fail)


def test_calls_have_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staged, "MAX_CALLS", 50)
    with (
        opened(tmp_path, "def run(f):\n    while True:\n        f()\n") as remote,
        pytest.raises(LearnerError, match="called the functions that it was given more than 50"),
    ):
        staged_call(remote, "run", lambda: 1)
