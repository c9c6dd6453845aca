"""Which recommender is better? Planted models, good and bad, and the library's own metrics."""

import numpy as np

from recsys_backends import ops
from recsys_backends.contract.clause import require
from recsys_edu import evaluate
from recsys_edu.csr import take_rows
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.metrics import available_metrics
from recsys_edu.splits import Split, random_split

METRICS = ("precision", "recall", "mrr", "map", "ndcg")
NAMES = {"mrr": "reciprocal_rank", "map": "average_precision"}
"""Functions whose names are not their metric's."""


class _Table:
    """A model that is nothing but a table of scores; ``ops.top_k`` makes its lists."""

    def __init__(self, scores: np.ndarray, split: Split) -> None:
        self.scores, self.train = scores.astype(np.float32), split.train

    def rank(self, rows: np.ndarray, k: int):
        """Return lists and their scores, as ``evaluate`` asks for them."""
        indptr, seen = take_rows(self.train.indptr, self.train.indices, rows)
        same = np.eye(self.train.n_items, dtype=np.float32)  # the product is the table again
        return ops.top_k(np.ascontiguousarray(self.scores[rows]), same, None, indptr, seen, k=k)


def _catalogue(rng: np.random.Generator) -> tuple[Split, dict[str, np.ndarray]]:
    """Interactions, and models from good to bad; every fourth user has nothing to be found.

    Scores are whole numbers, negative ones too, and many are equal.
    """
    split = random_split(make_synthetic(120, 90, 3600, seed=2), seed=0)
    split = Split(split.train, split.test.keep(split.test.rows() % 4 != 0))
    noise = rng.integers(-60, -20, size=split.train.shape)
    truth = np.zeros(split.train.shape, dtype=int)
    truth[split.test.rows(), split.test.indices] = 1
    popularity = np.tile(split.train.popularity(), (split.train.n_users, 1)) - 50
    return split, {
        "a model that knows the answers": 40 * truth + noise,
        "a model that knows half of the answers": 15 * truth + noise,
        "the most popular items": popularity,
        "random scores": noise[::-1],
    }


def _measured(remote, split: Split, scores: np.ndarray, k: int) -> dict[str, np.ndarray]:
    rows = range(split.train.n_users)
    seen = [split.train.items_of(row).astype(np.int64) for row in rows]
    relevant = [split.test.items_of(row).astype(np.int64) for row in rows]
    got = remote.evaluate_users(scores.astype(np.float64), seen, relevant, k)
    for name in METRICS:
        require(np.asarray(got[name]).dtype.kind in "biuf", f"{name} should be numbers.")
    return {name: np.asarray(got[name], dtype=np.float64) for name in METRICS}


def each_metric_is_the_one_of_its_name(remote, rng: np.random.Generator) -> None:
    """Precision, recall, MRR, MAP and NDCG of single lists are the library's, to nine digits."""
    functions = {
        "precision": lambda hits, n_relevant, k: remote.precision(hits, k),
        "recall": remote.recall,
        "mrr": lambda hits, n_relevant, k: remote.reciprocal_rank(hits, k),
        "map": remote.average_precision,
        "ndcg": remote.ndcg,
    }
    for length, k in ((6, 6), (2, 10), (12, 4), (3, 3)):
        lists = [rng.random(length) < share for share in (0.0, 0.4, 1.0)]
        for hits in (*lists, np.arange(length) == length - 1):
            for n_relevant in {max(1, int(hits.sum())), int(hits.sum()) + 5}:
                for name, function in functions.items():
                    require_metric(function(hits, n_relevant, k), name, hits, n_relevant, k)


def metric_of(name: str, hits: np.ndarray, n_relevant: int, k: int) -> float:
    """The library's metric of one list, filled up with misses."""
    padded = np.zeros((1, k), dtype=bool)
    padded[0, : len(hits)] = hits[:k]
    return float(available_metrics()[name].function(padded, np.array([n_relevant]))[0])


def require_metric(got, name: str, hits: np.ndarray, n_relevant: int, k: int) -> None:
    """A learner's metric of one list is the library's, to nine digits."""
    right, function = metric_of(name, hits, n_relevant, k), NAMES.get(name, name)
    ranks = ", ".join(map(str, np.flatnonzero(hits) + 1)) or "none"
    found = number(got, function)
    require(
        abs(found - right) <= 1e-9,
        f"Your {function} is {found:.6g} for a list of {len(hits)} with hits at ranks {ranks}, "
        f"R = {n_relevant}, k = {k}; {right:.6g} is right.",
    )


