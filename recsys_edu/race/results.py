"""Results of a race, as data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from recsys_edu.atomic import atomic_path
from recsys_edu.race.contestants import RaceSettings

CURVE_METRIC: Final = "ndcg@10"
"""Metric of the curves."""


@dataclass(frozen=True, slots=True)
class RaceEntry:
    """Figures of one contestant."""

    name: str
    model: str
    backend: str | None
    fit_seconds: float
    """Wall-clock time of one whole ``fit``: the median over repeats, averaged over seeds."""
    n_repeats: int
    """Fits that were timed for each seed."""
    triples_per_second: float | None
    """Training triples per second of ``fit``; None for a model without triples."""
    speedup_over_naive: float | None
    """fit_seconds of the same model on naive over these; None where that did not run."""
    peak_memory_mb: float | None
    """Growth of the process while fitting, in 10⁶ bytes; None where it was not measured."""
    metrics: dict[str, float]
    """Mean over seeds, by name."""
    metrics_by_seed: dict[str, list[float]] = field(default_factory=dict)
    curve: list[tuple[float, float]] = field(default_factory=list)
    """Seconds of training and NDCG@10 after each epoch, with the first seed; empty for a model that
    has no epochs, or where it was not asked for."""
    training_ops: list[str] = field(default_factory=list)
    """Ops that training calls."""
    learners_ops: list[str] | None = None
    """Those of them that are the learner's own; None for a backend that has no learner's ops."""


@dataclass(frozen=True, slots=True)
class RaceResult:
    """A whole race."""

    dataset: str
    n_users: int
    n_items: int
    n_train: int
    n_test: int
    seeds: list[int]
    settings: RaceSettings
    machine: dict[str, str | int]
    entries: list[RaceEntry]
    left_out: list[str]
    """A sentence for each contestant that could not run, and each figure not measured."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)

    def write_json(self, path: Path) -> None:
        """Write ``to_dict`` to a file, whole or not at all; OSError where that fails."""
        text = json.dumps(self.to_dict(), indent=2) + "\n"
        with atomic_path(path) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
