"""Kernels that keep something between calls, or touch memory that is not theirs."""

from __future__ import annotations

from tests.contract.broken_kernel import BrokenKernel

START = "    loss, n_correct, n_updated = 0.0, 0, 0"
FACTORS = "factors = fixed.astype(np.float64)"
RETURN = "    return UpdateResult(loss"
COPY_OF_PLAN = (
    "EpochPlan(*(np.array(c) for c in (plan.users, plan.positives, plan.negatives, plan.bounds)))"
)

BROKEN_MEMORY = (
    BrokenKernel(
        "keeps_b_by_identity",
        "matmul",
        "backends",
        "columns = b.T.tolist()",
        "columns = globals().setdefault('kept', {}).setdefault((id(b), b.shape), b.T.tolist())",
        "matmul_reads_its_arguments_anew",
    ),
    BrokenKernel(
        "keeps_products_by_sums",
        "matmul",
        "backends",
        "    return out",
        "    key = a.shape, b.shape, float(a.sum()), float(b.sum())\n"
        "    return globals().setdefault('kept', {}).setdefault(key, out).copy()",
        "matmul_reads_its_arguments_anew",
    ),
    BrokenKernel(
        "adds_to_what_memory_held",
        "matmul",
        "backends",
        "out = np.zeros(",
        "out = np.empty(",
        "matmul_leaves_nothing_to_what_memory_held",
        also=(("out[i, j] = total", "out[i, j] += total"),),
    ),
    BrokenKernel(
        "one_answer_for_all",
        "matmul",
        "backends",
        "out = np.zeros((len(rows), len(columns)), dtype=np.float32)",
        "shape = (len(rows), len(columns))\n"
        "    kept = globals().setdefault('kept', {})\n"
        "    out = kept.setdefault(shape, np.zeros(shape, dtype=np.float32))",
        "matmul_gives_each_caller_its_own_answer",
    ),
    BrokenKernel(
        "squares_by_the_transpose",
        "matmul",
        "backends",
        "columns = b.T.tolist()",
        "columns = (b if a is b else b.T).tolist()",
        "a_matrix_may_meet_itself",
    ),
    BrokenKernel(
        "remembers_interactions_by_their_sum",
        "plan_epoch",
        "parallel",
        "    seen = [set",
        "    key = indptr.shape, indices.shape, int(indices.sum())\n"
        "    kept = globals().setdefault('kept', {})\n"
        "    indptr, indices = kept.setdefault(key, (indptr.copy(), indices.copy()))\n"
        "    seen = [set",
        "plan_epoch_reads_its_arguments_anew",
    ),
    BrokenKernel(
        "keeps_the_plan_by_identity",
        "bpr_update",
        "bpr",
        START,
        "    key = id(plan.users), plan.n_triples\n"
        f"    plan = globals().setdefault('kept', {{}}).setdefault(key, {COPY_OF_PLAN})\n" + START,
        "bpr_update_reads_its_arguments_anew",
    ),
    BrokenKernel(
        "writes_beyond_the_last_user",
        "bpr_update",
        "bpr",
        RETURN,
        "    n, d = user_factors.shape\n"
        "    np.lib.stride_tricks.as_strided(user_factors, (n + 1, d))[n] *= 1 - 1e-4\n" + RETURN,
        "bpr_update_stays_within_its_arrays",
    ),
    BrokenKernel(
        "reads_beyond_the_last_column",
        "als_half_step",
        "factorization",
        FACTORS,
        "beyond = np.lib.stride_tricks.as_strided(fixed, (len(fixed) + 1, fixed.shape[1]))\n"
        "    factors = beyond.astype(np.float64)",
        "als_half_step_stays_within_its_arrays",
    ),
    BrokenKernel(
        "solves_a_row_too_many",
        "als_half_step",
        "factorization",
        FACTORS,
        FACTORS + "\n    n, d = target.shape\n"
        "    target = np.lib.stride_tricks.as_strided(target, (n + 1, d))\n"
        "    indptr = np.lib.stride_tricks.as_strided(indptr, (n + 2,))",
        "als_half_step_stays_within_its_arrays",
    ),
    BrokenKernel(
        "keeps_confidence_by_identity",
        "als_half_step",
        "factorization",
        FACTORS,
        FACTORS + "\n    key = id(confidence), len(confidence)\n"
        "    confidence = globals().setdefault('kept', {}).setdefault(key, confidence.copy())",
        "als_half_step_reads_its_arguments_anew",
    ),
    BrokenKernel(
        "keeps_users_by_identity",
        "item_similarity",
        "neighbors",
        "    starts = [0]\n",
        "    key = id(indices), len(indices)\n"
        "    kept = globals().setdefault('kept', {})\n"
        "    items_of, users_of = kept.setdefault(key, (items_of, users_of))\n    starts = [0]\n",
        "item_similarity_reads_its_arguments_anew",
    ),
    BrokenKernel(
        "keeps_items_by_identity",
        "top_k",
        "neighbors",
        "score = item_factors @ user",
        "key = id(item_factors), item_factors.shape\n"
        "            kept = globals().setdefault('kept', {})\n"
        "            score = kept.setdefault(key, item_factors.copy()) @ user",
        "top_k_reads_its_arguments_anew",
    ),
    BrokenKernel(
        "one_row_of_scores_for_all_callers",
        "top_k",
        "neighbors",
        "        score[np.isnan(score)] = -np.inf",
        "        score[np.isnan(score)] = -np.inf\n"
        "        globals()['shared'] = score\n"
        "        __import__('time').sleep(1e-6)\n"
        "        score = globals()['shared'][: len(score)]",
        "top_k_may_be_called_from_several_threads",
    ),
    BrokenKernel(
        "seeds_the_callers_random_numbers",
        "top_k",
        "neighbors",
        "items = np.full((len(user_factors), k)",
        "np.random.seed(0)\n    items = np.full((len(user_factors), k)",
        "top_k_leaves_its_process_as_it_was",
    ),
    BrokenKernel(
        "restores_what_it_changed",
        "top_k",
        "neighbors",
        "    for row, user in enumerate(user_factors):",
        "    item_factors *= 1\n    for row, user in enumerate(user_factors):",
        "top_k_changes_no_other_argument",
    ),
)
