"""Splits: interactions that a model may learn from, and others that it is judged by.

All parts of a split have the vocabularies of the whole, so rows and columns mean the same in each.
The same seed gives the same split everywhere: the random numbers are those of
``recsys_backends.random``.
"""

from __future__ import annotations

from numbers import Real
from typing import Final, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from recsys_backends.random import draws, stream
from recsys_backends.whole_numbers import whole_number
from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.ids import IdArray, IdIndex
from recsys_edu.interactions import Interactions, require_interactions

_TRAIN: Final = 0
_VALID: Final = 1
_TEST: Final = 2

_PURPOSE: Final = int.from_bytes(b"split", "big")
"""Branch of the random stream, so that a model with the same seed draws other numbers."""


class Split(NamedTuple):
    """Interactions to train on, to be judged by, and, where asked for, to tune on."""

    train: Interactions
    test: Interactions
    valid: Interactions | None = None

    @classmethod
    def joined(
        cls, train: Interactions, test: Interactions, valid: Interactions | None = None
    ) -> Split:
        """Return a split of parts that were made apart, such as a file for each.

        All parts get the ids that occur in any of them, ascending; their interactions stay.

        Raises:
            DataError: ids that are integers in one part and strings in another.
            InvalidParameterError: a part that is not Interactions.
        """
        named = {"train": train, "test": test} | ({} if valid is None else {"valid": valid})
        parts = [require_interactions(part, name) for name, part in named.items()]
        users = IdIndex(_all_ids([part.user_ids for part in parts], "users"))
        items = IdIndex(_all_ids([part.item_ids for part in parts], "items"))
        return cls(*(part.over(users, items) for part in parts))

    def fold_valid(self) -> Split:
        """Return the split with its validation part, if it has one, added to the training part."""
        if self.valid is None:
            return self
        return Split(self.train.union(self.valid), self.test)


def random_split(
    interactions: Interactions,
    *,
    test_fraction: float = 0.2,
    valid_fraction: float = 0.0,
    seed: int = 0,
) -> Split:
    """Put a random share of all interactions in the test part.

    Args:
        interactions: to be split.
        test_fraction: share of the interactions, rounded to a whole number of them; in (0, 1).
        valid_fraction: the same for the validation part; 0 for none.
        seed: 0 <= seed < 2**64.

    Raises:
        DataError: a part would be empty.
        InvalidParameterError: something else than Interactions, fractions that are not shares, or
            a seed out of range.
    """
    require_interactions(interactions, "interactions")
    _check_fractions(test_fraction, valid_fraction)
    n = interactions.nnz
    n_test = _rounded(n * test_fraction)
    n_valid = _rounded(n * valid_fraction)
    order = np.argsort(_tickets(seed, n), kind="stable")
    part = np.zeros(n, dtype=np.int8)
    part[order[:n_test]] = _TEST
    part[order[n_test : n_test + n_valid]] = _VALID
    return _parts(interactions, part, with_valid=valid_fraction > 0)


def per_user_split(
    interactions: Interactions,
    *,
    test_fraction: float = 0.2,
    valid_fraction: float = 0.0,
    seed: int = 0,
) -> Split:
    """Put a random share of each user's interactions in the test part.

    Every user who has interactions keeps at least one to train on, so a user with a single one is
    not tested. Arguments and errors are those of ``random_split``; shares are rounded user by user.
    """
    require_interactions(interactions, "interactions")
    _check_fractions(test_fraction, valid_fraction)
    n_of_user = np.diff(interactions.indptr)
    n_test = np.minimum(_rounded(n_of_user * test_fraction), np.maximum(n_of_user - 1, 0))
    n_valid = np.minimum(
        _rounded(n_of_user * valid_fraction), np.maximum(n_of_user - 1 - n_test, 0)
    )
    rows = interactions.rows()
    order = np.lexsort((_tickets(seed, interactions.nnz), rows))
    place = np.arange(interactions.nnz) - interactions.indptr[rows]
    part = np.zeros(interactions.nnz, dtype=np.int8)
    part[order[place < (n_test + n_valid)[rows]]] = _VALID
    part[order[place < n_test[rows]]] = _TEST
    return _parts(interactions, part, with_valid=valid_fraction > 0)


