"""Quality of an entry's answers, computed on the trusted side from what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recsys_backends import ops
from recsys_backends.contract.clause import require
from recsys_backends.registry import use_backend
from recsys_edu.datasets import make_synthetic
from recsys_edu.metrics.ndcg import ndcg
from recsys_edu.splits import per_user_split
from tito.leaderboard.division import LIST_LENGTH

K: Final = LIST_LENGTH
_MOST_FACTORS: Final = 512


@dataclass(frozen=True)
class HiddenSplit:
    """Interactions made of a secret: those that an entry learns from, and those that judge it."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    n_items: int
    test_indptr: NDArray[np.int64]
    test_indices: NDArray[np.int32]

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.indptr) - 1

    def ndcg(self, lists: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return NDCG@10 of each user's list; nan for users without held-out items.

        Args:
            lists: int32, shape (n_users, 10): items, best first.

        Raises:
            ContractViolation: a list has an unknown item, one twice, or one that the user has.
        """
        self.require_lists(lists)
        relevant = _marked(self.test_indptr, self.test_indices, self.n_items)
        return ndcg(np.take_along_axis(relevant, lists, 1), np.diff(self.test_indptr))

    def require_lists(self, lists: Any) -> None:
        """Raise ContractViolation unless there is a list of new, known and distinct items each."""
        require(isinstance(lists, np.ndarray), "the lists are no array.")
        require(
            lists.dtype == np.int32 and lists.shape == (self.n_users, K),
            f"the lists are {lists.dtype} of shape {lists.shape}, expected int32 of "
            f"{(self.n_users, K)}.",
        )
        known = (lists >= 0) & (lists < self.n_items)
        require(bool(known.all()), "a list has an unknown item.")
        ordered = np.sort(lists, axis=1)
        require(bool((np.diff(ordered, axis=1) > 0).all()), "a list has an item twice.")
        seen = _marked(self.indptr, self.indices, self.n_items)
        require(
            not np.take_along_axis(seen, lists, 1).any(),
            "a list has an item that its user has already.",
        )

    def ndcg_of_factors(self, answer: Any) -> float:
        """Return the mean NDCG@10 of the lists that factors rank.

        Args:
            answer: user factors, item factors, and biases or None.

        Raises:
            ContractViolation: they are no such factors.
        """
        users, items, biases = self.checked_factors(answer)
        with use_backend("optimized"):
            found = ops.top_k(users, items, biases, self.indptr, self.indices, k=K)
        return float(np.nanmean(self.ndcg(found.items)))

    def checked_factors(self, answer: Any) -> tuple[Any, Any, Any]:
        """Return factors as they can be ranked by; ContractViolation where they cannot."""
        require(
            isinstance(answer, tuple) and len(answer) == 3,
            "fit answers with user factors, item factors, and biases or None.",
        )
        users, items, biases = answer
        shape = getattr(users, "shape", (0, 0))
        n_factors = shape[1] if len(shape) == 2 else 0
        require(
            0 < n_factors <= _MOST_FACTORS,
            f"user factors have from 1 to {_MOST_FACTORS} columns.",
        )
        wanted: dict[str, tuple[Any, tuple[int, ...]]] = {
            "user factors": (users, (self.n_users, n_factors)),
            "item factors": (items, (self.n_items, n_factors)),
        }
        if biases is not None:
            wanted["biases"] = (biases, (self.n_items,))
        for name, (array, expected) in wanted.items():
            _require_finite(name, array, expected)
        return tuple(None if a is None else np.ascontiguousarray(a) for a in answer)  # type: ignore[return-value]


def draw_split(rng: np.random.Generator, n_users: int, n_items: int, n_pairs: int) -> HiddenSplit:
    """Return a split of interactions with a planted taste, drawn anew.

    Args:
        rng: decides everything.
        n_users, n_items, n_pairs: size of the whole; a fifth of each user's items is held out.
    """
    seeds = [int(seed) for seed in rng.integers(2**63, size=2)]
    made = make_synthetic(n_users, n_items, n_pairs, min_per_user=10, seed=seeds[0])
    train, test, _ = per_user_split(made, seed=seeds[1])
    return HiddenSplit(train.indptr, train.indices, n_items, test.indptr, test.indices)


def _require_finite(name: str, array: Any, shape: tuple[int, ...]) -> None:
    require(isinstance(array, np.ndarray), f"{name}: no array.")
    require(
        array.dtype == np.float32 and array.shape == shape,
        f"{name}: {array.dtype} of shape {array.shape}, expected float32 {shape}.",
    )
    require(bool(np.isfinite(array).all()), f"{name}: there is a number that is not finite.")


def _marked(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], n_cols: int
) -> NDArray[np.bool_]:
    marked = np.zeros((len(indptr) - 1, n_cols), np.bool_)
    marked[np.repeat(np.arange(len(marked)), np.diff(indptr)), indices] = True
    return marked
