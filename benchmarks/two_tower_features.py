"""What do features bring? TwoTower on users and items that training knows by their features alone.

    make tower-features     or     RECSYS_EDU_DATA=… python benchmarks/two_tower_features.py

Of MovieLens 100k, a fifth of the users and a fifth of the films are cold: all their interactions
are taken out. Of what is left, four fifths are trained on. Three tasks, each over all of its users:

    warm         users and films that training has met: the fifth that was kept back
    cold users   their interactions with warm films; against what is popular among people like them
    cold items   warm users' interactions with cold films, which alone are ranked; against how
                 popular films like them are

"Like them" is tried with several groupings by features, and the best on the task itself counts.
TwoTower's settings were chosen with a seed that is not among these.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_edu import Interactions, TwoTower, evaluate, load_dataset, random_split, set_backend
from recsys_edu.feature_columns import Categorical, MultiHot, Numeric
from recsys_edu.features import Features
from recsys_edu.machine import describe_machine

METRIC = "ndcg@10"
SETTINGS: dict[str, Any] = {
    "n_factors": 64,
    "epochs": 16,
    "learning_rate": 0.01,
    "reg": 0.1,
    "loss": "softmax",
    "schedule": "linear",
    "batch_size": 1024,
    "id_dropout": (0.4, 0.3),
}
Mask = NDArray[np.bool_]


class Task:
    """Some users, some items to rank for them, and what they really had."""

    def __init__(self, train: Interactions, held_out: Interactions, items: Mask) -> None:
        self.columns = np.flatnonzero(items)
        kept = held_out.keep(items[held_out.indices])
        self.test = Interactions(
            kept.indptr,
            np.searchsorted(self.columns, kept.indices),
            kept.user_ids,
            kept.item_ids[self.columns],
        )
        self.seen = train.to_csr().toarray()[:, self.columns] > 0

    def judged(self, scores: NDArray[np.float32]) -> float:
        """NDCG@10 of scores of all users and items."""
        ranker = Scores(np.where(self.seen, -np.inf, scores[:, self.columns]))
        return evaluate(ranker, self.test, metrics=[METRIC])[METRIC]


class Scores:
    """Ranks by a table of scores."""

    def __init__(self, scores: NDArray[np.float32]) -> None:
        self.scores = scores

    def rank(self, rows: NDArray[np.int64], k: int) -> Any:
        items = np.argsort(-self.scores[rows], axis=1, kind="stable")[:, :k].astype(np.int32)
        return items, np.take_along_axis(self.scores[rows], items, axis=1)


def main() -> None:
    """Print the three tasks' figures, for each seed and on average."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one seed, one epoch: a try")
    asked = parser.parse_args()
    settings = {**SETTINGS, "epochs": 1} if asked.quick else SETTINGS
    set_backend("auto")
    for name, value in describe_machine().items():
        print(f"{name}: {value}")
    print(f"\nml-100k, {METRIC}, {settings}")
    whole = load_dataset("ml-100k", features=True)
    results = [one_seed(whole, seed, settings) for seed in range(1 if asked.quick else asked.seeds)]
    print(f"\n{'task':<12}{'ranked by':<36}mean    each seed")
    for task, ranked_by in results[0]:
        values = [result[task, ranked_by] for result in results]
        each = ", ".join(f"{value:.3f}" for value in values)
        print(f"{task:<12}{ranked_by:<36}{statistics.fmean(values):.3f}   {each}")


