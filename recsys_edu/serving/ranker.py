"""Answers from an exported file by ONNX Runtime alone: no torch, no model classes."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_backends.whole_numbers import whole_number
from recsys_backends.wording import counted
from recsys_edu.errors import (
    DataError,
    InvalidParameterError,
    MissingDependencyError,
    UnknownUserError,
)
from recsys_edu.features import Features
from recsys_edu.ids import IdArray
from recsys_edu.models.feature_encoding import Encoded
from recsys_edu.paths import as_path
from recsys_edu.recommendations import Recommendations, list_length, padded, without_padding
from recsys_edu.serving.metadata import Metadata
from recsys_edu.serving.seal import KIND, check_seal

_CELLS: Final = 1 << 24
"""Scores computed at a time, at most (but those of one user at least): 64 MB."""


class Ranker:
    """A model that ``export_onnx`` wrote, ready to answer. Needs the extra ``serve``.

    It can be asked from several threads at a time, and it can be evaluated as a model can.

    Args:
        path: the file.
        n_threads: 0 for all cores.

    Attributes:
        model: the name of the model behind it, such as "bpr".
        encoder: reads features of users whom the model has never met; None where it cannot.

    Raises:
        ModelFileError: no such file, not exported by recsys_edu, truncated, damaged, or of a newer
            version.
        MissingDependencyError: ONNX Runtime is not installed.
    """

    def __init__(self, path: str | PathLike[str], *, n_threads: int = 0) -> None:
        n_threads = whole_number("n_threads", n_threads, 0, 1024, error=InvalidParameterError)
        source = as_path(path)
        self._session, metadata = _opened(source, n_threads)
        self.model, self._users, self._items, self.encoder = metadata

    @property
    def user_ids(self) -> IdArray:
        """The id of each row, shape (n_users,), read-only."""
        return self._users.ids

    @property
    def item_ids(self) -> IdArray:
        """The id of each column, shape (n_items,), read-only."""
        return self._items.ids

    def recommend(self, users: ArrayLike, k: int = 10) -> Recommendations:
        """The k best items for each user that the user has not seen, by the user's own ids.

        Args:
            users: ids, shape (n,); a single id is a list of one.
            k: at most how many items for each, at least 1.

        Raises:
            UnknownUserError: an id that was not in the training data.
            InvalidParameterError: k below 1.
        """
        k = min(list_length(k), len(self._items))
        return without_padding(*self.rank(self._rows(users), k), self.item_ids)

    def recommend_to(self, users: Features, k: int = 10) -> Recommendations:
        """The k best items for users whom the model has never met, by their features.

        Args:
            users: what is known about them; the ids make no difference.
            k: at most how many items for each, at least 1.

        Raises:
            DataError: other features than those that the model learned from, if from any.
            InvalidParameterError: k below 1, or users that are no Features.
        """
        k = min(list_length(k), len(self._items))
        return without_padding(*self._rank(*self._described(users), k), self.item_ids)

    def rank(
        self, rows: NDArray[np.int64], k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The k best items of users given by row, leaving out those seen in training.

        Args:
            rows: int64, shape (n,): rows of the training interactions.
            k: length of each list, at least 1; may exceed the number of items.

        Returns:
            Columns of items, int32 (n, k), best first, padded with −1; scores, float32 (n, k),
            padded with −inf.
        """
        return padded(*self._rank(rows, None, min(k, len(self._items))), k)

    def vectors(self, users: ArrayLike) -> NDArray[np.float32]:
        """The vector of each user, float32 (n, n_factors), to search an index of items with.

        Raises:
            UnknownUserError: an id that was not in the training data.
        """
        return self._run(("vectors",), self._rows(users), None, 1)[0]

    def user_vectors(self, users: Features) -> NDArray[np.float32]:
        """The same of users whom only their features describe; errors as of ``recommend_to``."""
        return self._run(("vectors",), *self._described(users), 1)[0]

    def _rows(self, users: ArrayLike) -> NDArray[np.int64]:
        ids = np.atleast_1d(np.asarray(users))
        return self._users.positions(ids, "user ids", UnknownUserError)

    def _described(self, users: Features) -> tuple[NDArray[np.int64], Encoded]:
        """The row that stands for new users, for each of them, and their features encoded."""
        if not isinstance(users, Features):
            raise InvalidParameterError(f"users must be Features, not {type(users).__name__}.")
        if self.encoder is None:
            raise DataError("this model learned from no features of users, only from their ids.")
        return np.full(len(users), len(self._users)), self.encoder.encode(users)

    def _rank(
        self, rows: NDArray[np.int64], encoded: Encoded | None, k: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Rank as ``rank`` does, with k at most the number of items."""
        items = np.empty((len(rows), k), dtype=np.int32)
        scores = np.empty((len(rows), k), dtype=np.float32)
        step = max(1, _CELLS // max(1, len(self._items)))
        for start in range(0, len(rows), step):
            batch = slice(start, start + step)
            some = None
            if encoded is not None:
                some = Encoded(encoded.columns[batch], encoded.weights[batch])
            items[batch], scores[batch] = self._run(("items", "scores"), rows[batch], some, k)
        return items, scores

    def _run(
        self,
        outputs: tuple[str, ...],
        rows: NDArray[np.int64],
        encoded: Encoded | None,
        k: int,
    ) -> list[NDArray[Any]]:
        from recsys_edu.serving.session import run

        inputs: dict[str, NDArray[Any]] = {"users": rows, "k": np.array([k])}
        if self.encoder is not None:
            if encoded is None:
                nothing = len(rows), 1
                encoded = Encoded(np.zeros(nothing, np.int64), np.zeros(nothing, np.float32))
            inputs |= {"feature_columns": encoded.columns, "feature_weights": encoded.weights}
        return run(self._session, outputs, inputs)

    def __repr__(self) -> str:
        users, items = counted(len(self._users), "user"), counted(len(self._items), "item")
        return f"<Ranker of {self.model}: {users} × {items}>"


def _opened(source: Path, n_threads: int) -> tuple[Any, Metadata]:
    """An ONNX Runtime session, and what the file says about itself."""
    try:
        from recsys_edu.serving.session import open_session
    except ImportError as error:
        raise MissingDependencyError.for_extra("onnxruntime", "serve") from error
    with KIND.reading(source):
        file = source.read_bytes()
        check_seal(file)
        session = open_session(file, n_threads)
        return session, Metadata.from_entries(session.get_modelmeta().custom_metadata_map)
