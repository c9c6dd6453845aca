"""Curves of quality over training time, a point for each epoch."""

from __future__ import annotations

import time
from typing import Any

from recsys_edu.evaluation import evaluate
from recsys_edu.models.callbacks import Callback, EpochReport
from recsys_edu.race.contestants import Contestant, RaceSettings
from recsys_edu.splits import Split


class Curve(Callback):
    """Note a metric after each epoch, and the seconds until then; looking does not count.

    Args:
        split: judged by its test part.
        metric: such as "ndcg@10".
    """

    def __init__(self, split: Split, metric: str) -> None:
        self.split, self.metric = split, metric
        self.points: list[tuple[float, float]] = []
        self._looking = 0.0
        self._started = time.perf_counter()

    def on_epoch(self, model: Any, report: EpochReport) -> bool:
        """Look, and never stop."""
        now = time.perf_counter()
        value = evaluate(model, self.split, metrics=[self.metric])[self.metric]
        self.points.append((now - self._started - self._looking, value))
        self._looking += time.perf_counter() - now
        return False


def curve_of(
    contestant: Contestant, settings: RaceSettings, seed: int, split: Split, metric: str
) -> list[tuple[float, float]]:
    """Return seconds since ``fit`` began and the metric, after each epoch; one pass for both."""
    model = contestant.make(settings, seed)
    with contestant.on_backend():
        curve = Curve(split, metric)
        model.fit(split.train, callbacks=[curve])
    return curve.points
