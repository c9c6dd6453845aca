"""Sentences of lesson 06 that hold a number or an order, but for times.

Times vary with the machine, and the lesson's text names none: the notebook prints them.
"""

from __future__ import annotations

import ast
import cProfile
import pstats
from collections import Counter
from typing import Any, ClassVar

import numpy as np
import pytest

from recsys_backends import use_backend
from recsys_backends.plan import EpochPlan
from recsys_edu import BPR, Interactions, benchmark
from recsys_edu.datasets.synthetic import make_synthetic
from tests.course.claims import BOTH, NAMES, SEEDS, code_of, dataset_of, names_of, split_of

pytestmark = pytest.mark.slow
WEIGHED = {
    "NumPy: number × 16-vector": "scale",
    "NumPy: 16-vector − 16-vector": "add",
    "NumPy: product of two 16-vectors": "product",
    "NumPy: read a row": "read row",
    "NumPy: write a row": "write row",
    "NumPy: copy a row": "copy",
    "NumPy: read or write a bias": "bias",
    "math.exp": "exp",
}
"""Lines of the lesson's table, and what is counted for them."""


class Counted(np.ndarray):
    """Array that counts what is done with it."""

    done: ClassVar[Counter[str]] = Counter()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        vectors = sum(np.ndim(each) == 1 for each in inputs)
        kinds = {"multiply": "scale", "add": "add", "subtract": "add", "matmul": "product"}
        assert vectors in (1, 2)
        assert (ufunc.__name__ == "multiply") == (vectors == 1)
        self.done[kinds[ufunc.__name__]] += 1
        out = options.pop("out", None)
        plain = [np.asarray(each) for each in inputs]
        if out is not None:
            options["out"] = tuple(np.asarray(each) for each in out)
        return np.asarray(getattr(ufunc, method)(*plain, **options)).view(Counted)[()]

    def __getitem__(self, key: Any) -> Any:
        if key != ():
            self.done["read row" if self.ndim == 2 else "bias"] += 1
        found = np.asarray(self)[key]
        return found.view(Counted) if np.ndim(found) else found

    def __setitem__(self, key: Any, value: Any) -> None:
        self.done["write row" if self.ndim == 2 else "bias"] += 1
        np.asarray(self)[key] = value

    def copy(self, order: Any = "C") -> Any:
        self.done["copy"] += 1
        return np.asarray(self).copy(order).view(Counted)


def table_of_weights() -> dict[str, int]:
    """How often each operation occurs for one triple, as lesson 06 says."""
    (rows,) = [
        node.value
        for node in code_of(6)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "weighed"
    ]
    assert isinstance(rows, ast.List)
    return {
        ast.literal_eval(row.elts[0]): ast.literal_eval(row.elts[2])
        for row in rows.elts
        if isinstance(row, ast.Tuple)
    }


def test_the_operations_of_a_triple_are_as_many_as_the_table_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lesson = names_of(5)
    # A triple out of order, with x = −16, for which σ(−x) takes one exponential, and not two.
    items = np.array([[0.0] * 16, [1.0] * 16])
    arrays = [array.view(Counted) for array in (np.ones((1, 16)), items, np.zeros(2))]
    plan = EpochPlan(*(np.array([n], dtype=np.int32) for n in (0, 0, 1)), np.array([0, 1]))
    rates = {"learning_rate": 0.1, "reg_user": 0.1, "reg_positive": 0.1, "reg_negative": 0.1}
    exp = lesson["math"].exp

    def counted_exp(x: float) -> float:
        Counted.done["exp"] += 1
        return float(exp(x))

    Counted.done.clear()
    monkeypatch.setattr(lesson["math"], "exp", counted_exp)
    lesson["bpr_update"](*arrays, plan, **rates)
    table = table_of_weights()
    assert Counted.done == {kind: table[line] for line, kind in WEIGHED.items()}


def part_of(name: str, seed: int, n: int = 4000) -> Interactions:
    """Some interactions of a test part, as the patient has them."""
    test = split_of(name, seed).test
    chosen = np.zeros(test.nnz, dtype=bool)
    chosen[np.random.default_rng(seed).permutation(test.nnz)[:n]] = True
    return test.keep(chosen)


@pytest.mark.parametrize(("name", "seed"), BOTH)
def test_one_function_stands_out_in_the_profile(name: str, seed: int) -> None:
    train, profiler = part_of(name, seed), cProfile.Profile()
    model = BPR(16, epochs=1, learning_rate=0.05, reg=0.01, n_blocks=1, progress=False)
    with use_backend("naive"):
        profiler.runcall(model.fit, train)
    rows = names_of(6)["time_shares"](pstats.Stats(profiler).stats)
    assert rows[0][0] == "bpr_update"
    assert rows[0][2] > 2 * rows[1][2]
    assert sum(own for _, _, own, _ in rows) == pytest.approx(1)
    assert sum(cumulative for *_, cumulative in rows) > 1.5, "cumulative times count twice"


@pytest.mark.parametrize("seed", SEEDS)
def test_memory_is_no_problem_and_little_is_left(seed: int) -> None:
    small = make_synthetic(150, 200, 5000, seed=6 + seed)
    with use_backend("naive"), benchmark(memory=True) as run:
        BPR(16, epochs=1, n_blocks=1, progress=False).fit(small)
    assert run.peak_memory_mb is not None
    assert run.current_memory_mb is not None
    assert run.peak_memory_mb < 20
    assert run.current_memory_mb < 0.5 * run.peak_memory_mb


@pytest.mark.parametrize("name", NAMES)
def test_the_patient_is_a_fifth_and_its_model_has_170_kb(name: str) -> None:
    whole, split = dataset_of(name), split_of(name, 0)
    assert split.test.nnz == pytest.approx(whole.nnz / 5, rel=0.05)
    assert 4 * 16 * sum(whole.shape) == pytest.approx(170e3, rel=0.02)


def test_what_is_counted_by_hand() -> None:
    lesson = names_of(6)
    for d in (16, 64, 256):
        flops, traffic = lesson["triple_cost"](d)
        assert flops / traffic == 0.75
        assert 200 < lesson["triple_cost"](16)[0] < 400, "a few hundred"
    intensities = [
        flops / traffic
        for flops, traffic in (lesson["matmul_cost"](n, n, n) for n in (16, 128, 1024))
    ]
    assert intensities == sorted(intensities)
    assert intensities[-1] > 200 * 0.75
    three_matrices = 3 * 4 * 1024**2
    assert three_matrices == pytest.approx(12e6, rel=0.05)


def test_what_amdahl_allows() -> None:
    speedup, needed = names_of(6)["speedup"], names_of(6)["factor_needed"]
    assert speedup(0.75, np.inf) == 4
    assert needed(0.75, 4.0) == np.inf
    assert needed(0.75, 2.0) == 3
