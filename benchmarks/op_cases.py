"""What `bench_ops.py` times: for each op, a call with arguments of a given size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from recsys_backends import default_n_blocks, ops
from recsys_backends.memory import aligned_zeros
from recsys_backends.plan import EpochPlan
from recsys_edu.datasets import make_synthetic
from recsys_edu.interactions import Interactions

Call = Callable[[], object]


@dataclass
class Inputs:
    """Interactions and factors of one size; what no op asks for is never made."""

    name: str
    n_users: int
    n_items: int
    nnz: int
    n_factors: int
    n_matrix: int
    n_threads: int = field(default=1, init=False)

    @cached_property
    def train(self) -> Interactions:
        return make_synthetic(self.n_users, self.n_items, self.nnz, min_per_user=5)

    @cached_property
    def n_blocks(self) -> int:
        return default_n_blocks(*self.train.shape, self.train.nnz)

    @cached_property
    def plan(self) -> EpochPlan:
        train = self.train
        return ops.plan_epoch(
            train.indptr, train.indices, train.n_items, seed=0, epoch=0, n_blocks=self.n_blocks
        )

    def factors(self, n_rows: int) -> np.ndarray:
        rows = aligned_zeros(n_rows, self.n_factors)
        rows[...] = np.random.default_rng(n_rows).normal(0.0, 0.1, rows.shape)
        return rows


SIZES = (
    Inputs("small", n_users=100, n_items=200, nnz=2_000, n_factors=16, n_matrix=32),
    Inputs("medium", n_users=500, n_items=1_000, nnz=30_000, n_factors=64, n_matrix=128),
)
"""Small enough for the answer key to end, and for all that it shows what each backend is for."""


def matmul(inputs: Inputs) -> Call:
    rng = np.random.default_rng(0)
    shape = (inputs.n_matrix, inputs.n_matrix)
    a, b = (rng.normal(size=shape).astype(np.float32) for _ in range(2))
    return lambda: ops.matmul(a, b)


def plan_epoch(inputs: Inputs) -> Call:
    train = inputs.train
    return lambda: ops.plan_epoch(
        train.indptr,
        train.indices,
        train.n_items,
        seed=0,
        epoch=0,
        n_blocks=inputs.n_blocks,
        n_threads=inputs.n_threads,
    )


def bpr_update(inputs: Inputs) -> Call:
    """Round after round on the same arrays, with a rate that moves them but little."""
    plan, train = inputs.plan, inputs.train
    users, items = inputs.factors(train.n_users), inputs.factors(train.n_items)
    biases = aligned_zeros(train.n_items)
    return lambda: ops.bpr_update(
        users,
        items,
        biases,
        plan,
        learning_rate=1e-3,
        reg_user=0.01,
        reg_positive=0.01,
        reg_negative=0.01,
        n_threads=inputs.n_threads,
    )


def top_k(inputs: Inputs) -> Call:
    train = inputs.train
    users, items = inputs.factors(train.n_users), inputs.factors(train.n_items)
    return lambda: ops.top_k(
        users, items, None, train.indptr, train.indices, k=10, n_threads=inputs.n_threads
    )


def als_half_step(inputs: Inputs) -> Call:
    """All users, for fixed items."""
    train = inputs.train
    users, items = inputs.factors(train.n_users), inputs.factors(train.n_items)
    confidence = np.full(train.nnz, 2.0, dtype=np.float32)
    return lambda: ops.als_half_step(
        users,
        items,
        train.indptr,
        train.indices,
        confidence,
        regularization=0.1,
        n_threads=inputs.n_threads,
    )


def item_similarity(inputs: Inputs) -> Call:
    train = inputs.train
    return lambda: ops.item_similarity(
        train.indptr,
        train.indices,
        train.n_items,
        k=20,
        shrinkage=10.0,
        n_threads=inputs.n_threads,
    )


CASES: dict[str, Callable[[Inputs], Call]] = {
    case.__name__: case
    for case in (matmul, plan_epoch, bpr_update, als_half_step, item_similarity, top_k)
}


def case_of(op: str) -> Callable[[Inputs], Call]:
    """The case of an op; LookupError with what to do where there is none."""
    if op not in CASES:
        raise LookupError(
            f"nothing times the op {op!r}: write a function {op}(inputs) in "
            "benchmarks/op_cases.py that returns a call of it, and add it to CASES"
        )
    return CASES[op]
