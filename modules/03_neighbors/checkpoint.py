"""Checkpoint of lesson 03: the contract of two ops, and a small shop with planted taste."""

import numpy as np

from recsys_backends import use_backend
from recsys_backends.contract.clause import require
from recsys_backends.errors import ContractViolation
from recsys_edu import ItemKNN, MostPopular, evaluate
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.errors import ModelOutputError
from recsys_edu.splits import random_split

OPS = ("item_similarity", "top_k")

MEANINGS = {
    # item_similarity
    "similarities_are_those_worked_out_by_hand": "In a shop of a few items, which you can count by "
    "hand, your similarities are others.",
    "few_common_users_count_for_less": "With a shrinkage of 2 the similarities in that shop are "
    "others than yours: n common users are to count for n / (n + s) of the cosine.",
    "neighbors_agree_with_exhaustive_search": "Some items have other neighbours than the k most "
    "similar items.",
    "large_catalogues_of_items_are_searched_in_full": "In a large catalogue some neighbours are "
    "missed.",
    "similarity_is_mutual": "Tea is as similar to honey as honey is to tea, and yours is not.",
    "equal_similarities_go_to_the_lower_item": "Where all items are equally similar, you do not "
    "keep those with the lowest numbers.",
    "ties_are_those_of_single_precision": "Of two items that are equally similar as float32 the "
    "lower number is to be kept: round similarities to float32 before you compare them.",
    "no_item_is_its_own_neighbor": "An item is its own neighbour, or has one that nobody has "
    "together with it.",
    "rows_ascend_and_fit": "The rows of your Neighbors are not as they should be: at most k "
    "neighbours in each, their numbers ascending, in int64, int32 and float32.",
    "items_without_users_have_no_neighbors": "An item that nobody has, or whose users have "
    "nothing else, is to have an empty row, and no error.",
    "similarities_are_fresh": "Your answer depends on an earlier call, changes an argument, or "
    "is the same for every shrinkage.",
    "same_neighbors_for_any_number_of_threads": "Your neighbours depend on n_threads, which has no "
    "effect here.",
    # top_k
    "lists_agree_with_exhaustive_search": "Some users get other lists than the k best items that "
    "they do not have.",
    "lists_are_best_first": "A list is not in the order of its scores, or its scores belong to "
    "other items.",
    "ties_go_to_the_lower_item": "Of equally good items the lower number does not come first: sort "
    "in a stable way.",
    "seen_items_are_left_out": "You recommend items that the user has already.",
    "short_lists_are_padded": "A user who has nearly everything gets a wrong end of the list: −1 "
    "and −inf fill it up.",
    "overflowing_scores_are_never_listed": "An item with the score −inf is recommended, or one with "
    "+inf does not come first.",
    "scores_that_are_no_numbers_are_never_listed": "An item whose score is not a number is "
    "recommended.",
    "large_catalogues_are_searched_in_full": "In a large catalogue some of the best items are "
    "missed.",
    "answers_are_fresh": "Your function changes its arguments or an earlier answer, or remembers "
    "the scores of an earlier call.",
    "no_users_and_no_factors": "Without users the answer is an empty list, and without factors the "
    "biases alone decide.",
    "same_lists_for_any_number_of_threads": "Your lists depend on n_threads, which has no effect "
    "here.",
    "bad_arguments_of_item_similarity_are_rejected": "Arguments of item_similarity that cannot be "
    "right get through without an error.",
    "bad_arguments_of_top_k_are_rejected": "Arguments of top_k that cannot be right get through "
    "without an error.",
}
"""Faults of the two ops in the lesson's words, by the clause of their contract."""


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


def my_neighbors_recommend(remote, rng: np.random.Generator) -> str:
    """Neighbours, their votes and the lists, all by the learner's code, beat popularity clearly."""
    split = random_split(make_synthetic(300, 200, 9000, seed=5), seed=0)
    train = split.train
    neighbors = remote.item_similarity(
        train.indptr, train.indices, train.n_items, k=30, shrinkage=1.0
    )
    voting = _Voting(remote, train, neighbors)
    try:
        mine = evaluate(voting, split, metrics="ndcg@10")["ndcg@10"]
    except ModelOutputError as error:
        raise ContractViolation(f"Your lists cannot be shown to anybody: {error}") from error
    popularity = evaluate(MostPopular().fit(train), split, metrics="ndcg@10")["ndcg@10"]
    require(
        mine > 1.25 * popularity,
        f"Your neighbours do not find what users like: their NDCG@10 is {mine:.3f}, and that of the "
        f"most popular items {popularity:.3f}. Right ones have a quarter more at least.",
    )
    return f"NDCG@10 {mine:.3f}, popularity {popularity:.3f}"


def my_neighbors_vote_as_the_librarys(remote, rng: np.random.Generator) -> None:
    """neighbor_scores gives the scores of the library's ItemKNN, on the same neighbours."""
    train = make_synthetic(50, 80, 1500, seed=3)
    train = train.keep(train.indices != 79)  # nobody has the last item
    with use_backend("optimized"):
        model = ItemKNN(k=6, shrinkage=2.0).fit(train)
    for row in range(0, 50, 7):
        items = train.indices[train.indptr[row] : train.indptr[row + 1]]
        user = np.repeat(train.user_ids[row], train.n_items)
        expected = model.score(user, train.item_ids)
        got = np.asarray(remote.neighbor_scores(model.neighbors, items))
        require(
            got.dtype.kind in "biuf" and got.shape == expected.shape,
            f"User {row} should get one number for each of {len(expected)} items from "
            f"neighbor_scores; yours returns {got.dtype} of shape {got.shape}.",
        )
        wrong = np.flatnonzero(~(np.abs(got - expected) <= 1e-5))
        require(not len(wrong), _about_votes(model.neighbors, items, got, expected, row, wrong))


def _about_votes(neighbors, items, got, expected, row: int, wrong: np.ndarray) -> str:
    """Return a sentence about the first score that is wrong, with the votes that make it."""
    if not len(wrong):
        return ""
    item = int(wrong[0])
    own = slice(neighbors.indptr[item], neighbors.indptr[item + 1])
    voters = np.isin(neighbors.indices[own], items)
    return (
        f"User {row} gets the score {got[item]:.4f} for item {item}, and {expected[item]:.4f} is "
        f"right: of the {len(voters)} neighbours in the row of item {item}, the user has "
        f"{int(voters.sum())}, whose similarities add up to that."
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
            f"In a shop of {n_items:,} items, with users who have {items_per_user} of them, the "
            f"dense way takes {expected[0]:,} steps and the lists {expected[1]:,}; yours says {got}.",
        )
