"""Clauses of ``bpr_update``: many tiles, rows that return often, and what an epoch learns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys_backends.contract.clause import clause, require, require_close
from recsys_backends.contract.inputs import GENTLE, Factors, Rates, random_factors
from recsys_backends.plan import EpochPlan
from recsys_backends.registry import use_backend


@clause("bpr_update", level="engine")
def regularisers_count_for_every_triple(rng: np.random.Generator) -> None:
    """A row that occurs in ten triples shrinks ten times, in every order of computing them."""
    n_times, rates = 10, Rates(learning_rate=1e-3, reg_user=0.1, reg_positive=0.2, reg_negative=0.4)
    factors = random_factors(rng, 2, 3, 6)
    biases = factors.arrays()["item_biases"]
    biases[:] = 40.0, 1.0, -40.0  # item 0 is far above item 1, and item 1 far above item 2
    before = factors.copy().arrays()
    triples = [(0, 0, 2)] * n_times + [(1, 1, 2)] * n_times + [(1, 0, 1)] * (n_times // 2)
    columns = np.array(triples, dtype=np.int32)[rng.permutation(len(triples))].T
    plan = EpochPlan(*map(np.ascontiguousarray, columns), np.array([0, len(triples)]))
    factors.update(plan, rates)
    positive, negative = 0.2 * n_times, 0.4 * n_times
    shares = {
        "user_factors": [0.1 * n_times, 0.1 * 1.5 * n_times],
        "item_factors": [1.5 * positive, positive + negative / 2, 2 * negative],
    }
    shares["item_biases"] = shares["item_factors"]
    for name, array in factors.arrays().items():
        for row, share in enumerate(shares[name]):
            left = array[row].astype(np.float64) / before[name][row]
            lost = (1.0 - left) / rates["learning_rate"]
            require_close(
                lost,
                np.full_like(lost, share),
                0.05 * share,
                f"sum of the regularisers that shrink row {row} of {name}, which occurs often",
            )


@clause("bpr_update", orders=("sequential",), level="engine", long=True)
def more_tiles_than_16_bits_count(rng: np.random.Generator) -> None:
    """300 × 300 tiles, most of them empty, on 1, 2 and 16 threads: all triples, in their order."""
    n_blocks, n = 300, 4000
    tile = np.sort(rng.integers(0, n_blocks**2, n))
    user = tile % n_blocks
    item = (user + tile // n_blocks) % n_blocks
    plan = EpochPlan(
        user.astype(np.int32),
        item.astype(np.int32),
        (item + n_blocks).astype(np.int32),
        np.searchsorted(tile, np.arange(n_blocks**2 + 1)).astype(np.int64),
    )
    start = random_factors(rng, n_blocks, 2 * n_blocks, 4, scale=0.1)
    expected = start.copy()
    with use_backend("naive"):
        wanted = expected.update(plan, GENTLE)
    for n_threads in (1, 2, 16):
        factors = start.copy()
        result = factors.update(plan, GENTLE, n_threads)
        what = f"after {n_blocks**2:,} tiles on {n_threads} threads"
        require(result.n_updated == n, f"{result.n_updated} of {n} triples are counted {what}.")
        require_close(result.loss, wanted.loss, 1e-3, f"the loss {what}")
        for name, array in factors.arrays().items():
            require_close(array, expected.arrays()[name], 1e-5, f"{name} {what}")


@clause("bpr_update", orders=("sequential",), level="engine", long=True)
def triples_of_a_large_tile_apply_in_order(rng: np.random.Generator) -> None:
    """5,000 triples of 40 users in one tile, and 5,000 in four: neither sorted nor in batches."""
    for n_blocks in (1, 2):
        tile = np.sort(rng.integers(0, n_blocks**2, 5000))
        user_block = tile % n_blocks
        users = rng.integers(0, 40 // n_blocks, 5000) * n_blocks + user_block
        first = rng.integers(0, 30, (2, 5000))
        first[1] += first[0] == first[1]
        items = (first % 31) * n_blocks + (user_block + tile // n_blocks) % n_blocks
        bounds = np.searchsorted(tile, np.arange(n_blocks**2 + 1)).astype(np.int64)
        plan = EpochPlan(users.astype(np.int32), *items.astype(np.int32), bounds)
        factors = random_factors(rng, 40, 31 * n_blocks, 7, scale=0.1)
        expected = factors.copy()
        with use_backend("naive"):
            wanted = expected.update(plan, GENTLE)
        result = factors.update(plan, GENTLE, n_threads=2)
        what = f"after 5,000 triples in {n_blocks**2} tiles, which have to apply one by one"
        require_close(result.loss, wanted.loss, 1e-2, f"the loss {what}")
        for name, array in factors.arrays().items():
            require_close(array, expected.arrays()[name], 1e-5, f"{name} {what}")


@clause("bpr_update", level="engine")
def triples_beyond_the_first_tile_count(rng: np.random.Generator) -> None:
    """Skipped triples, empty tiles and a whole tile of skipped ones, first, last and in between."""
    start = random_factors(rng, 6, 12, 5, scale=0.1)
    for bounds in ([0, 0, 0, 0, 6], [0, 6, 6, 6, 6], [0, 0, 6, 6, 6], [0, 2, 2, 4, 6]):
        users = np.arange(6, dtype=np.int32)
        negatives = np.array([6, -1, 8, 9, -1, -1], dtype=np.int32)
        plan = EpochPlan(users, users.copy(), negatives, np.array(bounds, dtype=np.int64))
        expected, factors = start.copy(), start.copy()
        with use_backend("naive"):
            wanted = expected.update(plan, GENTLE)
        for n_threads in (1, 2, 5):
            factors = start.copy()
            result = factors.update(plan, GENTLE, n_threads)
            what = f"with tiles that begin at {bounds}, {n_threads} threads"
            require_close(result.loss, wanted.loss, 1e-5, f"the loss {what}")
            require(
                tuple(result)[1:] == tuple(wanted)[1:],
                f"it counts {tuple(result)[1:]} where {tuple(wanted)[1:]} is right {what}.",
            )
            for name, array in factors.arrays().items():
                require_close(array, expected.arrays()[name], 1e-6, f"{name} {what}")


@clause("bpr_update", level="engine", long=True)
def an_epoch_learns_more_than_popularity(rng: np.random.Generator) -> None:
    """Four epochs on 20,000 pairs of users with one of three tastes: the taste shows.

    A single step with the gradients of a whole epoch moves popular items hundreds of times too far.
    It lowers the loss of small data, and ranks like popularity on all others.
    """
    seen, item_tastes, user_tastes = _tastes(rng, n_users=2000, n_items=60, n_tastes=3)
    start = random_factors(rng, *seen.shape, 6, scale=0.1)
    factors = Factors(start.user_factors, start.item_factors, np.zeros(60, np.float32))
    rates = Rates(learning_rate=0.1, reg_user=0.01, reg_positive=0.01, reg_negative=0.01)
    for _ in range(4):
        factors.update(_epoch(rng, seen), rates)
    scores = factors.user_factors @ factors.item_factors.T + factors.arrays()["item_biases"]
    own = user_tastes[:, None] == item_tastes
    higher, pairs = 0, 0
    for score, mine, had in zip(scores, own, seen, strict=True):
        above = score[mine & ~had][:, None] > score[~mine & ~had]
        higher, pairs = higher + int(above.sum()), pairs + above.size
    require(
        higher > 0.8 * pairs,
        f"after four epochs a new item of a user's taste ranks above one of another taste in "
        f"{higher / pairs:.0%} of all pairs; about 95 % are usual and 45 % are popularity. Are "
        "batches too large, or steps divided by the size of a batch?",
    )


def _tastes(
    rng: np.random.Generator, n_users: int, n_items: int, n_tastes: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Return which user has which item, and the tastes of items and of users.

    Each user has ten items, mostly popular ones and twelve times as often of the own taste.
    """
    popularity = rng.permutation((1.0 + np.arange(n_items)) ** -0.7)
    items, users = rng.integers(n_tastes, size=n_items), rng.integers(n_tastes, size=n_users)
    odds = popularity * np.where(users[:, None] == items, 12.0, 1.0)
    order = np.argsort(-np.log(odds) - rng.gumbel(size=odds.shape), axis=1)
    seen = np.zeros(odds.shape, dtype=np.bool_)
    np.put_along_axis(seen, order[:, :10], values=True, axis=1)
    return seen, items, users


def _epoch(rng: np.random.Generator, seen: NDArray[np.bool_]) -> EpochPlan:
    """Draw an epoch with uniform negatives, without plan_epoch."""
    users, positives = np.nonzero(seen)
    order = rng.permutation(len(users))
    users, positives = users[order], positives[order]
    negatives = np.argmax(rng.random((len(users), seen.shape[1])) * ~seen[users], axis=1)
    columns = (np.ascontiguousarray(c, dtype=np.int32) for c in (users, positives, negatives))
    return EpochPlan(*columns, np.array([0, len(users)], dtype=np.int64))
