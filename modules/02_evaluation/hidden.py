"""Clauses that judge each graded cell of lesson 02, on inputs that nobody has seen."""

import itertools
from collections import Counter

import numpy as np

from recsys_backends.contract.clause import require
from tito.judging.figures import require_figure

from .checkpoint import about_rank, metric_of, require_metric


def _ranked(scores: np.ndarray, seen: np.ndarray, k: int) -> list[int]:
    """The list by another way than the lesson's: sort what is unseen by (−score, item)."""
    unseen = sorted(set(range(len(scores))) - set(seen.tolist()))
    return sorted(unseen, key=lambda item: (-scores[item], item))[:k]


def _lists(rng: np.random.Generator):
    """Hits, the number of relevant items and k: short lists, long ones, none and all relevant."""
    for length, k in ((5, 5), (1, 10), (3, 10), (12, 5), (0, 3), (30, 1), (8, 8)):
        for share in (0.0, 0.3, 1.0):
            hits = rng.random(length) < share
            for missed in (0, 3, 40):
                yield hits, max(1, int(hits.sum()) + missed), k
        yield np.arange(length) == length - 1, 2, k  # a hit at the end only


def test_rank_unseen(remote, rng: np.random.Generator) -> None:
    """The right list: negative scores, nothing seen, nearly everything seen."""
    for n_items, n_seen, k in ((30, 0, 10), (30, 12, 5), (30, 27, 10), (8, 8, 3), (200, 40, 1)):
        for scale in (1.0, 1e12):
            scores = scale * (rng.normal(size=n_items) - 1.0)
            _require_ranking(remote, rng, scores, n_seen, k)


def test_rank_unseen__ties(remote, rng: np.random.Generator) -> None:
    """Of equal scores, the lower item number comes first."""
    for n_items, n_seen, k in ((30, 0, 10), (30, 12, 5), (30, 27, 10), (8, 8, 3), (200, 40, 1)):
        scores = np.round(rng.normal(size=n_items) - 1.0)
        _require_ranking(remote, rng, scores, n_seen, k)


def _require_ranking(
    remote, rng: np.random.Generator, scores: np.ndarray, n_seen: int, k: int
) -> None:
    n_items = len(scores)
    seen, before = np.sort(rng.permutation(n_items)[:n_seen]), scores.copy()
    got = np.asarray(remote.rank_unseen(scores, seen, k)).tolist()
    about = f"With {n_seen} of {n_items} items seen and k = {k}"
    stale = sorted(set(got) & set(seen.tolist()))
    require(not stale, f"{about}, the list has items that the user has already: {stale[:5]} …")
    expected = _ranked(before, seen, k)
    require(
        len(got) == len(expected),
        f"{about}, {len(expected)} items can be listed, and your list has {len(got)}.",
    )
    require(got == expected, f"{about}, {about_rank(got, expected, before)}")
    require(
        np.array_equal(scores, before),
        "rank_unseen changes the scores that it is given: copy them first.",
    )


def test_precision_recall(remote, rng: np.random.Generator) -> None:
    """Both for lists of any length."""
    for hits, n_relevant, k in _lists(rng):
        require_metric(remote.precision(hits, k), "precision", hits, n_relevant, k)
        require_metric(remote.recall(hits, n_relevant, k), "recall", hits, n_relevant, k)


def test_reciprocal_rank(remote, rng: np.random.Generator) -> None:
    """Lists of any length, with and without hits."""
    for hits, n_relevant, k in _lists(rng):
        require_metric(remote.reciprocal_rank(hits, k), "mrr", hits, n_relevant, k)


def test_average_precision(remote, rng: np.random.Generator) -> None:
    """Lists of any length, with more and fewer relevant items than k."""
    for hits, n_relevant, k in _lists(rng):
        got = remote.average_precision(hits, n_relevant, k)
        require_metric(got, "map", hits, n_relevant, k)


def test_ndcg(remote, rng: np.random.Generator) -> None:
    """Lists of any length, with more and fewer relevant items than k."""
    for hits, n_relevant, k in _lists(rng):
        require_metric(remote.ndcg(hits, n_relevant, k), "ndcg", hits, n_relevant, k)


