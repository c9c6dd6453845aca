"""Clauses of ``plan_epoch``: samplers that prefer some negatives to others."""

from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_backends import ops
from recsys_backends.contract.clause import clause, require
from recsys_backends.contract.inputs import csr_of, random_interactions
from recsys_backends.contract.plan_epoch import BLOCKS, require_same_plan
from recsys_backends.contract.rejections import require_rejected
from recsys_backends.plan import SKIPPED, AdaptiveSampler, Sampler, WeightedSampler
from recsys_backends.registry import use_backend

WEIGHTED: Final = (WeightedSampler,)
ADAPTIVE: Final = (AdaptiveSampler,)
BOTH: Final = (WeightedSampler, AdaptiveSampler)


def _weighted(weights: ArrayLike) -> WeightedSampler:
    return WeightedSampler(np.array(weights, dtype=np.int64))


def _adaptive(rankings: ArrayLike, users: ArrayLike, ranks: ArrayLike) -> AdaptiveSampler:
    return AdaptiveSampler(
        np.array(rankings, dtype=np.int32),
        np.array(users, dtype=np.int32),
        np.array(ranks, dtype=np.int64),
    )


def _random_samplers(
    rng: np.random.Generator, n_users: int, n_items: int, d: int = 3
) -> tuple[WeightedSampler, AdaptiveSampler]:
    """Weights of which some are 0, and rankings of which some users make no use."""
    weights = rng.integers(0, 1000, n_items) * (rng.random(n_items) < 0.7)
    weights[rng.integers(n_items)] = 1000
    users = rng.integers(-1000, 1000, (n_users, d)) * (rng.random((n_users, 1)) < 0.8)
    rankings = rng.permuted(np.tile(np.arange(n_items), (d, 1)), axis=1)
    return _weighted(weights), _adaptive(rankings, users, np.arange(n_items, 0, -1) ** 2)


