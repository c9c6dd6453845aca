"""Samplers of negatives that are wrong in one way each, with the clause that must catch it."""

from __future__ import annotations

from tests.contract.broken_kernel import BrokenKernel


def _sampler(name: str, before: str, after: str, caught_by: str) -> BrokenKernel:
    return BrokenKernel(name, "plan_epoch", "candidates", before, after, caught_by)


BROKEN_SAMPLERS = (
    _sampler(
        "weights_ignored",
        "return [WeightedCandidates(items, weights) for items in item_blocks]",
        "return [Candidates(items) for items in item_blocks]",
        "negatives_follow_the_weights",
    ),
    _sampler(
        "one_too_low_at_the_edge_of_a_share",
        "return bisect_right(cumulative, scaled(half, cumulative[-1]))",
        "return max(0, bisect_right(cumulative, scaled(half, cumulative[-1]) - 1))",
        "equal_weights_give_the_uniform_plan",
    ),
    _sampler(
        "weights_forgotten_after_rejections",
        "accumulate(self.weights[item] for item in unseen)",
        "accumulate(1 for item in unseen)",
        "weights_count_after_many_rejections",
    ),
    _sampler(
        "draws_what_weighs_nothing_after_rejections",
        "[item for item in items if weights[item] > 0])\n        self.weights = weights",
        "items)\n        self.weights = [weight or 1 for weight in weights]",
        "items_without_weight_are_never_drawn",
    ),
    _sampler(
        "in_another_order_than_the_blocks",
        "[item for item in items if weights[item] > 0]",
        "[item for item in items[::-1] if weights[item] > 0]",
        "sampled_plans_agree_with_naive",
    ),
    _sampler(
        "totals_of_31_bits",
        "return (half * bound) >> 32",
        "return (half * (bound & 0x7FFFFFFF)) >> 32",
        "sampled_plans_agree_with_naive",
    ),
    _sampler(
        "remembers_weights_by_identity",
        "weights = sampler.weights.tolist()",
        "weights = candidates_of_blocks.__dict__.setdefault(id(sampler), sampler.weights.tolist())",
        "samplers_are_read_anew_each_time",
    ),
    _sampler(
        "always_from_the_top",
        "return ranking[rank] if weights[factor] > 0 else ranking[-1 - rank]",
        "return ranking[rank]",
        "adaptive_negatives_rank_high",
    ),
    _sampler(
        "all_ranks_alike",
        "rank = by_weight(value & 0xFFFF_FFFF, self.rank_shares)",
        "rank = scaled(value & 0xFFFF_FFFF, len(self.items))",
        "adaptive_negatives_rank_high",
    ),
    _sampler(
        "negative_weights_do_not_count",
        "accumulate(map(abs, weights))",
        "accumulate(max(weight, 0) for weight in weights)",
        "rankings_are_chosen_by_the_users_weights",
    ),
    _sampler(
        "first_ranks_of_the_catalogue_in_every_block",
        "places = [rank * n_items // len(items) for rank in range(len(items))]",
        "places = list(range(len(items)))",
        "ranks_of_a_block_stand_for_those_of_the_catalogue",
    ),
    _sampler(
        "rankings_of_the_whole_catalogue",
        "dealt = deal_rankings(sampler, item_blocks)",
        "dealt = [sampler.rankings.tolist()] * len(item_blocks)",
        "sampled_negatives_are_unseen_items_of_their_block",
    ),
    _sampler(
        "no_user_is_without_weights",
        "accumulate(map(abs, weights))",
        "accumulate(abs(weight) or 1 for weight in weights)",
        "users_without_weights_draw_uniformly",
    ),
    _sampler(
        "one_half_of_the_draw_for_both",
        "value & 0xFFFF_FFFF, self.rank_shares",
        "value >> 32, self.rank_shares",
        "sampled_plans_agree_with_naive",
    ),
)
