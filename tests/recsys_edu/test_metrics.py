"""Metrics: hand-worked lists, an independent brute force, and how metrics are named."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import recsys_edu.metrics as metrics_package
from recsys_edu.errors import InvalidParameterError
from recsys_edu.metrics import (
    AccuracyMetric,
    CatalogueMetric,
    available_metrics,
    parse_metric,
)

ACCURACY = ["hit_rate", "map", "map_trec", "mrr", "ndcg", "precision", "recall"]


def measure(name: str, hits: list[list[int]], n_relevant: list[int]) -> list[float]:
    metric = available_metrics()[name]
    assert isinstance(metric, AccuracyMetric)
    scores = metric.function(np.array(hits, dtype=bool), np.array(n_relevant, dtype=np.int64))
    assert scores.dtype == np.float64
    assert scores.shape == (len(hits),)
    return scores.tolist()


def cover(items: list[list[int]], n_items: int) -> float:
    metric = available_metrics()["coverage"]
    assert isinstance(metric, CatalogueMetric)
    return metric.function(np.array(items, dtype=np.int32), n_items)


# One list of four with hits at ranks 1 and 4, out of three relevant items.
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("precision", 2 / 4),
        ("recall", 2 / 3),
        ("hit_rate", 1.0),
        ("mrr", 1.0),
        ("map", (1 / 1 + 2 / 4) / 3),
        ("map_trec", (1 / 1 + 2 / 4) / 3),
        ("ndcg", (1 + 1 / math.log2(5)) / (1 + 1 / math.log2(3) + 1 / 2)),
    ],
)
def test_a_list_worked_by_hand(name: str, expected: float) -> None:
    assert measure(name, [[1, 0, 0, 1]], [3]) == pytest.approx([expected], rel=1e-15)


# A hit at rank 3 only, with more relevant items than the list is long.
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("precision", 1 / 3),
        ("recall", 1 / 5),
        ("hit_rate", 1.0),
        ("mrr", 1 / 3),
        ("map", (1 / 3) / 3),
        ("map_trec", (1 / 3) / 5),
        ("ndcg", (1 / 2) / (1 + 1 / math.log2(3) + 1 / 2)),
    ],
)
def test_more_relevant_items_than_ranks(name: str, expected: float) -> None:
    assert measure(name, [[0, 0, 1]], [5]) == pytest.approx([expected], rel=1e-15)


Brute = Callable[[list[int], int], float]


def brute_dcg(hits: list[int]) -> float:
    return sum(hit / math.log2(rank + 1) for rank, hit in enumerate(hits, start=1))


BRUTE: dict[str, Brute] = {
    "precision": lambda hits, n: hits.count(1) / len(hits),
    "recall": lambda hits, n: hits.count(1) / n,
    "hit_rate": lambda hits, n: 1.0 if 1 in hits else 0.0,
    "mrr": lambda hits, n: 1 / (hits.index(1) + 1) if 1 in hits else 0.0,
    "map": lambda hits, n: (
        sum(hits[: r + 1].count(1) / (r + 1) for r in range(len(hits)) if hits[r])
        / min(len(hits), n)
    ),
    "map_trec": lambda hits, n: (
        sum(hits[: r + 1].count(1) / (r + 1) for r in range(len(hits)) if hits[r]) / n
    ),
    "ndcg": lambda hits, n: brute_dcg(hits) / brute_dcg([1] * min(len(hits), n)),
}


@st.composite
def judged_lists(draw: st.DrawFn) -> tuple[list[list[int]], list[int]]:
    k = draw(st.integers(1, 8))
    hits = draw(st.lists(st.lists(st.integers(0, 1), min_size=k, max_size=k), min_size=1))
    missed = draw(st.lists(st.integers(0, 9), min_size=len(hits), max_size=len(hits)))
    n_relevant = [max(1, sum(row) + extra) for row, extra in zip(hits, missed, strict=True)]
    return hits, n_relevant


@pytest.mark.parametrize("name", ACCURACY)
@given(judged=judged_lists())
def test_equal_to_brute_force(name: str, judged: tuple[list[list[int]], list[int]]) -> None:
    hits, n_relevant = judged
    expected = [BRUTE[name](row, n) for row, n in zip(hits, n_relevant, strict=True)]
    found = measure(name, hits, n_relevant)
    assert found == pytest.approx(expected, rel=1e-12)
    assert all(0 <= score <= 1 for score in found)


@pytest.mark.parametrize("name", ACCURACY)
@given(judged=judged_lists())
def test_a_hit_further_up_is_never_worse(
    name: str, judged: tuple[list[list[int]], list[int]]
) -> None:
    hits, n_relevant = judged
    best = [sorted(row, reverse=True) for row in hits]
    for better, given_order in zip(
        measure(name, best, n_relevant), measure(name, hits, n_relevant), strict=True
    ):
        assert better >= given_order - 1e-12


@pytest.mark.parametrize("name", ["map", "ndcg"])
@pytest.mark.parametrize("k", [1, 3, 10])
def test_a_perfect_list_scores_exactly_one(name: str, k: int) -> None:
    hits = [[1] * n + [0] * (k - n) for n in range(1, k + 1)] + [[1] * k]
    assert measure(name, hits, [*range(1, k + 1), k + 5]) == [1.0] * (k + 1)


@pytest.mark.parametrize("name", ACCURACY)
def test_no_hits_score_zero(name: str) -> None:
    assert measure(name, [[0, 0, 0]], [2]) == [0.0]


@pytest.mark.parametrize("name", ACCURACY)
def test_nothing_relevant(name: str) -> None:
    (score,) = measure(name, [[0, 0]], [0])
    if name in ("recall", "map", "map_trec", "ndcg"):
        assert math.isnan(score)
    else:
        assert score == 0.0


@pytest.mark.parametrize("name", ACCURACY)
def test_no_users(name: str) -> None:
    metric = available_metrics()[name]
    assert isinstance(metric, AccuracyMetric)
    scores = metric.function(np.zeros((0, 5), dtype=bool), np.zeros(0, dtype=np.int64))
    assert scores.shape == (0,)


def test_coverage_counts_distinct_items_and_no_padding() -> None:
    assert cover([[0, 2], [2, -1]], 8) == 2 / 8
    assert cover([[-1, -1]], 8) == 0
    assert cover([[0, 1], [2, 3]], 4) == 1
    assert math.isnan(cover([[-1]], 0))


def test_every_file_is_a_metric() -> None:
    folder = Path(metrics_package.__file__).parent
    files = [file.stem for file in folder.glob("*.py") if not file.stem.startswith("_")]
    assert len(available_metrics()) == len(files)
    assert sorted(available_metrics()) == sorted(
        [*ACCURACY, "auc", "coverage", "diversity", "gini", "novelty", "serendipity"]
    )
    for name, metric in available_metrics().items():
        assert metric.name == name


def test_names_are_parsed_in_one_way() -> None:
    asked = parse_metric("ndcg@10")
    assert (asked.metric.name, asked.k, asked.name, asked.label) == (
        "ndcg", 10, "ndcg@10", "NDCG@10",
    )  # fmt: skip
    assert parse_metric("recall", default_k=5).name == "recall@5"
    assert parse_metric("recall@20", default_k=5).name == "recall@20"
    for whole in (parse_metric("auc"), parse_metric("auc", default_k=5)):
        assert (whole.k, whole.name, whole.label) == (None, "auc", "AUC")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ndgc@10", "no metric is called 'ndgc'; there are .*ndcg"),
        ("ndcg", "written like 'ndcg@10'; got 'ndcg'"),
        ("ndcg@", "written like"),
        ("ndcg@ten", "written like"),
        ("ndcg@-1", "written like"),
        ("ndcg@1e1", "written like"),
        ("ndcg@0", "at least 1; got 0"),
        ("", "no metric is called ''"),
        ("auc@10", "auc measures the whole ranking and has no list length; write 'auc'"),
        ("auc@", "no list length"),
    ],
)
def test_what_is_no_metric(text: str, message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        parse_metric(text)
