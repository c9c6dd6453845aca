"""Clauses of ``item_similarity``: many neighbours, users with many items, items with many users."""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from recsys_backends import ops
from recsys_backends.contract.clause import clause, require, require_identical
from recsys_backends.contract.inputs import csr_of
from recsys_backends.contract.item_similarity import exhaustive_neighbors, require_same_neighbors

_SLOW: Final = 0.6
"""Seconds of a thread, for the four million pairs of a user with 2,100 items."""


@clause("item_similarity", level="engine")
def shrinkage_of_any_size_is_used(rng: np.random.Generator) -> None:
    """Shrinkage from far below one to 1e30, beside which counts are nothing."""
    indptr, indices = csr_of(rng.random((60, 25)) < 0.3)
    for shrinkage in (1e-30, 1e-7, 0.3, 1e7, 1e18, 1e30):
        for n_threads in (1, 2):
            found = ops.item_similarity(
                indptr, indices, 25, k=6, shrinkage=shrinkage, n_threads=n_threads
            )
            expected = exhaustive_neighbors(indptr, indices, 25, 6, shrinkage)
            require_same_neighbors(found, expected, f"25 items, shrinkage {shrinkage:g}")


@clause("item_similarity", level="engine")
def the_order_of_operations_is_kept(rng: np.random.Generator) -> None:
    """Shrinkages at which another order of the same operations rounds to another float32."""
    indptr, indices = csr_of(np.array([[True, True], [False, True]]))  # n = 1, of 1 and 2 users
    for shrinkage in _telling_shrinkages(rng, 20):
        found = ops.item_similarity(indptr, indices, 2, k=1, shrinkage=shrinkage)
        expected = exhaustive_neighbors(indptr, indices, 2, 1, shrinkage)
        require_same_neighbors(found, expected, f"two items, shrinkage {shrinkage!r}")


def _telling_shrinkages(rng: np.random.Generator, count: int) -> list[float]:
    """Draw shrinkages for which (1 / √2) · (1 / (1 + s)) and 1 / (√2 · (1 + s)) round apart."""
    root = np.sqrt(2.0)
    found: list[float] = []
    while len(found) < count:
        single = np.float32(rng.uniform(0.3, 0.7))
        between = (float(single) + float(np.nextafter(single, np.float32(1)))) / 2
        shrinkage = 1 / (root * between) - 1
        one, other = 1 / root * (1 / (1 + shrinkage)), 1 / (root * (1 + shrinkage))
        if np.float32(one) != np.float32(other):
            found.append(float(shrinkage))
    return found


@clause("item_similarity", level="engine", long=True)
def long_lists_of_neighbors_are_right(rng: np.random.Generator) -> None:
    """One item with 1,100 neighbours, of which 1 to 1,200 are kept."""
    n = 1101
    times = rng.integers(1, 6, n)
    times[0] = 0
    partner = np.repeat(np.arange(n), times)  # item 0 is bought with each other item
    alone = np.repeat(np.arange(n), rng.integers(0, 5, n))  # and each other item by itself
    seen = np.zeros((len(partner) + len(alone), n), dtype=np.bool_)
    seen[: len(partner), 0] = True
    seen[np.arange(len(seen)), np.concatenate([partner, alone])] = True
    indptr, indices = csr_of(seen[rng.permutation(len(seen))])
    expected = exhaustive_neighbors(indptr, indices, n, n, 3.0)
    for k in (1, 31, 32, 63, 64, 65, 127, 128, 129, 255, 257, 511, 512, 513, 1023, 1025, 1200):
        found = ops.item_similarity(indptr, indices, n, k=k, shrinkage=3.0)
        row = slice(*expected.indptr[:2].tolist())
        best = np.sort(np.argsort(-expected.values[row], kind="stable")[:k])
        got = slice(*found.indptr[:2].tolist())
        what = f"of an item with 1,100 neighbours, k = {k}"
        require_identical(found.indices[got], expected.indices[row][best], f"neighbours {what}")
        require_identical(found.values[got], expected.values[row][best], f"similarities {what}")


@clause("item_similarity", level="engine", long=True)
def heavy_users_count(rng: np.random.Generator) -> None:
    """A user with 2,100 items, or 6,000, makes neighbours of all of them: none is too heavy."""
    n_items = 2200
    seen = np.zeros((30, n_items), dtype=np.bool_)
    seen[7, rng.permutation(n_items)[:2100]] = True
    for user in range(8, 30):
        seen[user, rng.permutation(n_items)[:4]] = True
    indptr, indices = csr_of(seen)
    started = time.thread_time()
    found = ops.item_similarity(indptr, indices, n_items, k=2)
    seconds = time.thread_time() - started
    expected = exhaustive_neighbors(indptr, indices, n_items, 2, 0.0)
    require(
        len(found.indices) == len(expected.indices),
        f"a user with 2,100 of {n_items} items makes for {len(found.indices)} neighbours where "
        f"{len(expected.indices)} are right; are heavy users left out?",
    )
    require_same_neighbors(found, expected, "items of a heavy user")
    if seconds > _SLOW:
        return  # pairs grow with the square, and loops in Python would take minutes
    n_items = 6000
    every = np.arange(n_items, dtype=np.int32)
    found = ops.item_similarity(np.array([0, n_items]), every, n_items, k=1)
    wanted = np.where(every == 0, 1, 0).astype(np.int32)  # all alike: the lowest other item
    require_identical(found.indices, wanted, "neighbours by a user with 6,000 items")


@clause("item_similarity", level="engine", long=True)
def products_of_counts_beyond_32_bits_are_right(rng: np.random.Generator) -> None:
    """Items with 50,000, 70,000 and 95,000 users, whose products are beyond 2³¹, 2³² and 2³³."""
    n_users = 100_000
    seen = np.zeros((n_users, 5), dtype=np.bool_)
    for item, n in enumerate((50_000, 70_000, 95_000, 3)):
        seen[rng.permutation(n_users)[:n], item] = True
    indptr, indices = csr_of(seen)
    for shrinkage, n_threads in ((0.0, 1), (40.0, 2)):
        found = ops.item_similarity(
            indptr, indices, 5, k=4, shrinkage=shrinkage, n_threads=n_threads
        )
        expected = exhaustive_neighbors(indptr, indices, 5, 4, shrinkage)
        require_same_neighbors(found, expected, "items with up to 95,000 users")
