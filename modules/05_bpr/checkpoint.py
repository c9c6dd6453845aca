"""Can my BPR rank? The contract of its two ops, and a small catalogue with planted taste."""

import numpy as np

from recsys_backends import use_backend
from recsys_backends.contract.clause import require
from recsys_backends.errors import ContractViolation
from recsys_edu import BPR, MostPopular, evaluate
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.errors import DivergedError
from recsys_edu.splits import random_split

OPS = ("plan_epoch", "bpr_update")

MEANINGS = {
    # plan_epoch
    "every_interaction_occurs_once": "Your plan leaves out purchases of some users, or repeats "
    "them: the model would learn from other data than yours.",
    "negatives_are_unseen": "Your plan tells users that they dislike items which they have.",
    "a_triple_is_skipped_only_when_all_is_seen": "A triple is skipped although its user lacks some "
    "items, or is kept although the user has all of them.",
    "negatives_are_uniform": "Some items are drawn as negatives more often than others: the model "
    "would learn to dislike them.",
    "the_order_is_random": "Your triples are not well shuffled over the whole epoch: the model "
    "would see one user after the other, or the same order in each epoch.",
    "same_seed_same_plan": "The seed and the epoch do not decide the plan: a run could not be "
    "repeated, or all epochs would be alike.",
    "plans_agree_with_naive": "Your plan is not the one that these random numbers give: look at "
    "which draw each triple takes, and at the order.",
    "same_plan_for_any_number_of_threads": "Your plan depends on n_threads, which has no effect here.",
    "no_interactions_give_an_empty_plan": "A catalogue without a single purchase should have an "
    "empty plan, and no error.",
    "large_numbers_agree_with_naive": "With large seeds, epochs or catalogues your plan is another "
    "one: a number does not fit into its integers.",
    "the_filter_of_a_large_tile_never_errs": "In a large catalogue some negatives are items that "
    "their user has.",
    "interactions_are_read_anew_each_time": "Your plan is made of the purchases of an earlier call.",
    # bpr_update
    "every_step_goes_downhill": "A step moves the wrong way: what the user has should come closer, "
    "and what the user lacks should move away.",
    "a_triple_is_simultaneous": "Your items do not move by g times the user's vector as it was "
    "before the step: check g, and copy all three rows before you write any of them.",
    "a_hand_worked_step": "One step on two factors, which you can follow with a pencil, comes out "
    "differently.",
    "step_follows_the_gradient": "Your step is not along the gradient of the objective: compare "
    "each line of the update with part 3.",
    "regularisers_shrink_their_own_rows": "The regularisers do not act as they should: each of the "
    "three shrinks its own row, user, positive or negative, and with a bias the bias too.",
    "biases_can_be_left_out": "A model without biases learns something else than one whose biases "
    "are all 0.",
    "loss_and_counts_are_measured_before_each_step": "The loss, or one of the two counts, is not that "
    "of the scores before the step: the curve that you watch would be wrong.",
    "skipped_triples_do_nothing": "A skipped triple (its negative is −1) still moves something, or "
    "is counted.",
    "untouched_rows_stay": "Users or items that no triple names have moved.",
    "extreme_scores_stay_finite": "Where a user is very sure of an item, your step or your loss is "
    "no longer a finite number: look at σ and softplus for large |x|.",
    "zero_factors_stay_zero": "Vectors of zeros have moved: nothing pulls them anywhere.",
    "triples_apply_in_order": "A triple does not see what the ones before it have written.",
    "passes_agree_with_naive": "After whole epochs your vectors are not those of plain BPR.",
    "disjoint_triples_agree_with_naive": "Even where no two triples share a user or an item, your "
    "step is not that of plain BPR.",
    "same_bytes_for_any_number_of_threads": "Your result depends on n_threads, or changes when the "
    "call is repeated.",
    "an_empty_plan_changes_nothing": "An epoch without triples should change nothing, with a loss "
    "of 0.",
    "sigmoid_is_exact_everywhere": "Your step has the wrong length for some scores: g should be "
    "σ(−x) for every x, large or small.",
    "long_plans_are_applied_in_full": "In a long epoch some steps, counts or parts of the loss get "
    "lost.",
    "steps_of_one_row_add_up": "Several steps of one user or item do not add up.",
    "rows_of_any_width_are_right": "With other numbers of factors your step is wrong.",
    "the_plan_is_only_read": "Your loop writes to the plan, which it should only read.",
    "many_tiles_and_threads_agree_with_naive": "An epoch in many tiles is not what its triples give, "
    "one after the other.",
    "bad_arguments_of_plan_epoch_are_rejected": "Arguments of plan_epoch that cannot be right get "
    "through without an error.",
    "bad_arguments_of_bpr_update_are_rejected": "Arguments of bpr_update that cannot be right get "
    "through without an error.",
}
"""Faults of the two ops in the lesson's words, by the clause of their contract."""


def my_bpr_ranks(remote, rng: np.random.Generator) -> str:
    """The library's BPR, running on the learner's ops, learns and beats popularity clearly."""
    split = random_split(make_synthetic(300, 200, 9000, seed=5), seed=0)
    model = BPR(8, epochs=20, learning_rate=0.1, reg=0.03, n_blocks=1, progress=False)
    try:
        with use_backend(remote):
            model.fit(split.train)
    except DivergedError as error:
        raise ContractViolation(
            "Training with your loop does not lower the loss, it runs away: after some epochs the "
            "vectors are too long to be numbers. Look at the signs of the three updates and at g."
        ) from error
    first, last = model.history[0].loss, model.history[-1].loss
    require(
        last < 0.8 * first,
        f"Training with your loop does not lower the loss: it is {first:.3f} in the first of twenty "
        f"epochs and {last:.3f} in the last.",
    )
    mine = evaluate(model, split, metrics="ndcg@10")["ndcg@10"]
    popularity = evaluate(MostPopular().fit(split.train), split, metrics="ndcg@10")["ndcg@10"]
    require(
        mine > 1.3 * popularity,
        f"Your model has not learned what users like: its NDCG@10 is {mine:.3f}, and that of the most "
        f"popular items {popularity:.3f}. A right loop has half as much again.",
    )
    return f"NDCG@10 {mine:.3f}, popularity {popularity:.3f}; the loss went from {first:.3f} to {last:.3f}"
