"""What every model can do: fit, rank, recommend, score, save and load."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_edu.csr import take_rows
from recsys_edu.errors import DataError, InvalidParameterError, NotFittedError
from recsys_edu.interactions import Interactions, require_interactions
from recsys_edu.models.callbacks import Callback, require_callbacks
from recsys_edu.models.cold_users import PopularItems
from recsys_edu.recommendations import Recommendations as Recommendations
from recsys_edu.recommendations import list_length, padded, without_padding

Arrays = Mapping[str, NDArray[Any]]


class Recommender(ABC):
    """A model of who will like what. Subclasses say how it learns and how it scores."""

    name: ClassVar[str]
    """What the command line and model files call it."""

    cold_users: str = "popularity"
    """Ranking of users without training interactions: "popularity", the number of users that an
    item has, of which nothing tells these users apart; or "scores", the model's own, most of which
    are equal for them."""
    _train: Interactions | None = None
    _popular: PopularItems | None = None

    def fit(self, train: Interactions, *, callbacks: Sequence[Callback] = ()) -> Self:
        """Learn from interactions, from scratch.

        Args:
            train: what users did; what is in it is never recommended again.
            callbacks: called after each epoch, by models that have epochs.

        Raises:
            DataError: there is nothing to learn from.
            InvalidParameterError: ``train`` or a callback is something else.
        """
        require_interactions(train, "train")
        callbacks = require_callbacks(callbacks)
        if train.nnz == 0:
            raise DataError(f"there is nothing to learn from: {train!r}")
        self._learn(train, callbacks)
        self._train = train
        return self

    @property
    def train(self) -> Interactions:
        """The interactions that the model was fitted to; NotFittedError before."""
        if self._train is None:
            raise NotFittedError(f"this {type(self).__name__} is not fitted yet; call fit(…) first")
        return self._train

    def rank(
        self, rows: NDArray[np.int64], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the k best items of users given by row, leaving out those seen in training.

        Of equal scores the lower column comes first. Users without training interactions are
        ranked as ``cold_users`` says.

        Args:
            rows: int64, shape (n,): rows of the training interactions.
            k: length of each list, at least 1; may exceed the number of items.

        Returns:
            Columns of items, int32 (n, k), best first, padded with −1; scores, float32 (n, k),
            padded with −inf.
        """
        train = self.train
        seen_indptr, seen = take_rows(train.indptr, train.indices, rows)
        kept = min(k, train.n_items)
        items, scores = self._top(rows, seen_indptr, seen, kept)
        cold = self._is_cold(rows)
        if cold.any():
            popular = self._popular_items()
            best = popular.items[:kept]
            items, scores = items.copy(), scores.copy()
            items[cold], scores[cold] = best, popular.counts[best]
        return padded(items, scores, k)

    def recommend(self, users: ArrayLike, k: int = 10) -> Recommendations:
        """The k best items for each user, by the user's own ids.

        Args:
            users: ids, shape (n,); a single id is a list of one.
            k: at most how many items for each, at least 1.

        Raises:
            UnknownUserError: an id that was not in the training data.
            InvalidParameterError: k below 1.
            NotFittedError: before ``fit``.
        """
        train = self.train
        k = list_length(k)
        rows = train.user_rows(np.atleast_1d(np.asarray(users)))
        return without_padding(*self.rank(rows, min(k, train.n_items)), train.item_ids)

    def score(self, users: ArrayLike, items: ArrayLike) -> NDArray[np.float32]:
        """The score of each pair (users[n], items[n]), float32 of shape (n,); higher is better.

        Raises:
            UnknownUserError, UnknownItemError: an id that was not in the training data.
            InvalidParameterError: not as many users as items.
            NotFittedError: before ``fit``.
        """
        train = self.train
        rows = train.user_rows(np.atleast_1d(np.asarray(users)))
        columns = train.item_columns(np.atleast_1d(np.asarray(items)))
        if len(rows) != len(columns):
            raise InvalidParameterError(
                f"score takes as many users as items, not {len(rows)} and {len(columns)}"
            )
        return self._pair_scores(rows, columns)

    def _pair_scores(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Return the score of each pair that ``rank`` goes by, float32 of shape (n,)."""
        scores, cold = self._scores(rows, columns), self._is_cold(rows)
        if cold.any():
            scores = np.where(cold, self._popular_items().counts[columns], scores)
        return scores

    def _is_cold(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which users are ranked by popularity, bool of shape (n,)."""
        if self.cold_users != "popularity":
            return np.zeros(len(rows), dtype=np.bool_)
        indptr = self.train.indptr
        cold: NDArray[np.bool_] = indptr[rows] == indptr[rows + 1]
        return cold

    def _popular_items(self) -> PopularItems:
        """Return the items by popularity; counted when they are first needed after a fit."""
        if self._popular is None or self._popular.train is not self.train:
            self._popular = PopularItems.of(self.train)
        return self._popular

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model to a file, whole or not at all; ``load`` reads it again.

        Raises:
            NotFittedError: before ``fit``.
            ModelFileError: the file cannot be written.
        """
        from recsys_edu.models.files import save_model

        save_model(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a model that ``save`` wrote. Nothing in the file is run (there is no pickle).

        Raises:
            ModelFileError: no such file, not a model, truncated, of a newer version, or a model of
                another class.
        """
        from recsys_edu.models.files import load_model

        return load_model(path, cls)

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.settings().items())
        state = "not fitted" if self._train is None else f"fitted to {self._train!r}"
        return f"<{type(self).__name__}({given}), {state}>"

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""

    @abstractmethod
    def _learn(self, train: Interactions, callbacks: Sequence[Callback]) -> None:
        """Fit to interactions, of which there is at least one."""

    @abstractmethod
    def _top(
        self,
        rows: NDArray[np.int64],
        seen_indptr: NDArray[np.int64],
        seen: NDArray[np.int32],
        k: int,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """As ``rank``, with what each row has seen as CSR, and k at most the number of items."""

    @abstractmethod
    def _scores(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """The score of each pair of a row and a column."""

    @abstractmethod
    def _fitted_arrays(self) -> Arrays:
        """Everything that fitting found, by name, for the model file."""

    @abstractmethod
    def _restore(self, arrays: Arrays, train: Interactions) -> None:
        """Put back what ``_fitted_arrays`` gave; ModelFileError where it does not fit together."""
