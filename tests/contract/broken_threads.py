"""Kernels that are right on one thread, or while there is more work than threads."""

from __future__ import annotations

from tests.contract.broken_kernel import BrokenKernel

BROKEN_THREADS = (
    BrokenKernel(
        "shares_rows_without_the_rest",
        "als_half_step",
        "factorization",
        "range(len(target))",
        "range(len(target) // n_threads * n_threads)",
        "als_half_step_is_right_with_more_threads_than_work",
    ),
    BrokenKernel(
        "a_share_for_each_thread_or_none",
        "bpr_update",
        "bpr",
        "for u, i, j in triples:",
        "for u, i, j in list(triples)[: plan.n_triples if n_threads <= plan.n_triples else 0]:",
        "bpr_update_is_right_with_more_threads_than_work",
    ),
    BrokenKernel(
        "shrinkage_for_one_thread_alone",
        "item_similarity",
        "neighbors",
        "len(users_of[other]), shrinkage)",
        "len(users_of[other]), shrinkage if n_threads < 4 else 0.0)",
        "item_similarity_is_right_with_more_threads_than_work",
    ),
    BrokenKernel(
        "no_users_for_late_threads",
        "top_k",
        "neighbors",
        "enumerate(user_factors)",
        "enumerate(user_factors[: max(1, len(user_factors) // n_threads) * n_threads])",
        "top_k_is_right_with_more_threads_than_work",
    ),
    BrokenKernel(
        "another_order_for_many_threads",
        "plan_epoch",
        "parallel",
        "stream(seed, epoch, ORDER, number)",
        "stream(seed, epoch, ORDER, number + (n_threads > 4))",
        "plan_epoch_is_right_with_more_threads_than_work",
    ),
)
