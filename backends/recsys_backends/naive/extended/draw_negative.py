"""Draw an item that a user has not seen, by the sampler's odds."""

from recsys_backends.naive.extended.candidates import Candidates
from recsys_backends.plan import DRAWS_PER_TRIPLE, MAX_REJECTIONS, SKIPPED
from recsys_backends.random import draw


def draw_negative(user: int, seen: set[int], candidates: Candidates, key: int, triple: int) -> int:
    """One of the candidates that is not in ``seen``; −1 when there is none.

    Guess until a guess is unseen. A user who has seen nearly everything would make us guess for
    ever, so after MAX_REJECTIONS wrong ones we list what is left and pick from the list.
    """
    first = triple * DRAWS_PER_TRIPLE
    if not candidates.items:
        return SKIPPED
    for attempt in range(MAX_REJECTIONS):
        item = candidates.guess(user, draw(key, first + attempt))
        if item not in seen:
            return item
    unseen = [item for item in candidates.items if item not in seen]
    if not unseen:
        return SKIPPED
    return candidates.pick(unseen, draw(key, first + MAX_REJECTIONS))
