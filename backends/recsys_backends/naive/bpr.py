"""BPR, ranking by pairs: the answers of lesson 05.

Written by `tito dev build` from modules/05_bpr/05_bpr.py; change it there.
"""

import math

import numpy as np
from numpy.typing import NDArray

from recsys_backends.plan import SKIPPED, EpochPlan
from recsys_backends.protocol import UpdateResult


def sigmoid(x: float) -> float:
    """σ(x) = 1 / (1 + e^−x), without overflow at either end.

    Example: sigmoid(0.0) is 0.5; sigmoid(-1000.0) is 0.0 and no error.
    Hint: for x < 0, multiply numerator and denominator by e^x.
    """
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    return math.exp(x) / (1.0 + math.exp(x))


def softplus(x: float) -> float:
    """ln(1 + e^x) without overflow; −ln σ(x) is softplus(−x).

    Example: softplus(0.0) is ln 2; softplus(1000.0) is 1000.0.
    Hint: it is max(x, 0) + ln(1 + e^−|x|), and math.log1p(y) is ln(1 + y), exact for small y.
    """
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def bpr_update(
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    item_biases: NDArray[np.float32] | None,
    plan: EpochPlan,
    *,
    learning_rate: float,
    reg_user: float,
    reg_positive: float,
    reg_negative: float,
    n_threads: int = 1,
) -> UpdateResult:
    """One pass over the plan, in place: a step of −ln σ(x_ui − x_uj) + ½ Σ λ ‖θ‖² for each triple.

    Args:
        user_factors, item_factors: float32, shapes (n_users, d) and (n_items, d); overwritten.
        item_biases: float32, shape (n_items,); overwritten. None for a model without biases.
        plan: the triples, in the order in which they are to be applied.
        learning_rate, reg_user, reg_positive, reg_negative: η and the three λ.
        n_threads: has no effect here.

    Approach: copy the three rows, x as a float, g = σ(−x), the updates, then what is measured.

    Returns:
        UpdateResult(loss, n_correct, n_updated).
    """
    loss, n_correct, n_updated = 0.0, 0, 0
    triples = zip(
        plan.users.tolist(), plan.positives.tolist(), plan.negatives.tolist(), strict=True
    )
    for u, i, j in triples:
        if j == SKIPPED:
            continue
        # Copies: the rows as they were before this triple, whatever is written below.
        user = user_factors[u].copy()
        positive = item_factors[i].copy()
        negative = item_factors[j].copy()
        x = float(user @ (positive - negative))
        if item_biases is not None:
            x += float(item_biases[i]) - float(item_biases[j])
        g = sigmoid(-x)
        user_factors[u] += learning_rate * (g * (positive - negative) - reg_user * user)
        item_factors[i] += learning_rate * (g * user - reg_positive * positive)
        item_factors[j] += learning_rate * (-g * user - reg_negative * negative)
        if item_biases is not None:
            item_biases[i] += learning_rate * (g - reg_positive * float(item_biases[i]))
            item_biases[j] += learning_rate * (-g - reg_negative * float(item_biases[j]))
        loss += softplus(-x)
        n_correct += x > 0
        n_updated += 1
    return UpdateResult(loss, n_correct, n_updated)
