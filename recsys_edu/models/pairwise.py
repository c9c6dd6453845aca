"""Models that learn from triples: a user, an item that the user had, one that the user lacks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys_backends.protocol import UpdateResult
from recsys_edu.errors import DataError
from recsys_edu.interactions import Interactions
from recsys_edu.models.callbacks import EpochReport
from recsys_edu.models.factor_state import Vectors
from recsys_edu.models.training import EpochModel, EpochOutcome


class PairwiseModel(EpochModel):
    """An epoch model that ranks positive items above negative ones."""

    advice = "lower learning_rate (now {learning_rate:g}) or the regularisation."

    def _check_learned(self, reports: Sequence[EpochReport]) -> None:
        if not any(report.n_triples for report in reports):
            raise DataError(
                "no epoch found a negative item for any interaction; lower n_blocks, so that the "
                "blocks hold more items, or train on more items."
            )


def check_can_teach(train: Interactions) -> None:
    """Raise DataError unless some interaction's user lacks an item, which can be its negative.

    Call it before the model is changed, so that a refusal leaves the last fit as it was.
    """
    counts = np.diff(train.indptr)
    if not np.any((counts > 0) & (counts < train.n_items)):
        raise DataError(
            "every user has interacted with every item, so there is no negative item to learn from."
        )


def outcome_of(vectors: Vectors, result: UpdateResult) -> EpochOutcome:
    """Return the outcome of an epoch; one without a triple (small blocks, seldom) has loss 0."""
    n = max(result.n_updated, 1)
    return EpochOutcome(vectors, result.loss / n, result.n_correct / n, result.n_updated)
