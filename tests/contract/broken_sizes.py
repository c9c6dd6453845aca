"""Kernels that are right until a buffer, a grid or a counter is too small for the data."""

from __future__ import annotations

from tests.contract.broken_kernel import BrokenKernel

STEP = "user_factors[u] += learning_rate * (g * (positive - negative) - reg_user * user)"
SEEN = "    seen = [set(indices[a:b].tolist()) for a, b in itertools.pairwise(indptr)]"
ROW_OF_KEYS = """    keys = {
        user * n_items + item & MASK
        for user, (a, b) in enumerate(itertools.pairwise(indptr))
        for item in indices[a:b].tolist()
    }

    class Row:
        def __init__(self, user: int) -> None:
            self.user = user

        def __contains__(self, item: int) -> bool:
            return self.user * n_items + item & MASK in keys

    seen = [Row(user) for user in range(len(indptr) - 1)]"""
COLUMNS = "plan.users.tolist(), plan.positives.tolist(), plan.negatives.tolist(), strict=True"
SEEN_BY_USER = "seen_indices[seen_indptr[row] : seen_indptr[row + 1]]"

BROKEN_SIZES = (
    BrokenKernel(
        "multiplies_128_rows_at_most",
        "matmul",
        "backends",
        "enumerate(rows)",
        "enumerate(rows[:128])",
        "matmul_is_right_for_any_number_of_rows",
    ),
    BrokenKernel(
        "multiplies_65535_rows_at_most",
        "matmul",
        "matmul",
        "enumerate(rows)",
        "enumerate(rows[:65535])",
        "more_rows_and_columns_than_16_bits",
    ),
    *(
        BrokenKernel(
            f"keys_of_{bits}_bits",
            "plan_epoch",
            "parallel",
            SEEN,
            ROW_OF_KEYS.replace("MASK", hex(2**bits - 1)),
            "cells_beyond_32_bits_stay_apart",
        )
        for bits in (31, 32)
    ),
    BrokenKernel(
        "looks_at_1024_seen_items",
        "plan_epoch",
        "parallel",
        "set(indices[a:b].tolist())",
        "set(indices[a : min(b, a + 1024)].tolist())",
        "heavy_users_take_part",
    ),
    BrokenKernel(
        "caps_heavy_users",
        "plan_epoch",
        "parallel",
        "indices[indptr[user] : indptr[user + 1]]",
        "indices[indptr[user] : min(indptr[user + 1], indptr[user] + 2000)]",
        "heavy_users_take_part",
    ),
    BrokenKernel(
        "planned_users_of_16_bits",
        "plan_epoch",
        "parallel",
        "triples.append((user, ",
        "triples.append((user & 0xFFFF, ",
        "users_and_their_items_may_be_more_than_16_bits_count",
    ),
    BrokenKernel(
        "first_128_rankings",
        "plan_epoch",
        "candidates",
        "weights = self.user_weights[user].tolist()",
        "weights = self.user_weights[user].tolist()\n"
        "        weights[128:] = [0] * len(weights[128:])",
        "any_number_of_rankings_is_used",
    ),
    BrokenKernel(
        "weights_of_the_first_65536_items",
        "plan_epoch",
        "candidates",
        "weights = sampler.weights.tolist()",
        "weights = [w if i < 65536 else 1 for i, w in enumerate(sampler.weights.tolist())]",
        "any_number_of_weights_is_used",
    ),
    BrokenKernel(
        "scores_by_256_factors",
        "bpr_update",
        "bpr",
        "x = float(user @ (positive - negative))",
        "x = float(user[:256] @ (positive - negative)[:256])",
        "bpr_update_is_right_for_any_width",
    ),
    BrokenKernel(
        "steps_of_512_factors",
        "bpr_update",
        "bpr",
        STEP,
        STEP.replace("[u]", "[u, :512]").replace("+= ", "+= (") + ")[:512]",
        "bpr_update_is_right_for_any_width",
    ),
    BrokenKernel(
        "first_65535_tiles",
        "bpr_update",
        "bpr",
        COLUMNS,
        "*(column[: plan.bounds[min(len(plan.bounds) - 1, 65535)]].tolist()"
        " for column in (plan.users, plan.positives, plan.negatives)), strict=True",
        "more_tiles_than_16_bits_count",
    ),
    BrokenKernel(
        "solves_for_256_factors",
        "als_half_step",
        "factorization",
        "factors = fixed.astype(np.float64)",
        "factors = fixed.astype(np.float64)\n    factors[:, 256:] = 0.0",
        "als_half_step_is_right_for_any_width",
    ),
    BrokenKernel(
        "solves_65535_rows",
        "als_half_step",
        "factorization",
        "range(len(target))",
        "range(min(len(target), 65535))",
        "more_rows_and_columns_than_16_bits_are_solved",
    ),
    BrokenKernel(
        "leaves_heavy_rows_out",
        "als_half_step",
        "factorization",
        "c = confidence[observed].astype(np.float64)",
        "c = confidence[observed].astype(np.float64)\n"
        "        if len(c) > 20000:\n            continue",
        "more_rows_and_columns_than_16_bits_are_solved",
    ),
    BrokenKernel(
        "drops_the_last_rows_of_a_block",
        "als_half_step",
        "factorization",
        "range(len(target))",
        "range(len(target) if len(target) < 64 else len(target) // 32 * 32)",
        "als_half_step_is_right_for_any_number_of_rows",
    ),
    BrokenKernel(
        "keeps_64_neighbors",
        "item_similarity",
        "neighbors",
        "other))[:k]",
        "other))[: min(k, 64)]",
        "long_lists_of_neighbors_are_right",
    ),
    BrokenKernel(
        "leaves_heavy_users_out",
        "item_similarity",
        "neighbors",
        "n_common.update(items_of[user])",
        "n_common.update(items_of[user] if len(items_of[user]) <= 2000 else [])",
        "heavy_users_count",
    ),
    BrokenKernel(
        "products_of_32_bits",
        "item_similarity",
        "neighbors",
        "math.sqrt(n_users_i * n_users_j)",
        "math.sqrt(abs((n_users_i * n_users_j + 2**31) % 2**32 - 2**31))",
        "products_of_counts_beyond_32_bits_are_right",
    ),
    BrokenKernel(
        "common_users_of_16_bits",
        "item_similarity",
        "neighbors",
        "cosine = n_common /",
        "cosine = (n_common & 0xFFFF) /",
        "products_of_counts_beyond_32_bits_are_right",
    ),
    BrokenKernel(
        "lists_of_128_at_most",
        "top_k",
        "neighbors",
        'kind="stable")[:k]',
        'kind="stable")[: min(k, 128)]',
        "lists_of_any_length_are_right",
    ),
    BrokenKernel(
        "leaves_1024_seen_items_out",
        "top_k",
        "neighbors",
        SEEN_BY_USER,
        "seen_indices[seen_indptr[row] : min(seen_indptr[row + 1], seen_indptr[row] + 1024)]",
        "any_number_of_seen_items_is_left_out",
    ),
    BrokenKernel(
        "ranks_for_65535_users",
        "top_k",
        "neighbors",
        "enumerate(user_factors)",
        "enumerate(user_factors[:65535])",
        "more_users_than_16_bits_are_ranked",
    ),
    BrokenKernel(
        "ranks_by_512_factors",
        "top_k",
        "neighbors",
        "score = item_factors @ user",
        "score = item_factors[:, :512] @ user[:512]",
        "top_k_is_right_for_any_width",
    ),
)
