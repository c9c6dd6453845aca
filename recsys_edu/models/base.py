"""The base of all models: fit, rank, recommend, score, save and load."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_edu.csr import take_rows
from recsys_edu.errors import (
    DataError,
    InvalidParameterError,
    ModelFileError,
    NotFittedError,
    UnsupportedError,
)
from recsys_edu.interactions import Interactions, require_interactions
from recsys_edu.models.callbacks import Callback, require_callbacks
from recsys_edu.models.catalogue import model_class, model_names
from recsys_edu.models.cold_users import PopularItems
from recsys_edu.models.files import KIND as MODEL_FILE
from recsys_edu.models.files import StoredModel, read_model, write_model
from recsys_edu.models.race_rules import RaceRules
from recsys_edu.models.settings import Configured
from recsys_edu.recommendations import Alike, list_length, padded, without_padding
from recsys_edu.recommendations import Recommendations as Recommendations

Arrays = Mapping[str, NDArray[Any]]
Side = Literal["items", "users"]


class Recommender(Configured, ABC):
    """A model of preferences. Subclasses implement how it learns and how it scores."""

    name: ClassVar[str]
    """Name on the command line and in model files: that of the file it is in, with hyphens."""
    training_ops: ClassVar[tuple[str, ...]] = ()
    """Ops that training calls, on the backend in use; empty for a model without a backend."""
    race: ClassVar[RaceRules] = RaceRules()
    """Rules by which the model takes part in a race."""

    cold_users: str = "popularity"
    """Ranking of users without training interactions: "popularity", the number of users that an
    item has, of which nothing tells these users apart; or "scores", the model's own, most of which
    are equal for them."""
    _train: Interactions | None = None
    _popular: PopularItems | None = None
    _train_is_whole = True
    """False after loading a file of format 1, which lacks values, timestamps and features."""

    def fit(self, train: Interactions, *, callbacks: Sequence[Callback] = ()) -> Self:
        """Learn from interactions, from scratch.

        Args:
            train: what users did; what is in it is never recommended again.
            callbacks: called after each epoch, by models that have epochs.

        Raises:
            DataError: there is nothing to learn from.
            InvalidParameterError: ``train`` or a callback is something else.
        """
        return self._fit(train, callbacks)

    def _fit(self, train: Interactions, callbacks: Sequence[Callback], **options: Any) -> Self:
        """Check what ``fit`` is given, and learn; options are those of the model's ``_learn``."""
        require_interactions(train, "train")
        callbacks = require_callbacks(callbacks)
        if train.nnz == 0:
            raise DataError(f"there is nothing to learn from: {train!r}.")
        self._learn(train, callbacks, **options)
        self._train = train
        return self

    @property
    def train(self) -> Interactions:
        """The interactions that the model was fitted to; NotFittedError before."""
        if self._train is None:
            raise NotFittedError(
                f"this {type(self).__name__} is not fitted yet; call fit(…) first."
            )
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

    def similar_items(self, items: ArrayLike, k: int = 10) -> Alike:
        """The k items most like each of some, by the user's own ids, most alike first.

        Models of factors compare by the cosine of their vectors, ``ItemKNN`` by the similarities
        that it learned, at most its k for each. Nothing is said of an item of which nothing is
        known: its list is empty, and it is in no other.

        Args:
            items: ids, shape (n,); a single id is a list of one.
            k: at most how many for each, at least 1.

        Raises:
            UnknownItemError: an id that was not in the training data.
            UnsupportedError: a model that compares no items.
            InvalidParameterError: k below 1.
            NotFittedError: before ``fit``.
        """
        ids, k = self.train.item_ids, list_length(k)
        columns = self.train.item_columns(np.atleast_1d(np.asarray(items)))
        return Alike(*without_padding(*self._alike("items", columns, min(k, len(ids))), ids))

    def similar_users(self, users: ArrayLike, k: int = 10) -> Alike:
        """The k users most like each of some; as ``similar_items``, with ``UserKNN`` for users.

        Raises:
            UnknownUserError: an id that was not in the training data.
            UnsupportedError: a model that compares no users.
            InvalidParameterError: k below 1.
            NotFittedError: before ``fit``.
        """
        ids, k = self.train.user_ids, list_length(k)
        rows = self.train.user_rows(np.atleast_1d(np.asarray(users)))
        return Alike(*without_padding(*self._alike("users", rows, min(k, len(ids))), ids))

    def _alike(
        self, side: Side, rows: NDArray[np.int64], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return rows of the k most alike, without themselves, as ``rank`` returns items."""
        raise UnsupportedError(
            f"{type(self).__name__} does not compare {side}: ask a model of factors, such as ALS, "
            f"or {'ItemKNN' if side == 'items' else 'UserKNN'}."
        )

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
                f"score takes as many users as items, not {len(rows)} and {len(columns)}."
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
            ModelFileError: the file cannot be written, or the class takes arguments that JSON
                cannot hold.
        """
        arrays, kind = self._fitted_arrays(), type(self)
        own_class = None if _in_catalogue(kind) else f"{kind.__module__}.{kind.__qualname__}"
        settings = self.settings()
        try:
            json.dumps(settings)
        except (TypeError, ValueError) as error:
            raise ModelFileError(
                f"this {kind.__name__} cannot be saved: JSON cannot hold its arguments ({error})."
            ) from error
        write_model(path, StoredModel(self.name, own_class, settings, arrays, self.train))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a model that ``save`` wrote. Nothing in the file is run (there is no pickle).

        A class of your own, derived from one of these, reads its files by its own ``load``.

        Raises:
            ModelFileError: no such file, not a model, truncated, of a newer version, or a model of
                another class.
        """
        with MODEL_FILE.reading(path) as source:
            stored = read_model(source)
            model = cls._class_for(stored)(**stored.settings)
            model._restore(stored.arrays, stored.train)
        model._train, model._train_is_whole = stored.train, stored.train_is_whole
        return model

    @classmethod
    def _class_for(cls, stored: StoredModel) -> type[Self]:
        """Return the class that a file names: of the catalogue, or this one."""
        if stored.own_class is not None:
            if stored.own_class == f"{cls.__module__}.{cls.__qualname__}":
                return cls
            name = stored.own_class.rpartition(".")[2]
            raise ModelFileError(f"it holds a {stored.own_class}: read it with {name}.load(path).")
        if stored.name not in model_names():
            raise ModelFileError(f"it holds a {stored.name!r}, which this version does not know.")
        found = model_class(stored.name)
        if not issubclass(found, cls):
            raise ModelFileError(f"it holds a {found.__name__}, not a {cls.__name__}.")
        return found

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.settings().items())
        state = "not fitted" if self._train is None else f"fitted to {self._train!r}"
        return f"<{type(self).__name__}({given}), {state}>"

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
        """Rank as ``rank`` does, given what each row has seen as CSR, and k at most n_items."""

    @abstractmethod
    def _scores(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
        """The score of each pair of a row and a column."""

    @abstractmethod
    def _fitted_arrays(self) -> Arrays:
        """Everything that fitting found, by name, for the model file."""

    @abstractmethod
    def _restore(self, arrays: Arrays, train: Interactions) -> None:
        """Put back what ``_fitted_arrays`` gave; ModelFileError where it does not fit together."""


def load_model(path: str | PathLike[str]) -> Recommender:
    """Read a model of any class; errors are those of ``Recommender.load``."""
    return Recommender.load(path)


def _in_catalogue(kind: type[Recommender]) -> bool:
    return kind.name in model_names() and model_class(kind.name) is kind
