"""BPR's inner loop: one step of stochastic gradient descent for each triple of a plan."""

import math

import numpy as np
from numpy.typing import NDArray

from recsys_backends.plan import SKIPPED, EpochPlan
from recsys_backends.protocol import UpdateResult


def sigmoid(x: float) -> float:
    """σ(x) = 1 / (1 + e^−x), without overflow at either end."""
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    return math.exp(x) / (1.0 + math.exp(x))


def softplus(x: float) -> float:
    """ln(1 + e^x) without overflow; −ln σ(x) is softplus(−x)."""
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
    """One pass over the plan, in place: −ln σ(x_ui − x_uj) + ½ Σ λ ‖θ‖², a step per triple."""
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
