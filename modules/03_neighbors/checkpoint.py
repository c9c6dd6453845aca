"""Checkpoint of lesson 03: the contract of two ops, and a small shop with planted taste."""

import numpy as np

from recsys_backends import use_backend
from recsys_backends.contract.clause import require, require_close
from recsys_edu import ItemKNN, MostPopular, evaluate
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.splits import random_split

OPS = ("item_similarity", "top_k")


class _Voting:
    """Ranks by what the learner's neighbor_scores and top_k say."""

    def __init__(self, remote, train, neighbors):
        self.remote, self.train, self.neighbors = remote, train, neighbors

    def rank(self, rows, k):
        had = [self.train.indices[self.train.indptr[u] : self.train.indptr[u + 1]] for u in rows]
        scores = [self.remote.neighbor_scores(self.neighbors, items) for items in had]
        starts = np.cumsum([0, *map(len, had)])
        return self.remote.top_k(
            np.array(scores, dtype=np.float32),
            np.eye(self.train.n_items, dtype=np.float32),
            None,
            starts,
            np.concatenate(had),
            k=k,
        )


def my_neighbors_recommend(remote, rng: np.random.Generator) -> None:
    """Neighbours, their votes and the lists, all by the learner's code, beat popularity clearly."""
    split = random_split(make_synthetic(300, 200, 9000, seed=5), seed=0)
    train = split.train
    neighbors = remote.item_similarity(
        train.indptr, train.indices, train.n_items, k=30, shrinkage=1.0
    )
    voting = _Voting(remote, train, neighbors)
    mine = evaluate(voting, split, metrics="ndcg@10")["ndcg@10"]
    popularity = evaluate(MostPopular().fit(train), split, metrics="ndcg@10")["ndcg@10"]
    require(
        mine > 1.25 * popularity,
        f"your neighbours recommend with an NDCG@10 of {mine:.3f}; the most popular items alone "
        f"have {popularity:.3f}, and it should be a quarter more at least.",
    )


def my_neighbors_vote_as_the_librarys(remote, rng: np.random.Generator) -> None:
    """neighbor_scores gives the scores of the library's ItemKNN, on the same neighbours."""
    train = make_synthetic(50, 80, 1500, seed=3)
    train = train.keep(train.indices != 79)  # nobody has the last item
    with use_backend("optimized"):
        model = ItemKNN(k=6, shrinkage=2.0).fit(train)
    for row in range(0, 50, 7):
        items = train.indices[train.indptr[row] : train.indptr[row + 1]]
        user = np.repeat(train.user_ids[row], train.n_items)
        require_close(
            remote.neighbor_scores(model.neighbors, items),
            model.score(user, train.item_ids),
            1e-5,
            f"the scores of user {row}, by neighbours that the library found",
        )


def my_steps_are_counted(remote, rng: np.random.Generator) -> None:
    """The price of both ways, for three small shops and a robot."""
    for items_per_user, n_items, expected in (
        ([1, 2, 3], 4, (48, 14)),
        ([5], 10, (100, 25)),
        ([0, 0], 3, (18, 0)),
        ([50_000, 2], 60_000, (7_200_000_000, 2_500_000_004)),
    ):
        got = tuple(remote.steps(np.array(items_per_user, dtype=np.int32), n_items))
        require(
            got == expected,
            f"with {n_items:,} items and users who have {items_per_user}, steps says {got}; "
            f"the dense way takes {expected[0]:,} and the lists {expected[1]:,}.",
        )
