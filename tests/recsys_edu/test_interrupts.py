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
    assert n_cut == 5


def test_a_few_moments_of_towers() -> None:
    n_cut, wrong = interrupt("two-tower", "optimized", 5, seed=1)
    assert wrong == ""
    assert n_cut == 5


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("model", MODELS)
def test_forty_moments(model: str, engine: str) -> None:
    n_cut, wrong = interrupt(model, engine, 40, seed=2)
    assert wrong == ""
    assert n_cut == 40


LONG = """
import os, signal, sys, threading, time
import numpy as np
from recsys_backends import set_backend
from recsys_edu import Interactions, PureSVD, UserKNN, evaluate

set_backend("optimized")
rng = np.random.default_rng(0)
what = sys.argv[1]
if what == "neighbours":
    n_users, n_items, each = 60_000, 300, 60
else:
    n_users, n_items, each = 60_000, 60_000, 2
def drawn():
    items = rng.integers(0, n_items // each, (n_users, each)) + np.arange(each) * (n_items // each)
    users = np.repeat(np.arange(n_users), each)
    return Interactions.from_events(users, items.reshape(-1), item_ids=np.arange(n_items))

train, test = drawn(), drawn()
if what != "neighbours":
    model = PureSVD(2).fit(train)
    model.user_factors = rng.normal(size=(n_users, 64)).astype(np.float32)
    model.item_factors = rng.normal(size=(n_items, 64)).astype(np.float32)
sent = []
def send():
    sent.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)
threading.Timer(4.0, send).start()  # well into the op
try:
    if what == "neighbours":
        UserKNN(n_threads=1).fit(train)
    elif what == "recommend":
        model.recommend(train.user_ids, 20)
    else:
        evaluate(model, test, metrics=["auc"])
    print("it ended by itself")
except KeyboardInterrupt:
    print(f"answered after {time.perf_counter() - sent[0]:.2f} s")
"""


@pytest.mark.parametrize("what", ["neighbours", "recommend", "evaluate"])
def test_long_calls_do_not_run_to_their_end(what: str) -> None:
    """Each takes half a minute or more; the answer comes in a fraction of a second."""
    done = subprocess.run(
        [sys.executable, "-c", LONG, what],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        start_new_session=True,
    )
    assert re.match(r"answered after [\d.]+ s\n", done.stdout), done.stdout + done.stderr[-1000:]
