"""BPR, ranking by pairs: the answers of lesson 05.

Written by `tito dev build` from modules/05_bpr/05_bpr.py; change it there.
"""

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from recsys_backends.plan import (
    DRAWS_PER_TRIPLE,
    MAX_REJECTIONS,
    NEGATIVES,
    ORDER,
    SKIPPED,
    UNIFORM,
    EpochPlan,
    Sampler,
    UniformSampler,
)
from recsys_backends.protocol import UpdateResult
from recsys_backends.random import bounded, permutation, stream


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


def draw_negative(seen: set[int], n_items: int, key: int, triple: int) -> int:
    """One of the items 0 … n_items − 1 that is not in ``seen``; −1 where there is none.

    Args:
        seen: the items that the user has.
        n_items: how many items there are.
        key: the stream of random numbers.
        triple: the number of the triple that the negative is for.

    Approach: guesses are ``bounded(key, first + attempt, n_items)`` for attempt = 0, 1, … The pick
    is the place ``bounded(key, first + MAX_REJECTIONS, len(left))`` in ``left``, the ascending list
    of what is left.
    """
    first = int(triple) * DRAWS_PER_TRIPLE
    for attempt in range(MAX_REJECTIONS):
        item = bounded(key, first + attempt, n_items)
        if item not in seen:
            return item
    unseen = [item for item in range(n_items) if item not in seen]
    if not unseen:
        return SKIPPED
    return unseen[bounded(key, first + MAX_REJECTIONS, len(unseen))]


def plan_epoch(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    n_items: int,
    *,
    seed: int,
    epoch: int,
    n_blocks: int = 1,
    sampler: Sampler = UNIFORM,
    n_threads: int = 1,
) -> EpochPlan:
    """Every observed pair once, in random order, each with a negative.

    Args:
        indptr, indices: the observed pairs as CSR.
        n_items: how many items there are.
        seed, epoch: which random numbers; other epochs are other orders and negatives.
        n_blocks, sampler: 1 and uniform, until lesson 09.
        n_threads: has no effect here.

    Approach: a set of items for each user; a user for each entry of ``indices`` (np.repeat); the
    order; a negative for each place. ``array.astype(np.int32)`` makes a column int32.

    Returns:
        EpochPlan(users, positives, negatives, bounds), with int32 columns of one entry a pair, and
        bounds = [0, number of pairs] as int64: one tile, from the first triple to the last.
    """
    if n_blocks != 1 or not isinstance(sampler, UniformSampler):
        raise NotImplementedError("several blocks, or negatives that are not uniform")
    seen = [set(indices[a:b].tolist()) for a, b in itertools.pairwise(indptr)]
    users = np.repeat(np.arange(len(seen), dtype=np.int32), np.diff(indptr))
    order = permutation(stream(seed, epoch, ORDER, 0), len(users))
    key = stream(seed, epoch, NEGATIVES, 0)
    negatives = [
        draw_negative(seen[user], n_items, key, triple)
        for triple, user in enumerate(users[order].tolist())
    ]
    return EpochPlan(
        users=users[order],
        positives=indices[order],
        negatives=np.array(negatives, dtype=np.int32),
        bounds=np.array([0, len(users)], dtype=np.int64),
    )


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
