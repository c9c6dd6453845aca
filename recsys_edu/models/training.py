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
from recsys_edu.models.factor_model import FactorModel
from recsys_edu.progress import epochs_with_progress


class EpochModel(FactorModel):
    """A factor model that learns in epochs."""

    epochs: int
    learning_rate: float
    progress: bool
    history: list[EpochReport]
    """A report for each epoch of ``epochs_done``."""

    def _run_epochs(
        self,
        train: Interactions,
        run_epoch: Callable[[], UpdateResult],
        callbacks: Sequence[Callback],
    ) -> None:
        """Call ``run_epoch`` for each epoch, report it, and let callbacks look and stop.

        ``run_epoch`` leaves the model's vectors as they are after the epoch. Where it fails to
        learn, the model is not fitted afterwards.
        """
        self._train = train  # callbacks may rank
        for callback in callbacks:
            callback.on_start(self)
        with epochs_with_progress(type(self).__name__, self.epochs, shown=self.progress) as bar:
            for _ in range(self.epochs):
                started = time.perf_counter()
                result = run_epoch()
                seconds = time.perf_counter() - started
                self._check_learning(result)
                self.epochs_done += 1
                report = _report(self.epochs_done, result, seconds)
                self.history.append(report)
                bar.advance(loss=f"{report.loss:.4f}", correct=f"{report.accuracy:.1%}")
                # A list: every callback sees every epoch, also when an earlier one stops.
                if any([c.on_epoch(self, report) for c in callbacks]):  # noqa: C419
                    break
        for callback in callbacks:
            callback.on_end(self)

    def _check_learning(self, result: UpdateResult) -> None:
        if result.n_updated == 0:
            self._train = None
            raise DataError(
                "every user has interacted with every item, so there is no negative item to learn "
                "from"
            )
        arrays = (self.user_factors, self.item_factors, self.item_biases)
        with np.errstate(over="ignore", invalid="ignore"):
            sums = [float(array.sum()) for array in arrays if array is not None]
        if not math.isfinite(result.loss + sum(sums)):
            self._train = None
            raise DivergedError(
                f"training diverged in epoch {self.epochs_done + 1}: the factors overflowed; "
                f"lower learning_rate (now {self.learning_rate:g}) or the regularisation"
            )


def _report(epoch: int, result: UpdateResult, seconds: float) -> EpochReport:
    return EpochReport(
        epoch=epoch,
        loss=result.loss / result.n_updated,
        accuracy=result.n_correct / result.n_updated,
        n_triples=result.n_updated,
        seconds=seconds,
    )
