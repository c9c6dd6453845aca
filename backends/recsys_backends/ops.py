"""The front door: check the arguments, find the backend in use, call it.

``recsys_backends.protocol`` says what each op does. Bad arguments raise ``InvalidArgumentError``
with the argument's name, in every backend alike, before anything has been changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from recsys_backends import answers, checks, sampler_checks
from recsys_backends.errors import InvalidArgumentError, UnsupportedOperationError
from recsys_backends.plan import UNIFORM, EpochPlan, Sampler
from recsys_backends.protocol import ComputeBackend, Neighbors, TopK, UpdateResult
from recsys_backends.registry import get_backend
from recsys_backends.whole_numbers import whole_number

__all__ = ["als_half_step", "bpr_update", "item_similarity", "matmul", "plan_epoch", "top_k"]

P = ParamSpec("P")
R = TypeVar("R")


def _as_in_protocol(function: Callable[P, R]) -> Callable[P, R]:
    """Give a front-door function the docstring of the op it opens to."""
    function.__doc__ = getattr(ComputeBackend, function.__name__).__doc__
    return function


@_as_in_protocol
def matmul(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:  # noqa: D103
    checks.array("a", a, np.float32, 2)
    checks.array("b", b, np.float32, 2)
    if a.shape[1] != b.shape[0]:
        raise InvalidArgumentError(
            f"b must have as many rows as a has columns ({a.shape[1]}), not {b.shape[0]}."
        )
    backend = get_backend()
    product: NDArray[np.float32] = backend.op("matmul")(a, b)
    if not backend.trusted:
        answers.array(backend, "matmul", product, np.float32, (a.shape[0], b.shape[1]))
    return product


@_as_in_protocol
def plan_epoch(  # noqa: D103
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    n_items: int,
    *,
    seed: int,
    epoch: int,
    n_blocks: int = 1,
    sampler: Sampler = UNIFORM,
    n_threads: int = 1,
) -> EpochPlan:
    n_items = checks.row_count("n_items", n_items)
    n_users = checks.csr(indptr, indices, n_items)
    sampler_checks.sampler(sampler, n_users, n_items)
    n_blocks = checks.blocks(n_blocks, n_users, n_items)
    backend = get_backend()
    if not backend.draws_by(type(sampler)):
        raise UnsupportedOperationError(
            f"plan_epoch of backend {backend.name!r} cannot draw by a {type(sampler).__name__}; "
            "naive, optimized and torch can. Choose one with set_backend(…)."
        )
    if n_blocks > 1 and not backend.tiles:
        raise UnsupportedOperationError(
            f"plan_epoch of backend {backend.name!r} cannot cut an epoch into {n_blocks} blocks; "
            "use n_blocks=1, or choose another backend with set_backend(…)."
        )
    plan: EpochPlan = backend.op("plan_epoch")(
        indptr,
        indices,
        n_items,
        seed=whole_number("seed", seed, 0, 2**64 - 1),
        epoch=whole_number("epoch", epoch, 0, 2**63 - 1),
        n_blocks=n_blocks,
        sampler=sampler,
        n_threads=checks.threads(n_threads),
    )
    if not backend.trusted:
        plan = answers.plan(backend, plan, n_users, n_items, n_blocks, len(indices))
    checks.vouch_for(plan, n_users, n_items)
    return plan


@_as_in_protocol
def bpr_update(  # noqa: D103
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    item_biases: NDArray[np.float32] | None,
    plan: EpochPlan,
    *,
    learning_rate: float,
    reg_user: float,
    reg_positive: float,
    reg_negative: float,
    n_threads: int = 1,
) -> UpdateResult:
    n_users, n_items = checks.factors(user_factors, item_factors, item_biases, change=True)
    checks.plan(plan, n_users, n_items)
    changed = {"user_factors": user_factors, "item_factors": item_factors}
    if item_biases is not None:
        changed["item_biases"] = item_biases
    for name in checks.PLAN_COLUMNS:
        checks.apart([*changed.items(), (f"plan.{name}", getattr(plan, name))])
    rates = {
        "learning_rate": checks.real("learning_rate", learning_rate, positive=True),
        "reg_user": checks.real("reg_user", reg_user),
        "reg_positive": checks.real("reg_positive", reg_positive),
        "reg_negative": checks.real("reg_negative", reg_negative),
    }
    checks.decays(rates)
    backend = get_backend()
    # A rate that is too high overflows in every backend; the caller sees it in the loss, and a
    # warning from the inside of some backends only would be noise.
    with np.errstate(over="ignore", invalid="ignore"):
        result = backend.op("bpr_update")(
            user_factors,
            item_factors,
            item_biases,
            plan,
            **rates,
            n_threads=checks.threads(n_threads),
        )
    return result if backend.trusted else answers.update(backend, result)


@_as_in_protocol
def als_half_step(  # noqa: D103
    target: NDArray[np.float32],
    fixed: NDArray[np.float32],
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    confidence: NDArray[np.float32],
    *,
    regularization: float,
    n_threads: int = 1,
) -> None:
    checks.factor_pair("target", target, "fixed", fixed)
    checks.writable("target", target)
    checks.finite("fixed", fixed)
    rows = checks.csr(indptr, indices, len(fixed))
    if rows != len(target):
        raise InvalidArgumentError(
            f"indptr must have one row per row of target ({len(target)}), not {rows}."
        )
    checks.weights("confidence", confidence, len(indices))
    for name, array in (
        ("fixed", fixed),
        ("indptr", indptr),
        ("indices", indices),
        ("confidence", confidence),
    ):
        checks.apart([("target", target), (name, array)])
    regularization = checks.ridge(regularization, fixed, confidence)
    backend = get_backend()
    answer = backend.op("als_half_step")(
        target,
        fixed,
        indptr,
        indices,
        confidence,
        regularization=regularization,
        n_threads=checks.threads(n_threads),
    )
    if not backend.trusted:
        answers.overwritten(backend, "als_half_step", "target", target, answer)


@_as_in_protocol
def item_similarity(  # noqa: D103
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    n_items: int,
    *,
    k: int,
    shrinkage: float = 0.0,
    n_threads: int = 1,
) -> Neighbors:
    n_items = checks.row_count("n_items", n_items)
    checks.csr(indptr, indices, n_items)
    k = whole_number("k", k, 1, 2**31 - 1)
    backend = get_backend()
    answer: Neighbors = backend.op("item_similarity")(
        indptr,
        indices,
        n_items,
        k=k,
        shrinkage=checks.real("shrinkage", shrinkage),
        n_threads=checks.threads(n_threads),
    )
    return answer if backend.trusted else answers.neighbors(backend, answer, n_items, k)


@_as_in_protocol
def top_k(  # noqa: D103
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    item_biases: NDArray[np.float32] | None,
    seen_indptr: NDArray[np.int64],
    seen_indices: NDArray[np.int32],
    *,
    k: int,
    n_threads: int = 1,
) -> TopK:
    n_users, n_items = checks.factors(user_factors, item_factors, item_biases, change=False)
    rows = checks.csr(seen_indptr, seen_indices, n_items, names=("seen_indptr", "seen_indices"))
    if rows != n_users:
        raise InvalidArgumentError(
            f"seen_indptr must have one row per row of user_factors ({n_users}), not {rows}."
        )
    k = whole_number("k", k, 1, 2**31 - 1)
    backend = get_backend()
    answer: TopK = backend.op("top_k")(
        user_factors,
        item_factors,
        item_biases,
        seen_indptr,
        seen_indices,
        k=k,
        n_threads=checks.threads(n_threads),
    )
    return answer if backend.trusted else answers.top_k(backend, answer, (n_users, k))