def test_evaluate_users(remote, rng: np.random.Generator) -> None:
    """Every user's own values; some users have nothing to find, some have seen nearly all."""
    for n_users, n_items, k in ((40, 25, 6), (12, 8, 20), (9, 30, 1)):
        _require_evaluation(remote, rng, n_users, n_items, k)


def _require_evaluation(
    remote, rng: np.random.Generator, n_users: int, n_items: int, k: int
) -> None:
    scores = np.round(rng.normal(size=(n_users, n_items)), 1)
    seen, relevant = [], []
    for user in range(n_users):
        order, n_seen = rng.permutation(n_items), int(rng.integers(0, n_items - 3))
        n_relevant = 0 if user % 4 == 1 else int(rng.integers(1, n_items - n_seen))
        seen.append(np.sort(order[:n_seen]))
        relevant.append(np.sort(order[n_seen : n_seen + n_relevant]))
    tested = [user for user in range(n_users) if len(relevant[user])]
    hits = {u: np.isin(_ranked(scores[u], seen[u], k), relevant[u]) for u in tested}
    before = scores.copy()
    got = remote.evaluate_users(scores, seen, relevant, k)
    require(np.array_equal(scores, before), "evaluate_users has changed the caller's scores.")
    require(isinstance(got, dict), "evaluate_users should return a dictionary of arrays.")
    for name in ("precision", "recall", "mrr", "map", "ndcg"):
        require(name in got, f"evaluate_users returned nothing called {name!r}.")
        require(np.ndim(got[name]) == 1, f"{name} should have one value for each user.")
        require(
            len(got[name]) == len(tested),
            f"{len(tested)} of {n_users} users have something to find, but there are "
            f"{len(got[name])} values of {name}.",
        )
        for user, value in zip(tested, np.asarray(got[name]).tolist(), strict=True):
            about = (
                f"User {user} has seen {len(seen[user])} of {n_items} items and has "
                f"{len(relevant[user])} to be found: {name}@{k} is"
            )
            right = metric_of(name, hits[user], len(relevant[user]), k)
            require_figure(value, right, 1e-9, about)


def test_confidence_interval(remote, rng: np.random.Generator) -> None:
    """Mean ± 1.96 standard errors, for few and many users."""
    for n in (2, 3, 10, 400):
        values = rng.normal(rng.normal(), rng.uniform(0.1, 2.0), n)
        got = remote.confidence_interval(values)
        require(len(got) == 3, f"confidence_interval returns three numbers; yours are {len(got)}.")
        mean, error = values.mean(), float(np.sqrt(values.var() / (n - 1)))
        require_figure(got[0], mean, 1e-9, f"The mean of {n} values is")
        for end, sign in (("lower", -1), ("upper", 1)):
            require_figure(
                got[1 if sign < 0 else 2],
                mean + sign * 1.96 * error,
                1e-3 * error,
                f"The {end} end for {n} values, mean ± 1.96 s / √n with n − 1 in s², is",
            )


