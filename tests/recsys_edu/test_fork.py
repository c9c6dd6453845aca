"""Fitting in the child of a process that has had threads: it must not wait for them for ever."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import os, sys
import numpy as np
from recsys_backends import set_backend
from recsys_edu import ALS, BPR, Interactions, ItemKNN, TwoTower

rng = np.random.default_rng(0)
train = Interactions.from_events(rng.integers(0, 900, 70_000), rng.integers(0, 800, 70_000))
make = {
    "bpr": lambda: BPR(8, 1, progress=False, n_threads=2),
    "als": lambda: ALS(8, 1, progress=False, n_threads=2),
    "item-knn": lambda: ItemKNN(n_threads=2),
    "two-tower": lambda: TwoTower(8, 1, progress=False, device="cpu", n_threads=2),
}[sys.argv[2]]

def bytes_of():
    model = make().fit(train)
    model.recommend(train.user_ids[:50])
    return [array.tobytes() for _, array in sorted(model._fitted_arrays().items())]

set_backend(sys.argv[1])
before = bytes_of()
child = os.fork()
if child == 0:
    found = bytes_of()
    print("the same bytes" if found == before else "an answer", flush=True)
    os._exit(0)
os.waitpid(child, 0)
print("the same bytes" if bytes_of() == before else "other bytes")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize(
    ("engine", "model"),
    [
        *[("torch", model) for model in ("bpr", "als", "item-knn", "two-tower")],
        *[("optimized", model) for model in ("bpr", "als", "item-knn")],
    ],
)
def test_a_forked_child_fits_and_answers(engine: str, model: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, engine, model],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,  # a child that hangs is what this is about
        start_new_session=True,
    )
    child, parent = done.stdout.splitlines()
    # torch on one thread adds up in another order than on two.
    assert child in ("the same bytes", "an answer" if engine == "torch" else "the same bytes")
    assert parent == "the same bytes"
