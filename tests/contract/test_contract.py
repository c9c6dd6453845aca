"""Every backend keeps the contract, and every broken kernel breaks the clause meant for it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
from _pytest.mark import ParameterSet

from recsys_backends import (
    Backend,
    ContractViolation,
    InvalidArgumentError,
    UniformSampler,
    WeightedSampler,
    get_backend,
    optimized,
    use_backend,
)
from recsys_backends.contract import CLAUSES, Clause, check
from recsys_backends.plan import SAMPLERS
from tests.contract.broken_kernel import BrokenKernel
from tests.contract.broken_kernels import BROKEN_KERNELS

BACKENDS = ("naive", "optimized", "torch")
by_name = {clause.name: clause for clause in CLAUSES}


def runs() -> Iterator[ParameterSet]:
    """Every clause on every backend; long ones on a slow backend are slow tests."""
    for name in BACKENDS:
        for clause in CLAUSES:
            is_slow = clause.long and clause.level == "engine" and name != "optimized"
            for seed in (0, 1) if clause.level == "lesson" else (0,):
                marks = [pytest.mark.slow] if is_slow else []
                yield pytest.param(
                    name, clause, seed, marks=marks, id=f"{name}-{clause.name}-{seed}"
                )


@pytest.mark.parametrize(("name", "clause", "seed"), list(runs()))
def test_backend_keeps_clause(name: str, clause: Clause, seed: int) -> None:
    with use_backend(name) as backend:
        if not clause.applies_to(backend):
            assert backend.order not in clause.orders  # no shipped backend leaves an op out
            return
        clause(backend, clause.rng(seed))


@pytest.mark.parametrize("broken", BROKEN_KERNELS, ids=lambda broken: broken.name)
def test_broken_kernel_is_caught_by_its_clause(broken: BrokenKernel) -> None:
    clause = by_name[broken.caught_by]
    with pytest.raises((ContractViolation, ArithmeticError, LookupError, ValueError)) as caught:
        clause(broken.backend(), clause.rng(0))
    assert str(caught.value)


def test_every_op_has_broken_kernels_and_names_are_unique() -> None:
    assert {broken.op for broken in BROKEN_KERNELS} == {clause.op for clause in CLAUSES}
    assert len({clause.name for clause in CLAUSES}) == len(CLAUSES)
    assert len({broken.name for broken in BROKEN_KERNELS}) == len(BROKEN_KERNELS) >= 12


def test_unbroken_copy_of_the_answer_key_passes() -> None:
    """The edits are to blame, not the copying."""
    same = BrokenKernel("unbroken", "bpr_update", "bpr", "n_updated += 1", "n_updated += 1", "")
    assert [result for result in check(same.backend(), quick=True) if not result.passed] == []


def test_clauses_about_samplers_are_for_backends_that_know_them() -> None:
    def names(*samplers: type) -> set[str]:
        known = {"samplers": samplers} if samplers else {}
        some = Backend("some", SimpleNamespace(plan_epoch=optimized.plan_epoch, **known))
        return {clause.name for clause in CLAUSES if clause.applies_to(some)}

    plain = names()
    assert "negatives_are_uniform" in plain
    assert names(UniformSampler) == plain
    weighted = names(UniformSampler, WeightedSampler)
    assert "negatives_follow_the_weights" in weighted - plain
    assert "adaptive_negatives_rank_high" not in weighted
    assert names(*SAMPLERS) - weighted >= {
        "adaptive_negatives_rank_high",
        "bad_samplers_are_rejected",
    }


def test_check_reports_and_restores() -> None:
    before = get_backend().name
    results = check("naive", ops=["matmul"])
    assert {result.op for result in results} == {"matmul"}
    assert all(result.passed and result.message == "" for result in results)
    assert get_backend().name == before


@pytest.mark.parametrize(
    ("implementation", "message"),
    [
        (SimpleNamespace(), "none of the ops"),
        (SimpleNamespace(order="Sequential", matmul=np.matmul), "order of backend"),
    ],
    ids=["no ops", "unknown order"],
)
def test_there_is_no_passing_by_leaving_out(implementation: object, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        check(implementation)


def test_misspelt_ops_and_wrong_signatures_are_named() -> None:
    found = check(SimpleNamespace(matmull=lambda a, b: a @ b, top_k=lambda users, items: None))
    messages = {result.op: result.message for result in found if not result.passed}
    assert "matmull" in messages["matmul"]
    assert "cannot be called with user_factors, item_factors" in messages["top_k"]
    assert sum(result.op == "top_k" for result in found) == 1


def test_a_violation_without_words_is_still_one() -> None:
    def refuse(a: object, b: object) -> object:
        raise ContractViolation

    failed = {result.name for result in check(SimpleNamespace(matmul=refuse)) if not result.passed}
    assert "product_is_the_sum_over_the_inner_index" in failed


def test_check_turns_a_crash_into_a_failed_clause() -> None:
    class Crashes:
        name = "crashes"

        def matmul(self, a: object, b: object) -> object:
            raise RuntimeError("learner's own mistake")

    failed = [result for result in check(Crashes()) if not result.passed]
    assert failed
    assert "learner's own mistake" in failed[0].message
