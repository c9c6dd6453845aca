"""Draw an item that a user has not seen, each with the same probability."""

from collections.abc import Sequence

from recsys_backends.plan import DRAWS_PER_TRIPLE, MAX_REJECTIONS, SKIPPED
from recsys_backends.random import bounded


def draw_negative(seen: set[int], candidates: Sequence[int], key: int, triple: int) -> int:
    """One of the candidates that is not in ``seen``; −1 when there is none.

    Guess until a guess is unseen. A user who has seen nearly everything would make us guess for
    ever, so after MAX_REJECTIONS wrong ones we list what is left and pick from the list.
    """
    first = triple * DRAWS_PER_TRIPLE
    for attempt in range(MAX_REJECTIONS):
        item = candidates[bounded(key, first + attempt, len(candidates))]
        if item not in seen:
            return item
    unseen = [item for item in candidates if item not in seen]
    if not unseen:
        return SKIPPED
    return unseen[bounded(key, first + MAX_REJECTIONS, len(unseen))]
