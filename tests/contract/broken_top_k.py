"""Kernels of ``top_k`` that are wrong in one way each, with the clause that must catch it."""

from __future__ import annotations

from tests.contract.broken_kernel import BrokenKernel

BROKEN_TOP_K = (
    BrokenKernel(
        "ties_by_the_higher_item",
        "top_k",
        "neighbors",
        'best = np.argsort(-score, kind="stable")[:k]',
        "best = np.lexsort((-np.arange(len(score)), -score))[:k]",
        "ties_go_to_the_lower_item",
    ),
    BrokenKernel(
        "recommends_seen_items",
        "top_k",
        "neighbors",
        "score[seen_indices[seen_indptr[row] : seen_indptr[row + 1]]] = -np.inf",
        "pass",
        "seen_items_are_left_out",
    ),
    BrokenKernel(
        "pads_with_zero",
        "top_k",
        "neighbors",
        "np.full((len(user_factors), k), -1, dtype=np.int32)",
        "np.zeros((len(user_factors), k), dtype=np.int32)",
        "short_lists_are_padded",
    ),
    BrokenKernel(
        "worst_first",
        "top_k",
        "neighbors",
        "best = best[score[best] > -np.inf]",
        "best = best[score[best] > -np.inf][::-1]",
        "lists_are_best_first",
    ),
    BrokenKernel(
        "biases_ignored_by_top_k",
        "top_k",
        "neighbors",
        "score = score + item_biases",
        "pass",
        "lists_are_best_first",
    ),
    BrokenKernel(
        "searches_the_first_thousand_items",
        "top_k",
        "neighbors",
        "score[np.isnan(score)] = -np.inf",
        "score[1000:] = -np.inf",
        "large_catalogues_are_searched_in_full",
    ),
    BrokenKernel(
        "no_number_counts_as_zero",
        "top_k",
        "neighbors",
        "score[np.isnan(score)] = -np.inf",
        "score[np.isnan(score)] = 0.0",
        "scores_that_are_no_numbers_are_never_listed",
    ),
    BrokenKernel(
        "lists_minus_infinity",
        "top_k",
        "neighbors",
        "best = best[score[best] > -np.inf]",
        "best = best[score[best] >= -np.inf]",
        "overflowing_scores_are_never_listed",
    ),
    BrokenKernel(
        "rounds_the_callers_factors",
        "top_k",
        "neighbors",
        "score = item_factors @ user",
        "item_factors[...] = item_factors.astype(np.float16)\n            "
        "score = item_factors @ user",
        "answers_are_fresh",
    ),
)