def _counts(seen: NDArray[np.bool_], sampler: Sampler, copies: int) -> NDArray[np.int64]:
    """Count how often all copies of each user got each item as a negative."""
    counts = np.zeros(seen.shape, dtype=np.int64)
    if isinstance(sampler, AdaptiveSampler):
        sampler = replace(sampler, user_weights=np.repeat(sampler.user_weights, copies, axis=0))
    indptr, indices = csr_of(np.repeat(seen, copies, axis=0))
    plan = ops.plan_epoch(indptr, indices, seen.shape[1], seed=11, epoch=0, sampler=sampler)
    drawn = plan.negatives != SKIPPED
    np.add.at(counts, (plan.users[drawn] // copies, plan.negatives[drawn]), 1)
    return counts


def _require_shares(counts: NDArray[np.int64], weights: ArrayLike, what: str) -> None:
    """Counts are what so many draws by these weights give: χ² within six standard deviations."""
    odds = np.asarray(weights, dtype=np.float64)
    expected = counts.sum() * odds / odds.sum()
    possible = odds > 0
    require(
        counts.sum() > 0 and not counts[~possible].any(),
        f"{what}: counts {counts.tolist()} where the weights are {odds.tolist()}.",
    )
    chi_squared = float(((counts - expected)[possible] ** 2 / expected[possible]).sum())
    freedom = max(int(possible.sum()) - 1, 1)
    require(
        chi_squared < freedom + 6 * np.sqrt(2 * freedom),
        f"{what}: counts {counts.tolist()} where about {expected.round().tolist()} were expected.",
    )


@clause("plan_epoch", samplers=WEIGHTED)
def negatives_follow_the_weights(rng: np.random.Generator) -> None:
    """Each unseen item is drawn in proportion to its weight."""
    seen = np.zeros((2, 12), dtype=np.bool_)
    seen[0, :4] = seen[1, 7:] = True
    weights = np.array([5, 1, 9, 2, 30, 3, 0, 12, 7, 1, 40, 6])
    counts = _counts(seen, _weighted(weights), 500)
    for user in range(2):
        _require_shares(counts[user], weights * ~seen[user], f"negatives of user {user}")


@clause("plan_epoch", samplers=WEIGHTED)
def weights_count_after_many_rejections(rng: np.random.Generator) -> None:
    """A user who has seen nearly all of the weight gets the rest in proportion as well."""
    seen = np.zeros((1, 9), dtype=np.bool_)
    seen[0, [0, 3, 4]] = True
    weights = np.array([10**9, 1, 5, 10**9, 10**9, 0, 2, 9, 3])
    counts = _counts(seen, _weighted(weights), 700)
    _require_shares(counts[0], weights * ~seen[0], "negatives after rejections")


@clause("plan_epoch", samplers=WEIGHTED)
def items_without_weight_are_never_drawn(rng: np.random.Generator) -> None:
    """Weight 0 is never; a user for whom nothing else is left is skipped, and nobody else is."""
    indptr, indices = random_interactions(rng, 15, 24, 0.4)
    for heavy in (1, 2, 5):
        weights = np.zeros(24, dtype=np.int64)
        weights[rng.choice(24, heavy, replace=False)] = 7
        for n_blocks in (1, 4):
            plan = ops.plan_epoch(
                indptr, indices, 24, seed=1, epoch=0, n_blocks=n_blocks, sampler=_weighted(weights)
            )
            drawn = plan.negatives[plan.negatives != SKIPPED]
            require(
                bool(np.all(weights[drawn] > 0)),
                f"items {np.unique(drawn[weights[drawn] == 0]).tolist()} weigh nothing.",
            )
            if n_blocks == 1:
                rows = np.split(weights[indices], indptr[1:-1])
                nothing = np.array([row.sum() for row in rows]) == weights.sum()
                require(
                    np.array_equal(plan.negatives == SKIPPED, nothing[plan.users]),
                    "the triples that are skipped are not those of the users who have seen "
                    "everything that has a weight.",
                )


@clause("plan_epoch", samplers=WEIGHTED)
def equal_weights_give_the_uniform_plan(rng: np.random.Generator) -> None:
    """Weights of 1 are the uniform sampler, integer for integer."""
    for density in (0.2, 0.9):
        indptr, indices = random_interactions(rng, 20, 30, density)
        for n_blocks in BLOCKS:
            draw = partial(ops.plan_epoch, indptr, indices, 30, seed=2, epoch=1, n_blocks=n_blocks)
            require_same_plan(draw(sampler=_weighted(np.ones(30))), draw(), "weights of 1")


@clause("plan_epoch", samplers=ADAPTIVE)
def adaptive_negatives_rank_high(rng: np.random.Generator) -> None:
    """Ranks count by their weights: from the top for positive weights, else from the bottom."""
    seen = np.zeros((3, 10), dtype=np.bool_)
    seen[:, 4:8] = True
    ranking = np.array([2, 9, 0, 4, 6, 7, 5, 8, 1, 3])
    ranks = np.array([50, 30, 20, 12, 8, 5, 3, 3, 2, 1])
    sampler = _adaptive([np.arange(10), ranking], [[0, 9], [0, -1], [400, 0]], ranks)
    counts = _counts(seen, sampler, 500)
    for user, order in enumerate((ranking, ranking[::-1], np.arange(10))):
        weights = np.zeros(10, dtype=np.int64)
        weights[order] = ranks
        _require_shares(counts[user], weights * ~seen[user], f"negatives of user {user}")


@clause("plan_epoch", samplers=ADAPTIVE)
def rankings_are_chosen_by_the_users_weights(rng: np.random.Generator) -> None:
    """A ranking counts as much as the magnitude of the user's weight for it, whatever its sign."""
    seen = np.zeros((2, 6), dtype=np.bool_)
    seen[:, 0] = True
    rankings = [np.roll(np.arange(6), -shift) for shift in (1, 2, 3, 5)]  # first 1, 2, 3 and 5
    users = [[6, -1, 0, 3], [2**31 - 1, -(2**31), 0, 0]]  # from below, the second begins with 1
    counts = _counts(seen, _adaptive(rankings, users, [1, 0, 0, 0, 0, 0]), 2500)
    _require_shares(counts[0], [0, 7, 0, 0, 0, 3], "negatives of user 0")
    _require_shares(counts[1], [0, 1, 0, 0, 0, 0], "negatives of user 1")


@clause("plan_epoch", samplers=ADAPTIVE)
def ranks_of_a_block_stand_for_those_of_the_catalogue(rng: np.random.Generator) -> None:
    """The s-th of a block's m items has the weight of rank s · n_items // m."""
    seen = np.zeros((40, 12), dtype=np.bool_)
    seen[:, 0] = True  # the last of the ranking, and so of its block of three
    ranks = [4, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1]
    sampler = _adaptive([np.arange(11, -1, -1)], np.ones((40, 1)), ranks)
    counts = np.zeros(2, dtype=np.int64)
    for epoch in range(20):
        plan = ops.plan_epoch(*csr_of(seen), 12, seed=5, epoch=epoch, n_blocks=4, sampler=sampler)
        drawn = plan.negatives
        best = drawn == drawn.max()
        counts += np.count_nonzero(best), np.count_nonzero(~best)
    _require_shares(counts, [4, 2], "first and second of item 0's block of three")


@clause("plan_epoch", samplers=ADAPTIVE)
def users_without_weights_draw_uniformly(rng: np.random.Generator) -> None:
    """All weights 0 is the uniform sampler, integer for integer, for that user alone."""
    indptr, indices = random_interactions(rng, 20, 30, 0.3)
    _, sampler = _random_samplers(rng, 20, 30)
    sampler.user_weights[::2] = 0
    sampler.user_weights[1::2, 0] = 77
    for n_blocks in BLOCKS:
        draw = partial(ops.plan_epoch, indptr, indices, 30, seed=3, epoch=1, n_blocks=n_blocks)
        got, uniform = draw(sampler=sampler), draw()
        same = got.negatives == uniform.negatives
        require(
            bool(np.all(same[got.users % 2 == 0])) and not np.all(same),
            "the users whose weights are all 0, and only they, should get uniform negatives.",
        )


@clause("plan_epoch", samplers=BOTH)
def sampled_negatives_are_unseen_items_of_their_block(rng: np.random.Generator) -> None:
    """Negatives are never a seen item, whatever the sampler prefers, nor one of another block."""
    indptr, indices = random_interactions(rng, 20, 30, 0.5)
    seen = np.repeat(np.arange(20), np.diff(indptr)) * 30 + indices
    for sampler in _random_samplers(rng, 20, 30):
        for n_blocks in BLOCKS:
            plan = ops.plan_epoch(
                indptr, indices, 30, seed=4, epoch=0, n_blocks=n_blocks, sampler=sampler
            )
            drawn = plan.negatives != SKIPPED
            pairs = plan.users.astype(np.int64)[drawn] * 30 + plan.negatives[drawn]
            require(not np.isin(pairs, seen).any(), "a negative is an item already seen.")
            owner = np.full(30, -1)
            for number, tile in enumerate(plan.tiles()):
                block = (number + number // n_blocks) % n_blocks
                used = drawn[tile]
                for ids in (plan.positives[tile], plan.negatives[tile][used]):
                    require(
                        bool(np.all((owner[ids] == -1) | (owner[ids] == block))),
                        "a negative lies in another block than its tile: threads would race.",
                    )
                    owner[ids] = block


@clause("plan_epoch", samplers=BOTH, long=True)
def sampled_plans_agree_with_naive(rng: np.random.Generator) -> None:
    """The same integers as the answer key: at several shapes, and with the largest weights."""
    cases: list[tuple[int, int, float, tuple[Sampler, ...]]] = []
    for n_users, n_items, density in ((1, 2, 0.5), (7, 5, 0.5), (40, 90, 0.15), (12, 70, 0.95)):
        drawn = _random_samplers(rng, n_users, n_items, d=int(rng.integers(1, 9)))
        cases.append((n_users, n_items, density, drawn))
    heavy = np.zeros(300, dtype=np.int64)
    heavy[[3, 180, 299]] = 2**32 - 3, 1, 1
    most = np.full((20, 70), 61_356_675)  # 70 of them are a little below 2**32
    most[::2] *= -1
    ranks = [2**32 - 300] + [1] * 299
    rankings = rng.permuted(np.tile(np.arange(300), (70, 1)), axis=1)
    cases.append((20, 300, 0.3, (_weighted(heavy), _adaptive(rankings, most, ranks))))
    for n_users, n_items, density, samplers in cases:
        indptr, indices = random_interactions(rng, n_users, n_items, density)
        for n_blocks in {min(b, n_users, n_items) for b in (1, 2, 5)}:
            draw = partial(
                ops.plan_epoch, indptr, indices, n_items, seed=2**63 + 9, epoch=2, n_blocks=n_blocks
            )
            for sampler in samplers:
                with use_backend("naive"):
                    expected = draw(sampler=sampler)
                what = f"{type(sampler).__name__}, {n_users} users, {n_items} items, "
                require_same_plan(draw(sampler=sampler), expected, f"{what}{n_blocks} blocks")


@clause("plan_epoch", samplers=BOTH)
def same_sampled_plan_for_any_number_of_threads(rng: np.random.Generator) -> None:
    """Threads share the work, not the outcome."""
    indptr, indices = random_interactions(rng, 50, 60, 0.3)
    for sampler in _random_samplers(rng, 50, 60):
        draw = partial(
            ops.plan_epoch, indptr, indices, 60, seed=8, epoch=0, n_blocks=4, sampler=sampler
        )
        for n_threads in (2, 3):
            require_same_plan(draw(n_threads=n_threads), draw(), f"{n_threads} threads against 1")


@clause("plan_epoch", samplers=BOTH)
def samplers_are_read_anew_each_time(rng: np.random.Generator) -> None:
    """The same sampler with other contents draws by the other contents, and stays the caller's."""
    indptr, indices = np.array([0, 1], dtype=np.int64), np.array([0], dtype=np.int32)
    draw = partial(ops.plan_epoch, indptr, indices, 3, seed=0, epoch=0)
    weighted = _weighted([0, 0, 1])
    adaptive = _adaptive([[2, 1, 0]], [[1]], [1, 0, 0])
    for sampler in (weighted, adaptive):
        require(draw(sampler=sampler).negatives.tolist() == [2], "item 2 is the only choice.")
    weighted.weights[:] = 0, 1, 0
    adaptive.rankings[:] = [1, 2, 0]
    for sampler in (weighted, adaptive):
        got = draw(sampler=sampler).negatives.tolist()
        require(got == [1], f"the sampler was changed to allow item 1 alone, and {got} is drawn.")


@clause("plan_epoch", samplers=BOTH)
def bad_samplers_are_rejected(rng: np.random.Generator) -> None:
    """Wrong shapes, dtypes, signs, sums and orders, with the argument's name."""
    indptr, indices = random_interactions(rng, 5, 6, 0.5)
    draw = partial(ops.plan_epoch, indptr, indices, 6, seed=0, epoch=0)
    for weights in (
        np.ones(5, np.int64), np.ones(7, np.int64), np.ones((6, 1), np.int64), np.ones(6),
        np.ones(6, np.int32), np.zeros(6, np.int64), np.array([1, 1, 1, 1, 1, -1]),
        np.array([2**32 - 1, 1, 0, 0, 0, 0]), np.full(6, 2**62), np.ones(12, np.int64)[::2],
        [1] * 6,
    ):  # fmt: skip
        require_rejected("sampler.weights", draw, sampler=WeightedSampler(weights))  # type: ignore[arg-type]
    rows = np.tile(np.arange(6, dtype=np.int32), (2, 1))
    users, ranks = np.ones((5, 2), np.int32), np.array([3, 2, 1, 1, 0, 0])
    draw(sampler=AdaptiveSampler(rows, users, ranks))
    bad: list[tuple[str, Any, Any, Any]] = [
        *(("rankings", r, users, ranks) for r in (
            rows[:, :5].copy(), rows.astype(np.int64), rows[0], rows * 0, rows + 1, rows - 1,
            rows[:0], rows.tolist(),
        )),
        *(("user_weights", rows, u, ranks) for u in (
            users[:4], users[:, :1].copy(), users.astype(np.int64), users * -(2**31),
        )),
        *(("rank_weights", rows, users, w) for w in (
            ranks[:5], ranks[::-1].copy(), ranks * 0, ranks - 1, ranks * 2**31, ranks * 1.0,
        )),
    ]  # fmt: skip
    for name, *arrays in bad:
        require_rejected(f"sampler.{name}", draw, sampler=AdaptiveSampler(*arrays))
    for other in ("uniform", None, WeightedSampler, ranks):
        require_rejected("sampler", draw, sampler=other)
