"""The compiled top_k: the same lists on every instruction set, in any company, in any order."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from recsys_backends import ops, use_backend
from recsys_backends.contract.inputs import random_factors, random_interactions
from recsys_backends.optimized import simd
from recsys_backends.protocol import TopK

NOTHING_SEEN = (np.zeros(2, np.int64), np.empty(0, np.int32))


def as_bytes(answer: TopK) -> bytes:
    return answer.items.tobytes() + answer.scores.tobytes()


@pytest.mark.parametrize("n_factors", [0, 1, 7, 64, 100])
@pytest.mark.parametrize("k", [1, 20, 300, 400])
def test_instruction_sets_threads_and_company_change_nothing(n_factors: int, k: int) -> None:
    """Real scores: one sum in one order, however many users are ranked beside this one."""
    rng = np.random.default_rng(2)
    factors = random_factors(rng, 45, 300, n_factors)
    indptr, indices = random_interactions(rng, 45, 300, 0.2)
    arrays = (factors.item_factors, factors.item_biases)
    answers = set()
    with use_backend("optimized"):
        for level in simd.available_levels():
            for n_threads in (1, 3):
                with simd.use_level(level):
                    answer = ops.top_k(
                        factors.user_factors, *arrays, indptr, indices, k=k, n_threads=n_threads
                    )
                answers.add(as_bytes(answer))
        for user in (0, 7, 44):
            seen = indices[indptr[user] : indptr[user + 1]]
            alone = ops.top_k(
                factors.user_factors[user : user + 1],
                *arrays,
                np.array([0, len(seen)]),
                seen,
                k=k,
            )
            assert alone.items.tobytes() == answer.items[user].tobytes()
            assert alone.scores.tobytes() == answer.scores[user].tobytes()
    assert len(answers) == 1


def orders(n: int) -> dict[str, NDArray[np.int64]]:
    up = np.arange(n)
    return {
        "rising": up,
        "falling": up[::-1],
        "saw": up % 37,
        "mountain": np.minimum(up, n - up),
        "one in a hundred": (up % 100 == 99) * up,
    }


@pytest.mark.parametrize("order", orders(1))
@pytest.mark.parametrize("k", [1, 3, 1000, 5000])
def test_the_order_in_which_scores_come_does_not_matter(order: str, k: int) -> None:
    """Rising scores displace what was kept again and again; equal ones never do."""
    scores = orders(5000)[order]
    items = scores[:, None].astype(np.float32)
    with use_backend("optimized"):
        answer = ops.top_k(np.ones((1, 1), np.float32), items, None, *NOTHING_SEEN, k=k)
    expected = np.argsort(-scores, kind="stable")[:k]
    assert answer.items[0].tolist() == expected.tolist()
    assert answer.scores[0].tolist() == scores[expected].tolist()


def test_zeros_of_either_sign_are_equal() -> None:
    biases = np.array([-0.0, 0.0, -0.0, 0.0], np.float32)
    none = np.empty((4, 0), np.float32)
    with use_backend("optimized"):
        answer = ops.top_k(np.empty((1, 0), np.float32), none, biases, *NOTHING_SEEN, k=3)
    assert answer.items[0].tolist() == [0, 1, 2]


def test_lists_are_those_of_exhaustive_search_wherever_scores_differ() -> None:
    """Neighbours in a list may swap only where float64 tells them apart by rounding alone."""
    rng = np.random.default_rng(4)
    factors = random_factors(rng, 60, 2000, 64)
    exact = factors.user_factors.astype(np.float64) @ factors.item_factors.T.astype(np.float64)
    indptr = np.zeros(61, np.int64)
    with use_backend("optimized"):
        answer = ops.top_k(
            factors.user_factors, factors.item_factors, None, indptr, NOTHING_SEEN[1], k=20
        )
    listed = np.take_along_axis(exact, answer.items.astype(np.int64), axis=1)
    best = -np.sort(-exact, axis=1)[:, :20]
    np.testing.assert_allclose(listed, best, rtol=0, atol=1e-5)
    apart = np.diff(-np.sort(-exact, axis=1)[:, :21], axis=1) < -2e-5
    certain = apart & np.insert(apart[:, :-1], 0, True, axis=1)
    expected = np.argsort(-exact, axis=1)[:, :20]
    assert certain.mean() > 0.9
    assert np.array_equal(answer.items[certain], expected[certain])
