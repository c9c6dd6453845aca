"""Kernels of ``item_similarity`` wrong in one way each, with the clause that must catch it."""

from __future__ import annotations

from tests.contract.broken_kernel import BrokenKernel


def _broken(name: str, before: str, after: str, caught_by: str) -> BrokenKernel:
    return BrokenKernel(name, "item_similarity", "neighbors", before, after, caught_by=caught_by)


BROKEN_SIMILARITIES = (
    _broken(
        "forgets_the_root",
        "math.sqrt(n_users_i * n_users_j)",
        "(n_users_i * n_users_j)",
        "similarities_are_those_worked_out_by_hand",
    ),
    _broken(
        "jaccard_for_cosine",
        "math.sqrt(n_users_i * n_users_j)",
        "(n_users_i + n_users_j - n_common)",
        "similarities_are_those_worked_out_by_hand",
    ),
    _broken(
        "divides_by_its_own_popularity_alone",
        "n_users_i * n_users_j",
        "n_users_i**2",
        "similarity_is_mutual",
    ),
    _broken(
        "regroups_the_operations",
        "    return cosine * (n_common / (n_common + shrinkage))",
        "    root = math.sqrt(n_users_i * n_users_j)\n"
        "    return n_common * n_common / (root * (n_common + shrinkage))",
        "the_order_of_operations_is_kept",
    ),
    _broken(
        "ignores_the_shrinkage",
        "(n_common / (n_common + shrinkage))",
        "1.0",
        "few_common_users_count_for_less",
    ),
    _broken(
        "shrinks_after_choosing",
        "best_neighbors(similarities, k))",
        "best_neighbors({o: np.float32(similarity(n, len(users_of[item]), len(users_of[o]), 0.0))"
        " for o, n in common_users(item, items_of, users_of).items()}, k))",
        "neighbors_agree_with_exhaustive_search",
    ),
    _broken(
        "ties_by_the_higher_number",
        "(-similarities[other], other)",
        "(-similarities[other], -other)",
        "equal_similarities_go_to_the_lower_item",
    ),
    _broken(
        "compares_in_double_precision",
        "np.float32(\n                similarity(n,",
        "(\n                similarity(n,",
        "ties_are_those_of_single_precision",
    ),
    _broken("keeps_itself", "    del n_common[item]\n", "", "no_item_is_its_own_neighbor"),
    _broken(
        "fills_up_with_strangers",
        "del n_common[item]",
        "del n_common[item]\n    n_common.update({o: 0 for o in range(len(users_of))"
        " if o != item and users_of[o] and users_of[item]})",
        "no_item_is_its_own_neighbor",
    ),
    _broken(
        "best_first",
        "best = sorted(best_neighbors(similarities, k))",
        "best = best_neighbors(similarities, k)",
        "rows_ascend_and_fit",
    ),
    _broken(
        "values_stay_in_the_order_of_the_best",
        "for other in best]",
        "for other in best_neighbors(similarities, k)]",
        "neighbors_agree_with_exhaustive_search",
    ),
    _broken("one_neighbor_too_many", "other))[:k]", "other))[: k + 1]", "rows_ascend_and_fit"),
    _broken(
        "rows_only_of_items_with_neighbors",
        "starts.append(len(neighbors))",
        "starts += [len(neighbors)] if best else []",
        "items_without_users_have_no_neighbors",
    ),
    _broken(
        "numbers_of_twelve_bits",
        "np.array(neighbors, dtype=np.int32)",
        "np.array(neighbors, dtype=np.int32) & 4095",
        "large_catalogues_of_items_are_searched_in_full",
    ),
    _broken(
        "threads_drop_the_last_items",
        "for item in range(n_items):",
        "for item in range(n_items):\n        if n_threads > 1 and item == n_items - 1:\n"
        "            users_of[item] = []",
        "same_neighbors_for_any_number_of_threads",
    ),
    _broken(
        "spoils_its_argument",
        "    starts = [0]\n",
        "    starts = [0]\n    indptr[1] = min(1, indptr[2])\n",
        "similarities_are_fresh",
    ),
)
