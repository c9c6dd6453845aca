"""Value of features: TwoTower on users and items that training knows by their features alone.

    make tower-features     or     RECSYS_EDU_DATA=… python benchmarks/two_tower_features.py

Of MovieLens 100k, a fifth of the users and a fifth of the films are cold: all their interactions
are taken out. Of what is left, four fifths are trained on. Three tasks, each over all of its users:

    warm         users and films that training has met: the fifth that was kept back
    cold users   their interactions with warm films; against what is popular among people like them
    cold items   warm users' interactions with cold films, which alone are ranked; against how
                 popular films like them are

"Like them" is tried with several groupings by features, and the best on the task itself counts.

TwoTower's settings, with features and without, are chosen among ``CANDIDATES`` and ``IDS_ALONE`` by
``--validate``: for each seed, what it trains on is taken for all that there is and divided once
more in the same way, so that no cold user, cold film or interaction is looked at that the seed is
judged by. With features, the best mean of NDCG on cold users, the hardest task, wins; without, that
on warm ones. The winners are frozen as ``SETTINGS`` and ``WITHOUT_FEATURES``.
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
TASKS = ("warm", "cold users", "cold items")
COMMON: dict[str, Any] = {
    "n_factors": 64,
    "epochs": 16,
    "learning_rate": 0.01,
    "reg": 0.1,
    "loss": "softmax",
    "schedule": "linear",
    "batch_size": 1024,
}
NEW_USERS: dict[str, Any] = {
    "n_negatives": 2048,  # all films: with 512, chance in the biases costs new users 0.01
    "bias_init": "popularity",
}
COLD: dict[str, Any] = {**COMMON, **NEW_USERS, "id_dropout": (0.5, 0.2), "reg_cold": (0.4, 0.1)}
CANDIDATES: dict[str, dict[str, Any]] = {
    "chosen": COLD,
    "reg_cold 0.2": {**COLD, "reg_cold": (0.2, 0.1)},
    "reg_cold 0.6": {**COLD, "reg_cold": (0.6, 0.1)},
    "more items dropped": {**COLD, "id_dropout": (0.5, 0.3)},
    "and no reg_cold": {**COMMON, **NEW_USERS, "id_dropout": (0.5, 0.3)},
    "and smaller steps": {**COLD, "id_dropout": (0.5, 0.3), "learning_rate": 0.005},
    "512 films, biases from 0": {**COMMON, "id_dropout": (0.4, 0.3)},
}
IDS_ALONE: dict[str, dict[str, Any]] = {
    "8 epochs": {**COMMON, "epochs": 8, "use_features": False},
    "12 epochs": {**COMMON, "epochs": 12, "use_features": False},
    "16 epochs": {**COMMON, "use_features": False},
    "12 epochs, all films": {**COMMON, **NEW_USERS, "epochs": 12, "use_features": False},
}
SETTINGS = CANDIDATES["chosen"]
WITHOUT_FEATURES = IDS_ALONE["16 epochs"]
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
    parser.add_argument("--validate", action="store_true", help="compare settings; judge none")
    asked = parser.parse_args()
    set_backend("auto")
    for name, value in describe_machine().items():
        print(f"{name}: {value}")
    whole = load_dataset("ml-100k", features=True)
    if asked.validate:
        validate(whole, range(asked.seeds))
        return
    models = {"TwoTower, ids alone": WITHOUT_FEATURES, "TwoTower with features": SETTINGS}
    if asked.quick:
        models = {label: {**settings, "epochs": 1} for label, settings in models.items()}
    print(f"\nml-100k, {METRIC}")
    for label, settings in models.items():
        print(f"{label}: {settings}")
    results = [one_seed(whole, seed, models) for seed in range(1 if asked.quick else asked.seeds)]
    print(f"\n{'task':<12}{'ranked by':<36}mean    each seed")
    for task, ranked_by in results[0]:
        values = [result[task, ranked_by] for result in results]
        each = ", ".join(f"{value:.3f}" for value in values)
        print(f"{task:<12}{ranked_by:<36}{statistics.fmean(values):.3f}   {each}")


def validate(whole: Interactions, seeds: Sequence[int]) -> None:
    """Print the figures of all settings, on divisions of what each seed trains on."""
    trains = [(100 + seed, divided(whole, seed)[0]) for seed in seeds]
    for candidates in (CANDIDATES, IDS_ALONE):
        print(f"\n{'settings':<26}{'mean':<8}" + "".join(f"{task:<12}" for task in TASKS))
        for label, settings in candidates.items():
            found = [judged(settings, *divided(train, seed), seed) for seed, train in trains]
            each = [statistics.fmean(of[task] for of in found) for task in found[0]]
            columns = "".join(f"{value:<12.4f}" for value in each)
            print(f"{label:<26}{statistics.fmean(each):<8.4f}{columns}", flush=True)


def divided(whole: Interactions, seed: int) -> tuple[Interactions, dict[str, Task]]:
    """Return the training interactions, and the tasks."""
    rng = np.random.default_rng(seed)
    cold_users, cold_items = (rng.random(n) < 0.2 for n in whole.shape)
    rows, columns = whole.rows(), whole.indices
    warm = ~cold_users[rows] & ~cold_items[columns]
    split = random_split(whole.keep(warm), seed=seed)
    tests = (
        (split.test, ~cold_items),
        (whole.keep(cold_users[rows]), ~cold_items),
        (whole.keep(~cold_users[rows] & cold_items[columns]), cold_items),
    )
    tasks = (Task(split.train, held_out, items) for held_out, items in tests)
    return split.train, dict(zip(TASKS, tasks, strict=True))


def one_seed(
    whole: Interactions, seed: int, models: dict[str, dict[str, Any]]
) -> dict[tuple[str, str], float]:
    """The figure of each task and each way of ranking."""
    train, tasks = divided(whole, seed)
    found: dict[tuple[str, str], float] = {}
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
    for label, settings in models.items():
        for task, value in judged(settings, train, tasks, seed).items():
            found[task, label] = value
    return dict(sorted(found.items(), key=lambda entry: TASKS.index(entry[0][0])))


def judged(
    settings: dict[str, Any], train: Interactions, tasks: dict[str, Task], seed: int
) -> dict[str, float]:
    """Judge TwoTower on each task; without features on the warm one alone."""
    model = TwoTower(**settings, seed=seed, progress=False).fit(train)
    scores = scores_of(model)
    return {task: tasks[task].judged(scores) for task in TASKS[: 3 if model.use_features else 1]}


def scores_of(model: TwoTower) -> NDArray[np.float32]:
    scores = model.user_factors @ model.item_factors.T
    return scores if model.item_biases is None else scores + model.item_biases


def popular_among_alike(train: Interactions) -> Iterator[NDArray[np.float32]]:
    """Count who of a group has each item, for several groupings of people; plus a little of all."""
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
    """Average, for several groupings of films, the popularity of the group's warm films."""
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
