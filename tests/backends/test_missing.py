"""Without the compiled extension, or without torch, everything else works and says so."""

from __future__ import annotations

import subprocess
import sys

import pytest

HIDE = """
import importlib.abc, sys

class Hidden(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in {names!r}:
            raise ImportError(f"No module named {{name!r}}")

sys.meta_path.insert(0, Hidden())
"""
KERNELS = tuple(
    f"recsys_backends.optimized._{k}"
    for k in ("bpr", "cpu", "matmul", "neighbors", "plan", "top_k")
)

TRAIN = """
import numpy as np
from recsys_edu import BPR, evaluate, random_split, set_backend
from recsys_edu.datasets import make_synthetic
split = random_split(make_synthetic(60, 80, 2000, min_per_user=5))
set_backend("naive")
model = BPR(8, 2, progress=False).fit(split.train)
print(round(evaluate(model, split)["ndcg@10"], 3) > 0)
"""


def run(names: tuple[str, ...], code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", HIDE.format(names=names) + code],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("names", [KERNELS, ("torch",), (*KERNELS, "torch")], ids=str)
def test_the_rest_works(names: tuple[str, ...]) -> None:
    done = run(names, TRAIN)
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr


@pytest.mark.parametrize(
    ("names", "backend", "remedy"),
    [
        (KERNELS, "optimized", "pip install -e ."),
        (("torch",), "torch", "pip install -e '.[torch]'"),
    ],
    ids=["no extension", "no torch"],
)
def test_the_missing_one_says_what_would_help(
    names: tuple[str, ...], backend: str, remedy: str
) -> None:
    done = run(names, f"from recsys_edu import set_backend; set_backend({backend!r})")
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert "BackendUnavailableError" in last
    assert remedy in last


def test_auto_without_extension_and_torch_is_naive() -> None:
    done = run(
        (*KERNELS, "torch"),
        "from recsys_edu import set_backend; print(set_backend('auto').name)",
    )
    assert done.stdout.strip() == "naive", done.stderr