def number(got, name: str) -> float:
    """Return an answer that has to be one number."""
    require(
        np.ndim(got) == 0 and np.asarray(got).dtype.kind in "biuf",
        f"Your {name} should be one number, and is {type(got).__name__}.",
    )
    return float(got)


def my_evaluation_agrees_with_the_library(remote, rng: np.random.Generator) -> None:
    """Every user's five values, for four models; short lists and users with nothing to find too.

    Many scores are equal, and the lesson orders them by number: so does ``ties="index"``.
    """
    split, models = _catalogue(rng)
    for model, scores in models.items():
        for k in (5, 80):
            mine = _measured(remote, split, scores, k)
            names = [f"{name}@{k}" for name in METRICS]
            library = evaluate(_Table(scores, split), split, metrics=names, ties="index")
            for name in METRICS:
                theirs = library.results[f"{name}@{k}"].per_user
                _require_same_users(mine[name], theirs, f"{name}@{k}", split, model)


def _require_same_users(mine, theirs, metric: str, split: Split, model: str) -> None:
    """Every user who has something to find has the library's value."""
    users = [user for user in range(split.train.n_users) if len(split.test.items_of(user))]
    require(mine.ndim == 1, f"{metric} should have one value for each user.")
    require(
        len(mine) == len(users),
        f"{len(users)} users have something to find; you have {len(mine)} values of {metric}.",
    )
    wrong = np.flatnonzero(~(np.abs(mine - theirs) <= 1e-9))
    place = int(wrong[0]) if len(wrong) else 0
    require(
        not len(wrong),
        f"The model is {model}. User {users[place]} has {len(split.test.items_of(users[place]))} "
        f"items to be found, and {metric} is {theirs[place]:.4f}; yours is {mine[place]:.4f}, and "
        f"{len(wrong)} of {len(users)} users are wrong.",
    )


def my_lists_are_right(remote, rng: np.random.Generator) -> None:
    """Item for item those of ``ops.top_k``, which leaves the caller's scores alone as well."""
    split, models = _catalogue(rng)
    for model, scores in models.items():
        for k in (7, 90):
            expected = _Table(scores, split).rank(np.arange(20), min(k, 90))[0]
            for user in range(20):
                given = scores[user].astype(np.float64)
                seen = split.train.items_of(user).astype(np.int64)
                got = np.asarray(remote.rank_unseen(given, seen, k)).tolist()
                right = [int(item) for item in expected[user] if item >= 0]
                known = set(seen.tolist())
                require(
                    not known.intersection(got),
                    f"The model is {model}. The list of user {user} has items that the user has "
                    f"already: {sorted(known.intersection(got))[:5]} …",
                )
                require(
                    len(got) == len(right),
                    f"User {user} has {len(right)} items left to recommend for k = {k}; your list "
                    f"has {len(got)}.",
                )
                where = f"The model is {model}. In user {user}'s list"
                require(got == right, f"{where}, {about_rank(got, right, given)}")
                require(
                    np.array_equal(given, scores[user]),
                    "rank_unseen changes the scores that it is given: copy them first.",
                )


def about_rank(got: list, right: list, scores: np.ndarray) -> str:
    """Return the end of a sentence about the first rank at which two lists differ, if any."""
    rank = next((n for n, pair in enumerate(zip(got, right)) if pair[0] != pair[1]), None)
    if rank is None:
        return ""
    mine, theirs = got[rank], right[rank]
    known = isinstance(mine, int) and 0 <= mine < len(scores)
    return (
        f"at rank {rank + 1} there is item {mine}"
        + (f" with the score {scores[mine]:g}" if known else "")
        + f", and item {theirs} with the score {scores[theirs]:g} is right: the highest score comes "
        "first, and of equal ones the lower number."
    )


