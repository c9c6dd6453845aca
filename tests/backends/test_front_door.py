"""Nothing that a caller or a foreign backend hands over reaches a kernel unchecked."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from recsys_backends import ContractViolation, EpochPlan, InvalidArgumentError, ops, use_backend
from recsys_backends.contract.inputs import FREE, plan_of

INDPTR = np.array([0, 2, 3], dtype=np.int64)
INDICES = np.array([0, 2, 1], dtype=np.int32)


def ones(n: int, width: int = 4) -> np.ndarray:
    return np.ones((n, width), dtype=np.float32)


def similar(
    indptr: list[int], indices: list[int], values: list[float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.array(indptr), np.array(indices, np.int32), np.array(values, np.float32)


def plan() -> EpochPlan:
    with use_backend("optimized"):
        return ops.plan_epoch(INDPTR, INDICES, 5, seed=0, epoch=0)


def update(some_plan: EpochPlan, users: np.ndarray | None = None) -> None:
    with use_backend("optimized"):
        ops.bpr_update(ones(2) if users is None else users, ones(5), None, some_plan, **FREE)


def test_differences_that_overflow_do_not_hide_a_falling_indptr() -> None:
    falling = np.array([0, 2**63 - 1, -2, 1])
    with use_backend("optimized"), pytest.raises(InvalidArgumentError, match="indptr"):
        ops.plan_epoch(falling, np.array([0], dtype=np.int32), 5, seed=0, epoch=0)


def test_nor_falling_bounds() -> None:
    bounds = np.array([0, 2**63 - 1, -2, 0, 0, 0, 0, 0, 0, 1])
    with pytest.raises(InvalidArgumentError, match=r"plan\.bounds"):
        update(replace(plan_of([(0, 1, 2)]), bounds=bounds))


def through_pickle(some: EpochPlan) -> EpochPlan:
    found: EpochPlan = pickle.loads(pickle.dumps(some))
    return found


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, through_pickle, lambda p: replace(p)]
)
def test_copies_of_a_verified_plan_are_checked_again(
    duplicate: Callable[[EpochPlan], EpochPlan],
) -> None:
    twin = duplicate(plan())
    object.__setattr__(twin, "users", np.full(3, 2**30, dtype=np.int32))
    with pytest.raises(InvalidArgumentError, match=r"plan\.users"):
        update(twin)


def test_a_plan_that_was_made_writable_again_is_checked_again() -> None:
    verified = plan()
    verified.users.flags.writeable = True
    verified.users[:] = 2**30
    with pytest.raises(InvalidArgumentError, match=r"plan\.users"):
        update(verified)


def foreign(users: list[int], bounds: list[int]) -> SimpleNamespace:
    def plan_epoch(indptr: object, indices: np.ndarray, n_items: int, **rest: object) -> EpochPlan:
        columns = (np.array(column, dtype=np.int32) for column in (users, [0, 2, 1], [1, 1, 0]))
        return EpochPlan(*columns, np.array(bounds))

    return SimpleNamespace(name="foreign", plan_epoch=plan_epoch)


@pytest.mark.parametrize(
    ("users", "bounds", "message"),
    [
        ([0, 0, 9], [0, 3], r"plan\.users must lie in"),
        ([0, 0, 1], [0, 3, 3, 3, 3], "3 triples in 2 blocks, not 3 in 1"),
        ([0, 0], [0, 2], "three columns of one length"),
    ],
)
def test_a_foreign_plan_that_cannot_be_used_is_the_backends_fault(
    users: list[int], bounds: list[int], message: str
) -> None:
    with use_backend(foreign(users, bounds)), pytest.raises(ContractViolation, match=message):
        ops.plan_epoch(INDPTR, INDICES, 5, seed=0, epoch=0)


def test_a_foreign_plan_is_copied_so_that_nobody_else_can_change_it() -> None:
    kept = INDICES.copy()
    backend = SimpleNamespace(
        plan_epoch=lambda indptr, indices, n, **rest: EpochPlan(
            np.array([0, 0, 1], dtype=np.int32), indices, 3 - indices, np.array([0, 3])
        )
    )
    with use_backend(backend):
        found = ops.plan_epoch(INDPTR, kept, 5, seed=0, epoch=0)
    assert kept.flags.writeable
    kept[:] = 4
    assert found.positives.tolist() == INDICES.tolist()


@pytest.mark.parametrize(
    ("op", "answer"),
    [
        ("matmul", [[1.0]]),
        ("matmul", np.ones((2, 2))),
        ("matmul", ones(2, 3)),
        ("top_k", None),
        ("top_k", (np.zeros((2, 1), np.int64), ones(2, 1))),
        ("item_similarity", None),
        ("item_similarity", similar([0, 1], [1], [0.5])),
        ("item_similarity", similar([0, 1, 1, 1], [0], [0.5])),
        ("item_similarity", similar([0, 2, 2, 2], [1, 2], [0.5, 0.5])),
        ("item_similarity", similar([0, 1, 1, 1], [3], [0.5])),
        ("item_similarity", similar([0, 1, 1, 1], [1], [0.5, 0.5])),
        ("item_similarity", (*similar([0, 1, 1, 1], [1], [0.5])[:2], np.ones(1))),
        ("bpr_update", None),
        ("bpr_update", ("much", 1, 1)),
        ("als_half_step", ones(2)),
        ("als_half_step", None),  # with numbers left as they were, which are not finite
    ],
)
def test_foreign_answers_are_checked(op: str, answer: object) -> None:
    calls: dict[str, Callable[[], object]] = {
        "matmul": lambda: ops.matmul(ones(2, 2), ones(2, 2)),
        "top_k": lambda: ops.top_k(
            ones(2), ones(3), None, np.zeros(3, np.int64), np.empty(0, np.int32), k=1
        ),
        "item_similarity": lambda: ops.item_similarity(INDPTR, INDICES, 3, k=1),
        "bpr_update": lambda: ops.bpr_update(ones(2), ones(5), None, plan_of([(0, 1, 2)]), **FREE),
    }
    calls["als_half_step"] = lambda: ops.als_half_step(
        np.full_like(ones(2), np.nan), ones(5), INDPTR, INDICES, ones(1, 3)[0], regularization=1.0
    )
    backend = SimpleNamespace(name="odd", **{op: lambda *positional, **named: answer})
    with use_backend(backend), pytest.raises(ContractViolation, match=f"{op} of backend 'odd'"):
        calls[op]()


def test_a_foreign_answer_that_is_in_order_is_the_answer() -> None:
    answer = similar([0, 1, 2, 2], [1, 0], [0.5, 0.5])
    with use_backend(SimpleNamespace(item_similarity=lambda *positional, **named: answer)):
        found = ops.item_similarity(INDPTR, INDICES, 3, k=1)
    assert all(part is given for part, given in zip(found, answer, strict=True))


def test_a_plan_may_not_overlap_the_factors() -> None:
    memory = np.zeros((1000, 4), dtype=np.float32)
    users = memory.view(np.int32).reshape(-1)
    n = len(users)
    overlapping = EpochPlan(
        users, np.full(n, 1, np.int32), np.full(n, 2, np.int32), np.array([0, n])
    )
    with pytest.raises(InvalidArgumentError, match=r"plan\.users must not share memory"):
        update(overlapping, users=memory)


@pytest.mark.parametrize("kind", [np.ma.MaskedArray, np.matrix])
def test_arrays_that_hide_values_or_change_operators_are_refused(kind: type) -> None:
    odd = ones(2, 2).view(kind)
    with pytest.raises(InvalidArgumentError, match="a must be a NumPy array"):
        ops.matmul(odd, ones(2, 2))


def test_unaligned_arrays_are_refused() -> None:
    unaligned = np.frombuffer(bytes(4 * 4 + 1), dtype=np.float32, offset=1).reshape(2, 2)
    with pytest.raises(InvalidArgumentError, match="a must be aligned"):
        ops.matmul(unaligned, ones(2, 2))


@pytest.mark.parametrize(
    ("rates", "name"),
    [
        ({"learning_rate": 10**400}, "learning_rate"),
        ({"learning_rate": 1e30, "reg_user": 1e30}, "reg_user"),
    ],
)
def test_rates_beyond_single_precision_are_refused(rates: dict[str, float], name: str) -> None:
    with use_backend("optimized"), pytest.raises(InvalidArgumentError, match=name):
        ops.bpr_update(ones(2), ones(5), None, plan(), **{**FREE, **rates})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_trains_on_one_thread_and_does_not_hang() -> None:
    code = """
import os
from recsys_edu import BPR, set_backend
from recsys_edu.datasets import make_synthetic
data = make_synthetic(60, 80, 2000, min_per_user=5)
set_backend("optimized")
def fit():
    return BPR(8, 2, n_threads=2, n_blocks=4, progress=False).fit(data).user_factors.tobytes()
here = fit()
child = os.fork()
if child == 0:
    os._exit(0 if fit() == here else 3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == "0", done.stderr
