"""Evaluation: rank the full catalogue for every test user and measure the lists."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys_backends.whole_numbers import whole_number
from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.evaluation_results import Evaluation, MetricResult
from recsys_edu.interactions import Interactions, require_interactions
from recsys_edu.intervals import score_interval
from recsys_edu.metrics import (
    AccuracyMetric,
    CatalogueMetric,
    ListMetric,
    Lists,
    MetricAt,
    RankingMetric,
    parse_metric,
)
from recsys_edu.ranking import JudgedLists, RankingModel, Trial, also_in, have_common
from recsys_edu.splits import Split

__all__ = ["DEFAULT_METRICS", "TIES", "Evaluation", "MetricResult", "check_same_ids", "evaluate"]

DEFAULT_METRICS: Final = ("ndcg", "recall", "precision", "hit_rate", "mrr", "map", "coverage")
TIES: Final = ("expected", "index")
"""Ways to treat equal scores."""


def evaluate(
    model: RankingModel,
    test: Interactions | Split,
    *,
    k: int = 10,
    metrics: str | Sequence[str] = DEFAULT_METRICS,
    ties: str = "expected",
    batch_size: int = 1024,
) -> Evaluation:
    """Measure a model's lists against held-out interactions.

    Every item of the catalogue competes, except those that the model saw the user have in training,
    which ``model.rank`` leaves out. Users without test interactions are not evaluated: there is
    nothing to find for them. Test interactions that are in the training interactions as well could
    never be found; they are dropped, and a warning tells how many. Means are over all users that
    are left. Those without training interactions are reported apart as well: ``Evaluation.cold``.

    **Equal scores.** A model lists items of equal score by their number, which says nothing about
    taste. With ``ties="expected"``, metrics of accuracy are means over all orders of equal scores,
    so that renumbering items makes no difference: none for a model whose scores do not depend on
    the numbers. (ItemKNN keeps k neighbours an item, of equal similarity those with lower numbers,
    so that its lists do: NDCG@10 on MovieLens 100k moves by less than 0.001.) Metrics of
    lists and of the catalogue, such as coverage and novelty, judge each list as it is shown. "auc"
    counts ties by half, in either case.

    **Intervals** of 95 % are score intervals (Wilson's, for values of 0 and 1; see
    ``recsys_edu.intervals``): they stay within a metric's bounds.

    Some metrics compare the lists with the training interactions, which are ``model.train``, as all
    models of the library have it, or else the training part of the split. "auc" makes the model
    rank the whole catalogue, and takes the longer for it.

    Args:
        model: fitted to interactions with the same vocabularies as ``test``.
        test: interactions that count as relevant. Of a ``Split``, its test part; then it is also
            checked that no list holds an item of the user's in the training part.
        k: length of the lists for metrics that do not give one.
        metrics: names, such as "ndcg", "recall@50" or "auc".
        ties: "expected", or "index" for lists as they are shown, of equal scores the lower item
            number first, whatever the scores are.
        batch_size: users ranked at a time; bounds memory, makes no difference to the result.

    Raises:
        InvalidParameterError: a model that cannot rank, a test of another type, an unknown metric
            or ``ties``, k or batch_size below 1, or a metric that needs the training interactions
            where neither the model nor ``test`` has them.
        DataError: no test interactions, or none that are not in training.
        ModelOutputError: the model's lists have the wrong shape, hold what is no item, the same
            item twice, or one seen in training; scores that rise along a list (unless
            ``ties="index"`` and nothing needs them).
    """
    wanted = _parsed(metrics, k)
    _check_settings(model, ties, batch_size)
    test, withheld, learned_from = _parts(model, test)
    test, n_dropped = _without_known(test, withheld, learned_from)
    rows = np.flatnonzero(np.diff(test.indptr)).astype(np.int64, copy=False)
    ties_count = ties == "expected" and any(isinstance(a.metric, AccuracyMetric) for a in wanted)
    trial = Trial(model, test, rows, withheld, learned_from, batch_size, ties_count)
    for asked in wanted:
        if isinstance(asked.metric, ListMetric | RankingMetric):
            trial.required_train(asked.name)  # so that it is missed now, not after the ranking
    lists = trial.lists(max(asked.k or 0 for asked in wanted))
    measured = [_measured(asked, trial, lists) for asked in wanted]
    everybody = np.ones(len(rows), dtype=np.bool_)
    cold, warm = _cold_and_warm(trial, measured, ties)
    return _summary(trial, measured, everybody, ties, n_dropped=n_dropped, cold=cold, warm=warm)


def check_same_ids(train: Interactions, held_out: Interactions) -> None:
    """DataError unless rows and columns mean the same in both."""
    for what in ("user_ids", "item_ids"):
        ours, theirs = getattr(train, what), getattr(held_out, what)
        if ours is not theirs and not np.array_equal(ours, theirs):
            raise DataError(
                f"the held-out interactions have other {what} than the training ones; make both "
                "with one split, or bring them together by Split.joined(train, test) before fit."
            )


def _parsed(metrics: str | Sequence[str], k: int) -> list[MetricAt]:
    """Return each metric asked for, once."""
    k = whole_number("k", k, 1, error=InvalidParameterError)
    names = [metrics] if isinstance(metrics, str) else metrics
    if not isinstance(names, Iterable):
        raise InvalidParameterError(f"metrics must be a list of names, not {metrics!r}.")
    wanted = list(dict.fromkeys(parse_metric(name, default_k=k) for name in names))
    if not wanted:
        raise InvalidParameterError("metrics must name at least one metric.")
    return wanted


def _check_settings(model: object, ties: object, batch_size: object) -> None:
    """InvalidParameterError unless evaluation can begin with these."""
    if not callable(getattr(model, "rank", None)) or isinstance(model, type):
        shown = model.__name__ if isinstance(model, type) else type(model).__name__
        raise InvalidParameterError(
            f"model must be a fitted model, or anything with rank(rows, k); got {shown}"
            + ", a class: make one, and fit it" * isinstance(model, type)
            + "."
        )
    if ties not in TIES:
        raise InvalidParameterError(f"ties must be {' or '.join(map(repr, TIES))}; got {ties!r}.")
    whole_number("batch_size", batch_size, 1, error=InvalidParameterError)


def _parts(
    model: RankingModel, test: Interactions | Split
) -> tuple[Interactions, Interactions | None, Interactions | None]:
    """Return the test interactions, those that no list may hold, and those of the model."""
    withheld, test = (test.train, test.test) if isinstance(test, Split) else (None, test)
    require_interactions(test, "test")
    learned_from = getattr(model, "train", None)
    learned_from = learned_from if isinstance(learned_from, Interactions) else None
    if learned_from is not None:
        check_same_ids(learned_from, test)
    if withheld is not None:
        require_interactions(withheld, "the training part of the split")
        check_same_ids(withheld, test)
    return test, withheld, learned_from


def _without_known(
    test: Interactions, withheld: Interactions | None, learned_from: Interactions | None
) -> tuple[Interactions, int]:
    """Return the test interactions that can be found, and how many others there were."""
    if not test.nnz:
        raise DataError("there are no test interactions to evaluate on.")
    known = np.zeros(test.nnz, dtype=np.bool_)
    for train in (learned_from, None if withheld is learned_from else withheld):
        if train is not None and have_common(train, test):
            known |= also_in(train, test)
    n_known = int(np.count_nonzero(known))
    if n_known == 0:
        return test, 0
    if n_known == test.nnz:
        raise DataError(
            "every test interaction is one that the model was trained on, and those are never "
            "recommended again; evaluate on held-out interactions."
        )
    warnings.warn(
        f"{n_known:,} of {test.nnz:,} test interactions are in the training interactions too, and "
        "are left out: a model never recommends what a user had.",
        stacklevel=3,
    )
    return test.keep(~known), n_known


class _Measured(NamedTuple):
    """One metric of the lists, before anything is averaged."""

    asked: MetricAt
    per_user: NDArray[np.float64]
    """float64, shape (n_users,), nan where a user has no value, as for catalogue metrics."""
    items: NDArray[np.int32]
    """int32, shape (n_users, k): the lists."""
    highest: float = 1.0
    """Upper bound of a user's value."""


