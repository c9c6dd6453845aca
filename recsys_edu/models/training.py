"""The loop over epochs: progress, callbacks, divergence, Ctrl-C and warm starts, for all models.

An epoch is all or nothing. It works on vectors of its own; when it has ended, these, its report and
the count of epochs become the model's in one step. So Ctrl-C at any moment leaves the vectors of
``epochs_done`` whole epochs, and a warm start goes on from there as if nothing had happened. That
takes the memory of the vectors twice.
"""

from __future__ import annotations

import math
import time
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from recsys_backends.memory import aligned_zeros
from recsys_edu.errors import DivergedError, InvalidParameterError
from recsys_edu.interactions import Interactions
from recsys_edu.models.callbacks import Callback, EpochReport
from recsys_edu.models.factor_model import FactorModel
from recsys_edu.models.factor_state import FactorState, Vectors
from recsys_edu.progress import Bar, epochs_with_progress


class EpochOutcome(NamedTuple):
    """Vectors after an epoch, and its figures as ``EpochReport`` has them."""

    vectors: Vectors
    loss: float
    accuracy: float | None = None
    n_triples: int = 0
    more: Mapping[str, Any] = {}
    """Further attributes of the model that change with the vectors."""


class Training(NamedTuple):
    """A fit that is ready to run."""

    run_epoch: Callable[[], EpochOutcome]
    """Runs the epoch after ``model.epochs_done``; leaves the model as it is."""
    start: Callable[[], Mapping[str, Any]] | None
    """Returns the model's attributes before the first epoch; None for a warm start."""
    n_epochs: int
    """Epochs to run, unless a callback stops it before."""


class EpochModel(FactorModel):
    """A factor model that learns in epochs."""

    history: list[EpochReport]
    """A report for each epoch since the model was made, loaded, or fitted from scratch."""
    advice: ClassVar[str]
    """Advice for overflowing factors; names in braces stand for settings."""

    def _configure(self, arguments: Mapping[str, Any]) -> None:
        super()._configure(arguments)
        self.history = []

    def fit(
        self,
        train: Interactions,
        *,
        callbacks: Sequence[Callback] = (),
        warm_start: bool = False,
    ) -> Self:
        """Learn from interactions.

        Ctrl-C ends the fit at once, with the vectors of the ``epochs_done`` epochs that were whole;
        before the first one, the model is not fitted.

        Args:
            train: what users did; what is in it is never recommended again.
            callbacks: called after each epoch; see ``EarlyStopping``.
            warm_start: go on from the last fit, also an interrupted one, for ``epochs`` more
                epochs, as one longer fit would have gone. ``train`` must have the same ids.

        Raises:
            DataError: nothing that the model could learn from.
            DivergedError: factors overflowed; the message says in which epoch. The model is not
                fitted then.
            NotFittedError: a warm start without a first fit.
            InvalidParameterError: an argument that does not fit the data, or a warm start on other
                ids.
        """
        return self._fit(train, callbacks, warm_start=warm_start)

    def restore(self, state: FactorState) -> None:
        """Go back to a snapshot; later epochs are struck from the history."""
        kept = [report for report in self.history if report.epoch <= state.epochs_done]
        self._replace_attributes(**self._restored(state), history=kept)

    @abstractmethod
    def _prepare(
        self, train: Interactions, callbacks: Sequence[Callback], warm_start: bool
    ) -> Training:
        """Check the data and get ready; a refusal leaves the model as it is."""

    def _learn(
        self, train: Interactions, callbacks: Sequence[Callback], *, warm_start: bool = False
    ) -> None:
        if warm_start:
            self._check_same_ids(train)
        training = self._prepare(train, callbacks, warm_start)
        try:
            # Callbacks may rank: the model has its interactions from here on.
            begun = {} if training.start is None else training.start()
            self._replace_attributes(**begun, _train=train)
            self._run_epochs(training, callbacks)
        except BaseException as error:
            if self.epochs_done == 0 or not isinstance(error, KeyboardInterrupt):
                self._train = None
            raise

    def _run_epochs(self, training: Training, callbacks: Sequence[Callback]) -> None:
        """Run and report each epoch; let callbacks look and stop."""
        for callback in callbacks:
            callback.on_start(self)
        run_epoch, _, n_epochs = training
        n_before = len(self.history)
        shown = self._settings.progress
        with epochs_with_progress(type(self).__name__, n_epochs, shown=shown) as bar:
            for _ in range(n_epochs):
                report = self._run_one(run_epoch)
                _advance(bar, report)
                # A list: every callback sees every epoch, also when an earlier one stops.
                if any([callback.on_epoch(self, report) for callback in callbacks]):  # noqa: C419
                    break
            if n_epochs:
                self._check_learned(self.history[n_before:])
        for callback in callbacks:
            callback.on_end(self)

    def _run_one(self, run_epoch: Callable[[], EpochOutcome]) -> EpochReport:
        started = time.perf_counter()
        vectors, loss, accuracy, n_triples, more = run_epoch()
        seconds = time.perf_counter() - started
        self._check_finite(vectors, loss)
        done = self.epochs_done + 1
        report = EpochReport(done, loss, accuracy, n_triples, seconds)
        self._replace_attributes(
            **vectors._asdict(), **more, epochs_done=done, history=[*self.history, report]
        )
        return report

    def _check_learned(self, reports: Sequence[EpochReport]) -> None:
        """Raise DataError where these epochs have taught nothing."""

    def _check_finite(self, vectors: Vectors, loss: float) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            sums = [float(array.sum()) for array in vectors if array is not None]
        if not math.isfinite(loss + sum(sums)):
            raise DivergedError(
                f"training diverged in epoch {self.epochs_done + 1}: the factors overflowed; "
                + self.advice.format_map(self.settings())
            )

    def _check_same_ids(self, train: Interactions) -> None:
        before = self.train
        if not (
            np.array_equal(before.user_ids, train.user_ids)
            and np.array_equal(before.item_ids, train.item_ids)
        ):
            raise InvalidParameterError(
                "a warm start needs the users and items of the first fit, in the same order."
            )
        if self.user_factors.shape[1] != self._settings.n_factors:
            raise InvalidParameterError(
                f"a warm start needs the n_factors of the first fit, {self.user_factors.shape[1]}, "
                f"not {self._settings.n_factors}."
            )


class WorkingCopy:
    """Vectors to work on during an epoch, in memory that every other epoch uses again."""

    def __init__(self) -> None:
        self._before: Vectors | None = None
        self._lent: Vectors | None = None

    def of(self, current: Vectors) -> Vectors:
        """Return a copy of the model's vectors as they are before an epoch."""
        became_current = self._lent is not None and self._lent.item_factors is current.item_factors
        spare = self._before if became_current else self._lent
        if spare is None:
            users, items, biases = current
            spare = Vectors(
                aligned_zeros(*users.shape),
                aligned_zeros(*items.shape),
                None if biases is None else aligned_zeros(*biases.shape),
            )
        for to, array in zip(spare, current, strict=True):
            if to is not None:
                to[...] = array
        self._before, self._lent = current, spare
        return spare


def _advance(bar: Bar, report: EpochReport) -> None:
    figures = {"loss": f"{report.loss:.4f}"}
    if report.accuracy is not None:
        figures["correct"] = f"{report.accuracy:.1%}"
    bar.advance(**figures)
