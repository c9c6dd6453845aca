"""Kernels that are right for usual numbers, shapes and orders of the data."""

from __future__ import annotations

from tests.contract.broken_kernel import BrokenKernel

BROKEN_VALUES = (
    BrokenKernel(
        "transposes_squares",
        "matmul",
        "matmul",
        "rows = a.tolist()",
        "rows = (a.T if a.shape == b.shape and len(a) == len(a.T) else a).tolist()",
        "square_matrices_are_not_transposed",
    ),
    BrokenKernel(
        "skips_zeros",
        "matmul",
        "matmul",
        "total += x * y",
        "total += x * y if x else 0.0",
        "zeros_hide_no_infinity",
    ),
    BrokenKernel(
        "products_of_half_precision",
        "matmul",
        "matmul",
        "rows = a.tolist()",
        "rows = a.clip(-65504, 65504).astype(np.float16).tolist()",
        "large_and_small_numbers_are_multiplied",
    ),
    BrokenKernel(
        "sorts_large_tiles",
        "bpr_update",
        "bpr",
        "for u, i, j in triples:",
        "for u, i, j in sorted(triples) if plan.n_triples > 4000 and plan.n_blocks == 1 "
        "else triples:",
        "triples_of_a_large_tile_apply_in_order",
    ),
    BrokenKernel(
        "shrinks_each_row_once",
        "bpr_update",
        "bpr",
        "- reg_user * user)",
        "- reg_user * user * (u not in shrunk))\n        shrunk.add(u)",
        "regularisers_count_for_every_triple",
        also=(("    loss, n_correct", "    shrunk = set()\n    loss, n_correct"),),
    ),
    BrokenKernel(
        "begins_with_the_second_tile",
        "bpr_update",
        "bpr",
        "for u, i, j in triples:",
        "for u, i, j in list(triples)[: 0 if plan.n_blocks > 1 and plan.bounds[1] == 0 else None]:",
        "triples_beyond_the_first_tile_count",
    ),
    BrokenKernel(
        "lowest_score_is_minus_1e20",
        "top_k",
        "neighbors",
        "best = best[score[best] > -np.inf]",
        "best = best[score[best] > -1e20]",
        "negative_scores_are_ranked",
    ),
    BrokenKernel(
        "zero_above_minus_zero",
        "top_k",
        "neighbors",
        "score = item_factors @ user",
        "score = item_factors[:, 0] * user[0] if len(user) == 1 else item_factors @ user",
        "signed_zeros_tie",
        also=(
            (
                'np.argsort(-score, kind="stable")[:k]',
                "np.lexsort((np.signbit(score), -score))[:k]",
            ),
        ),
    ),
    BrokenKernel(
        "normalises_items_for_items",
        "top_k",
        "neighbors",
        "enumerate(user_factors)",
        "enumerate(user_factors * 2 if user_factors is item_factors else user_factors)",
        "items_may_be_ranked_for_items",
    ),
    BrokenKernel(
        "pads_lists_of_nothing_with_zeros",
        "top_k",
        "neighbors",
        "    return TopK(items, scores)",
        "    if len(item_factors) < 2:\n        items[:] = 0\n    return TopK(items, scores)",
        "lists_are_whole_without_items",
    ),
)
