"""Clauses that judge each graded cell of lesson 03, on inputs that nobody has seen."""

import math

import numpy as np

from recsys_backends.contract.clause import require
from recsys_backends.protocol import Neighbors
from tito.judging.figures import hold_op, require_figure, require_figures

from .checkpoint import MEANINGS


def _shop(rng: np.random.Generator, n_users: int, n_items: int, density: float) -> np.ndarray:
    """A pattern (n_users, n_items) in which one user and one item are left out."""
    has = rng.random((n_users, n_items)) < density
    has[rng.integers(n_users)] = False
    has[:, rng.integers(n_items)] = False
    return has


def _rows(pattern: np.ndarray) -> list[list[int]]:
    return [np.flatnonzero(row).tolist() for row in pattern]


_SHOPS = ((6, 4, 0.5), (25, 40, 0.15), (40, 12, 0.6))


def test_users_of_items(remote, rng: np.random.Generator) -> None:
    """Both sides of the same pattern, with users and items that have nothing."""
    for shape in _SHOPS:
        has = _shop(rng, *shape)
        got = remote.users_of_items(_rows(has), has.shape[1])
        require(
            len(got) == has.shape[1],
            f"For {has.shape[1]} items users_of_items makes as many lists; yours makes {len(got)}.",
        )
        for item, (mine, users) in enumerate(zip(got, _rows(has.T), strict=True)):
            require(
                list(mine) == users,
                f"Item {item} was bought by the users {users}, and yours says {list(mine)}.",
            )
    got = remote.users_of_items([], 3)
    require(
        got == [[], [], []], f"Without users, three items have [[], [], []], and yours says {got}."
    )


def test_similarity(remote, rng: np.random.Generator) -> None:
    """The cosine and the shrinkage, to the last digit."""
    for _ in range(60):
        n = int(rng.integers(1, 50))
        i, j = (n + int(more) for more in rng.integers(0, 300, 2))
        for s in (0.0, float(rng.uniform(0.01, 100.0))):
            expected = n / math.sqrt(i * j) * (n / (n + s))
            got = remote.similarity(n, i, j, s)
            about = f"Of {i} and of {j} users {n} are common, and s = {s:.3g}: the similarity is"
            require_figure(got, expected, 1e-12, about)
            require(
                float(got) == expected,
                f"{about} {expected!r}, and yours says {got!r}: the last digits depend on the order; "
                "take one root of the product, and multiply by (n / (n + s)).",
            )


def test_common_users(remote, rng: np.random.Generator) -> None:
    """Counts of the product of the pattern with itself, for every item."""
    for shape in _SHOPS:
        has = _shop(rng, *shape)
        together = has.T.astype(int) @ has.astype(int)
        for item in range(has.shape[1]):
            expected = {
                int(other): int(together[item, other])
                for other in np.flatnonzero(together[item])
                if other != item
            }
            got = remote.common_users(item, _rows(has), _rows(has.T))
            require(item not in got, f"Item {item} is counted as its own neighbour.")
            require(
                dict(got) == expected,
                f"Item {item} has {expected} users in common with others, and yours says {dict(got)}.",
            )


def test_steps(remote, rng: np.random.Generator) -> None:
    """Both prices, for arrays of several types and for numbers that need 64 bits."""
    for dtype, most in ((np.int64, 50), (np.int32, 90_000), (np.int16, 1000)):
        counts = rng.integers(0, most, int(rng.integers(2, 30))).astype(dtype)
        n_items = most + int(rng.integers(1, 50))
        dense, lists = remote.steps(counts, n_items)
        expected = len(counts) * n_items**2
        require(
            dense == expected,
            f"For {len(counts)} users and {n_items} items the dense way takes {expected:,} steps, and "
            f"yours says {dense:,}.",
        )
        expected = sum(n * n for n in counts.tolist())
        require(
            lists == expected,
            f"For users who have up to {counts.max():,} items, as {counts.dtype}, the lists take "
            f"{expected:,} steps, and yours says {lists:,}.",
        )


def test_best_neighbors(remote, rng: np.random.Generator) -> None:
    """Values that tie often, for k below and above what there is."""
    for n, k in ((1, 1), (6, 3), (30, 7), (30, 30), (12, 50), (0, 4)):
        numbers = rng.permutation(100)[:n].tolist()
        values = (rng.integers(1, 5, n) / 8).astype(np.float32)
        given = dict(zip(numbers, values, strict=True))
        by_number = sorted(numbers)
        order = np.argsort([-given[number] for number in by_number], kind="stable")[:k]
        expected = [by_number[place] for place in order]
        answer = list(remote.best_neighbors(given, k))
        require(
            all(isinstance(item, (int, np.integer)) for item in answer),
            f"best_neighbors should give item numbers, and gave {answer[:20]}.",
        )
        got = [int(item) for item in answer]
        shown = {number: float(value) for number, value in given.items()}
        require(
            got == expected,
            f"The best {k} of {shown} are {expected}, and yours are {got}: best first, and of equal "
            "ones the lower number first.",
        )


def test_item_similarity(remote, rng: np.random.Generator) -> None:
    """The contract of item_similarity."""
    hold_op(remote, "item_similarity", rng, MEANINGS)


def test_neighbor_scores(remote, rng: np.random.Generator) -> None:
    """The votes of each candidate's own neighbours, as a product with the whole table says."""
    for n_items, density in ((5, 0.6), (30, 0.2), (60, 0.1)):
        table = rng.random((n_items, n_items)).astype(np.float32)
        table[rng.random(table.shape) >= density] = 0
        table[-1] = 0  # the last item has no neighbours
        np.fill_diagonal(table, 0)
        rows, columns = np.nonzero(table)
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n_items))])
        found = Neighbors(starts, columns.astype(np.int32), table[rows, columns])
        for n_had in (0, 1, n_items // 2, n_items):
            items = np.sort(rng.permutation(n_items)[:n_had]).astype(np.int32)
            require_figures(
                remote.neighbor_scores(found, items),
                table[:, items].sum(axis=1, dtype=np.float64),
                1e-5,
                f"The scores for a user who has {n_had} of {n_items} items",
                "that of item {}",
            )


def test_top_k(remote, rng: np.random.Generator) -> None:
    """The contract of top_k."""
    hold_op(remote, "top_k", rng, MEANINGS)
