"""Ctrl-C: fits end with whole epochs, and going on leads where one fit would have."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

ENGINES = ("naive", "optimized", "torch")
MODELS = ("bpr", "als", "two-tower", "bpr-adaptive")


def interrupt(model: str, engine: str, moments: int, seed: int) -> tuple[int, str]:
    """How many fits were cut short, and everything that was wrong afterwards."""
    script = [sys.executable, "-m", "tests.recsys_edu.interrupted_fits"]
    done = subprocess.run(
        [*script, model, engine, str(moments), str(seed)],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        start_new_session=True,  # the signals are for it alone
    )
    *wrong, summary = done.stdout.splitlines() or [""]
    found = re.match(
        r"cut short (\d+), before the first epoch \d+, slowest answer ([\d.]+) s", summary
    )
    assert found, done.stderr[-2000:]
    assert float(found[2]) < 1.0
    return int(found[1]), "\n".join(wrong)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("model", ["bpr", "als"])
def test_a_few_moments(model: str, engine: str) -> None:
    n_cut, wrong = interrupt(model, engine, 5, seed=1)
    assert wrong == ""
    assert n_cut >= 1


def test_a_few_moments_of_towers() -> None:
    n_cut, wrong = interrupt("two-tower", "optimized", 5, seed=1)
    assert wrong == ""
    assert n_cut >= 1


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("model", MODELS)
def test_forty_moments(model: str, engine: str) -> None:
    n_cut, wrong = interrupt(model, engine, 40, seed=2)
    assert wrong == ""
    assert n_cut >= 20