def _measured(asked: MetricAt, trial: Trial, lists: JudgedLists) -> _Measured:
    """Measure lists that are at least as long as the metric asks."""
    items, hits = lists.items[:, : asked.k], lists.hits[:, : asked.k]
    match asked.metric:
        case AccuracyMetric(function=accuracy, expected=expected):
            n_relevant = np.diff(trial.test.indptr)[trial.rows]
            values = accuracy(hits, n_relevant)
            if len(lists.tied_users) and asked.k is not None:
                of_tied = n_relevant[lists.tied_users]
                values[lists.tied_users] = expected(lists.ties.first(asked.k), of_tied)
            return _Measured(asked, values, items)
        case CatalogueMetric():
            return _Measured(asked, np.full(len(items), np.nan), items)
        case ListMetric(function=compare, highest=highest):
            train = trial.required_train(asked.name)
            values = compare(Lists(trial.rows, items, hits, train))
            return _Measured(asked, values, items, highest(train))
        case RankingMetric(function=judge):
            rankings = trial.rankings(trial.required_train(asked.name))
            return _Measured(asked, np.concatenate([judge(some) for some in rankings]), items)


def _cold_and_warm(
    trial: Trial, measured: Sequence[_Measured], ties: str
) -> tuple[Evaluation | None, Evaluation | None]:
    """Return the evaluations of users without and with training interactions, if both are known."""
    if trial.train is None:
        return None, None
    is_cold = np.diff(trial.train.indptr)[trial.rows] == 0
    if not is_cold.any():
        return None, None
    cold = _summary(trial, measured, is_cold, ties)
    return cold, None if is_cold.all() else _summary(trial, measured, ~is_cold, ties)


def _summary(
    trial: Trial,
    measured: Sequence[_Measured],
    chosen: NDArray[np.bool_],
    ties: str,
    *,
    n_dropped: int = 0,
    cold: Evaluation | None = None,
    warm: Evaluation | None = None,
) -> Evaluation:
    """Average the metrics over the users that are chosen."""
    rows, n_items = trial.rows[chosen], trial.test.n_items
    results = {each.asked.name: _result(each, chosen, n_items) for each in measured}
    user_ids = trial.test.user_ids[rows]
    return Evaluation(results, rows, user_ids, n_items, ties, n_dropped, cold, warm)


def _result(measured: _Measured, chosen: NDArray[np.bool_], n_items: int) -> MetricResult:
    """Return the mean, and its interval, over the chosen users who have a value."""
    metric, nan = measured.asked.metric, float("nan")
    if isinstance(metric, CatalogueMetric):
        return MetricResult(metric.function(measured.items[chosen], n_items), nan, nan, None)
    per_user = measured.per_user[chosen]
    values = per_user[~np.isnan(per_user)]
    mean = float(values.mean()) if values.size else nan
    note = metric.note if isinstance(metric, AccuracyMetric) else ""
    return MetricResult(mean, *score_interval(values, measured.highest), per_user, note)
