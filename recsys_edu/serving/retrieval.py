"""Find the items of the highest scores for users' vectors: all scores, or an approximate index.

Both kinds of index have the same ``search``. The approximate one looks at a small part of a large
catalogue; how many of the best it finds is measured, by ``recall``, against the exact one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_backends import ops
from recsys_backends.protocol import TopK
from recsys_edu.errors import InvalidParameterError
from recsys_edu.models.parameters import whole_number
from recsys_edu.recommendations import list_length, padded

_BATCH: Final = 1024
"""Users searched for at a time."""


class Seen(NamedTuple):
    """Items that each user's list must not hold, as CSR."""

    indptr: NDArray[np.int64]
    """int64, shape (n + 1,)."""
    indices: NDArray[np.int32]
    """int32: columns of items, ascending within each user."""


class ItemIndex(ABC):
    """Items to search by score, x_u · y_i + b_i.

    Args:
        item_factors: float32, shape (n_items, d), finite.
        item_biases: float32, shape (n_items,), finite; None for none.
        n_threads: 0 for all cores.

    Raises:
        InvalidParameterError: arrays that are something else.
    """

    def __init__(
        self,
        item_factors: ArrayLike,
        item_biases: ArrayLike | None = None,
        *,
        n_threads: int = 0,
    ) -> None:
        self._factors = _vectors("item_factors", item_factors)
        self._biases = None
        if item_biases is not None:
            self._biases = _vectors("item_biases", np.asarray(item_biases)[:, None])[:, 0].copy()
            if len(self._biases) != len(self._factors):
                raise InvalidParameterError(
                    f"item_biases must be one for each of {len(self._factors)} items, "
                    f"not {len(self._biases)}."
                )
        self.n_threads = whole_number("n_threads", n_threads, 0, 1024)

    def __len__(self) -> int:
        return len(self._factors)

    def search(self, vectors: ArrayLike, k: int, *, seen: Seen | None = None) -> TopK:
        """The items with the highest scores for each user's vector.

        Args:
            vectors: float32, shape (n, d), finite.
            k: length of each list, at least 1; may exceed the number of items.
            seen: what to leave out, n rows; None for nothing.

        Returns:
            Columns of items, int32 (n, k), best first, of equal scores the lower one first, padded
            with −1; scores, float32 (n, k), padded with −inf.

        Raises:
            InvalidParameterError: k below 1, or vectors that are something else.
        """
        users = _vectors("vectors", vectors)
        if users.shape[1] != self._factors.shape[1]:
            raise InvalidParameterError(
                f"vectors must be as long as the items' ({self._factors.shape[1]}), "
                f"not {users.shape[1]}."
            )
        if seen is None:
            seen = Seen(np.zeros(len(users) + 1, np.int64), np.empty(0, np.int32))
        if len(seen.indptr) != len(users) + 1:
            raise InvalidParameterError(
                f"seen must have a row for each of {len(users)} users, not {len(seen.indptr) - 1}."
            )
        k = list_length(k)
        kept = min(k, len(self))
        parts = [
            self._search(users[start : start + _BATCH], kept, _rows(seen, start, _BATCH))
            for start in range(0, max(len(users), 1), _BATCH)
        ]
        items, scores = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return TopK(*padded(items, scores, k))

    @abstractmethod
    def _search(self, users: NDArray[np.float32], k: int, seen: Seen) -> TopK:
        """Search as ``search`` does, with checked arguments; k is at most the number of items."""


class ExactIndex(ItemIndex):
    """Computes every score, on the backend in use."""

    def _search(self, users: NDArray[np.float32], k: int, seen: Seen) -> TopK:
        return ops.top_k(users, self._factors, self._biases, *seen, k=k, n_threads=self.n_threads)


def recall(found: NDArray[np.int32], exact: NDArray[np.int32]) -> float:
    """Return the share of the items in the exact lists that the other lists hold as well.

    Args:
        found, exact: int32, shape (n, k), padded with −1, as ``search`` gives them.

    Returns:
        Between 0 and 1; nan where the exact lists hold nothing.
    """
    there = (exact[:, :, None] == found[:, None, :]).any(axis=2) & (exact >= 0)
    wanted = np.count_nonzero(exact >= 0)
    return np.count_nonzero(there) / wanted if wanted else float("nan")


def _vectors(name: str, given: ArrayLike) -> NDArray[np.float32]:
    array = np.ascontiguousarray(given)
    if array.ndim != 2 or array.dtype != np.float32 or not np.isfinite(array).all():
        raise InvalidParameterError(
            f"{name} must be finite float32 of shape (n, n_factors), not {array.dtype} of shape "
            f"{array.shape}" + (" with nan or infinity" * (array.dtype == np.float32)) + "."
        )
    return array


def _rows(seen: Seen, start: int, count: int) -> Seen:
    """Some consecutive rows."""
    indptr = seen.indptr[start : start + count + 1]
    return Seen(indptr - indptr[0], seen.indices[indptr[0] : indptr[-1]])
