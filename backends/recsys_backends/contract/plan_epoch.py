"""Clauses of ``plan_epoch``."""

from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys_backends import ops
from recsys_backends.contract.clause import clause, require, require_identical
from recsys_backends.contract.inputs import csr_of, drawable, random_interactions
from recsys_backends.contract.rejections import require_rejected
from recsys_backends.plan import SKIPPED, EpochPlan
from recsys_backends.registry import use_backend

COLUMNS: Final = ("users", "positives", "negatives", "bounds")
BLOCKS: Final = (1, 2, 5)


def _pairs(plan: EpochPlan) -> list[tuple[int, int]]:
    return list(zip(plan.users.tolist(), plan.positives.tolist(), strict=True))


def _seen(indptr: NDArray[np.int64], indices: NDArray[np.int32]) -> set[tuple[int, int]]:
    users = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    return set(zip(users.tolist(), indices.tolist(), strict=True))


def require_same_plan(got: EpochPlan, expected: EpochPlan, what: str) -> None:
    """Column by column, the same integers."""
    for column in COLUMNS:
        require_identical(getattr(got, column), getattr(expected, column), f"{what}, {column}")


@clause("plan_epoch")
def every_interaction_occurs_once(rng: np.random.Generator) -> None:
    """A plan's (user, positive) pairs are the observed interactions, each exactly once."""
    indptr, indices = random_interactions(rng, 20, 30, 0.3)
    for n_blocks in drawable(*BLOCKS):
        plan = ops.plan_epoch(indptr, indices, 30, seed=1, epoch=0, n_blocks=n_blocks)
        require(
            sorted(_pairs(plan)) == sorted(_seen(indptr, indices)),
            f"with n_blocks={n_blocks} the plan's pairs are not the observed interactions, each "
            f"once: {plan.n_triples} triples, {len(set(_pairs(plan)))} different pairs, "
            f"{len(indices)} interactions.",
        )


@clause("plan_epoch")
def negatives_are_unseen(rng: np.random.Generator) -> None:
    """No negative is an item that its user has interacted with."""
    indptr, indices = random_interactions(rng, 20, 30, 0.5)
    seen = _seen(indptr, indices)
    for n_blocks in drawable(*BLOCKS):
        plan = ops.plan_epoch(indptr, indices, 30, seed=2, epoch=0, n_blocks=n_blocks)
        for user, item in zip(plan.users.tolist(), plan.negatives.tolist(), strict=True):
            require(
                item == SKIPPED or (user, item) not in seen,
                f"item {item} is drawn as a negative for user {user}, who has interacted with it.",
            )


@clause("plan_epoch")
def a_triple_is_skipped_only_when_all_is_seen(rng: np.random.Generator) -> None:
    """The negative is −1 for users who have seen every item, and for nobody else."""
    indptr, indices = random_interactions(rng, 12, 40, 0.9)
    everything = np.diff(indptr) == 40
    plan = ops.plan_epoch(indptr, indices, 40, seed=3, epoch=0)
    for user, item in zip(plan.users.tolist(), plan.negatives.tolist(), strict=True):
        require(
            (item == SKIPPED) == bool(everything[user]),
            f"user {user} has seen {int(np.diff(indptr)[user])} of 40 items, "
            f"but gets the negative {item}.",
        )


@clause("plan_epoch")
def negatives_are_uniform(rng: np.random.Generator) -> None:
    """Each unseen item is drawn equally often: by guessing, and after many guesses that failed."""
    seen = np.ones((2, 40), dtype=np.bool_)
    seen[0, [0, 7, 8, 39]] = False  # 4 of 40 left: guessing fails 15 times running for one in five
    seen[1, 5:] = False  # 35 of 40 left
    indptr, indices = csr_of(seen)
    counts = np.zeros((2, 40))
    for epoch in range(100):
        plan = ops.plan_epoch(indptr, indices, 40, seed=4, epoch=epoch)
        np.add.at(counts, (plan.users, plan.negatives), 1)
    for user in range(2):
        drawn, expected = counts[user][~seen[user]], 100 * seen[user].sum() / (~seen[user]).sum()
        chi_squared = float(((drawn - expected) ** 2 / expected).sum())
        freedom = len(drawn) - 1
        require(
            chi_squared < freedom + 6 * np.sqrt(2 * freedom),
            f"negatives are not uniform over the unseen items: counts {drawn.astype(int).tolist()} "
            f"where about {expected:.0f} each were expected.",
        )


