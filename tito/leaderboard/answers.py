"""Checks of timed answers, on the trusted side: each call's answer beside the baseline's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recsys_backends.contract.als_half_step import HalfStep
from recsys_backends.contract.clause import require, require_close, require_identical
from recsys_backends.plan import EpochPlan
from recsys_backends.protocol import Neighbors, TopK, UpdateResult
from tito.judging.clock import TimedAnswer
from tito.judging.shared_files import Call

_FACTOR_TOLERANCE: Final = 2e-5
"""Difference of one factor from the baseline's; a step changes one by some hundred times it."""
_SCORE_TOLERANCE: Final = 1e-5
_LOSS_TOLERANCE: Final = 1e-6
"""Difference of the loss from the baseline's, as a share of it."""


def check_answer(call: Call, entry: TimedAnswer, baseline: TimedAnswer) -> None:
    """Raise ContractViolation unless the entry's answer to a timed call is right.

    Args:
        call: as it was drawn.
        entry: answer, and the arguments as the entry left them.
        baseline: the same of the optimized backend.
    """
    _CHECKS[call.function](call, entry, baseline)


def _require_record(value: Any, record: type[tuple[Any, ...]] | type[EpochPlan]) -> None:
    found = type(value).__name__
    require(isinstance(value, record), f"it answers with {found}, not with {record.__name__}.")


def _require_arrays(value: Any, wanted: Any, names: tuple[str, ...]) -> None:
    """Require arrays of the same types and shapes."""
    for name in names:
        found, expected = getattr(value, name), getattr(wanted, name)
        require(isinstance(found, np.ndarray), f"{name} is no array.")
        require(
            found.dtype == expected.dtype and found.shape == expected.shape,
            f"{name}: {found.dtype} of shape {found.shape}, expected {expected.dtype} "
            f"{expected.shape}.",
        )


def _identical(record: type[Any], names: tuple[str, ...]) -> _Check:
    """Return a check that all arrays of a record hold the baseline's bytes."""

    def check(call: Call, entry: TimedAnswer, baseline: TimedAnswer) -> None:
        _require_record(entry.value, record)
        _require_arrays(entry.value, baseline.value, names)
        for name in names:
            require_identical(getattr(entry.value, name), getattr(baseline.value, name), name)

    return check


def _top_k(call: Call, entry: TimedAnswer, baseline: TimedAnswer) -> None:
    """Require a ranking as good as the baseline's: scores may differ in their last bits."""
    _require_record(entry.value, TopK)
    _require_arrays(entry.value, baseline.value, ("items", "scores"))
    users, items, biases, indptr, indices = call.args
    found, wanted = entry.value, baseline.value
    empty = wanted.items < 0
    require_identical(found.items < 0, empty, "the places without an item")
    require(bool((found.items < len(items)).all()), "items: there is an unknown item.")
    _require_unseen(found.items, indptr, indices, len(items))
    rows = users.astype(np.float64)
    own = np.einsum("uf,ukf->uk", rows, items.astype(np.float64)[found.items])
    own += biases.astype(np.float64)[found.items]
    for scores, what in ((found.scores, "scores"), (own, "the scores of the items")):
        require_close(
            np.where(empty, 0.0, scores),
            np.where(empty, 0.0, wanted.scores),
            _SCORE_TOLERANCE,
            what,
        )
    _require_order(found, own, wanted)


def _require_order(found: TopK, own: NDArray[np.float64], wanted: TopK) -> None:
    """Require the baseline's items, but for scores that are equal to float32's last bits."""
    moved = found.items != wanted.items
    share = float(moved.mean())
    require(share <= 0.001, f"items: {share:.2%} of the places have another item.")
    require(bool((np.diff(own, axis=1) <= _SCORE_TOLERANCE).all()), "items: not best first.")


def _require_unseen(
    found: NDArray[np.int32], indptr: NDArray[np.int64], indices: NDArray[np.int32], n_items: int
) -> None:
    rows = np.repeat(np.arange(len(found)), np.diff(indptr))
    seen = np.zeros((len(found), n_items + 1), np.bool_)
    seen[rows, indices] = True
    places = np.where(found < 0, n_items, found)  # the last column is nobody's
    require(not np.take_along_axis(seen, places, 1).any(), "items: one was seen already.")
    ordered = np.sort(np.where(found < 0, -np.arange(1, found.shape[1] + 1), found), axis=1)
    require(bool((np.diff(ordered, axis=1) > 0).all()), "items: one stands there twice.")


def _als_half_step(call: Call, entry: TimedAnswer, baseline: TimedAnswer) -> None:
    require(entry.value is None, "als_half_step answers with something; it changes target alone.")
    _, fixed, indptr, indices, confidence = call.args
    settings = {"regularization": call.kwargs["regularization"]}
    HalfStep(fixed, indptr, indices, confidence, **settings).require_minimum(
        entry.args[0], "target"
    )


def _bpr_update(call: Call, entry: TimedAnswer, baseline: TimedAnswer) -> None:
    _require_record(entry.value, UpdateResult)
    for number, what in enumerate(("user_factors", "item_factors", "item_biases")):
        require_close(entry.args[number], baseline.args[number], _FACTOR_TOLERANCE, what)
    found, wanted = entry.value, baseline.value
    require_close(found.loss, wanted.loss, _LOSS_TOLERANCE * abs(wanted.loss), "loss")
    require_close(found.n_updated, wanted.n_updated, 0.0, "n_updated")
    near_zero = max(2, wanted.n_updated // 100_000)
    require_close(found.n_correct, wanted.n_correct, near_zero, "n_correct")


_Check = Callable[[Call, TimedAnswer, TimedAnswer], None]
_CHECKS: Final[Mapping[str, _Check]] = {
    "plan_epoch": _identical(EpochPlan, ("users", "positives", "negatives", "bounds")),
    "bpr_update": _bpr_update,
    "als_half_step": _als_half_step,
    "item_similarity": _identical(Neighbors, ("indptr", "indices", "values")),
    "top_k": _top_k,
}