def test_sampled_ranks(remote, rng: np.random.Generator) -> None:
    """Exact where all are drawn; else the right share of them, and never one twice."""
    for n_items, ties in ((60, False), (60, True), (9, False)):
        order = rng.permutation(n_items)
        scores = np.round(rng.normal(size=n_items), 0 if ties else 6)
        seen, relevant = np.sort(order[: n_items // 3]), np.sort(order[n_items // 3 :][:4])
        negatives = order[n_items // 3 + 4 :]
        expected = [1 + int(np.sum(scores[negatives] >= scores[item])) for item in relevant]
        got = np.asarray(remote.sampled_ranks(scores, seen, relevant, 1000, 1)).tolist()
        require(
            got == expected,
            f"With all {len(negatives)} negatives drawn, the ranks are {expected}, and yours are {got}: only "
            "items that are neither seen nor relevant compete, and equal scores count against.",
        )
    _require_fair_draw(remote, 400, rng)
    _require_one_draw_for_all(remote, rng)
    _require_each_pair_drawn(remote, rng)


def _require_fair_draw(remote, n_items: int, rng: np.random.Generator) -> None:
    place, size = int(rng.integers(100, 300)), 60
    scores = -np.arange(n_items, dtype=float)
    nothing, item = np.array([], dtype=np.int64), np.array([place])
    seeds = [int(seed) for seed in rng.integers(2**31, size=80)]
    ranks = [int(remote.sampled_ranks(scores, nothing, item, size, seed)[0]) for seed in seeds]
    expected = 1 + size * place / (n_items - 1)
    require(
        abs(np.mean(ranks) - expected) < 2.2,
        f"Over {len(seeds)} seeds the mean rank among {size} negatives is {np.mean(ranks):.1f}; "
        f"{expected:.1f} is right.",
    )
    require(len(set(ranks)) > 3, f"{len(seeds)} seeds drew (nearly) always the same negatives.")
    again = int(remote.sampled_ranks(scores, nothing, item, size, seeds[0])[0])
    require(again == ranks[0], "The same seed drew other negatives the second time.")
    for seed in seeds[:12]:
        rank = int(remote.sampled_ranks(scores, nothing, item, n_items - 2, seed)[0])
        require(
            rank in (place, place + 1),
            f"With all but one of the negatives drawn, the rank was {rank}; only {place} and "
            f"{place + 1} are possible where none is drawn twice.",
        )


def _require_one_draw_for_all(remote, rng: np.random.Generator) -> None:
    """All relevant items meet the same negatives, none of which is seen or relevant."""
    n_seen, n_negatives, size = 40, 60, 20
    seen, negatives = np.arange(n_seen), n_seen + 5 + np.arange(n_negatives)
    scores = np.zeros(n_seen + 5 + n_negatives)
    scores[seen] = 100.0  # where one of these competes, every rank is too large
    scores[negatives] = -np.arange(n_negatives, dtype=float)
    middle = int(rng.integers(20, 40))
    relevant = n_seen + np.arange(5)
    scores[relevant] = [50.0, 0.75 - middle, 0.25 - middle, 0.5 - middle, -1000.0]
    for seed in rng.integers(2**31, size=15).tolist():
        best, *twins, worst = remote.sampled_ranks(scores, seen, relevant, size, seed).tolist()
        require(
            best == 1 and worst == size + 1,
            f"Of {n_seen + 5 + n_negatives} items the user has seen {n_seen}, and {size} negatives "
            f"were drawn: an item above all negatives has rank 1, and one below all of them rank "
            f"{size + 1}; the ranks were {best} and {worst}.",
        )
        require(
            len(set(twins)) == 1,
            f"No negative has a score between those of three relevant items, and their ranks are "
            f"{twins}: all relevant items of a user meet the same negatives.",
        )


_FAR = 60.0
"""Chi-squared of ten equally likely pairs that one right answer in ten million exceeds."""


def _require_each_pair_drawn(remote, rng: np.random.Generator) -> None:
    """Each pair of five negatives is drawn as often as any other.

    A relevant item below each negative shows which ones were drawn: its rank grows by one there.
    """
    scores, relevant, nothing = -np.arange(11.0), np.arange(0, 11, 2), np.array([], dtype=np.int64)
    n_seeds, pairs = 150, list(itertools.combinations(range(5), 2))
    found: Counter[tuple[int, ...]] = Counter()
    for seed in rng.integers(2**31, size=n_seeds).tolist():
        ranks = np.asarray(remote.sampled_ranks(scores, nothing, relevant, 2, seed))
        found[tuple(np.flatnonzero(np.diff(ranks) == 1).tolist())] += 1
    expected = n_seeds / len(pairs)
    distance = sum((found[pair] - expected) ** 2 / expected for pair in pairs)
    counts = [found[pair] for pair in pairs]
    require(
        sum(counts) == n_seeds and distance < _FAR,
        f"Two of five negatives are drawn with each of {n_seeds} seeds, and the ranks of six items, "
        f"between which they stand, show which. The ten pairs were drawn {counts} times, and about "
        f"{expected:.0f} each are right: ranks are to be counted among negatives that are drawn.",
    )
