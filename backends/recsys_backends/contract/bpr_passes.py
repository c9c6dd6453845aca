"""Clauses of ``bpr_update``: whole passes, their order, their threads, their input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recsys_backends import ops
from recsys_backends.contract.clause import clause, require, require_close, require_identical
from recsys_backends.contract.inputs import (
    GENTLE,
    RATES,
    Rates,
    plan_of,
    random_factors,
    random_interactions,
)
from recsys_backends.contract.rejections import require_rejected
from recsys_backends.plan import EpochPlan
from recsys_backends.registry import use_backend


def _plans(
    rng: np.random.Generator, n_users: int, n_items: int, n_blocks: int, n_epochs: int
) -> list[EpochPlan]:
    """Plans by the answer key, so that these clauses need no plan_epoch of the backend's own."""
    indptr, indices = random_interactions(rng, n_users, n_items, 0.2)
    with use_backend("naive"):
        return [
            ops.plan_epoch(indptr, indices, n_items, seed=1, epoch=epoch, n_blocks=n_blocks)
            for epoch in range(n_epochs)
        ]


@clause("bpr_update", orders=("sequential",))
def triples_apply_in_order(rng: np.random.Generator) -> None:
    """Each triple sees what the ones before it wrote."""
    triples = [(0, 1, 2), (0, 2, 1), (1, 1, 0), (0, 1, 0)]
    together = random_factors(rng, 2, 3, 10)
    apart = together.copy()
    rates: Rates = {**RATES, "learning_rate": 0.3}
    result = together.update(plan_of(triples), rates)
    losses = [apart.update(plan_of([triple]), rates).loss for triple in triples]
    for name, array in together.arrays().items():
        require_close(
            array,
            apart.arrays()[name],
            1e-6,
            f"{name} after four triples in one call, against one call each",
        )
    require_close(result.loss, sum(losses), 1e-5, "the loss of four triples in one call")


@clause("bpr_update", orders=("sequential",))
def passes_agree_with_naive(rng: np.random.Generator) -> None:
    """Factors within 1e-6 of the answer key's after one epoch, and 1e-5 after twenty."""
    for n_factors, n_blocks in ((1, 1), (7, 1), (16, 4), (33, 4)):
        plans = _plans(rng, 24, 32, n_blocks, n_epochs=20)
        factors = random_factors(rng, 24, 32, n_factors, scale=0.1)
        expected = factors.copy()
        for epoch, plan in enumerate(plans, start=1):
            result = factors.update(plan, GENTLE)
            with use_backend("naive"):
                wanted = expected.update(plan, GENTLE)
            if epoch in (1, 20):
                for name, array in factors.arrays().items():
                    require_close(
                        array,
                        expected.arrays()[name],
                        1e-6 if epoch == 1 else 1e-5,
                        f"{name} after {epoch} epochs, {n_factors} factors, n_blocks={n_blocks}",
                    )
            require_close(result.loss, wanted.loss, 1e-3, f"the loss of epoch {epoch}")
            require(result.n_updated == wanted.n_updated, f"n_updated is {result.n_updated}.")


@clause("bpr_update")
def disjoint_triples_agree_with_naive(rng: np.random.Generator) -> None:
    """Triples that share no row give the same result in sequence and in batches."""
    order = rng.permutation(200)
    plan = plan_of([(u, int(order[2 * u]), int(order[2 * u + 1])) for u in range(100)])
    factors = random_factors(rng, 100, 200, 19, scale=0.3)
    expected = factors.copy()
    factors.update(plan, GENTLE)
    with use_backend("naive"):
        expected.update(plan, GENTLE)
    for name, array in factors.arrays().items():
        require_close(array, expected.arrays()[name], 1e-6, f"{name} after disjoint triples")


@clause("bpr_update")
def same_bytes_for_any_number_of_threads(rng: np.random.Generator) -> None:
    """1, 2 and 3 threads, and the same once more: identical factors, losses and counts."""
    for n_blocks in (1, 4):
        plans = _plans(rng, 40, 60, n_blocks, n_epochs=3)
        start = random_factors(rng, 40, 60, 24)
        outcomes = []
        for n_threads in (1, 2, 3, 1, 2, 3):
            factors = start.copy()
            results = [factors.update(plan, GENTLE, n_threads) for plan in plans]
            outcomes.append((factors, results))
        for n_threads, (factors, results) in zip((2, 3, 1, 2, 3), outcomes[1:], strict=True):
            what = f"{n_threads} threads against 1, n_blocks={n_blocks}"
            for name, array in factors.arrays().items():
                require_identical(array, outcomes[0][0].arrays()[name], f"{name}, {what}")
            require(results == outcomes[0][1], f"losses or counts differ, {what}.")


@clause("bpr_update")
def an_empty_plan_changes_nothing(rng: np.random.Generator) -> None:
    """No triples: loss 0, nothing counted, nothing written."""
    factors = random_factors(rng, 3, 4, 5)
    before = factors.copy()
    result = factors.update(plan_of([]))
    require(tuple(result) == (0.0, 0, 0), f"an empty plan returns {tuple(result)}.")
    for name, array in factors.arrays().items():
        require_identical(array, before.arrays()[name], f"{name} after an empty plan")


@clause("bpr_update")
def bad_arguments_of_bpr_update_are_rejected(rng: np.random.Generator) -> None:
    """Wrong arrays, ids and numbers are refused by name, before anything has changed."""
    good = random_factors(rng, 3, 4, 5)
    before = good.copy()
    plan = plan_of([(0, 1, 2), (2, 3, 0)])

    def call(rates: Rates = RATES, plan: object = plan, **arrays: object) -> None:
        given = {"item_biases": None, **good.arrays(), **arrays}
        ops.bpr_update(**given, plan=plan, **rates)  # type: ignore[arg-type]

    for name, array in good.arrays().items():
        read_only = array.copy()
        read_only.flags.writeable = False
        for bad in (array.astype(np.float64), array.tolist(), array[None], read_only):
            require_rejected(name, call, **{name: bad})
        for poison in (np.nan, np.inf, -np.inf):
            poisoned = array.copy()
            poisoned.flat[1] = poison
            require_rejected(name, call, **{name: poisoned})
    require_rejected("user_factors", call, user_factors=np.asfortranarray(good.user_factors))
    require_rejected("item_factors", call, item_factors=good.item_factors[:, :4].copy())
    require_rejected("item_factors", call, item_factors=good.user_factors)
    require_rejected("item_biases", call, item_biases=np.zeros(3, np.float32))
    require_rejected("plan", call, plan=[(0, 1, 2)])
    for bad_triple, column in (
        ((3, 1, 2), "users"),
        ((-1, 1, 2), "users"),
        ((0, 4, 2), "positives"),
        ((0, -1, 2), "positives"),
        ((0, 1, 4), "negatives"),
        ((0, 1, -2), "negatives"),
        ((0, 1, 1), "negatives"),
    ):
        require_rejected(f"plan.{column}", call, plan=plan_of([bad_triple]))
    apart = plan_of([(0, 1, 0), (0, 2, 3)])
    racing = replace(apart, bounds=np.array([0, 1, 2, 2, 2], dtype=np.int64))
    require_rejected("plan.bounds", call, plan=racing)
    for rate in RATES:
        for value in (-0.1, np.nan, np.inf, 1e39, "0.1", True):
            require_rejected(rate, call, rates={**RATES, rate: value})
    require_rejected("learning_rate", call, rates={**RATES, "learning_rate": 0.0})
    for name, array in good.arrays().items():
        require_identical(array, before.arrays()[name], f"{name} after refused calls")
