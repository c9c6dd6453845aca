"""The loop over epochs that models which have epochs share."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np

from recsys_backends.protocol import UpdateResult
from recsys_edu.errors import DataError, DivergedError
from recsys_edu.interactions import Interactions
from recsys_edu.models.callbacks import Callback, EpochReport
from recsys_edu.models.factor_model import FactorModel, FactorState
from recsys_edu.progress import Bar, epochs_with_progress


class EpochModel(FactorModel):
    """A factor model that learns in epochs."""

    epochs: int
    learning_rate: float
    progress: bool
    history: list[EpochReport]
    """A report for each epoch since the model was made, loaded, or fitted from scratch."""

    def restore(self, state: FactorState) -> None:
        """Go back to a snapshot; later epochs are struck from the history."""
        super().restore(state)
        self.history = [report for report in self.history if report.epoch <= state.epochs_done]

    def _run_epochs(
        self,
        train: Interactions,
        run_epoch: Callable[[], UpdateResult],
        callbacks: Sequence[Callback],
    ) -> None:
        """Call ``run_epoch`` for each epoch, report it, and let callbacks look and stop.

        ``run_epoch`` leaves the model's vectors as they are after the epoch. Where that fails, the
        model is not fitted afterwards; where a person interrupts it, the epochs done so far count.
        """
        check_can_teach(train)
        self._train = train  # callbacks may rank
        try:
            for callback in callbacks:
                callback.on_start(self)
            with epochs_with_progress(type(self).__name__, self.epochs, shown=self.progress) as bar:
                self._loop(run_epoch, callbacks, bar)
            for callback in callbacks:
                callback.on_end(self)
        except BaseException as error:
            if self.epochs_done == 0 or not isinstance(error, KeyboardInterrupt):
                self._train = None
            raise

    def _loop(
        self, run_epoch: Callable[[], UpdateResult], callbacks: Sequence[Callback], bar: Bar
    ) -> None:
        n_learned_from = 0
        for _ in range(self.epochs):
            started = time.perf_counter()
            result = run_epoch()
            seconds = time.perf_counter() - started
            self._check_finite(result)
            self.epochs_done += 1
            report = _report(self.epochs_done, result, seconds)
            n_learned_from += report.n_triples
            self.history.append(report)
            bar.advance(loss=f"{report.loss:.4f}", correct=f"{report.accuracy:.1%}")
            # A list: every callback sees every epoch, also when an earlier one stops.
            if any([callback.on_epoch(self, report) for callback in callbacks]):  # noqa: C419
                break
        if n_learned_from == 0:
            raise DataError(
                "no epoch found a negative item for any interaction; lower n_blocks, so that the "
                "blocks hold more items, or train on more items"
            )

    def _check_finite(self, result: UpdateResult) -> None:
        arrays = (self.user_factors, self.item_factors, self.item_biases)
        with np.errstate(over="ignore", invalid="ignore"):
            sums = [float(array.sum()) for array in arrays if array is not None]
        if not math.isfinite(result.loss + sum(sums)):
            raise DivergedError(
                f"training diverged in epoch {self.epochs_done + 1}: the factors overflowed; "
                f"lower learning_rate (now {self.learning_rate:g}) or the regularisation"
            )


def check_can_teach(train: Interactions) -> None:
    """DataError unless some interaction's user lacks an item, which can be its negative."""
    counts = np.diff(train.indptr)
    if not np.any((counts > 0) & (counts < train.n_items)):
        raise DataError(
            "every user has interacted with every item, so there is no negative item to learn from"
        )


def _report(epoch: int, result: UpdateResult, seconds: float) -> EpochReport:
    """An epoch without a triple (small blocks, seldom) has loss 0 and accuracy 0."""
    n = max(result.n_updated, 1)
    return EpochReport(epoch, result.loss / n, result.n_correct / n, result.n_updated, seconds)
