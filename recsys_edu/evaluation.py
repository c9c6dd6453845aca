"""Evaluation: rank the full catalogue for every test user and measure the lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.ids import IdArray
from recsys_edu.interactions import Interactions
from recsys_edu.metrics import (
    AccuracyMetric,
    CatalogueMetric,
    ListMetric,
    Lists,
    MetricAt,
    RankingMetric,
    parse_metric,
)
from recsys_edu.ranking import Ranker, Trial, also_in
from recsys_edu.splits import Split

DEFAULT_METRICS = ("ndcg", "recall", "precision", "hit_rate", "mrr", "map", "coverage")
_Z_95 = 1.959963984540054  # the 97.5 % point of the normal distribution


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

    Some metrics compare the lists with the training interactions, which are ``model.train``, as all
    models of the library have it, or else the training part of the split. "auc" makes the model
    rank the whole catalogue, and takes the longer for it.

    Args:
        model: fitted to interactions with the same vocabularies as ``test``.
        test: what counts as relevant. Of a ``Split``, its test part; then it is also checked that
            no list holds an item of the user's in the training part.
        k: length of the lists for metrics that do not give one.
        metrics: names, such as "ndcg", "recall@50" or "auc".
        batch_size: users ranked at a time; bounds memory, makes no difference to the result.

    Raises:
        InvalidParameterError: unknown metric, k or batch_size below 1, or a metric that needs the
            training interactions where neither the model nor ``test`` has them.
        DataError: no test interactions.
        ModelOutputError: the model's lists have the wrong shape, hold what is no item, the same
            item twice, or one seen in training; for "auc", scores that rise along a list.
    """
    wanted = _parsed(metrics, k)
    if not _is_whole(batch_size) or batch_size < 1:
        raise InvalidParameterError(
            f"batch_size must be at least 1, a whole number; got {batch_size!r}"
        )
    train, test = (test.train, test.test) if isinstance(test, Split) else (None, test)
    learned_from = getattr(model, "train", None)
    learned_from = learned_from if isinstance(learned_from, Interactions) else None
    if learned_from is not None:
        check_same_ids(learned_from, test)
    if train is not None and train.shape != test.shape:
        raise DataError(
            f"the train part has shape {train.shape} and the test part {test.shape}; "
            "both need the same vocabularies"
        )
    rows = np.flatnonzero(np.diff(test.indptr)).astype(np.int64, copy=False)
    if not rows.size:
        raise DataError("there are no test interactions to evaluate on")
    trial = Trial(model, test, rows, train, learned_from, batch_size)
    for asked in wanted:
        if isinstance(asked.metric, ListMetric | RankingMetric):
            trial.train(asked.name)  # so that it is missed now, not after the ranking

    longest = max(asked.k or 0 for asked in wanted)
    items, hits = trial.lists(longest)
    if learned_from is not None and not hits.any():
        _check_not_the_training_data(learned_from, test)
    results = {asked.name: _result(asked, trial, items, hits) for asked in wanted}
    return Evaluation(results, rows, test.user_ids[rows], test.n_items)


def _parsed(metrics: str | Sequence[str], k: int) -> list[MetricAt]:
    """Each metric asked for, once."""
    if not _is_whole(k):
        raise InvalidParameterError(f"k must be a whole number; got {k!r}")
    names = [metrics] if isinstance(metrics, str) else metrics
    wanted = list(dict.fromkeys(parse_metric(name, default_k=k) for name in names))
    if not wanted:
        raise InvalidParameterError("metrics must name at least one metric")
    return wanted


def _is_whole(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def check_same_ids(train: Interactions, held_out: Interactions) -> None:
    """DataError unless rows and columns mean the same in both."""
    for what in ("user_ids", "item_ids"):
        ours, theirs = getattr(train, what), getattr(held_out, what)
        if ours is not theirs and not np.array_equal(ours, theirs):
            raise DataError(
                f"the held-out interactions have other {what} than the training ones; make both "
                "with one split, or give Interactions.from_events the same vocabularies"
            )


def _check_not_the_training_data(train: Interactions, test: Interactions) -> None:
    if also_in(train, test).all():
        raise DataError(
            "every test interaction is one that the model was trained on, and those are never "
            "recommended again; evaluate on held-out interactions"
        )


def _result(
    asked: MetricAt, trial: Trial, items: NDArray[np.int32], hits: NDArray[np.bool_]
) -> MetricResult:
    """One metric of lists that are at least as long as it asks."""
    items, hits = items[:, : asked.k], hits[:, : asked.k]
    match asked.metric:
        case AccuracyMetric(function=accuracy):
            return _over_users(accuracy(hits, np.diff(trial.test.indptr)[trial.rows]))
        case CatalogueMetric(function=measure):
            nan = float("nan")
            return MetricResult(measure(items, trial.test.n_items), nan, nan, None)
        case ListMetric(function=compare):
            lists = Lists(trial.rows, items, hits, trial.train(asked.name))
            return _over_users(compare(lists))
        case RankingMetric(function=judge):
            rankings = trial.rankings(trial.train(asked.name))
            return _over_users(np.concatenate([judge(ranking) for ranking in rankings]))


def _over_users(per_user: NDArray[np.float64]) -> MetricResult:
    """The mean, and its interval, over the users who have a value."""
    values = per_user[~np.isnan(per_user)]
    mean = float(values.mean()) if values.size else float("nan")
    low, high = _interval(values, mean)
    return MetricResult(mean, low, high, per_user)


def _interval(per_user: NDArray[np.float64], mean: float) -> tuple[float, float]:
    """The normal 95 % confidence interval of a mean; nan with fewer than two users."""
    if len(per_user) < 2:
        return float("nan"), float("nan")
    margin = _Z_95 * float(per_user.std(ddof=1)) / float(np.sqrt(len(per_user)))
    return mean - margin, mean + margin


def _json_number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
