"""Check what a foreign backend answered, so that its mistakes are not taken for the caller's.

Used by ``recsys_backends.ops`` alone, for every backend but those shipped here, which the contract
tests vouch for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from recsys_backends import checks
from recsys_backends.errors import ContractViolation, InvalidArgumentError
from recsys_backends.plan import EpochPlan
from recsys_backends.protocol import Neighbors, TopK, UpdateResult
from recsys_backends.registry import Backend


def array(
    backend: Backend, op: str, value: object, dtype: DTypeLike, shape: tuple[int, ...]
) -> None:
    """An array of exactly that dtype and shape."""
    wanted = f"{np.dtype(dtype).name} array of shape {shape}"
    if not isinstance(value, np.ndarray):
        raise _violation(backend, op, f"a {type(value).__name__}, not a {wanted}")
    if value.dtype != np.dtype(dtype) or value.shape != shape:
        raise _violation(backend, op, f"{value.dtype} of shape {value.shape}, not a {wanted}")


def plan(
    backend: Backend, value: object, n_users: int, n_items: int, n_blocks: int, nnz: int
) -> EpochPlan:
    """A copy of the plan (nobody else can write to it), in which everything is in order."""
    try:
        copy = EpochPlan(*(np.array(getattr(value, name)) for name in checks.PLAN_COLUMNS))
        checks.plan(copy, n_users, n_items)
    except (AttributeError, InvalidArgumentError) as error:
        raise _violation(backend, "plan_epoch", f"a plan that cannot be used: {error}") from error
    if copy.n_triples != nnz or copy.n_blocks != n_blocks:
        raise _violation(
            backend,
            "plan_epoch",
            f"{copy.n_triples} triples in {copy.n_blocks} blocks, not {nnz} in {n_blocks}",
        )
    return copy


def update(backend: Backend, value: Any) -> UpdateResult:
    """(loss, n_correct, n_updated) as numbers."""
    try:
        loss, n_correct, n_updated = value
        if any(np.ndim(part) or np.asarray(part).dtype.kind not in "biuf" for part in value):
            raise TypeError("words, say, of which numbers could be made")
        return UpdateResult(float(loss), int(n_correct), int(n_updated))
    except (TypeError, ValueError, OverflowError) as error:
        wanted = "(loss, n_correct, n_updated)"
        raise _violation(backend, "bpr_update", f"{value!r:.60}, not {wanted}") from error


def overwritten(backend: Backend, op: str, name: str, value: NDArray[Any], answer: object) -> None:
    """Require that nothing was returned, and that the overwritten array is finite."""
    if answer is not None:
        what = f"a {type(answer).__name__}, not None: it has to write into {name}"
        raise _violation(backend, op, what)
    if not np.isfinite(value).all():
        raise _violation(backend, op, f"numbers in {name} that are not finite")


def neighbors(backend: Backend, value: Any, n_items: int, k: int) -> Neighbors:
    """(indptr, indices, values): at most k neighbours for each item, none of them itself."""
    op = "item_similarity"
    try:
        indptr, indices, values = value
    except (TypeError, ValueError) as error:
        wanted = "(indptr, indices, values)"
        raise _violation(backend, op, f"{value!r:.60}, not {wanted}") from error
    try:
        checks.csr(indptr, indices, n_items)
    except InvalidArgumentError as error:
        raise _violation(backend, op, f"rows that cannot be used: {error}") from error
    array(backend, op, indptr, np.int64, (n_items + 1,))
    array(backend, op, values, np.float32, (len(indices),))
    lengths = np.diff(indptr)
    if lengths.max() > k:
        raise _violation(backend, op, f"{lengths.max()} neighbours of one item, not {k} at most")
    if np.any(indices == np.repeat(np.arange(n_items), lengths)):
        raise _violation(backend, op, "an item as a neighbour of itself")
    return Neighbors(indptr, indices, values)


def top_k(backend: Backend, value: Any, shape: tuple[int, int]) -> TopK:
    """(items, scores), int32 and float32."""
    try:
        items, scores = value
    except (TypeError, ValueError) as error:
        raise _violation(backend, "top_k", f"{value!r:.60}, not (items, scores)") from error
    array(backend, "top_k", items, np.int32, shape)
    array(backend, "top_k", scores, np.float32, shape)
    return TopK(items, scores)


def _violation(backend: Backend, op: str, what: str) -> ContractViolation:
    what = what.rstrip(".")  # some end with a sentence of their own
    return ContractViolation(f"{op} of backend {backend.name!r} answered {what}.")