def i_can_tell_good_from_bad(remote, rng: np.random.Generator) -> str:
    """The planted order comes out, and the intervals say where there is no difference."""
    split, models = _catalogue(rng)
    ndcg = {name: _measured(remote, split, scores, 10)["ndcg"] for name, scores in models.items()}
    names = list(models)
    require(
        len({values.shape for values in ndcg.values()}) == 1,
        "All models are judged on the same users, and your evaluate_users returns another number of "
        "values for some: a user without a hit has the value 0.",
    )
    for better, worse in zip(names, names[1:], strict=False):
        _mean, low, high = remote.confidence_interval(ndcg[better] - ndcg[worse])
        require(
            0 < low < high,
            f"By construction {better} ranks better than {worse}, but your interval of the difference "
            f"in NDCG@10 goes from {low:.3f} to {high:.3f}.",
        )
    for name, scores in models.items():
        library = evaluate(_Table(scores, split), split, metrics="ndcg@10", ties="index")
        values = library.results["ndcg@10"].per_user
        mean, margin = values.mean(), 1.96 * values.std(ddof=1) / np.sqrt(len(values))
        got = [
            number(each, "confidence_interval") for each in remote.confidence_interval(ndcg[name])
        ]
        right = (mean, mean - margin, mean + margin)
        require(
            len(got) == 3 and np.allclose(got, right, rtol=0, atol=0.001 * margin + 1e-12),
            f"The mean NDCG@10 of {name} is {mean:.4f}, and its interval goes from {right[1]:.4f} to "
            f"{right[2]:.4f}; yours says {', '.join(f'{each:.4f}' for each in got)}.",
        )
    good, popular = (ndcg[names[place]] for place in (1, 2))
    _mean, low, high = remote.confidence_interval(good - popular)
    return (
        f"NDCG@10 {good.mean():.3f} for {names[1]}, {popular.mean():.3f} for {names[2]}; the "
        f"difference is between {low:.3f} and {high:.3f}"
    )


def i_see_what_sampling_hides(remote, rng: np.random.Generator) -> None:
    """The worse of two planted models wins with 100 negatives, and loses with all."""
    n_items, n_users = 1000, 60
    seen, relevant = np.arange(5), np.array([5, 6])
    ranks_of = {"often first": np.where(np.arange(n_users) % 3 == 0, 1, 900)}
    ranks_of["never first"] = np.full(n_users, 40)
    recall: dict[tuple[str, int], float] = {}
    for name, planted in ranks_of.items():
        for size in (100, 5000):
            found = []
            for user, rank in enumerate(planted.tolist()):
                scores = np.concatenate(([9e3] * 5, [0.0, 0.0], -np.arange(1.0, n_items - 6)))
                scores[relevant] = [-float(rank), 1.0]  # as high as the negative at that rank − 1
                ranks = np.asarray(remote.sampled_ranks(scores, seen, relevant, size, user))
                require(
                    ranks.shape == (2,),
                    "sampled_ranks should give one rank for each relevant item.",
                )
                require(
                    ranks[1] == 1,
                    f"An item ahead of all negatives has rank {ranks[1]}: seen and relevant items "
                    "do not compete, and ranks start from 1.",
                )
                require(
                    size == 100 or ranks[0] == rank + 1,
                    f"With {rank - 1} negatives ahead and one level, the rank among all is "
                    f"{ranks[0]}, not {rank + 1}: equal scores count against.",
                )
                found.append(ranks[0] <= 10)
            recall[name, size] = float(np.mean(found))
    exact = recall["often first", 5000] - recall["never first", 5000]
    sampled = recall["often first", 100] - recall["never first", 100]
    require(
        exact > 0.3 and sampled < -0.5,
        f"Of two models, the one that is better among all items is to look worse among 100 negatives; "
        f"by your ranks its lead in recall@10 is {exact:.2f} among all and {sampled:.2f} among 100.",
    )
    scores, nothing, middle = -np.arange(50.0), np.array([], dtype=np.int64), np.array([20])
    draws = [int(remote.sampled_ranks(scores, nothing, middle, 48, s)[0]) for s in range(40)]
    again = [int(remote.sampled_ranks(scores, nothing, middle, 48, s)[0]) for s in range(40)]
    require(draws == again, "The same seeds drew other negatives the second time.")
    require(
        set(draws) == {20, 21},
        "One of 49 negatives is left out at random, so an item with 20 of them ahead has rank 20 or 21; "
        f"over 40 seeds your ranks are {sorted(set(draws))}: draw each negative at most once.",
    )
