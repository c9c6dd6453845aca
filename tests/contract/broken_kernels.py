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

    def backend(self) -> SimpleNamespace:
        """A backend with this op alone, broken."""
        edited = _edited(modules[self.file], self.before, self.after)
        if self.file != self.op:  # a helper of the op: put the broken one under it
            op_module = _edited(modules[self.op], "", "")
            for helper in ("draw_negative", "lay_out_tiles"):
                if hasattr(edited, helper) and edited.__name__ != op_module.__name__:
                    setattr(op_module, helper, getattr(edited, helper))
            edited = op_module
        return SimpleNamespace(
            name=self.name, order=naive.order, **{self.op: getattr(edited, self.op)}
        )


def _edited(module: ModuleType, before: str, after: str) -> ModuleType:
    """A copy of a module with one piece of its source replaced."""
    source = inspect.getsource(module)
    if before and source.count(before) != 1:
        raise ValueError(f"{before!r} occurs {source.count(before)} times in {module.__name__}")
    copy = ModuleType(module.__name__)
    code = source.replace(before, after) if before else source
    exec(compile(code, f"<broken {module.__name__}>", "exec"), copy.__dict__)
    return copy


def _update(name: str, before: str, after: str, caught_by: str) -> BrokenKernel:
    return BrokenKernel(name, "bpr_update", "bpr_update", before, after, caught_by)


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
        "transposed_product",
        "matmul",
        "matmul",
        "out[i, j] = total",
        "out[i, j] = total * (i + 1) / (j + 1)",
        "product_is_the_sum_over_the_inner_index",
    ),
)