def one_seed(whole: Interactions, seed: int, settings: dict[str, Any]) -> dict[Any, float]:
    """The figure of each task and each way of ranking."""
    rng = np.random.default_rng(seed)
    cold_users, cold_items = (rng.random(n) < 0.2 for n in whole.shape)
    rows, columns = whole.rows(), whole.indices
    warm = ~cold_users[rows] & ~cold_items[columns]
    split = random_split(whole.keep(warm), seed=seed)
    train = split.train
    everything = np.ones(whole.n_items, dtype=np.bool_)
    tasks = {
        "warm": Task(train, split.test, ~cold_items),
        "cold users": Task(train, whole.keep(cold_users[rows]), ~cold_items),
        "cold items": Task(train, whole.keep(~cold_users[rows] & cold_items[columns]), cold_items),
    }
    found: dict[Any, float] = {}
    popularity = np.tile(train.popularity().astype(np.float32), (train.n_users, 1))
    for task in ("warm", "cold users"):
        found[task, "popularity"] = tasks[task].judged(popularity)
    alike = list(popular_among_alike(train))
    found["cold users", "popularity among people alike"] = max(
        tasks["cold users"].judged(scores) for scores in alike
    )
    found["cold items", "popularity of films alike"] = max(
        tasks["cold items"].judged(scores) for scores in popularity_of_alike(train)
    )
    for label, use_features in (("TwoTower, ids alone", False), ("TwoTower with features", True)):
        model = TwoTower(**settings, use_features=use_features, seed=seed, progress=False)
        scores = scores_of(model.fit(train), everything)
        for task in tasks if use_features else ("warm",):
            found[task, label] = tasks[task].judged(scores)
    return dict(sorted(found.items(), key=lambda entry: list(tasks).index(entry[0][0])))


def scores_of(model: TwoTower, items: Mask) -> NDArray[np.float32]:
    scores = model.user_factors @ model.item_factors[items].T
    return scores if model.item_biases is None else scores + model.item_biases[items]


def popular_among_alike(train: Interactions) -> Iterator[NDArray[np.float32]]:
    """For several groupings of people, how often the group has each item, plus a little of all."""
    assert train.user_features is not None
    matrix = train.to_csr().toarray() > 0
    overall = matrix.mean(0)
    several = (("age",), ("gender",), ("gender", "age"), ("occupation",))
    for names in (*several, ("gender", "occupation", "age")):
        groups = grouped(train.user_features, names, width=10)
        counts = np.zeros((groups.max() + 1, train.n_items))
        np.add.at(counts, groups, matrix)
        yield (counts[groups] + 20 * overall).astype(np.float32)


def popularity_of_alike(train: Interactions) -> Iterator[NDArray[np.float32]]:
    """For several groupings of films, how popular the group's warm films are on average."""
    assert train.item_features is not None
    popularity = train.popularity().astype(np.float64)
    warm = popularity > 0
    overall = popularity[warm].mean()
    genres = train.item_features.columns["genres"]
    assert isinstance(genres, MultiHot)
    has = np.zeros((train.n_items, len(genres.labels)), dtype=np.bool_)
    has[np.repeat(np.arange(train.n_items), np.diff(genres.indptr)), genres.codes] = True
    sets = np.unique(has, axis=0, return_inverse=True)[1].reshape(-1)
    for years in (None, 10, 5, 1):
        era = 0 if years is None else grouped(train.item_features, ("year",), width=years)
        for groups in (sets * 1000 + era, np.zeros_like(sets) + era):
            _, groups = np.unique(groups, return_inverse=True)
            n = np.bincount(groups[warm], minlength=groups.max() + 1)
            total = np.bincount(groups[warm], popularity[warm], minlength=groups.max() + 1)
            mean = (total + 2 * overall) / (n + 2)
            yield np.tile(mean[groups].astype(np.float32), (train.n_users, 1))


def grouped(features: Features, names: Sequence[str], *, width: int) -> NDArray[np.int64]:
    """A number for each group of rows that are alike in these columns; numbers within a width."""
    keys = []
    for name in names:
        column = features.columns[name]
        if isinstance(column, Numeric):
            keys.append(np.where(column.known, column.values // width, -1).astype(np.int64))
        else:
            assert isinstance(column, Categorical)
            keys.append(column.codes.astype(np.int64))
    return np.unique(np.stack(keys, axis=1), axis=0, return_inverse=True)[1].reshape(-1)


if __name__ == "__main__":
    main()
