"""Kernels of ``plan_epoch`` that are wrong in one way each, with the clause that must catch it."""

from __future__ import annotations

from tests.contract.broken_kernel import BrokenKernel


def _plan(name: str, file: str, before: str, after: str, caught_by: str) -> BrokenKernel:
    return BrokenKernel(name, "plan_epoch", file, before, after, caught_by)


BROKEN_PLANS = (
    _plan(
        "epochs_of_31_bits",
        "plan_epoch",
        "    seen = [set",
        "    epoch &= 0x7FFFFFFF\n    seen = [set",
        "large_numbers_agree_with_naive",
    ),
    _plan(
        "remembers_interactions_by_identity",
        "plan_epoch",
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
        "plan_epoch",
        "draw_negative(user, seen[user], candidates",
        "draw_negative(user, seen[user] if len(order) < 65536 else set(), candidates",
        "the_filter_of_a_large_tile_never_errs",
    ),
    _plan(
        "seen_items_as_negatives",
        "draw_negative",
        "if item not in seen:\n            return item",
        "return item",
        "negatives_are_unseen",
    ),
    _plan(
        "gives_up_after_rejections",
        "draw_negative",
        "    if not unseen:\n        return SKIPPED",
        "    return SKIPPED",
        "a_triple_is_skipped_only_when_all_is_seen",
    ),
    _plan(
        "never_draws_the_last_item",
        "candidates",
        "return self.items[scaled(value >> 32, len(self.items))]",
        "return self.items[scaled(value >> 32, max(1, len(self.items) - 1))]",
        "negatives_are_uniform",
    ),
    _plan(
        "first_unseen_after_rejections",
        "candidates",
        "return unseen[scaled(value >> 32, len(unseen))]",
        "return unseen[0]",
        "negatives_are_uniform",
    ),
    _plan(
        "user_by_user",
        "plan_epoch",
        "order = permutation(stream(seed, epoch, ORDER, tile), len(tile_users)).tolist()",
        "order = range(len(tile_users))",
        "the_order_is_random",
    ),
    _plan(
        "same_order_every_epoch",
        "plan_epoch",
        "stream(seed, epoch, ORDER, tile)",
        "stream(seed, 0, ORDER, tile)",
        "the_order_is_random",
    ),
    _plan(
        "seed_ignored",
        "plan_epoch",
        "    seen = [set",
        "    seed = 0\n    seen = [set",
        "same_seed_same_plan",
    ),
    _plan(
        "one_interaction_lost",
        "plan_epoch",
        "for triple, place in enumerate(order):",
        "for triple, place in enumerate(order[1:]):",
        "every_interaction_occurs_once",
    ),
    _plan(
        "negatives_from_the_whole_catalogue",
        "tiles",
        "candidates_of_blocks(item_blocks, sampler)",
        "candidates_of_blocks([list(range(n_items))] * n_blocks, sampler)",
        "tiles_of_a_round_share_no_row",
    ),
    _plan(
        "another_stream",
        "plan_epoch",
        "stream(seed, epoch, NEGATIVES, tile)",
        "stream(seed, epoch, NEGATIVES + 1, tile)",
        "plans_agree_with_naive",
    ),
)
