"""Evaluation: rank the full catalogue for every test user and measure the lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from recsys_edu.errors import DataError, InvalidParameterError, ModelOutputError
from recsys_edu.ids import IdArray
from recsys_edu.interactions import Interactions
from recsys_edu.metrics import AccuracyMetric, CatalogueMetric, MetricAt, parse_metric
from recsys_edu.splits import Split

DEFAULT_METRICS = ("ndcg", "recall", "precision", "hit_rate", "mrr", "map", "coverage")
_Z_95 = 1.959963984540054  # the 97.5 % point of the normal distribution


class Ranker(Protocol):
    """Anything that can be evaluated."""

    def rank(
        self, rows: NDArray[np.int64], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The k best items of each user among those not seen in training.

        Args:
            rows: int64, shape (n,): rows of users in the interactions that it was fitted to.
            k: length of each list; may exceed the number of items.

        Returns:
            Columns of items, int32 of shape (n, k), best first, padded with −1; and their scores,
            float32 of shape (n, k), padded with −inf.
        """
        ...


@dataclass(frozen=True, slots=True)
class MetricResult:
    """One metric over all evaluated users."""

    mean: float
    """The mean over users; for a metric of the catalogue, the metric itself."""
    low: float
    """Lower end of the 95 % confidence interval of the mean; nan where there is none."""
    high: float
    """Upper end."""
    per_user: NDArray[np.float64] | None
    """float64, shape (n_users,), aligned with ``Evaluation.rows``; None for catalogue metrics."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What ``evaluate`` found. ``evaluation["ndcg@10"]`` is that metric's mean."""

    results: dict[str, MetricResult]
    """By name, such as "ndcg@10"."""
    rows: NDArray[np.int64]
    """int64, shape (n_users,): rows of the evaluated users, those with test interactions."""
    user_ids: IdArray
    """Their ids, shape (n_users,)."""
    n_items: int
    """Size of the catalogue that was ranked."""

    @property
    def n_users(self) -> int:
        """Number of users evaluated."""
        return len(self.rows)

    def __getitem__(self, name: str) -> float:
        if name not in self.results:
            raise KeyError(f"{name!r} was not measured; there are {', '.join(self.results)}")
        return self.results[name].mean

    def to_dict(self) -> dict[str, Any]:
        """Numbers that JSON can hold (None for nan), without the per-user values."""
        return {
            "n_users": self.n_users,
            "n_items": self.n_items,
            "metrics": {
                name: {
                    "mean": _json_number(result.mean),
                    "ci95": [_json_number(result.low), _json_number(result.high)],
                }
                for name, result in self.results.items()
            },
        }

    def __str__(self) -> str:
        width = max(map(len, self.results))
        lines = [f"{self.n_users:,} users, {self.n_items:,} items ranked for each"]
        for name, result in self.results.items():
            line = f"{name:<{width}}  {result.mean:.4f}"
            if np.isfinite(result.low):
                line += f"  (95 % interval {result.low:.4f} to {result.high:.4f})"
            lines.append(line)
        return "\n".join(lines)


def evaluate(
    model: Ranker,
    test: Interactions | Split,
    *,
    k: int = 10,
    metrics: str | Sequence[str] = DEFAULT_METRICS,
    batch_size: int = 1024,
) -> Evaluation:
    """Measure a model's lists against held-out interactions.

    Every item of the catalogue competes, except those that the model saw the user have in training,
    which ``model.rank`` leaves out. Users without test interactions are not evaluated: there is
    nothing to find for them. The confidence interval is mean ± 1.96 standard errors over users.

    Args:
        model: fitted to interactions with the same vocabularies as ``test``.
        test: what counts as relevant. Of a ``Split``, its test part; then it is also checked that
            no list holds an item of the user's in the training part.
        k: length of the lists for metrics that do not give one.
        metrics: names, such as "ndcg" or "recall@50".
        batch_size: users ranked at a time; bounds memory, makes no difference to the result.

    Raises:
        InvalidParameterError: unknown metric, or k or batch_size below 1.
        DataError: no test interactions.
        ModelOutputError: the model's lists have the wrong shape, hold what is no item, the same
            item twice, or one seen in training.
    """
    names = [metrics] if isinstance(metrics, str) else metrics
    wanted = {asked.name: asked for asked in (parse_metric(name, default_k=k) for name in names)}
    if not wanted:
        raise InvalidParameterError("metrics must name at least one metric")
    if batch_size < 1:
        raise InvalidParameterError(f"batch_size must be at least 1; got {batch_size}")
    train, test = (test.train, test.test) if isinstance(test, Split) else (None, test)
    learned_from = getattr(model, "train", None)
    if isinstance(learned_from, Interactions):
        check_same_ids(learned_from, test)
    if train is not None and train.shape != test.shape:
        raise DataError(
            f"the train part has shape {train.shape} and the test part {test.shape}; "
            "both need the same vocabularies"
        )
    n_relevant = np.diff(test.indptr)
    rows = np.flatnonzero(n_relevant).astype(np.int64, copy=False)
    if not rows.size:
        raise DataError("there are no test interactions to evaluate on")

    longest = max(asked.k for asked in wanted.values())
    items = np.empty((len(rows), longest), dtype=np.int32)
    hits = np.empty((len(rows), longest), dtype=np.bool_)
    for batch in _batches(len(rows), batch_size):
        items[batch] = _ranked(model, rows[batch], longest, test.n_items)
        hits[batch] = contains(test, rows[batch], items[batch])
        if train is not None and contains(train, rows[batch], items[batch]).any():
            raise ModelOutputError("model.rank returned items that the user has in training")
    if isinstance(learned_from, Interactions) and not hits.any():
        _check_not_the_training_data(learned_from, test)
    results = {
        name: _result(asked, items, hits, n_relevant[rows], test.n_items)
        for name, asked in wanted.items()
    }
    return Evaluation(results, rows, test.user_ids[rows], test.n_items)


