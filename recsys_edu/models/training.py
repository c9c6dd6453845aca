"""The loop over epochs that models which have epochs share."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

import numpy as np

from recsys_edu.errors import DivergedError
from recsys_edu.interactions import Interactions
from recsys_edu.models.callbacks import Callback, EpochReport
from recsys_edu.models.factor_model import FactorModel
from recsys_edu.models.factor_state import FactorState
from recsys_edu.progress import Bar, epochs_with_progress


class EpochOutcome(NamedTuple):
    """What an epoch found, as ``EpochReport`` has it."""

    loss: float
    accuracy: float | None = None
    n_triples: int = 0


class EpochModel(FactorModel):
    """A factor model that learns in epochs."""

    epochs: int
    progress: bool
    history: list[EpochReport]
    """A report for each epoch since the model was made, loaded, or fitted from scratch."""
    advice: ClassVar[str]
    """What to do when factors overflow."""

    def restore(self, state: FactorState) -> None:
        """Go back to a snapshot; later epochs are struck from the history."""
        super().restore(state)
        self.history = [report for report in self.history if report.epoch <= state.epochs_done]

    def _run_epochs(
        self,
        train: Interactions,
        run_epoch: Callable[[], EpochOutcome],
        callbacks: Sequence[Callback],
    ) -> None:
        """Call ``run_epoch`` for each epoch, report it, and let callbacks look and stop.

        ``run_epoch`` leaves the model's vectors as they are after the epoch. Where that fails, the
        model is not fitted afterwards; where a person interrupts it, the epochs done so far count.
        """
        self._train = train  # callbacks may rank
        try:
            for callback in callbacks:
                callback.on_start(self)
            n_epochs, n_before = self._epochs_to_run(), len(self.history)
            with epochs_with_progress(type(self).__name__, n_epochs, shown=self.progress) as bar:
                self._loop(n_epochs, run_epoch, callbacks, bar)
                if n_epochs:
                    self._check_learned(self.history[n_before:])
            for callback in callbacks:
                callback.on_end(self)
        except BaseException as error:
            if self.epochs_done == 0 or not isinstance(error, KeyboardInterrupt):
                self._train = None
            raise

    def _epochs_to_run(self) -> int:
        """How many are left of this fit."""
        return self.epochs

    def _loop(
        self,
        n_epochs: int,
        run_epoch: Callable[[], EpochOutcome],
        callbacks: Sequence[Callback],
        bar: Bar,
    ) -> None:
        for _ in range(n_epochs):
            started = time.perf_counter()
            outcome = run_epoch()
            seconds = time.perf_counter() - started
            self._check_finite(outcome.loss)
            self.epochs_done += 1
            report = EpochReport(self.epochs_done, *outcome, seconds)
            self.history.append(report)
            figures = {"loss": f"{report.loss:.4f}"}
            if report.accuracy is not None:
                figures["correct"] = f"{report.accuracy:.1%}"
            bar.advance(**figures)
            # A list: every callback sees every epoch, also when an earlier one stops.
            if any([callback.on_epoch(self, report) for callback in callbacks]):  # noqa: C419
                break

    def _check_learned(self, reports: Sequence[EpochReport]) -> None:
        """DataError where these epochs have taught nothing."""

    def _check_finite(self, loss: float) -> None:
        arrays = (self.user_factors, self.item_factors, self.item_biases)
        with np.errstate(over="ignore", invalid="ignore"):
            sums = [float(array.sum()) for array in arrays if array is not None]
        if not math.isfinite(loss + sum(sums)):
            raise DivergedError(
                f"training diverged in epoch {self.epochs_done + 1}: the factors overflowed; "
                + self.advice.format_map(vars(self))
            )
