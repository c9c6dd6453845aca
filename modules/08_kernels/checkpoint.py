"""Can I write the kernel? Its pieces, its contract, and a BPR that ranks on it."""

import numpy as np

from recsys_backends import naive, use_backend
from recsys_backends.contract.clause import require
from recsys_backends.errors import ContractViolation
from recsys_edu import BPR, MostPopular, evaluate
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.errors import DivergedError
from recsys_edu.splits import random_split

from .clauses import (
    require_best,
    require_dot,
    require_log_sigmoid,
    require_offset,
    require_safe_update,
    require_stopwatch,
)

OPS = ("bpr_update",)

MEANINGS = {
    "every_step_goes_downhill": "Your kernel moves something the wrong way: look at the signs of the "
    "three updates.",
    "a_triple_is_simultaneous": "Your items move along a vector of the user that is already new: read "
    "user[f] into a variable before you write to it.",
    "a_hand_worked_step": "One step on two factors, which you can follow with a pencil, comes out "
    "differently.",
    "step_follows_the_gradient": "Your step is not along the gradient: compare each line of the loop "
    "with the equations of part 5.",
    "regularisers_shrink_their_own_rows": "The three regularisers are mixed up, or act on new rows: "
    "each shrinks its own old row, and the item's bias with it.",
    "biases_can_be_left_out": "Without biases your kernel learns something else than with biases that "
    "are all 0.",
    "loss_and_counts_are_measured_before_each_step": "The loss, or one of the two counts, is not that "
    "of the scores before the step.",
    "skipped_triples_do_nothing": "A skipped triple (its negative is −1) still moves something: row "
    "−1 is the memory before the first row.",
    "untouched_rows_stay": "Rows that no triple names have changed: an offset is wrong.",
    "extreme_scores_stay_finite": "Where x is very large or very small, your step or loss is no longer "
    "finite: C raises no error for an overflow.",
    "zero_factors_stay_zero": "Vectors of zeros have moved: nothing pulls them anywhere.",
    "triples_apply_in_order": "A triple does not see what the ones before it have written.",
    "passes_agree_with_naive": "After whole epochs your vectors are not those of lesson 05's loop.",
    "disjoint_triples_agree_with_naive": "Even where no two triples share a row, your step is not that "
    "of lesson 05's loop.",
    "same_bytes_for_any_number_of_threads": "Your result depends on n_threads, or changes when the "
    "call is repeated.",
    "an_empty_plan_changes_nothing": "A plan without triples should change nothing, with a loss of 0.",
    "sigmoid_is_exact_everywhere": "Your g is not σ(−x) for every x, large or small.",
    "long_plans_are_applied_in_full": "In a long plan some steps, counts or parts of the loss get "
    "lost.",
    "steps_of_one_row_add_up": "Several steps of one user or item do not add up.",
    "rows_of_any_width_are_right": "With other numbers of factors your step is wrong: the loop "
    "over f has to reach the last one.",
    "the_plan_is_only_read": "Your kernel writes to the plan, which it should only read.",
    "bad_arguments_of_bpr_update_are_rejected": "Arguments of bpr_update that cannot be right get "
    "through without an error.",
    "many_tiles_and_threads_agree_with_naive": "A plan in many tiles is not what its triples give, one "
    "after the other.",
}
"""Faults of the op in the lesson's words, by the clause of its contract."""


def my_memory_is_safe(remote, rng: np.random.Generator) -> None:
    """Offsets beyond 2³¹, ends of arrays, rows that are not there."""
    require_offset(remote, rng)
    require_dot(remote, rng)
    require_safe_update(remote, rng)


def my_numbers_are_right(remote, rng: np.random.Generator) -> None:
    """The logarithm at both ends, and the stopwatch."""
    require_log_sigmoid(remote, rng)
    require_stopwatch(remote, rng)


def my_lists_are_right(remote, rng: np.random.Generator) -> None:
    """The best items of a user, in an order that is unique."""
    require_best(remote, rng)


def my_kernel_trains_a_model(remote, rng: np.random.Generator) -> str:
    """The library's BPR, running on your kernel, learns and beats popularity clearly."""
    split = random_split(make_synthetic(300, 200, 9000, seed=8), seed=0)
    model = BPR(8, epochs=15, learning_rate=0.1, reg=0.03, n_blocks=1, progress=False)
    try:
        with use_backend(_with_plans(remote)):
            model.fit(split.train)
    except DivergedError:
        raise ContractViolation(
            "trained by your kernel, BPR diverges: its vectors grow without end. Check the signs of "
            "the updates, and which old values they use."
        ) from None
    mine = evaluate(model, split, metrics="ndcg@10")["ndcg@10"]
    popularity = evaluate(MostPopular().fit(split.train), split, metrics="ndcg@10")["ndcg@10"]
    require(
        mine > 1.3 * popularity,
        f"trained by your kernel, BPR ranks with an NDCG@10 of {mine:.3f}; the most popular items "
        f"alone have {popularity:.3f}.",
    )
    return f"NDCG@10 {mine:.3f} on your kernel, popularity {popularity:.3f}"


def _with_plans(remote):
    """Your kernel, with the plans of the answer key: lesson 09 makes those yours."""

    class Engine:
        name, tiles, order = "your kernel", False, "sequential"
        plan_epoch = staticmethod(naive.plan_epoch)
        bpr_update = staticmethod(remote.bpr_update)

    return Engine()
