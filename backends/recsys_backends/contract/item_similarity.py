"""Clauses of ``item_similarity``."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from recsys_backends import ops
from recsys_backends.contract.clause import clause, require, require_identical
from recsys_backends.contract.inputs import csr_of, random_interactions
from recsys_backends.contract.rejections import require_rejected
from recsys_backends.protocol import Neighbors


def _pattern(*users: str) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """CSR of rows such as "110": the user has the first two items of three."""
    return csr_of(np.array([[cell == "1" for cell in user] for user in users], dtype=np.bool_))


def exhaustive_neighbors(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], n_items: int, k: int, shrinkage: float
) -> Neighbors:
    """Compare every pair of items, through a dense product, and sort every row in full."""
    seen = np.zeros((len(indptr) - 1, n_items))
    seen[np.repeat(np.arange(len(indptr) - 1), np.diff(indptr)), indices] = 1
    n_common = seen.T @ seen
    degree = np.diag(n_common).copy()
    np.fill_diagonal(n_common, 0)
    values = np.zeros((n_items, n_items))
    pairs = n_common > 0
    n = n_common[pairs]
    values[pairs] = n / np.sqrt(np.outer(degree, degree)[pairs]) * (n / (n + shrinkage))
    single = values.astype(np.float32)
    rows = []
    for item in range(n_items):
        others = np.flatnonzero(pairs[item])
        best = others[np.argsort(-single[item, others], kind="stable")[:k]]
        rows.append(np.sort(best))
    return Neighbors(
        np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        np.concatenate(rows).astype(np.int32),
        np.concatenate([single[item, row] for item, row in enumerate(rows)]),
    )


def require_same_neighbors(got: Neighbors, expected: Neighbors, what: str) -> None:
    """Require two answers to be the same bytes."""
    for name, part, wanted in zip(Neighbors._fields, got, expected, strict=True):
        require_identical(part, wanted, f"{name} of {what}")


def _rows(found: Neighbors) -> list[dict[int, float]]:
    """Return the neighbours of each item with their similarities."""
    edges = found.indptr.tolist()
    return [
        dict(zip(found.indices[a:b].tolist(), found.values[a:b].tolist(), strict=True))
        for a, b in itertools.pairwise(edges)
    ]


def _shown(rows: Sequence[Mapping[int, float | np.float32]]) -> str:
    """Return rows as text: as many digits as can be compared by eye."""
    return str([{item: round(float(value), 6) for item, value in row.items()} for row in rows])


@clause("item_similarity")
def similarities_are_those_worked_out_by_hand(rng: np.random.Generator) -> None:
    """Items 0 and 1 share two users, of 3 and 4; items 1 and 2 share one, of 4 and 1."""
    indptr, indices = _pattern("110", "110", "100", "011", "010")
    expected = [
        {1: np.float32(2 / np.sqrt(12.0))},
        {0: np.float32(2 / np.sqrt(12.0)), 2: np.float32(0.5)},
        {1: np.float32(0.5)},
    ]
    found = _rows(ops.item_similarity(indptr, indices, 3, k=2))
    require(found == expected, f"the neighbours are {_shown(found)}, not {_shown(expected)}.")


@clause("item_similarity")
def few_common_users_count_for_less(rng: np.random.Generator) -> None:
    """The same case with shrinkage 2: two common users are worth 2/4 of the cosine, one 1/3."""
    indptr, indices = _pattern("110", "110", "100", "011", "010")
    two, one = np.float32(2 / np.sqrt(12.0) * 0.5), np.float32(0.5 * (1 / 3))
    found = _rows(ops.item_similarity(indptr, indices, 3, k=2, shrinkage=2.0))
    expected = [{1: two}, {0: two, 2: one}, {1: one}]
    require(found == expected, f"the neighbours are {_shown(found)}, not {_shown(expected)}.")
    found = _rows(ops.item_similarity(*_pattern("101", "110", "110"), 3, k=1, shrinkage=9.0))
    expected = [{1: np.float32(2 / np.sqrt(6.0) * (2 / 11))}] * 2
    kept = [{1: expected[0][1]}, {0: expected[0][1]}, {0: np.float32(1 / np.sqrt(3.0) * 0.1)}]
    require(
        found == kept, f"the neighbours after shrinking are {_shown(found)}, not {_shown(kept)}."
    )


@clause("item_similarity")
def neighbors_agree_with_exhaustive_search(rng: np.random.Generator) -> None:
    """Identical numbers and bytes: sparse and dense rows, k below and above what there is."""
    for n_users, n_items, density, k, shrinkage in (
        (9, 12, 0.3, 3, 0.0),
        (40, 30, 0.2, 5, 10.0),
        (300, 60, 0.3, 7, 0.5),
        (60, 300, 0.02, 4, 1.0),
        (30, 25, 0.5, 100, 100.0),
    ):
        indptr, indices = random_interactions(rng, n_users, n_items, density)
        got = ops.item_similarity(indptr, indices, n_items, k=k, shrinkage=shrinkage)
        expected = exhaustive_neighbors(indptr, indices, n_items, k, shrinkage)
        require_same_neighbors(got, expected, f"the best {k} of {n_items} items")


@clause("item_similarity", long=True)
def large_catalogues_of_items_are_searched_in_full(rng: np.random.Generator) -> None:
    """More items than a block of counts has rows: pairs of neighbours far apart, two users each."""
    n_pairs = 3_000
    order = rng.permutation(2 * n_pairs).astype(np.int32)
    pairs = np.sort(order.reshape(-1, 2), axis=1)
    indptr = np.arange(0, 4 * n_pairs + 1, 2, dtype=np.int64)
    found = ops.item_similarity(indptr, np.tile(pairs.ravel(), 2), 2 * n_pairs, k=3)
    partner = np.empty(2 * n_pairs, dtype=np.int32)
    partner[pairs[:, 0]], partner[pairs[:, 1]] = pairs[:, 1], pairs[:, 0]
    starts = np.arange(2 * n_pairs + 1, dtype=np.int64)
    ones = np.ones(2 * n_pairs, dtype=np.float32)
    require_same_neighbors(found, Neighbors(starts, partner, ones), "items in pairs")


@clause("item_similarity")
def similarity_is_mutual(rng: np.random.Generator) -> None:
    """Lists with room for all hold both similarity(i, j) and similarity(j, i), the same bytes."""
    indptr, indices = random_interactions(rng, 30, 40, 0.1)
    found = _rows(ops.item_similarity(indptr, indices, 40, k=39, shrinkage=3.0))
    for item, row in enumerate(found):
        for other, value in row.items():
            back = found[other].get(item)
            require(back == value, f"{item} is similar to {other} by {value}, but back by {back}.")


@clause("item_similarity")
def equal_similarities_go_to_the_lower_item(rng: np.random.Generator) -> None:
    """All similarities 1: the lowest numbers are kept, without the item itself."""
    indptr, indices = csr_of(np.ones((3, 20), dtype=np.bool_))
    found = ops.item_similarity(indptr, indices, 20, k=4)
    for item, row in enumerate(_rows(found)):
        expected = [other for other in range(6) if other != item][:4]
        require(list(row) == expected, f"item {item} has {list(row)}, not {expected}.")


@clause("item_similarity")
def ties_are_those_of_single_precision(rng: np.random.Generator) -> None:
    """Item 2 is nearer to item 0 than item 1 is, by less than a float32 can tell: 1 is kept.

    1 / √3 · 1 / (1 + s) against 2 / √12 · 2 / (2 + s), where s is a billionth.
    """
    indptr, indices = _pattern("110", "101", "101", "001", "001")
    found = _rows(ops.item_similarity(indptr, indices, 3, k=1, shrinkage=1e-9))
    require(list(found[0]) == [1], f"of equal float32 values that of {list(found[0])} is kept.")


@clause("item_similarity")
def no_item_is_its_own_neighbor(rng: np.random.Generator) -> None:
    """Nor is one without a common user a neighbour, even where there is room."""
    indptr, indices = random_interactions(rng, 12, 20, 0.1)
    seen = np.zeros((12, 20), dtype=np.bool_)
    seen[np.repeat(np.arange(12), np.diff(indptr)), indices] = True
    seen[-1] = False  # who has everything
    for item, row in enumerate(_rows(ops.item_similarity(*csr_of(seen), 20, k=40))):
        require(item not in row, f"item {item} is its own neighbour.")
        strangers = [other for other in row if not (seen[:, item] & seen[:, other]).any()]
        require(not strangers, f"items {item} and {strangers} have no common user.")
        require(all(value > 0 for value in row.values()), f"item {item} has similarities {row}.")


@clause("item_similarity")
def rows_ascend_and_fit(rng: np.random.Generator) -> None:
    """A CSR pattern: int64, int32 and float32, item numbers ascending in each row of at most k."""
    indptr, indices = random_interactions(rng, 25, 50, 0.3)
    for k in (1, 8, 49, 1000):
        found = ops.item_similarity(indptr, indices, 50, k=k)
        kinds = tuple(part.dtype.name for part in found)
        require(kinds == ("int64", "int32", "float32"), f"the dtypes are {kinds}.")
        require(len(found.indptr) == 51, f"indptr has {len(found.indptr)} entries for 50 items.")
        lengths = np.diff(found.indptr)
        require(bool((lengths == min(k, 49)).all()), f"with k = {k} rows have {set(lengths)}.")
        for item, row in enumerate(np.split(found.indices, found.indptr[1:-1])):
            require(bool((np.diff(row) > 0).all()), f"row {item} does not ascend: {row.tolist()}.")


@clause("item_similarity")
def items_without_users_have_no_neighbors(rng: np.random.Generator) -> None:
    """Empty rows for them and for an item whose users have no other; empty input, empty rows."""
    found = _rows(ops.item_similarity(*_pattern("01010", "01010", "00001"), 5, k=4))
    empty = [item for item, row in enumerate(found) if not row]
    require(empty == [0, 2, 4], f"the empty rows are {empty}, not [0, 2, 4].")
    nothing = np.empty(0, dtype=np.int32)
    for n_users in (0, 3):
        answer = ops.item_similarity(np.zeros(n_users + 1, np.int64), nothing, 2, k=1)
        require(
            answer.indptr.tolist() == [0, 0, 0] and answer.indices.shape == answer.values.shape,
            f"{n_users} users without items give {answer}.",
        )


@clause("item_similarity")
def similarities_are_fresh(rng: np.random.Generator) -> None:
    """Arguments keep their bytes, and each answer has its own memory."""
    indptr, indices = random_interactions(rng, 10, 15, 0.4)
    before = indptr.copy(), indices.copy()
    first = ops.item_similarity(indptr, indices, 15, k=3)
    kept = Neighbors(first.indptr.copy(), first.indices.copy(), first.values.copy())
    second = ops.item_similarity(indptr, indices, 15, k=3, shrinkage=100.0)
    require_same_neighbors(first, kept, "the first answer after a second call")
    require(bool((second.values < first.values.max()).all()), "shrinkage makes no difference.")
    require_identical(indptr, before[0], "indptr after item_similarity")
    require_identical(indices, before[1], "indices after item_similarity")


@clause("item_similarity")
def same_neighbors_for_any_number_of_threads(rng: np.random.Generator) -> None:
    """Threads share the items, not the outcome."""
    indptr, indices = random_interactions(rng, 150, 200, 0.1)
    answers = [
        ops.item_similarity(indptr, indices, 200, k=10, shrinkage=2.0, n_threads=n_threads)
        for n_threads in (1, 2, 3)
    ]
    for answer in answers[1:]:
        require_same_neighbors(answer, answers[0], "neighbours with more threads")


@clause("item_similarity")
def bad_arguments_of_item_similarity_are_rejected(rng: np.random.Generator) -> None:
    """Wrong arrays and numbers are refused by name."""
    indptr, indices = random_interactions(rng, 4, 6, 0.5)

    def call(**changed: object) -> None:
        given = {"indptr": indptr, "indices": indices, "n_items": 6, "k": 2, **changed}
        ops.item_similarity(**given)  # type: ignore[arg-type]

    for name, bad in (
        ("indptr", indptr.astype(np.int32)),
        ("indptr", indptr[:-1].copy()),
        ("indptr", indptr[::-1].copy()),
        ("indices", indices.astype(np.int64)),
        ("indices", indices + 3),
        ("indices", indices[::-1].copy()),
        ("n_items", 0),
        ("n_items", 5.0),
        *(("k", k) for k in (0, -1, 1.5, True, 2**31)),
        *(("shrinkage", s) for s in (-1.0, np.nan, np.inf, "much", None)),
        ("n_threads", -1),
    ):
        require_rejected(name, call, **{name: bad})