def check_same_ids(train: Interactions, held_out: Interactions) -> None:
    """DataError unless rows and columns mean the same in both."""
    for what in ("user_ids", "item_ids"):
        if not np.array_equal(getattr(train, what), getattr(held_out, what)):
            raise DataError(
                f"the held-out interactions have other {what} than the training ones; make both "
                "with one split, or give Interactions.from_events the same vocabularies"
            )


def _check_not_the_training_data(train: Interactions, test: Interactions) -> None:
    known = train.rows() * train.n_items + train.indices
    if np.isin(test.rows() * test.n_items + test.indices, known).all():
        raise DataError(
            "every test interaction is one that the model was trained on, and those are never "
            "recommended again; evaluate on held-out interactions"
        )


def contains(
    interactions: Interactions, rows: NDArray[np.int64], items: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Which of the listed items does each user have?

    Args:
        interactions: where to look.
        rows: int64, shape (n,): rows of users, ascending.
        items: int32, shape (n, k): columns; −1 is padding, which nobody has.

    Returns:
        bool, shape (n, k).
    """
    if not rows.size:
        return np.zeros(items.shape, dtype=np.bool_)
    # One ascending array of row * n_items + column for the rows at hand: one search for all.
    starts = interactions.indptr[rows[0] : rows[-1] + 2]
    owners = np.repeat(np.arange(rows[0], rows[-1] + 1), np.diff(starts))
    keys = owners * interactions.n_items + interactions.indices[starts[0] : starts[-1]]
    wanted = rows[:, None] * interactions.n_items + items
    places = np.searchsorted(keys, wanted)
    keys = np.append(keys, -1)  # so that a search that ends beyond the last key finds no match
    found: NDArray[np.bool_] = (keys[places] == wanted) & (items >= 0)
    return found


def _batches(n: int, size: int) -> Iterator[slice]:
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def _ranked(model: Ranker, rows: NDArray[np.int64], k: int, n_items: int) -> NDArray[np.int32]:
    """The model's lists for some users, checked: a repeated item would count as several hits."""
    items = np.asarray(model.rank(rows, k)[0])
    if items.shape != (len(rows), k) or items.dtype.kind not in "iu":
        raise ModelOutputError(
            f"model.rank must return integers of shape {(len(rows), k)}; "
            f"got {items.dtype} of shape {items.shape}"
        )
    if items.min() < -1 or items.max() >= n_items:
        raise ModelOutputError(
            f"model.rank must return items from 0 to {n_items - 1}, or -1 for padding; "
            f"got {items.min()} to {items.max()}"
        )
    ordered = np.sort(items, axis=1)
    if np.any((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)):
        raise ModelOutputError("model.rank returned the same item twice in one list")
    return items.astype(np.int32, copy=False)


def _result(
    asked: MetricAt,
    items: NDArray[np.int32],
    hits: NDArray[np.bool_],
    n_relevant: NDArray[np.int64],
    n_items: int,
) -> MetricResult:
    match asked.metric:
        case AccuracyMetric(function=function):
            per_user = function(hits[:, : asked.k], n_relevant)
            mean = float(per_user.mean())
            low, high = _interval(per_user, mean)
            return MetricResult(mean, low, high, per_user)
        case CatalogueMetric(function=measure):
            nan = float("nan")
            return MetricResult(measure(items[:, : asked.k], n_items), nan, nan, None)


def _interval(per_user: NDArray[np.float64], mean: float) -> tuple[float, float]:
    """The normal 95 % confidence interval of a mean; nan with fewer than two users."""
    if len(per_user) < 2:
        return float("nan"), float("nan")
    margin = _Z_95 * float(per_user.std(ddof=1)) / float(np.sqrt(len(per_user)))
    return mean - margin, mean + margin


def _json_number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