@clause("plan_epoch")
def the_order_is_random(rng: np.random.Generator) -> None:
    """Triples are shuffled over the whole epoch, not user by user, and anew every epoch."""
    indptr, indices = random_interactions(rng, 20, 30, 0.3)
    epochs = [ops.plan_epoch(indptr, indices, 30, seed=5, epoch=e) for e in range(20)]
    require(
        len({tuple(_pairs(plan)) for plan in epochs}) == 20, "epochs repeat each other's order."
    )
    for plan in epochs:
        same_user = float(np.mean(plan.users[1:] == plan.users[:-1]))
        require(
            same_user < 0.35,
            f"{same_user:.0%} of the triples follow one of the same user: that is an order by "
            "user, not a random one.",
        )
    middle = np.array([plan.users[: plan.n_triples // 2].mean() for plan in epochs]).mean()
    require(
        abs(middle - epochs[0].users.mean()) < 1.0,
        "low-numbered users do not come first and last equally often: the shuffle is lopsided.",
    )


@clause("plan_epoch")
def same_seed_same_plan(rng: np.random.Generator) -> None:
    """Seed and epoch decide everything; another seed or epoch gives another plan."""
    indptr, indices = random_interactions(rng, 15, 25, 0.3)
    for n_blocks in drawable(*BLOCKS):

        def draw(seed: int, epoch: int, n_blocks: int = n_blocks) -> EpochPlan:
            return ops.plan_epoch(indptr, indices, 25, seed=seed, epoch=epoch, n_blocks=n_blocks)

        first = draw(7, 3)
        require_same_plan(draw(7, 3), first, "the same call twice")
        for seed, epoch in ((8, 3), (7, 4), (2**64 - 1, 3)):
            other = draw(seed, epoch)
            require(
                _pairs(other) != _pairs(first)
                and not np.array_equal(other.negatives, first.negatives),
                f"seed {seed}, epoch {epoch} draws the same plan as seed 7, epoch 3.",
            )


@clause("plan_epoch", tiles=True)
def tiles_of_a_round_share_no_row(rng: np.random.Generator) -> None:
    """bounds cut the epoch into n_blocks² tiles; those of one round share no user and no item."""
    indptr, indices = random_interactions(rng, 20, 30, 0.3)
    for n_blocks in (2, 5):
        plan = ops.plan_epoch(indptr, indices, 30, seed=6, epoch=1, n_blocks=n_blocks)
        require(
            plan.n_blocks == n_blocks and len(plan.bounds) == n_blocks**2 + 1,
            f"with n_blocks={n_blocks}, bounds have {len(plan.bounds)} entries "
            f"instead of {n_blocks**2 + 1}.",
        )
        tiles = list(plan.tiles())
        require(
            sum(tile.stop - tile.start for tile in tiles) == plan.n_triples,
            "the tiles do not cover the epoch.",
        )
        for first in range(0, n_blocks**2, n_blocks):
            users = [set(plan.users[t].tolist()) for t in tiles[first : first + n_blocks]]
            items = [
                (set(plan.positives[t].tolist()) | set(plan.negatives[t].tolist())) - {SKIPPED}
                for t in tiles[first : first + n_blocks]
            ]
            for what, sets in (("user", users), ("item", items)):
                require(
                    len(set().union(*sets)) == sum(map(len, sets)),
                    f"two tiles of one round share a {what}: threads would race for its row.",
                )


@clause("plan_epoch")
def plans_agree_with_naive(rng: np.random.Generator) -> None:
    """The same integers as the answer key, at several shapes."""
    for n_users, n_items, density in ((1, 2, 0.5), (7, 5, 0.5), (40, 90, 0.15), (12, 70, 0.95)):
        indptr, indices = random_interactions(rng, n_users, n_items, density)
        for n_blocks in {min(b, n_users, n_items) for b in drawable(*BLOCKS)}:
            draw = partial(
                ops.plan_epoch, indptr, indices, n_items, seed=2**63 + 9, epoch=2, n_blocks=n_blocks
            )
            with use_backend("naive"):
                expected = draw()
            what = f"{n_users} users, {n_items} items, n_blocks={n_blocks}"
            require_same_plan(draw(), expected, what)


@clause("plan_epoch")
def same_plan_for_any_number_of_threads(rng: np.random.Generator) -> None:
    """Threads share the work, not the outcome."""
    indptr, indices = random_interactions(rng, 50, 60, 0.3)
    for n_blocks in drawable(1, 4):
        plans = [
            ops.plan_epoch(
                indptr, indices, 60, seed=8, epoch=0, n_blocks=n_blocks, n_threads=n_threads
            )
            for n_threads in (1, 2, 3)
        ]
        for n_threads, plan in enumerate(plans[1:], start=2):
            require_same_plan(plan, plans[0], f"{n_threads} threads against 1")


@clause("plan_epoch")
def no_interactions_give_an_empty_plan(rng: np.random.Generator) -> None:
    """Empty data give an empty plan; that is not an error at this level."""
    nothing = np.empty(0, dtype=np.int32)
    for n_users, n_blocks in ((0, 1), (3, 1), *((3, b) for b in drawable(2))):
        indptr = np.zeros(n_users + 1, dtype=np.int64)
        plan = ops.plan_epoch(indptr, nothing, 4, seed=0, epoch=0, n_blocks=n_blocks)
        require(
            plan.n_triples == 0 and plan.bounds.tolist() == [0] * (n_blocks**2 + 1),
            f"without interactions there are {plan.n_triples} triples.",
        )


@clause("plan_epoch")
def bad_arguments_of_plan_epoch_are_rejected(rng: np.random.Generator) -> None:
    """Malformed CSR, ids out of range, numbers out of range, with the argument's name."""
    indptr, indices = random_interactions(rng, 5, 6, 0.5)
    good = {"seed": 0, "epoch": 0, "n_blocks": 1}
    plan = ops.plan_epoch
    require_rejected("indptr", plan, indptr.astype(np.int32), indices, 6, **good)
    require_rejected("indptr", plan, indptr[:-1], indices, 6, **good)
    require_rejected("indptr", plan, indptr[::-1].copy(), indices, 6, **good)
    require_rejected("indices", plan, indptr, indices.astype(np.int64), 6, **good)
    require_rejected("indices", plan, indptr, indices, 5, **good)
    require_rejected("indices", plan, indptr, indices - 1, 6, **good)
    require_rejected("indices", plan, indptr, np.zeros_like(indices), 6, **good)
    require_rejected("n_items", plan, indptr, indices, 0, **good)
    for name, value in (
        ("seed", -1),
        ("seed", 2**64),
        ("seed", 1.5),
        ("epoch", -1),
        ("n_blocks", 0),
        ("n_blocks", 6),
        ("n_threads", -1),
        ("sampler", "uniform"),
    ):
        require_rejected(name, plan, indptr, indices, 6, **{**good, name: value})
