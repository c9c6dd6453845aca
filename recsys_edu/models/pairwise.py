"""What models share that learn from triples: a user, an item that it had, and one that it lacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from recsys_backends.protocol import UpdateResult
from recsys_edu.errors import DataError
from recsys_edu.interactions import Interactions
from recsys_edu.models.callbacks import Callback, EpochReport
from recsys_edu.models.training import EpochModel, EpochOutcome


class PairwiseModel(EpochModel):
    """An epoch model that ranks positive items above negative ones."""

    learning_rate: float
    advice = "lower learning_rate (now {learning_rate:g}) or the regularisation"

    def _run_triples(
        self,
        train: Interactions,
        run_epoch: Callable[[], UpdateResult],
        callbacks: Sequence[Callback],
    ) -> None:
        """As ``_run_epochs``, of triples; see ``check_can_teach``, which comes before."""
        self._run_epochs(train, lambda: _outcome(run_epoch()), callbacks)

    def _check_learned(self, reports: Sequence[EpochReport]) -> None:
        if not any(report.n_triples for report in reports):
            raise DataError(
                "no epoch found a negative item for any interaction; lower n_blocks, so that the "
                "blocks hold more items, or train on more items"
            )


def check_can_teach(train: Interactions) -> None:
    """DataError unless some interaction's user lacks an item, which can be its negative.

    Call it before the model is changed, so that a refusal leaves the last fit as it was.
    """
    counts = np.diff(train.indptr)
    if not np.any((counts > 0) & (counts < train.n_items)):
        raise DataError(
            "every user has interacted with every item, so there is no negative item to learn from"
        )


def _outcome(result: UpdateResult) -> EpochOutcome:
    """An epoch without a triple (small blocks, seldom) has loss 0 and accuracy 0."""
    n = max(result.n_updated, 1)
    return EpochOutcome(result.loss / n, result.n_correct / n, result.n_updated)
