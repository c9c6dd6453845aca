"""Clauses of ``bpr_update``: sizes and values at which shortcuts come to light."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_backends import ops
from recsys_backends.contract.clause import clause, require, require_close, require_identical
from recsys_backends.contract.inputs import (
    FREE,
    GENTLE,
    Factors,
    Rates,
    plan_of,
    random_factors,
    random_interactions,
)
from recsys_backends.plan import EpochPlan
from recsys_backends.registry import use_backend


def _columns(
    users: NDArray[np.integer], positives: NDArray[np.integer], negatives: NDArray[np.integer]
) -> EpochPlan:
    u, i, j = (column.astype(np.int32) for column in (users, positives, negatives))
    return EpochPlan(u, i, j, np.array([0, len(users)], dtype=np.int64))


@clause("bpr_update")
def sigmoid_is_exact_everywhere(rng: np.random.Generator) -> None:
    """Each step is learning_rate · σ(−x) to four digits, from x = −40 to 40."""
    x = np.concatenate([np.linspace(-40, 40, 401), rng.uniform(-20, 20, 400)])
    n, rate = len(x), 2.0
    factors = Factors(
        np.ones((n, 1), np.float32), np.zeros((2 * n, 1), np.float32), np.zeros(2 * n, np.float32)
    )
    biases = factors.arrays()["item_biases"]
    biases[::2] = x
    scores = biases[::2].astype(np.float64)
    every = np.arange(n)
    plan = _columns(every, 2 * every, 2 * every + 1)
    result = factors.update(plan, {**FREE, "learning_rate": rate})
    g = 1.0 / (1.0 + np.exp(scores))
    require_close(
        -biases[1::2] / (rate * g),
        np.ones(n),
        1e-4,
        "the negative item's step over learning_rate · σ(−x), for x from −40 to 40",
    )
    require_close(result.loss, np.logaddexp(0.0, -scores).sum(), 1e-3, "the loss for x in ±40")


@clause("bpr_update")
def long_plans_are_applied_in_full(rng: np.random.Generator) -> None:
    """70,000 triples, item numbers beyond 2¹⁶, no biases: every step, every count, all the loss."""
    n = 70_000
    users = np.ones((n, 1), np.float32)
    items = rng.normal(0.0, 0.3, (2 * n, 1)).astype(np.float32)
    before = items[:, 0].astype(np.float64)
    order = rng.permutation(2 * n)
    positives, negatives = order[:n], order[n:]
    plan = _columns(rng.permutation(n), positives, negatives)
    result = ops.bpr_update(users, items, None, plan, **FREE)
    x = before[positives] - before[negatives]
    step = FREE["learning_rate"] / (1.0 + np.exp(x))
    require_close(items[positives, 0] - before[positives], step, 1e-6, "steps of positive items")
    require_close(before[negatives] - items[negatives, 0], step, 1e-6, "steps of negative items")
    require(
        result.n_updated == n and result.n_correct == int((x > 0).sum()),
        f"of {n} triples, {int((x > 0).sum())} correct, it reports {tuple(result)[1:]}.",
    )
    wanted = np.logaddexp(0.0, -x).sum()
    require_close(result.loss / wanted, 1.0, 1e-7, f"the loss of {n} triples, over its true value")


@clause("bpr_update")
def steps_of_one_row_add_up(rng: np.random.Generator) -> None:
    """Small steps on few rows: together they move each as far as the sum of the steps alone."""
    start = random_factors(rng, 5, 8, 6)
    rates: Rates = {**FREE, "learning_rate": 1e-3}
    users = rng.integers(5, size=60).tolist()
    items = [rng.choice(8, 2, replace=False).tolist() for _ in users]
    triples = [(user, i, j) for user, (i, j) in zip(users, items, strict=True)]
    together = start.copy()
    together.update(plan_of(triples), rates)
    moved = {name: np.zeros(array.shape) for name, array in start.arrays().items()}
    for triple in triples:
        alone = start.copy()
        alone.update(plan_of([triple]), rates)
        for name, array in alone.arrays().items():
            moved[name] += array.astype(np.float64) - start.arrays()[name]
    for name, array in together.arrays().items():
        require_close(
            array - start.arrays()[name].astype(np.float64),
            moved[name],
            1e-3,
            f"how far 60 small steps move {name}; are steps lost where a row occurs twice?",
        )


@clause("bpr_update")
def rows_of_any_width_are_right(rng: np.random.Generator) -> None:
    """Widths on both sides of every register and every special case."""
    for n_factors in (15, 16, 17, 31, 32, 47, 48, 49, 63, 64, 65, 127, 128, 129, 200):
        factors = random_factors(rng, 20, 40, n_factors, scale=0.1)
        expected = factors.copy()
        order = rng.permutation(40)
        plan = _columns(np.arange(20), order[:20], order[20:])
        factors.update(plan, GENTLE)
        with use_backend("naive"):
            expected.update(plan, GENTLE)
        for name, array in factors.arrays().items():
            require_close(array, expected.arrays()[name], 1e-6, f"{name} with {n_factors} factors")


@clause("bpr_update")
def the_plan_is_only_read(rng: np.random.Generator) -> None:
    """Plans are read only: nothing is written to the plan's columns."""
    factors = random_factors(rng, 3, 4, 5)
    plan = plan_of([(0, 1, 2), (2, 3, 0), (1, 0, -1)])
    columns = ("users", "positives", "negatives", "bounds")
    before = {name: getattr(plan, name).copy() for name in columns}
    factors.update(plan)
    for name in columns:
        require_identical(getattr(plan, name), before[name], f"plan.{name} after the pass")


@clause("bpr_update", orders=("sequential",))
def many_tiles_and_threads_agree_with_naive(rng: np.random.Generator) -> None:
    """8 × 8 tiles on 1, 7 and 64 threads, with and without biases."""
    indptr, indices = random_interactions(rng, 60, 60, 0.2)
    with use_backend("naive"):
        plan = ops.plan_epoch(indptr, indices, 60, seed=1, epoch=0, n_blocks=8)
    with_biases = random_factors(rng, 60, 60, 5, scale=0.1)
    without = Factors(with_biases.user_factors, with_biases.item_factors, None)
    for start in (with_biases, without):
        expected = start.copy()
        with use_backend("naive"):
            expected.update(plan, GENTLE)
        for n_threads in (1, 7, 64):
            factors = start.copy()
            factors.update(plan, GENTLE, n_threads)
            for name, array in factors.arrays().items():
                what = f"{name} after 64 tiles, {n_threads} threads"
                require_close(array, expected.arrays()[name], 1e-6, what)
