"""Kernels of ``als_half_step`` that are wrong in one way each, with the clause to catch it."""

from __future__ import annotations

from tests.contract.broken_kernel import BrokenKernel

SOLVE = "target[row] = np.linalg.solve(matrix, c @ y)"
LAMBDA = "+ regularization * np.eye(factors.shape[1])"
CONFIDENCE = "c = confidence[observed].astype(np.float64)"
THREE_STEPS = """x = target[row].astype(np.float64)
        left = c @ y - matrix @ x
        along = left.copy()
        for _ in range(3):
            step = left @ left / (along @ matrix @ along + 1e-300)
            x += step * along
            before, left = left, left - step * (matrix @ along)
            along = left + (left @ left) / (before @ before + 1e-300) * along
        target[row] = x"""


def broken(name: str, before: str, after: str, caught_by: str) -> BrokenKernel:
    return BrokenKernel(name, "als_half_step", "factorization", before, after, caught_by)


BROKEN_ALS = (
    broken("forgets_lambda", LAMBDA, "", "regularization_is_lambda_once"),
    broken("doubles_lambda", LAMBDA, LAMBDA.replace("+", "+ 2 *"), "a_hand_worked_half_step"),
    broken(
        "lambda_by_interactions",
        "(c - 1.0)[:, None] * y)",
        "(c - 1.0)[:, None] * y) + (len(c) - 1) * regularization * np.eye(y.shape[1])",
        "regularization_is_lambda_once",
    ),
    broken(
        "forgets_the_unobserved",
        "factors.T @ factors +",
        "factors.T @ factors * 1e-9 +",
        "unobserved_pairs_count",
    ),
    broken(
        "forgets_the_last_column",
        "factors.T @ factors +",
        "factors[:-1].T @ factors[:-1] +",
        "rows_are_at_the_minimum",
    ),
    broken("counts_observed_pairs_twice", "(c - 1.0)", "c", "a_hand_worked_half_step"),
    broken("confidence_ignored", CONFIDENCE, "c = np.ones(len(y))", "a_hand_worked_half_step"),
    broken(
        "confidence_left_out_of_the_right_side",
        "c @ y)",
        "y.sum(axis=0))",
        "rows_are_at_the_minimum",
    ),
    broken(
        "confidence_at_least_one",
        CONFIDENCE,
        "c = np.maximum(confidence[observed].astype(np.float64), 1.0)",
        "confidence_may_be_below_one",
    ),
    broken(
        "confidence_at_most_ten_thousand",
        CONFIDENCE,
        "c = np.minimum(confidence[observed].astype(np.float64), 1e4)",
        "large_confidences_are_solved",
    ),
    broken(
        "one_row_too_early", SOLVE, SOLVE.replace("[row]", "[row - 1]"), "rows_are_at_the_minimum"
    ),
    broken("downhill_is_up", SOLVE, SOLVE.replace("= ", "= -"), "the_objective_never_rises"),
    broken(
        "leaves_rows_without_interactions",
        SOLVE,
        f"if len(c):\n            {SOLVE}",
        "rows_without_interactions_become_zero",
    ),
    broken("starts_from_the_target_and_stops_early", SOLVE, THREE_STEPS, "rows_are_at_the_minimum"),
    broken(
        "goes_halfway_from_the_target",
        SOLVE,
        "target[row] = 0.5 * (target[row] + np.linalg.solve(matrix, c @ y))",
        "what_was_there_does_not_matter",
    ),
    broken(
        "creeps_at_each_call",
        SOLVE,
        "target[row] = np.linalg.solve(matrix, c @ y) + 1e-3 * target[row]",
        "a_repeated_call_changes_nothing",
    ),
    broken(
        "first_four_thousand_interactions",
        "slice(indptr[row], indptr[row + 1])",
        "slice(indptr[row], min(indptr[row + 1], indptr[row] + 4096))",
        "long_rows_are_exact",
    ),
    broken(
        "squares_within_single_precision",
        "factors.T @ factors +",
        "np.clip(factors.T @ factors, -3e38, 3e38) +",
        "large_and_small_factors_are_solved",
    ),
    broken(
        "equations_in_single_precision",
        "matrix = shared +",
        "matrix = shared.astype(np.float32) +",
        "equations_that_lose_their_weight_are_solved",
    ),
    broken(
        "writes_into_an_array_of_its_own",
        "factors = fixed.astype(np.float64)",
        "factors, target = fixed.astype(np.float64), target.copy()",
        "a_hand_worked_half_step",
    ),
    broken(
        "centres_the_callers_factors",
        "factors = fixed.astype(np.float64)",
        "fixed -= fixed.mean(axis=0)\n    factors = fixed.astype(np.float64)",
        "only_the_target_changes",
    ),
    broken(
        "keeps_what_rows_share",
        "for row in range(len(target)):",
        "kept = globals().setdefault('kept', {})\n"
        "    shared = kept.setdefault(shared.shape, shared)\n"
        "    for row in range(len(target)):",
        "new_fixed_factors_give_new_rows",
    ),
    broken(
        "loses_a_row_to_each_thread",
        "for row in range(len(target)):",
        "for row in range(len(target) - n_threads + 1):",
        "same_rows_for_any_number_of_threads",
    ),
    broken(
        "nothing_to_do_without_columns",
        "factors = fixed.astype(np.float64)",
        "factors = fixed.astype(np.float64)\n    if not len(fixed):\n        return",
        "empty_half_steps_do_nothing",
    ),
)
