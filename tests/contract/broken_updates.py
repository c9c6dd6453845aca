"""Kernels of ``bpr_update`` that are wrong in one way each, with the clause that must catch it."""

from __future__ import annotations

from tests.contract.broken_kernel import BrokenKernel


def _update(
    name: str, before: str, after: str, caught_by: str, *also: tuple[str, str]
) -> BrokenKernel:
    return BrokenKernel(name, "bpr_update", "bpr", before, after, caught_by, also)


BROKEN_UPDATES = (
    _update(
        "stale_user_row",
        "learning_rate * (g * user - reg_positive * positive)",
        "learning_rate * (g * user_factors[u] - reg_positive * positive)",
        "a_triple_is_simultaneous",
    ),
    _update(
        "views_instead_of_copies",
        "user = user_factors[u].copy()",
        "user = user_factors[u]",
        "a_triple_is_simultaneous",
    ),
    _update(
        "wrong_sign_for_the_negative",
        "learning_rate * (-g * user - reg_negative * negative)",
        "learning_rate * (g * user - reg_negative * negative)",
        "step_follows_the_gradient",
    ),
    _update(
        "sigmoid_of_x_instead_of_minus_x",
        "g = sigmoid(-x)",
        "g = sigmoid(x)",
        "extreme_scores_stay_finite",
    ),
    _update(
        "missing_user_regulariser",
        "- reg_user * user)",
        ")",
        "regularisers_shrink_their_own_rows",
    ),
    _update(
        "swapped_item_regularisers",
        "- reg_positive * positive)",
        "- reg_negative * positive)",
        "regularisers_shrink_their_own_rows",
    ),
    _update(
        "unregularised_bias",
        "(-g - reg_negative * float(item_biases[j]))",
        "(-g)",
        "regularisers_shrink_their_own_rows",
    ),
    _update(
        "bias_left_out_of_the_score",
        "x += float(item_biases[i]) - float(item_biases[j])",
        "x += 0.0",
        "loss_and_counts_are_measured_before_each_step",
    ),
    _update(
        "regulariser_twice",
        "- reg_user * user)",
        "- 2 * reg_user * user)",
        "step_follows_the_gradient",
    ),
    _update(
        "off_by_one_item",
        "item_factors[j] += ",
        "item_factors[j - 1] += ",
        "untouched_rows_stay",
    ),
    _update(
        "last_triple_left_out",
        "for u, i, j in triples:",
        "for u, i, j in list(triples)[:-1]:",
        "a_hand_worked_step",
    ),
    _update(
        "skipped_triple_trains_the_last_item",
        "if j == SKIPPED:",
        "if False:",
        "skipped_triples_do_nothing",
    ),
    _update(
        "loss_includes_the_regulariser",
        "loss += softplus(-x)",
        "loss += softplus(-x) + 0.5 * reg_user * float(user @ user)",
        "loss_and_counts_are_measured_before_each_step",
    ),
    _update(
        "ties_count_as_correct",
        "n_correct += x > 0",
        "n_correct += x >= 0",
        "a_hand_worked_step",
    ),
    _update(
        "overflowing_sigmoid",
        "    if x >= 0:\n        return 1.0 / (1.0 + math.exp(-x))\n"
        "    return math.exp(x) / (1.0 + math.exp(x))",
        "    return 1.0 / (1.0 + math.exp(-x))",
        "extreme_scores_stay_finite",
    ),
    _update(
        "overflowing_loss",
        "max(x, 0.0) + math.log1p(math.exp(-abs(x)))",
        "math.log1p(math.exp(x))",
        "extreme_scores_stay_finite",
    ),
    _update(
        "reversed_order",
        "for u, i, j in triples:",
        "for u, i, j in reversed(list(triples)):",
        "triples_apply_in_order",
    ),
    _update(
        "decay_of_every_row",
        "        n_updated += 1",
        "        n_updated += 1\n        item_factors *= 1 - 1e-4",
        "untouched_rows_stay",
    ),
    _update(
        "noise_breaks_symmetry_at_zero",
        "        x = float(",
        "        user = user + 1e-3\n        x = float(",
        "zero_factors_stay_zero",
    ),
    _update(
        "depends_on_threads",
        "    loss, n_correct",
        "    learning_rate = learning_rate / n_threads\n    loss, n_correct",
        "same_bytes_for_any_number_of_threads",
    ),
    _update(
        "saturating_sigmoid",
        "    if x >= 0:",
        "    if abs(x) > 6:\n        return float(x > 0)\n    if x >= 0:",
        "sigmoid_is_exact_everywhere",
    ),
    _update(
        "loss_in_single_precision",
        "loss += softplus(-x)",
        "loss = float(np.float32(loss + softplus(-x)))",
        "long_plans_are_applied_in_full",
    ),
    _update(
        "item_numbers_of_16_bits",
        "        # Copies",
        "        i, j = i & 0xFFFF, j & 0xFFFF\n        # Copies",
        "long_plans_are_applied_in_full",
    ),
    _update(
        "only_the_first_48_factors_count",
        "x = float(user @ (positive - negative))",
        "x = float(user[:48] @ (positive - negative)[:48])",
        "rows_of_any_width_are_right",
    ),
    _update(
        "steps_of_one_row_are_lost",
        "user_factors[u] += learning_rate",
        "user_factors[u] = start[u] + learning_rate",
        "steps_of_one_row_add_up",
        ("    loss, n_correct", "    start = user_factors.copy()\n    loss, n_correct"),
    ),
    _update(
        "writes_to_the_plan",
        "    return UpdateResult(loss",
        "    plan.users[:] = 0\n    return UpdateResult(loss",
        "the_plan_is_only_read",
    ),
    _update(
        "wrong_beyond_three_threads",
        "    loss, n_correct",
        "    learning_rate /= 1 + (n_threads > 3)\n    loss, n_correct",
        "many_tiles_and_threads_agree_with_naive",
    ),
)
