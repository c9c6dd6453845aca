"""How many triples an epoch of each library learns from. Only these are counted, for everybody.

All draw as many pairs of a positive and a negative item per epoch as there are interactions, and
differ in the negatives:

- recsys_edu visits each interaction once and draws among the items that its user has not; only
  where a tile has no such item is a triple skipped (``UpdateResult.n_updated`` leaves it out).
- implicit 0.7.3 (``implicit/cpu/bpr.pyx``) draws an interaction, and as negative the item of
  another interaction, so by popularity; where the user has that item, the pair is skipped. ``fit``
  reports the number to its callback.
- cornac 3.0.1 (``cornac/models/bpr/recom_bpr.pyx``) draws an interaction, and a negative uniformly
  over all items, and skips as implicit does. ``_fit_sgd`` returns the number.

A library that skips is done with those draws sooner, so time per draw would flatter it, the more so
the denser the data. What the peers report is held against what their sampling leads one to expect.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from recsys_edu.interactions import Interactions

_STANDARD_ERRORS = 6.0


def skips_by_popularity(train: Interactions) -> float:
    """The share of draws whose negative, the item of a random interaction, is one of the user's."""
    popularity = train.popularity()[train.indices] / train.nnz
    mass_seen = np.bincount(train.rows(), weights=popularity, minlength=train.n_users)
    return float(np.diff(train.indptr) @ mass_seen) / train.nnz


def skips_uniform(train: Interactions) -> float:
    """The share of draws whose negative, uniform over all items, is one of the user's."""
    n_seen = np.diff(train.indptr).astype(np.float64)
    return float(n_seen @ n_seen) / (train.nnz * train.n_items)


SKIPS: dict[str, Callable[[Interactions], float]] = {
    "implicit": skips_by_popularity,
    "cornac": skips_uniform,
}
"""The share of draws that each library skips, by how it samples."""


def check_counts(library: str, counts: Sequence[int], n_draws: int, expected_skips: float) -> None:
    """RuntimeError where the triples learned from, an epoch each, are not as many as expected."""
    total = n_draws * len(counts)
    expected = (1.0 - expected_skips) * total
    deviation = math.sqrt(expected_skips * (1.0 - expected_skips) * total)
    if abs(sum(counts) - expected) > _STANDARD_ERRORS * deviation + 0.5:
        raise RuntimeError(
            f"{library} says that it learned from {sum(counts) / total:.2%} of its draws, where "
            f"{expected / total:.2%} were to be expected: look at how this version samples"
        )
