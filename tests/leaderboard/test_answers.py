"""Timed answers: every way to be wrong is refused, and what the contract leaves open is not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from recsys_backends import optimized
from recsys_backends.errors import ContractViolation
from recsys_backends.plan import EpochPlan
from recsys_backends.protocol import Neighbors, TopK, UpdateResult
from tests.leaderboard.toy import quick
from tito.judging.clock import TimedAnswer
from tito.judging.shared_files import Call
from tito.leaderboard.answers import check_answer
from tito.leaderboard.draws import draw_call, generator_of

OPS = ("plan_epoch", "bpr_update", "als_half_step", "item_similarity", "top_k")


def drawn(op: str) -> Call:
    division = quick(f"{op.replace('_', '-')}-1")
    return draw_call(op, generator_of(11, 0), division.size, 1)


def answered(call: Call) -> TimedAnswer:
    """The optimized backend's answer, with arguments of its own."""
    args = copy.deepcopy(list(call.args))
    value = getattr(optimized, call.function)(*args, **call.kwargs)
    return TimedAnswer(value, args, dict(call.kwargs))


def changed(answer: TimedAnswer, **fields: Any) -> TimedAnswer:
    value = answer.value
    if isinstance(value, EpochPlan):
        names = ("users", "positives", "negatives", "bounds")
        made: Any = EpochPlan(**{**{n: getattr(value, n) for n in names}, **fields})
    else:
        made = value._replace(**fields)
    return TimedAnswer(made, answer.args, answer.kwargs)


def edited(array: np.ndarray[Any, Any], edit: Callable[[Any], None]) -> np.ndarray[Any, Any]:
    copied = array.copy()
    edit(copied)
    return copied


def swap(row: Any) -> None:
    row[0, [0, 1]] = row[0, [1, 0]]


def put(value: Any, *place: Any) -> Callable[[Any], None]:
    return lambda array: array.__setitem__(place, value)


@pytest.mark.parametrize("op", OPS)
def test_the_baselines_own_answer_is_right(op: str) -> None:
    call = drawn(op)
    check_answer(call, answered(call), answered(call))


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("value", [[], 0, "right", {"items": 1}, (1, 2, 3)])
def test_an_answer_of_another_kind_is_refused(op: str, value: Any) -> None:
    call = drawn(op)
    right = answered(call)
    with pytest.raises(ContractViolation, match="answers with"):
        check_answer(call, TimedAnswer(value, right.args, {}), right)


@pytest.mark.parametrize(
    ("op", "spoil"),
    [
        ("top_k", lambda a: {"items": edited(a.items, put(10**6, 0, 0))}),
        ("top_k", lambda a: {"items": edited(a.items, put(-1, 0, 0))}),
        ("top_k", lambda a: {"items": edited(a.items, lambda x: put(x[0, 1], 0, 0)(x))}),
        ("top_k", lambda a: {"items": edited(a.items, swap), "scores": edited(a.scores, swap)}),
        ("top_k", lambda a: {"scores": np.zeros_like(a.scores)}),
        ("top_k", lambda a: {"scores": np.full_like(a.scores, np.nan)}),
        ("top_k", lambda a: {"scores": a.scores + np.float32(1e-3)}),
        ("top_k", lambda a: {"items": a.items.astype(np.int64)}),
        ("top_k", lambda a: {"items": a.items[:, :-1]}),
        ("top_k", lambda a: {"items": a.items.tolist()}),
        ("top_k", lambda a: {"items": np.zeros_like(a.items), "scores": np.zeros_like(a.scores)}),
        ("item_similarity", lambda a: {"values": a.values * np.float32(1.0000002)}),
        ("item_similarity", lambda a: {"indices": a.indices[:-1]}),
        ("plan_epoch", lambda a: {"negatives": edited(a.negatives, put(-1, 0))}),
        ("plan_epoch", lambda a: {"users": a.users[::-1].copy()}),
        ("bpr_update", lambda a: {"loss": a.loss * 1.001}),
        ("bpr_update", lambda a: {"loss": float("nan")}),
        ("bpr_update", lambda a: {"n_updated": a.n_updated - 1}),
        ("bpr_update", lambda a: {"n_correct": 0}),
    ],
)
def test_a_changed_answer_is_refused(op: str, spoil: Callable[[Any], dict[str, Any]]) -> None:
    call = drawn(op)
    right = answered(call)
    with pytest.raises(ContractViolation):
        check_answer(call, changed(right, **spoil(right.value)), right)


def untouched(call: Call, right: TimedAnswer) -> list[Any]:
    return list(call.args)


def half_done(call: Call, right: TimedAnswer) -> list[Any]:
    """The second half of the users as they were."""
    args = copy.deepcopy(right.args)
    n = len(args[0]) // 2
    args[0][n:] = call.args[0][n:]
    return args


def rounded(call: Call, right: TimedAnswer) -> list[Any]:
    """All that changed in half precision."""
    return [
        a.astype(np.float16).astype(np.float32)
        if isinstance(a, np.ndarray) and a.dtype == np.float32
        else a
        for a in right.args
    ]


def not_numbers(call: Call, right: TimedAnswer) -> list[Any]:
    args = copy.deepcopy(right.args)
    args[0][0, 0] = np.nan
    return args


@pytest.mark.parametrize("op", ["bpr_update", "als_half_step"])
@pytest.mark.parametrize("spoil", [untouched, half_done, rounded, not_numbers])
def test_work_that_was_not_done_in_the_arguments_is_refused(
    op: str, spoil: Callable[[Call, TimedAnswer], list[Any]]
) -> None:
    call = drawn(op)
    right = answered(call)
    with pytest.raises(ContractViolation):
        check_answer(call, TimedAnswer(right.value, spoil(call, right), {}), right)


def test_the_last_bits_of_a_score_are_free() -> None:
    call = drawn("top_k")
    right = answered(call)
    users, items, biases = call.args[:3]
    exact = np.einsum("uf,ukf->uk", users.astype(float), items.astype(float)[right.value.items])
    scores = (exact + biases.astype(float)[right.value.items]).astype(np.float32)
    check_answer(call, changed(right, scores=scores), right)


def test_the_records_are_the_protocols() -> None:
    kinds = {op: type(answered(drawn(op)).value) for op in OPS}
    records = {TopK, Neighbors, EpochPlan, UpdateResult, type(None)}
    assert set(kinds.values()) == records
