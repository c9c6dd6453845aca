"""Results of an evaluation: metrics with their intervals, of all users and of the cold ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_backends.wording import counted
from recsys_edu.ids import IdArray


@dataclass(frozen=True, slots=True)
class MetricResult:
    """One metric over all evaluated users."""

    mean: float
    """The mean over the users for whom there is a value, nan if there are none; for a metric of the
    catalogue, the metric itself."""
    low: float
    """Lower end of the 95 % confidence interval of the mean; nan where there is none."""
    high: float
    """Upper end."""
    per_user: NDArray[np.float64] | None
    """float64, shape (n_users,), aligned with ``Evaluation.rows``, nan where a user has no value;
    None for catalogue metrics."""
    note: str = ""
    """Remark to print beside the figure; empty where the name says it all."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Result of ``evaluate``. ``evaluation["ndcg@10"]`` is that metric's mean over all users."""

    results: dict[str, MetricResult]
    """Metrics by name, such as "ndcg@10"."""
    rows: NDArray[np.int64]
    """int64, shape (n_users,): rows of the evaluated users, those with test interactions."""
    user_ids: IdArray
    """Their ids, shape (n_users,)."""
    n_items: int
    """Size of the catalogue that was ranked."""
    ties: str = "expected"
    """Treatment of equal scores: "expected" or "index"."""
    n_dropped: int = 0
    """Number of test interactions that were left out, as they are in the training interactions."""
    cold: Evaluation | None = None
    """The same metrics of the users without training interactions alone; they are in the means
    above as well. None where there are no such users, or where the training is not known."""
    warm: Evaluation | None = None
    """The same metrics of all other users. None where there are none, or where ``cold`` is None."""

    @property
    def n_users(self) -> int:
        """Number of users evaluated."""
        return len(self.rows)

    def __getitem__(self, name: str) -> float:
        if name not in self.results:
            raise KeyError(f"{name!r} was not measured; there are {', '.join(self.results)}")
        return self.results[name].mean

    def to_dict(self) -> dict[str, Any]:
        """Return numbers that JSON can hold (None for nan), without the per-user values."""
        return {
            "n_users": self.n_users,
            "n_items": self.n_items,
            "ties": self.ties,
            "n_dropped": self.n_dropped,
            "metrics": {
                name: {
                    "mean": _json_number(result.mean),
                    "ci95": [_json_number(result.low), _json_number(result.high)],
                }
                for name, result in self.results.items()
            },
            "cold": None if self.cold is None else self.cold.to_dict(),
            "warm": None if self.warm is None else self.warm.to_dict(),
        }

    def __str__(self) -> str:
        width = max(map(len, self.results))
        lines = [
            f"{counted(self.n_users, 'user')}, {counted(self.n_items, 'item')} ranked for each"
        ]
        if self.n_dropped:
            lines[0] += (
                f"; {counted(self.n_dropped, 'test interaction')} left out, as training has them"
            )
        for name, result in self.results.items():
            line = f"{name:<{width}}  {result.mean:.4f}"
            if np.isfinite(result.low):
                line += f"  (95 % interval {result.low:.4f} to {result.high:.4f})"
            lines.append(line + f"  {result.note}" * bool(result.note))
        for part, title in ((self.cold, "without"), (self.warm, "with")):
            if part is not None:
                means = (f"{name} {result.mean:.4f}" for name, result in part.results.items())
                lines.append(
                    f"{counted(part.n_users, 'user')} {title} training interactions: "
                    f"{', '.join(means)}"
                )
        return "\n".join(lines)


def _json_number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
