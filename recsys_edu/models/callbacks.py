"""Callbacks: code that runs between two epochs, and may stop training."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recsys_edu.errors import CheckpointError, DataError, InvalidParameterError
from recsys_edu.models.factor_state import FactorState
from recsys_edu.models.parameters import whole_number

if TYPE_CHECKING:
    from recsys_edu.interactions import Interactions


@dataclass(frozen=True, slots=True)
class EpochReport:
    """Report on one epoch."""

    epoch: int
    """Counted from 1; a warm start goes on counting."""
    loss: float
    """Loss that the model minimises: for BPR the mean of −ln σ(x) over the triples, each
    measured before its own step, in nats; for ALS the mean over all pairs, after the epoch."""
    accuracy: float | None
    """Share of triples whose positive item ranked above the negative one; None without triples."""
    n_triples: int
    """Triples that were learned from; users who have seen every item have none, and neither has a
    model that learns from pairs."""
    seconds: float
    """Wall-clock time of the epoch, without callbacks."""


class Callback:
    """Override what is needed. The same object may be passed to several fits, one after another."""

    def on_start(self, model: Any) -> None:
        """Before the first epoch of a fit."""

    def on_epoch(self, model: Any, report: EpochReport) -> bool:
        """After an epoch; the model can rank. Return True to stop here."""
        return False

    def on_end(self, model: Any) -> None:
        """After the last epoch."""

    def state(self) -> dict[str, Any]:
        """Return what to remember while training is interrupted, by name: JSON values or arrays."""
        return {}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Remember what ``state`` gave, after ``on_start``."""


def require_callbacks(given: object) -> list[Callback]:
    """Return the argument as a list if it is a sequence of ``Callback`` objects.

    Raises:
        InvalidParameterError: it is anything else, such as a function.
    """
    if isinstance(given, Callback) or not isinstance(given, Sequence):
        raise InvalidParameterError(
            f"callbacks must be a list, [callback], not {type(given).__name__}."
        )
    for callback in given:
        if not isinstance(callback, Callback):
            shown = type(callback).__name__
            raise InvalidParameterError(
                f"a callback must be an object of a class derived from recsys_edu.Callback, with "
                f"what it does after an epoch in on_epoch(model, report), not {shown}."
            )
    return list(given)


class EarlyStopping(Callback):
    """Stop when a metric on held-out interactions no longer improves, and keep the best epoch.

    Args:
        validation: held-out interactions with the vocabularies of the training ones, such as
            ``split.valid`` of a split that was made with a ``valid_fraction``.
        metric: which metric, such as "ndcg@10"; higher must be better.
        patience: stop after this many looks without a new best, at least 1.
        every: look every so many epochs, at least 1.
    """

    def __init__(
        self,
        validation: Interactions,
        *,
        metric: str = "ndcg@10",
        patience: int = 5,
        every: int = 1,
    ) -> None:
        from recsys_edu.interactions import require_interactions
        from recsys_edu.metrics import parse_metric

        hint = " (split.valid, of a split with a valid_fraction)" if validation is None else ""
        require_interactions(validation, "validation" + hint)
        asked = parse_metric(metric, default_k=10)
        if not getattr(asked.metric, "higher_is_better", True):
            raise InvalidParameterError(
                f"EarlyStopping keeps the epoch with the highest value, and of {asked.name} lower "
                'is better; choose another metric, such as "ndcg@10".'
            )
        self.metric = asked.name
        self.validation = validation
        self.patience = whole_number("patience", patience, 1, 2**31)
        self.every = whole_number("every", every, 1, 2**31)
        self._forget()

    def on_start(self, model: Any) -> None:
        """Forget the last fit; DataError where the held-out ids are not those of the model."""
        from recsys_edu.evaluation import check_same_ids

        check_same_ids(model.train, self.validation)
        if self.every > model.epochs:
            raise InvalidParameterError(
                f"EarlyStopping would never look: every is {self.every}, and the model's epochs "
                f"are {model.epochs}."
            )
        self._forget()
        if model.epochs_done:  # a warm start: what is there already may be the best
            self._look(model)

    def _forget(self) -> None:
        self.best_epoch = 0
        self.best_value = float("-inf")
        self.values: dict[int, float] = {}
        self._best_state: Any = None

    def on_epoch(self, model: Any, report: EpochReport) -> bool:
        """Measure, remember the best, and say whether to stop."""
        if report.epoch % self.every:
            return False
        self._look(model)
        looks_since = sum(epoch > self.best_epoch for epoch in self.values)
        return looks_since >= self.patience

    def _look(self, model: Any) -> None:
        from recsys_edu.evaluation import evaluate

        value = evaluate(model, self.validation, metrics=[self.metric])[self.metric]
        if math.isnan(value):
            raise DataError(
                f"{self.metric} has no value on the held-out interactions, so epochs cannot be "
                'compared by it; choose another metric, such as "ndcg@10".'
            )
        self.values[model.epochs_done] = value
        if value > self.best_value:
            self.best_epoch, self.best_value = model.epochs_done, value
            self._best_state = model.snapshot()

    def state(self) -> dict[str, Any]:
        """The values so far, and the best epoch's vectors."""
        best = None if self._best_state is None else self._best_state.arrays()
        return {
            "metric": self.metric,
            "values": list(self.values.items()),
            "best_epoch": self.best_epoch,
            **({} if best is None else best),
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on with those; CheckpointError where they are of another metric."""
        if state["metric"] != self.metric:
            raise CheckpointError(
                f"the checkpoint's best epoch is by {state['metric']}, not by {self.metric}."
            )
        self.values = {int(epoch): float(value) for epoch, value in state["values"]}
        self.best_epoch = int(state["best_epoch"])
        self.best_value = self.values.get(self.best_epoch, float("-inf"))
        self._best_state = FactorState.of_arrays(state) if self.best_epoch else None

    def on_end(self, model: Any) -> None:
        """Bring the best epoch's factors back."""
        if self._best_state is not None:
            model.restore(self._best_state)
            self._best_state = None
