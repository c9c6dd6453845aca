"""Samplers of BPR's negatives, made from counts or factors: integers, see ``plan``.

Every number here comes from integers, from IEEE's basic operations in a fixed order, or from
``decimal``, so that the samplers, and with them the plans, are the same on every machine. (NumPy's
``power`` and ``exp`` are not: their last bit depends on the processor.)
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys_backends.plan import AdaptiveSampler, WeightedSampler

NEGATIVES: Final = ("uniform", "popularity", "adaptive")
"""Values of BPR's argument ``negatives``."""

_LARGEST_TOTAL: Final = 2**32 - 1
_LARGEST_WEIGHT: Final = 2**31 - 1
_EXACT: Final = Context(prec=28, rounding=ROUND_HALF_EVEN)


def by_popularity(counts: NDArray[np.int64], power: float) -> WeightedSampler:
    """Weights in proportion to count ** power; 0 for items that nobody has, else at least 1.

    Args:
        counts: int64, shape (n_items,): how many users have each item, one of them at least 1.
        power: > 0; 1 is popularity itself, 0.75 what word2vec made usual.

    Source:
        Mikolov et al., Distributed Representations of Words and Phrases and their Compositionality,
        NIPS 2013, on negative sampling.
    """
    different, which, times = np.unique(counts, return_inverse=True, return_counts=True)
    exponent, unit = Decimal(power), Decimal(2**64)
    powers = [
        int(_EXACT.multiply(_EXACT.power(Decimal(count), exponent), unit)) if count else 0
        for count in different.tolist()
    ]
    total = sum(value * n for value, n in zip(powers, times.tolist(), strict=True))
    budget = _LARGEST_TOTAL - len(counts)  # leaves room for the weights that are rounded up to 1
    weights = [max(1, value * budget // total) if value else 0 for value in powers]
    return WeightedSampler(np.array(weights, dtype=np.int64)[which.reshape(-1)])


def adaptive(
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    item_biases: NDArray[np.float32] | None,
    rank_scale: float,
) -> AdaptiveSampler:
    """Sample what ranks high for each user by the factors as they are; a bias is one of them.

    p_u · q_i + b_i is a sum of factors, the last of which has the value 1 for every user. Factor f
    is drawn for user u with a probability in proportion to |p_uf| σ_f, σ_f being the standard
    deviation of q_f over the items, and then an item by its rank r in the order of q_f, with
    probability in proportion to (1 + 1 / λ)^−r, where λ = rank_scale · n_items.

    Args:
        user_factors: float32, shape (n_users, d), finite.
        item_factors: float32, shape (n_items, d), finite.
        item_biases: float32, shape (n_items,), finite; or None.
        rank_scale: mean rank as a share of the catalogue, > 0.

    Source:
        Rendle and Freudenthaler, Improving Pairwise Learning for Item Recommendation from Implicit
        Feedback, WSDM 2014 (there without biases, and refreshed more often).
    """
    users, items = user_factors, item_factors
    if item_biases is not None:
        users = np.hstack([users, np.ones((len(users), 1), dtype=np.float32)])
        items = np.column_stack([items, item_biases])
    return AdaptiveSampler(
        _rankings(items), _user_weights(users, items), _geometric(len(items), rank_scale)
    )


def _rankings(items: NDArray[np.float32]) -> NDArray[np.int32]:
    """Sort the row numbers of each column by falling value, ties by the lower number.

    Value and number are packed into one integer, because those sort several times as fast as a
    stable ``argsort``. Positive floats are ordered as their bits are, negative ones the other way
    round.
    """
    bits = np.ascontiguousarray(0.0 - items.T, dtype=np.float32).view(np.int32)  # no −0 among them
    ordered = np.where(bits < 0, bits ^ 0x7FFFFFFF, bits).astype(np.int64)
    packed = (ordered << 32) | np.arange(len(items), dtype=np.int64)
    packed.sort(axis=1)
    rankings: NDArray[np.int32] = packed.astype(np.int32)  # the lower half
    return rankings


def _user_weights(users: NDArray[np.float32], items: NDArray[np.float32]) -> NDArray[np.int32]:
    """p_uf · σ_f as integers, each user's largest as large as the sum allows."""
    weights = users * _deviations(items)
    largest = np.abs(weights).max(axis=1, keepdims=True)
    unit = min(_LARGEST_WEIGHT, _LARGEST_TOTAL // users.shape[1])
    with np.errstate(invalid="ignore"):  # 0 / 0: users whose weights are all 0
        shares = np.where(largest > 0, weights / largest, 0.0)
    quantised: NDArray[np.int32] = (shares * unit).astype(np.int32)
    return quantised


def _deviations(items: NDArray[np.float32]) -> NDArray[np.float64]:
    """The standard deviation of each column, in float64."""
    centred = items - items.mean(axis=0, dtype=np.float64)
    found: NDArray[np.float64] = np.sqrt(np.square(centred).mean(axis=0))
    return found


def _geometric(n_items: int, rank_scale: float) -> NDArray[np.int64]:
    """Weights of ranks, each 1 + 1 / λ times smaller than the one before, at most 2**32 in all."""
    mean = rank_scale * n_items
    shares = np.full(n_items, mean / (mean + 1.0))
    shares[0] = 1.0
    shares = np.multiply.accumulate(shares)
    # Without an end they would add up to mean + 1.
    return np.floor(shares * (_LARGEST_TOTAL / (mean + 1.0))).astype(np.int64)
