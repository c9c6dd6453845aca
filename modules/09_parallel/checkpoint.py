"""Can I use every core and get the same bytes? Your plan, your rounds, and one hash of a model."""

import hashlib

import numpy as np

from recsys_backends import available_backends, naive, use_backend
from recsys_backends.contract.clause import require
from recsys_edu import BPR, MostPopular, evaluate
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.splits import random_split

from .clauses import (
    require_balance,
    require_conflicts,
    require_fit,
    require_layout,
    require_rounds,
    require_run,
    require_sum,
)

OPS = ("plan_epoch",)

MEANINGS = {
    "every_interaction_occurs_once": "Your tiles leave out purchases, or hold some of them twice: the "
    "model would learn from other data than yours.",
    "negatives_are_unseen": "Your plan tells users that they dislike items which they have.",
    "a_triple_is_skipped_only_when_all_is_seen": "A triple is skipped although its user lacks some "
    "items of the tile, or is kept although the user has all of them.",
    "negatives_are_uniform": "Some items are drawn as negatives more often than others: the model "
    "would learn to dislike them.",
    "the_order_is_random": "Within a tile your triples are not well shuffled: the model would see one "
    "user after the other, or the same order in each epoch.",
    "same_seed_same_plan": "The seed and the epoch do not decide the plan: a run could not be "
    "repeated, or all epochs would be alike.",
    "tiles_of_a_round_share_no_row": "Two tiles of one round share a user or an item: two threads would "
    "write to the same row, and updates would get lost.",
    "plans_agree_with_naive": "Your plan is not the one that these random numbers give: look at the "
    "tile's number in the two addresses, and at the order of the tiles.",
    "same_plan_for_any_number_of_threads": "Your plan depends on n_threads, which has no effect here.",
    "no_interactions_give_an_empty_plan": "A catalogue without a single purchase should have empty "
    "tiles, and no error.",
    "large_numbers_agree_with_naive": "With many blocks, or with large seeds, epochs or catalogues, your "
    "plan is another one: a number does not fit, or some tiles are wrong.",
    "the_filter_of_a_large_tile_never_errs": "In a large catalogue some negatives are items that "
    "their user has.",
    "interactions_are_read_anew_each_time": "Your plan is made of the purchases of an earlier call.",
    "bad_arguments_of_plan_epoch_are_rejected": "Arguments of plan_epoch that cannot be right get "
    "through without an error.",
}
"""Faults of the op in the lesson's words, by the clause of its contract."""


def my_rounds_share_no_row(remote, rng: np.random.Generator) -> None:
    """Conflicts are counted right, and rounds have none; the plan's tiles are a check of their own."""
    require_conflicts(remote, rng)
    require_rounds(remote, rng)
    require_layout(remote, rng)


def my_rounds_wait_and_add_up(remote, rng: np.random.Generator) -> None:
    """Barriers, errors of threads, and a sum that depends on no order of arrival."""
    require_sum(remote, rng)
    require_run(remote, rng)


def my_speed_up_is_understood(remote, rng: np.random.Generator) -> None:
    """Blocks of nearly equal work, and the part that stays serial."""
    require_balance(remote, rng)
    require_fit(remote, rng)


def my_cores_give_the_same_bytes(remote, rng: np.random.Generator) -> str:
    """The library's BPR on your plan: one model for 1, 2 and 4 threads, and it ranks."""
    split = random_split(make_synthetic(300, 200, 9000, seed=5), seed=0)
    hashes = set()
    with use_backend(_with_your_plans(remote)):
        for n_threads in (1, 2, 4):
            model = BPR(
                8, epochs=20, learning_rate=0.1, reg=0.03, n_blocks=4, n_threads=n_threads,
                progress=False,
            ).fit(split.train)  # fmt: skip
            vectors = (model.user_factors, model.item_factors, model.item_biases)
            hashes.add(hashlib.sha256(b"".join(v.tobytes() for v in vectors)).hexdigest()[:8])
    require(
        len(hashes) == 1,
        f"on your plan, 1, 2 and 4 threads give {len(hashes)} different models: tiles of one round "
        "share a row, or two calls give different plans.",
    )
    mine = evaluate(model, split, metrics="ndcg@10")["ndcg@10"]
    popularity = evaluate(MostPopular().fit(split.train), split, metrics="ndcg@10")["ndcg@10"]
    require(
        mine > 1.3 * popularity,
        f"trained on your plan, BPR ranks with an NDCG@10 of {mine:.3f}; the most popular items "
        f"alone have {popularity:.3f}.",
    )
    return f"one hash, {hashes.pop()}, for 1, 2 and 4 threads; NDCG@10 {mine:.3f}, popularity {popularity:.3f}"


def _with_your_plans(remote):
    """Your plans, and the fastest kernel that is installed for the passes over them."""

    class Engine:
        name, tiles, order = "your plans", True, "sequential"
        plan_epoch = staticmethod(remote.plan_epoch)
        bpr_update = staticmethod(_kernel())

    return Engine()


def _kernel():
    """Return a bpr_update that uses threads, or naive's, which ignores them."""
    if any(found.name == "optimized" and found.available for found in available_backends()):
        from recsys_backends import optimized

        return optimized.bpr_update
    return naive.bpr_update
