"""Kernels that are wrong in one way each, beside the clause that must catch it.

Each is the answer key's own source with one edit, so that nothing else differs.
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace

from recsys_backends import naive

modules = {name: sys.modules[f"recsys_backends.naive.{name}"] for name in (
    "bpr_update", "draw_negative", "matmul", "plan_epoch", "tiles", "top_k"
)}  # fmt: skip


@dataclass(frozen=True)
class BrokenKernel:
    """An edit to one file of the answer key, and the clause that has to notice."""

    name: str
    op: str
    file: str
    before: str
    after: str
    caught_by: str
    also: tuple[tuple[str, str], ...] = ()
    """Further edits to the same file."""

    def backend(self) -> SimpleNamespace:
        """A backend with this op alone, broken."""
        edited = _edited(modules[self.file], (self.before, self.after), *self.also)
        if self.file != self.op:  # a helper of the op: put the broken one under it
            op_module = _edited(modules[self.op])
            for helper in ("draw_negative", "lay_out_tiles"):
                if hasattr(edited, helper) and edited.__name__ != op_module.__name__:
                    setattr(op_module, helper, getattr(edited, helper))
            edited = op_module
        return SimpleNamespace(
            name=self.name, order=naive.order, **{self.op: getattr(edited, self.op)}
        )


def _edited(module: ModuleType, *edits: tuple[str, str]) -> ModuleType:
    """A copy of a module with pieces of its source replaced."""
    source = inspect.getsource(module)
    for before, after in edits:
        if source.count(before) != 1:
            raise ValueError(f"{before!r} occurs {source.count(before)} times in {module.__name__}")
        source = source.replace(before, after)
    copy = ModuleType(module.__name__)
    exec(compile(source, f"<broken {module.__name__}>", "exec"), copy.__dict__)
    return copy


def _update(
    name: str, before: str, after: str, caught_by: str, *also: tuple[str, str]
) -> BrokenKernel:
    return BrokenKernel(name, "bpr_update", "bpr_update", before, after, caught_by, also)


def _plan(name: str, file: str, before: str, after: str, caught_by: str) -> BrokenKernel:
    return BrokenKernel(name, "plan_epoch", file, before, after, caught_by)


BROKEN_KERNELS = (
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
        "    indices = plan_epoch.__dict__.setdefault(str(id(indices)), indices.copy())\n"
        "    seen = [set",
        "interactions_are_read_anew_each_time",
    ),
    _plan(
        "forgets_what_was_seen_in_large_tiles",
        "plan_epoch",
        "draw_negative(seen[user], candidates",
        "draw_negative(seen[user] if len(order) < 65536 else set(), candidates",
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
        "draw_negative",
        "item = candidates[bounded(key, first + attempt, len(candidates))]",
        "item = candidates[bounded(key, first + attempt, max(1, len(candidates) - 1))]",
        "negatives_are_uniform",
    ),
    _plan(
        "first_unseen_after_rejections",
        "draw_negative",
        "return unseen[bounded(key, first + MAX_REJECTIONS, len(unseen))]",
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
        "plan_epoch",
        "draw_negative(seen[user], candidates, key, triple)",
        "draw_negative(seen[user], range(n_items), key, triple)",
        "tiles_of_a_round_share_no_row",
    ),
    _plan(
        "another_stream",
        "plan_epoch",
        "stream(seed, epoch, NEGATIVES, tile)",
        "stream(seed, epoch, NEGATIVES + 1, tile)",
        "plans_agree_with_naive",
    ),
    BrokenKernel(
        "ties_by_the_higher_item",
        "top_k",
        "top_k",
        'best = np.argsort(-score, kind="stable")[:k]',
        "best = np.lexsort((-np.arange(len(score)), -score))[:k]",
        "ties_go_to_the_lower_item",
    ),
    BrokenKernel(
        "recommends_seen_items",
        "top_k",
        "top_k",
        "score[seen_indices[seen_indptr[row] : seen_indptr[row + 1]]] = -np.inf",
        "pass",
        "seen_items_are_left_out",
    ),
    BrokenKernel(
        "pads_with_zero",
        "top_k",
        "top_k",
        "np.full((len(user_factors), k), -1, dtype=np.int32)",
        "np.zeros((len(user_factors), k), dtype=np.int32)",
        "short_lists_are_padded",
    ),
    BrokenKernel(
        "worst_first",
        "top_k",
        "top_k",
        "best = best[score[best] > -np.inf]",
        "best = best[score[best] > -np.inf][::-1]",
        "lists_are_best_first",
    ),
    BrokenKernel(
        "biases_ignored_by_top_k",
        "top_k",
        "top_k",
        "score = score + item_biases",
        "pass",
        "lists_are_best_first",
    ),
    BrokenKernel(
        "searches_the_first_thousand_items",
        "top_k",
        "top_k",
        "score[np.isnan(score)] = -np.inf",
        "score[1000:] = -np.inf",
        "large_catalogues_are_searched_in_full",
    ),
    BrokenKernel(
        "no_number_counts_as_zero",
        "top_k",
        "top_k",
        "score[np.isnan(score)] = -np.inf",
        "score[np.isnan(score)] = 0.0",
        "scores_that_are_no_numbers_are_never_listed",
    ),
    BrokenKernel(
        "lists_minus_infinity",
        "top_k",
        "top_k",
        "best = best[score[best] > -np.inf]",
        "best = best[score[best] >= -np.inf]",
        "overflowing_scores_are_never_listed",
    ),
    BrokenKernel(
        "rounds_the_callers_factors",
        "top_k",
        "top_k",
        "score = item_factors @ user",
        "item_factors[...] = item_factors.astype(np.float16)\n            "
        "score = item_factors @ user",
        "answers_are_fresh",
    ),
    BrokenKernel(
        "destroys_its_argument",
        "matmul",
        "matmul",
        "columns = b.T.tolist()",
        "columns = b.T.tolist()\n    b[...] = 0",
        "large_products_are_fresh_and_exact",
    ),
    BrokenKernel(
        "drops_the_last_of_a_long_sum",
        "matmul",
        "matmul",
        "total = 0.0",
        "total = -row[-1] * column[-1] if len(row) > 64 else 0.0",
        "large_products_are_fresh_and_exact",
    ),
    BrokenKernel(
        "transposed_product",
        "matmul",
        "matmul",
        "out[i, j] = total",
        "out[i, j] = total * (i + 1) / (j + 1)",
        "product_is_the_sum_over_the_inner_index",
    ),
)