def leave_last_out(
    interactions: Interactions, *, n_test: int = 1, n_valid: int = 0, seed: int = 0
) -> Split:
    """Put each user's latest interactions in the test part, as what comes next for this user.

    Users with at most ``n_test + n_valid`` interactions stay in the training part as a whole.

    Args:
        interactions: to be split; need timestamps.
        n_test: how many of each user's interactions, from the latest back, to test on.
        n_valid: how many of those before them to tune on; 0 for no validation part.
        seed: decides the order among equal timestamps; 0 <= seed < 2**64.

    Raises:
        DataError: no timestamps, or a part would be empty.
        InvalidParameterError: ``n_test`` below 1, ``n_valid`` below 0, or a seed out of range.
    """
    require_interactions(interactions, "interactions")
    n_test = whole_number("n_test", n_test, 1, error=InvalidParameterError)
    n_valid = whole_number("n_valid", n_valid, 0, error=InvalidParameterError)
    times = _timestamps(interactions)
    rows = interactions.rows()
    order = np.lexsort((_tickets(seed, interactions.nnz), times, rows))
    places_left = interactions.indptr[rows + 1] - 1 - np.arange(interactions.nnz)
    enough = np.diff(interactions.indptr)[rows] > n_test + n_valid
    part = np.zeros(interactions.nnz, dtype=np.int8)
    part[order[enough & (places_left < n_test + n_valid)]] = _VALID
    part[order[enough & (places_left < n_test)]] = _TEST
    return _parts(interactions, part, with_valid=n_valid > 0)


def time_split(
    interactions: Interactions, *, test_fraction: float = 0.2, valid_fraction: float = 0.0
) -> Split:
    """Put the latest interactions of all in the test part, as what the future brings.

    Every interaction of the training part is earlier than every one of the test part. Interactions
    of one time stay together, in the later part, so that it may be larger than its share.

    Args:
        interactions: to be split; need timestamps.
        test_fraction: share of the interactions, from the latest back; in (0, 1).
        valid_fraction: share of those before them to tune on; 0 for none.

    Raises:
        DataError: no timestamps, or a part would be empty.
        InvalidParameterError: something else than Interactions, or fractions that are not shares.
    """
    require_interactions(interactions, "interactions")
    _check_fractions(test_fraction, valid_fraction)
    times = _timestamps(interactions)
    n = interactions.nnz
    n_test = _rounded(n * test_fraction)
    ascending = np.sort(times)
    part = np.zeros(n, dtype=np.int8)
    for which, n_after in ((_VALID, n_test + _rounded(n * valid_fraction)), (_TEST, n_test)):
        if n_after:
            part[times >= ascending[n - n_after]] = which
    return _parts(interactions, part, with_valid=valid_fraction > 0)


def _parts(interactions: Interactions, part: NDArray[np.int8], *, with_valid: bool) -> Split:
    """Return the split in which each interaction goes to its part."""
    wanted = [("train", _TRAIN), ("test", _TEST)] + [("valid", _VALID)] * with_valid
    for name, which in wanted:
        if not np.any(part == which):
            raise DataError(
                f"this split would leave the {name} part empty, out of {interactions.nnz:,} "
                "interactions; take other fractions or more data."
            )
    return Split(
        interactions.keep(part == _TRAIN),
        interactions.keep(part == _TEST),
        interactions.keep(part == _VALID) if with_valid else None,
    )


def _all_ids(vocabularies: list[IdArray], whose: str) -> IdArray:
    """Return the ids of all vocabularies, ascending."""
    filled = [ids for ids in vocabularies if len(ids)]
    if len({ids.dtype.kind for ids in filled}) > 1:
        raise DataError(
            f"the {whose} have integers for ids in one part and strings in another; write the "
            "ids of all parts alike."
        )
    return np.unique(np.concatenate(filled or vocabularies))


def _tickets(seed: int, n: int) -> NDArray[np.uint64]:
    """Draw a random number for each interaction; sorting them gives a random order."""
    seed = whole_number("seed", seed, 0, 2**64 - 1, error=InvalidParameterError)
    return draws(stream(seed, _PURPOSE), n)


def _timestamps(interactions: Interactions) -> NDArray[np.int64]:
    if interactions.timestamps is None:
        raise DataError(
            "these interactions have no timestamps, which a split by time needs; "
            "use random_split or per_user_split."
        )
    return interactions.timestamps


@overload
def _rounded(amount: float) -> int: ...
@overload
def _rounded(amount: NDArray[np.float64]) -> NDArray[np.int64]: ...
def _rounded(amount: float | NDArray[np.float64]) -> int | NDArray[np.int64]:
    """Round to the nearest whole number, halves up (``round`` takes them to the even one)."""
    whole = np.floor(np.asarray(amount) + 0.5).astype(np.int64)
    return whole if isinstance(amount, np.ndarray) else int(whole)


def _check_fractions(test: float, valid: float) -> None:
    for name, share in (("test_fraction", test), ("valid_fraction", valid)):
        if isinstance(share, bool) or not isinstance(share, Real):
            raise InvalidParameterError(f"{name} must be a number such as 0.2, not {share!r}.")
    if not (0 < test < 1 and 0 <= valid < 1 and test + valid < 1):
        raise InvalidParameterError(
            "test_fraction must be above 0, valid_fraction at least 0, and their sum below 1; "
            f"got {test} and {valid}."
        )
