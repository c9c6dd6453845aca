"""Clauses of ``top_k``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_backends import ops
from recsys_backends.contract.clause import clause, require, require_close, require_identical
from recsys_backends.contract.inputs import Factors, random_factors, random_interactions
from recsys_backends.contract.rejections import require_rejected
from recsys_backends.protocol import TopK


def _unseen(n_users: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    return np.zeros(n_users + 1, dtype=np.int64), np.empty(0, dtype=np.int32)


def _by_score(
    scores: NDArray[np.float64], indptr: NDArray[np.int64], indices: NDArray[np.int32], k: int
) -> TopK:
    """Exhaustive search: sort every item by score, then by number."""
    items = np.full((len(scores), k), -1, dtype=np.int32)
    best = np.full((len(scores), k), -np.inf, dtype=np.float32)
    for row, score in enumerate(scores):
        seen = set(indices[indptr[row] : indptr[row + 1]].tolist())
        ranked = sorted(
            (i for i in range(len(score)) if i not in seen), key=lambda i: (-score[i], i)
        )
        ranked = ranked[:k]
        items[row, : len(ranked)] = ranked
        best[row, : len(ranked)] = score[ranked]
    return TopK(items, best)


@clause("top_k")
def lists_agree_with_exhaustive_search(rng: np.random.Generator) -> None:
    """Whole-numbered factors, so that scores are exact and tie often: the very same lists."""
    for n_users, n_items, n_factors, k in ((7, 40, 3, 5), (5, 3, 2, 10), (30, 200, 17, 20)):
        users = rng.integers(-3, 4, (n_users, n_factors)).astype(np.float32)
        items = rng.integers(-3, 4, (n_items, n_factors)).astype(np.float32)
        biases = rng.integers(-2, 3, n_items).astype(np.float32)
        indptr, indices = random_interactions(rng, n_users, n_items, 0.3)
        for bias in (biases, None):
            scores = users.astype(np.float64) @ items.T.astype(np.float64)
            if bias is not None:
                scores = scores + bias
            expected = _by_score(scores, indptr, indices, k)
            got = ops.top_k(users, items, bias, indptr, indices, k=k)
            require_identical(got.items, expected.items, f"the items of the best {k}")
            require_identical(got.scores, expected.scores, f"the scores of the best {k}")


@clause("top_k")
def lists_are_best_first(rng: np.random.Generator) -> None:
    """Real-valued scores: descending, and each the score of the item beside it."""
    factors = random_factors(rng, 20, 50, 16)
    answer = ops.top_k(
        factors.user_factors, factors.item_factors, factors.item_biases, *_unseen(20), k=10
    )
    require(
        bool((np.diff(answer.scores, axis=1) <= 0).all()), "the scores of a list do not descend."
    )
    exact = factors.user_factors @ factors.item_factors.T + factors.arrays()["item_biases"]
    require_close(
        answer.scores,
        np.take_along_axis(exact, answer.items.astype(np.int64), axis=1),
        1e-5,
        "the score beside each item",
    )
    best = -np.sort(-exact, axis=1)[:, :10]
    require_close(answer.scores, best, 1e-5, "the best scores")


@clause("top_k")
def ties_go_to_the_lower_item(rng: np.random.Generator) -> None:
    """All scores equal: items 0, 1, 2, … in this order, and the lowest are the ones kept."""
    items = np.zeros((50, 4), np.float32)
    answer = ops.top_k(np.ones((3, 4), np.float32), items, None, *_unseen(3), k=7)
    require_identical(
        answer.items, np.tile(np.arange(7, dtype=np.int32), (3, 1)), "items of equal scores"
    )


@clause("top_k")
def seen_items_are_left_out(rng: np.random.Generator) -> None:
    """No item that the user has seen is recommended, however high its score."""
    factors = random_factors(rng, 10, 30, 4)
    indptr, indices = random_interactions(rng, 10, 30, 0.5)
    answer = ops.top_k(factors.user_factors, factors.item_factors, None, indptr, indices, k=30)
    for user, listed in enumerate(answer.items):
        seen = set(indices[indptr[user] : indptr[user + 1]].tolist())
        both = seen & set(listed.tolist())
        require(not both, f"user {user} has seen item {min(both, default=-1)}, yet it is listed.")


@clause("top_k")
def short_lists_are_padded(rng: np.random.Generator) -> None:
    """−1 and −inf where there are fewer than k items left."""
    factors = random_factors(rng, 6, 8, 4)
    indptr, indices = random_interactions(rng, 6, 8, 0.5)
    answer = ops.top_k(factors.user_factors, factors.item_factors, None, indptr, indices, k=12)
    require(answer.items.shape == (6, 12), f"items have shape {answer.items.shape}, not (6, 12).")
    for user in range(6):
        left = 8 - int(indptr[user + 1] - indptr[user])
        require(
            bool((answer.items[user, left:] == -1).all())
            and bool((answer.scores[user, left:] == -np.inf).all())
            and bool((answer.items[user, :left] >= 0).all()),
            f"user {user} has {left} items left; the list is {answer.items[user].tolist()}.",
        )


@clause("top_k")
def overflowing_scores_are_never_listed(rng: np.random.Generator) -> None:
    """A score of −inf is no recommendation; +inf is the best there is."""
    big = np.float32(3e38)
    users = np.array([[big, big]], dtype=np.float32)
    items = np.array([[-big, 0], [0, 0], [-1, 0], [big, 0]], dtype=np.float32)
    answer = ops.top_k(users, items, None, *_unseen(1), k=4)
    require(
        answer.items[0].tolist() == [3, 1, 2, -1],
        f"with scores −inf, 0, −3e38, +inf the list is {answer.items[0].tolist()}, not "
        "[3, 1, 2, −1].",
    )


@clause("top_k")
def scores_that_are_no_numbers_are_never_listed(rng: np.random.Generator) -> None:
    """+inf and −inf that meet in one score make NaN, which is no recommendation either."""
    big = np.float32(3e38)
    items = np.array([[big, -big], [-1, 0]], dtype=np.float32)
    biases = np.array([5, 0], dtype=np.float32)
    answer = ops.top_k(np.array([[big, big]], np.float32), items, biases, *_unseen(1), k=2)
    listed = answer.items[0].tolist()
    # No NaN arises where a product and its sum are one step (+inf), or in float64 (the bias, 5).
    is_number = answer.scores[0, 0] in (np.inf, 5.0)
    require(
        listed == [1, -1] or (listed == [0, 1] and bool(is_number)),
        f"the list is {listed} with scores {answer.scores[0].tolist()}.",
    )


@clause("top_k", long=True)
def large_catalogues_are_searched_in_full(rng: np.random.Generator) -> None:
    """More users, items and seen items than fit into a block of scores; whole numbers, exact."""
    n_users, n_items, n_seen, k = 260, 66_000, 300, 40
    users = rng.integers(-3, 4, (n_users, 48)).astype(np.float32)
    items = rng.integers(-3, 4, (n_items, 48)).astype(np.float32)
    rows = [np.sort(rng.choice(n_items, n_seen, replace=False)) for _ in range(n_users)]
    seen = np.concatenate(rows).astype(np.int32)
    indptr = np.arange(n_users + 1, dtype=np.int64) * n_seen
    scores = users @ items.T
    scores[np.repeat(np.arange(n_users), n_seen), seen] = -np.inf
    # One key for score and number: all whole, so the largest keys are the lists.
    keys = scores.astype(np.float64) * n_items - np.arange(n_items)
    best = np.argpartition(-keys, k, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(keys, best, axis=1), axis=1)
    expected = np.take_along_axis(best, order, axis=1).astype(np.int32)
    got = ops.top_k(users, items, None, indptr, seen, k=k)
    require_identical(got.items, expected, f"the best {k} of {n_items:,} items")


def _top_4(factors: Factors) -> TopK:
    arrays = (factors.user_factors, factors.item_factors, factors.item_biases)
    return ops.top_k(*arrays, *_unseen(len(factors.user_factors)), k=4)


@clause("top_k")
def answers_are_fresh(rng: np.random.Generator) -> None:
    """Factors changed in place give new lists; earlier answers and all arguments stay."""
    factors = random_factors(rng, 6, 9, 5)
    arguments = factors.copy()
    first = _top_4(factors)
    kept = first.items.copy()
    for name, array in factors.arrays().items():
        require_identical(array, arguments.arrays()[name], f"{name} after top_k")
    factors.item_factors *= -1
    second = _top_4(factors)
    require_identical(first.items, kept, "the first answer after a second call")
    exact = factors.user_factors @ factors.item_factors.T + factors.arrays()["item_biases"]
    expected = _by_score(exact.astype(np.float64), *_unseen(6), k=4)
    require_identical(second.items, expected.items, "the lists after the factors changed")


@clause("top_k")
def no_users_and_no_factors(rng: np.random.Generator) -> None:
    """Empty input gives empty lists; without factors the biases decide."""
    empty = ops.top_k(
        np.empty((0, 3), np.float32), np.ones((4, 3), np.float32), None, *_unseen(0), k=2
    )
    require(empty.items.shape == (0, 2), f"no users give items of shape {empty.items.shape}.")
    biases = np.array([1.0, 3.0, 2.0], dtype=np.float32)
    answer = ops.top_k(
        np.empty((1, 0), np.float32), np.empty((3, 0), np.float32), biases, *_unseen(1), k=2
    )
    require(answer.items[0].tolist() == [1, 2], "without factors the biases do not decide.")


@clause("top_k")
def same_lists_for_any_number_of_threads(rng: np.random.Generator) -> None:
    """Threads share the users, not the outcome."""
    factors = random_factors(rng, 64, 100, 8)
    indptr, indices = random_interactions(rng, 64, 100, 0.2)
    answers = [
        ops.top_k(
            factors.user_factors,
            factors.item_factors,
            factors.item_biases,
            indptr,
            indices,
            k=10,
            n_threads=n_threads,
        )
        for n_threads in (1, 2, 3)
    ]
    for answer in answers[1:]:
        require_identical(answer.items, answers[0].items, "items with more threads")
        require_close(answer.scores, answers[0].scores, 1e-5, "scores with more threads")


@clause("top_k")
def bad_arguments_of_top_k_are_rejected(rng: np.random.Generator) -> None:
    """Wrong arrays and numbers are refused by name."""
    good = random_factors(rng, 3, 6, 4)
    indptr, indices = random_interactions(rng, 3, 6, 0.5)

    def call(k: object = 2, n_threads: object = 1, **arrays: object) -> None:
        given = {**good.arrays(), "seen_indptr": indptr, "seen_indices": indices, **arrays}
        ops.top_k(**given, k=k, n_threads=n_threads)  # type: ignore[arg-type]

    for name, bad in (
        ("user_factors", good.user_factors.astype(np.float64)),
        ("user_factors", np.full_like(good.user_factors, np.nan)),
        ("item_factors", good.item_factors[:, :3].copy()),
        ("item_biases", np.zeros(5, np.float32)),
        ("seen_indptr", indptr[:-1]),
        ("seen_indptr", np.zeros(2, np.int64)),
        ("seen_indices", indices + 3),
        ("seen_indices", indices[::-1].copy()),
    ):
        require_rejected(name, call, **{name: bad})
    for k in (0, -1, 1.5, 2**31):
        require_rejected("k", call, k=k)
    require_rejected("n_threads", call, n_threads=-1)
