"""How alike are two items? Count the users that both have, through the lists of those users."""

import itertools
import math
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from recsys_backends.protocol import Neighbors


def item_similarity(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    n_items: int,
    *,
    k: int,
    shrinkage: float = 0.0,
    n_threads: int = 1,
) -> Neighbors:
    """The k most similar items of each item; equal similarities go by the lower item number."""
    items_of = [indices[start:stop].tolist() for start, stop in itertools.pairwise(indptr)]
    users_of: list[list[int]] = [[] for _ in range(n_items)]
    for user, items in enumerate(items_of):
        for item in items:
            users_of[item].append(user)

    starts, neighbors, values = [0], [], []
    for item in range(n_items):
        n_common: Counter[int] = Counter()
        for user in users_of[item]:
            n_common.update(items_of[user])
        del n_common[item]
        similarity = {}
        for other, n in n_common.items():
            cosine = n / math.sqrt(len(users_of[item]) * len(users_of[other]))
            # What is compared is what is returned: a float32.
            similarity[other] = np.float32(cosine * (n / (n + shrinkage)))
        best = sorted(similarity, key=lambda other: (-similarity[other], other))[:k]
        neighbors += sorted(best)
        values += [similarity[other] for other in sorted(best)]
        starts.append(len(neighbors))
    return Neighbors(
        np.array(starts, dtype=np.int64),
        np.array(neighbors, dtype=np.int32),
        np.array(values, dtype=np.float32),
    )
