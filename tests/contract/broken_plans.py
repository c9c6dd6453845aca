"""Kernels of ``plan_epoch`` that are wrong in one way each, with the clause that must catch it."""

from __future__ import annotations

from tests.contract.broken_kernel import BrokenKernel


def _plan(name: str, file: str, before: str, after: str, caught_by: str) -> BrokenKernel:
    return BrokenKernel(name, "plan_epoch", file, before, after, caught_by)


BROKEN_PLANS = (
    _plan(
        "epochs_of_31_bits",
        "parallel",
        "    seen = [set",
        "    epoch &= 0x7FFFFFFF\n    seen = [set",
        "large_numbers_agree_with_naive",
    ),
    _plan(
        "remembers_interactions_by_identity",
        "parallel",
        "    seen = [set",
        "    if plan_epoch.__dict__.get('owner') == id(indices):\n"
        "        indices = plan_epoch.__dict__['kept']\n"
        "    else:\n"
        "        plan_epoch.__dict__.update(owner=id(indices), kept=indices.copy())\n"
        "    seen = [set",
        "interactions_are_read_anew_each_time",
    ),
    _plan(
        "forgets_what_was_seen_in_large_tiles",
        "parallel",
        "negative_among(items, seen[user], key",
        "negative_among(items, seen[user] if len(order) < 65536 else set(), key",
        "the_filter_of_a_large_tile_never_errs",
    ),
    _plan(
        "seen_items_as_negatives",
        "parallel",
        "if item not in seen:\n            return item",
        "return item",
        "negatives_are_unseen",
    ),
    _plan(
        "gives_up_after_rejections",
        "parallel",
        "    if not unseen:\n        return SKIPPED",
        "    return SKIPPED",
        "a_triple_is_skipped_only_when_all_is_seen",
    ),
    _plan(
        "never_draws_the_last_item",
        "parallel",
        "first + attempt, len(items))]",
        "first + attempt, max(1, len(items) - 1))]",
        "negatives_are_uniform",
    ),
    _plan(
        "first_unseen_after_rejections",
        "parallel",
        "return unseen[bounded(key, first + MAX_REJECTIONS, len(unseen))]",
        "return unseen[0]",
        "negatives_are_uniform",
    ),
    _plan(
        "user_by_user",
        "parallel",
        "order = permutation(stream(seed, epoch, ORDER, number), len(users)).tolist()",
        "order = range(len(users))",
        "the_order_is_random",
    ),
    _plan(
        "same_order_every_epoch",
        "parallel",
        "stream(seed, epoch, ORDER, number)",
        "stream(seed, 0, ORDER, number)",
        "the_order_is_random",
    ),
    _plan(
        "seed_ignored",
        "parallel",
        "    seen = [set",
        "    seed = 0\n    seen = [set",
        "same_seed_same_plan",
    ),
    _plan(
        "one_interaction_lost",
        "parallel",
        "for triple, place in enumerate(order):",
        "for triple, place in enumerate(order[1:]):",
        "every_interaction_occurs_once",
    ),
    _plan(
        "negatives_from_the_whole_catalogue",
        "parallel",
        "negative_among(items, seen",
        "negative_among(list(range(n_items)), seen",
        "tiles_of_a_round_share_no_row",
    ),
    _plan(
        "another_stream",
        "parallel",
        "stream(seed, epoch, NEGATIVES, number)",
        "stream(seed, epoch, NEGATIVES + 1, number)",
        "plans_agree_with_naive",
    ),
)
