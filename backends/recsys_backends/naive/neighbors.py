"""Neighbors: the answers of lesson 03.

Written by `tito dev build` from modules/03_neighbors/03_neighbors.py; change it there.
"""

import itertools
import math
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from recsys_backends.protocol import Neighbors, TopK


def users_of_items(items_of: list[list[int]], n_items: int) -> list[list[int]]:
    """List for each item the users that have it, in ascending order.

    Args:
        items_of: for each user their items.
        n_items: how many items there are; some may have no user at all.

    Example: users_of_items([[0, 2], [2]], 4) is [[0], [], [0, 1], []].
    Approach: n_items empty lists; go through the users, and write each one down at their items.
    Hint: `[[]] * n_items` is the *same* list n_items times. `[[] for _ in range(n_items)]` is not.
    """
    users_of: list[list[int]] = [[] for _ in range(n_items)]
    for user, items in enumerate(items_of):
        for item in items:
            users_of[item].append(user)
    return users_of


def similarity(n_common: int, n_users_i: int, n_users_j: int, shrinkage: float) -> float:
    """The cosine of two items, shrunk: n / √(|U_i| |U_j|) · (n / (n + s)).

    Args:
        n_common: n, how many users have both items; at least 1.
        n_users_i, n_users_j: |U_i| and |U_j|, how many users each item has.
        shrinkage: s.

    Example: similarity(2, 3, 2, 0.0) is 0.816… (tea and honey); similarity(2, 3, 2, 2.0) is half.
    Hint: math.sqrt of the product of the two counts, not the product of two roots.
    """
    cosine = n_common / math.sqrt(n_users_i * n_users_j)
    return cosine * (n_common / (n_common + shrinkage))


def common_users(item: int, items_of: list[list[int]], users_of: list[list[int]]) -> dict[int, int]:
    """Count the users that each other item has in common with this one; only items with any.

    Args:
        item: the one.
        items_of: for each user their items.
        users_of: for each item its users.

    Example: in the shop, honey (1) gives {0: 2, 2: 2}.
    Hint: a `Counter` is a dictionary that counts: `counter.update([0, 2])` adds 1 to 0 and to 2.
    `del counter[item]` is no error where the item is not there.
    """
    n_common: Counter[int] = Counter()
    for user in users_of[item]:
        n_common.update(items_of[user])
    del n_common[item]
    return n_common


def best_neighbors(similarities: dict[int, np.float32], k: int) -> list[int]:
    """The k items with the highest similarities, best first; of equal ones the lower number first.

    Args:
        similarities: for each other item its similarity.
        k: how many to keep; all of them where there are fewer.

    Example: best_neighbors({7: 0.5, 3: 0.5, 5: 0.9}, 2) is [5, 3].
    Hint: `sorted(similarities, key=…)` sorts the item numbers.
    """
    return sorted(similarities, key=lambda other: (-similarities[other], other))[:k]


def item_similarity(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    n_items: int,
    *,
    k: int,
    shrinkage: float = 0.0,
    n_threads: int = 1,
) -> Neighbors:
    """The k most similar items of each item; equal similarities go by the lower item number.

    Args:
        indptr, indices: who has what, as CSR with a row for each user.
        n_items: how many items there are.
        k: at most so many neighbours for each item.
        shrinkage: s.
        n_threads: has no effect here.

    Returns:
        Neighbors(indptr, indices, values), a row for each item.

    Approach, for each item: `common_users`; a dictionary of float32 similarities; `best_neighbors`;
    append them, sorted by number, to `neighbors`, and their similarities to `values`; append
    `len(neighbors)`, where the next row begins, to `starts`.
    """
    items_of = [indices[start:stop].tolist() for start, stop in itertools.pairwise(indptr)]
    users_of = users_of_items(items_of, n_items)

    starts = [0]
    neighbors: list[int] = []
    values: list[np.float32] = []
    for item in range(n_items):
        similarities = {}
        for other, n in common_users(item, items_of, users_of).items():
            # What is compared is what is returned: a float32.
            similarities[other] = np.float32(
                similarity(n, len(users_of[item]), len(users_of[other]), shrinkage)
            )
        best = sorted(best_neighbors(similarities, k))
        neighbors += best
        values += [similarities[other] for other in best]
        starts.append(len(neighbors))
    return Neighbors(
        np.array(starts, dtype=np.int64),
        np.array(neighbors, dtype=np.int32),
        np.array(values, dtype=np.float32),
    )


def top_k(
    user_factors: NDArray[np.float32],
    item_factors: NDArray[np.float32],
    item_biases: NDArray[np.float32] | None,
    seen_indptr: NDArray[np.int64],
    seen_indices: NDArray[np.int32],
    *,
    k: int,
    n_threads: int = 1,
) -> TopK:
    """The k best unseen items of each user; equal scores go by the lower item number.

    Args:
        user_factors, item_factors: float32, shapes (n_users, d) and (n_items, d).
        item_biases: float32, shape (n_items,); None for no biases.
        seen_indptr, seen_indices: what each user has seen, as CSR.
        k: length of the lists; may be more than the number of items.
        n_threads: has no effect here.

    Returns:
        TopK(items, scores), both of shape (n_users, k), best first; −1 and −inf fill up short rows.

    Hint: `best = np.argsort(…)[:k]` are item numbers, `score[best]` their scores. Keep those with
    `score[best] > -np.inf`, and write them to the first `len(best)` places of the row.
    """
    items = np.full((len(user_factors), k), -1, dtype=np.int32)
    scores = np.full((len(user_factors), k), -np.inf, dtype=np.float32)
    for row, user in enumerate(user_factors):
        with np.errstate(over="ignore", invalid="ignore"):
            score = item_factors @ user
            if item_biases is not None:
                score = score + item_biases
        score[seen_indices[seen_indptr[row] : seen_indptr[row + 1]]] = -np.inf
        score[np.isnan(score)] = -np.inf
        # A stable sort of the negated scores keeps equal ones in the order of their numbers.
        best = np.argsort(-score, kind="stable")[:k]
        best = best[score[best] > -np.inf]
        items[row, : len(best)] = best
        scores[row, : len(best)] = score[best]
    return TopK(items, scores)
