"""Metrics: one a file, found from the files themselves.

A file of this folder whose name does not begin with ``_`` is a metric. It defines the function, and
``METRIC``, which gives it the name that "ndcg@10" is understood by.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from typing import NamedTuple

from recsys_edu.errors import InvalidParameterError
from recsys_edu.metrics._metric import (
    AccuracyMetric,
    CatalogueMetric,
    ListMetric,
    Lists,
    Metric,
    Ranking,
    RankingMetric,
    TiedHits,
)

__all__ = [
    "AccuracyMetric",
    "CatalogueMetric",
    "ListMetric",
    "Lists",
    "Metric",
    "MetricAt",
    "Ranking",
    "RankingMetric",
    "TiedHits",
    "available_metrics",
    "parse_metric",
]


class MetricAt(NamedTuple):
    """A metric of the first k items of each list, or of the whole ranking."""

    metric: Metric
    k: int | None
    """None for a metric of the whole ranking."""

    @property
    def name(self) -> str:
        """Name as it is written: "ndcg@10"; "auc"."""
        return self.metric.name if self.k is None else f"{self.metric.name}@{self.k}"

    @property
    def label(self) -> str:
        """Name as a heading of a table shows it: "NDCG@10"; "AUC"."""
        return self.metric.label if self.k is None else f"{self.metric.label}@{self.k}"


@cache
def available_metrics() -> dict[str, Metric]:
    """Return all metrics by name."""
    modules = (
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
        if not found.name.startswith("_")
    )
    return {module.METRIC.name: module.METRIC for module in modules}


def parse_metric(text: str, *, default_k: int | None = None) -> MetricAt:
    """Understand "ndcg@10", or "ndcg" where there is a ``default_k``; and "auc", which has no k.

    Raises:
        InvalidParameterError: no metric of that name, no list length of at least 1, or one for a
            metric of the whole ranking.
    """
    if not isinstance(text, str):
        raise InvalidParameterError(f"a metric is a name such as 'ndcg@10', not {text!r}.")
    name, at, length = text.partition("@")
    metrics = available_metrics()
    if name not in metrics:
        raise InvalidParameterError(
            f"no metric is called {name!r}; there are {', '.join(metrics)}."
        )
    if isinstance(metrics[name], RankingMetric):
        if at:
            raise InvalidParameterError(
                f"{name} measures the whole ranking and has no list length; write {name!r}."
            )
        return MetricAt(metrics[name], None)
    if not at and default_k is not None:
        k = default_k
    elif re.fullmatch("[0-9]{1,9}", length):
        k = int(length)
    else:
        raise InvalidParameterError(f"a metric is written like 'ndcg@10'; got {text!r}.")
    if k < 1:
        raise InvalidParameterError(f"the list length of a metric must be at least 1; got {k}.")
    return MetricAt(metrics[name], k)
