"""Approximate retrieval: a graph of neighbouring items (HNSW, by usearch), searched greedily.

Each item is linked to some that are near; a search walks from item to item towards the user's
vector, keeping the ``expansion_search`` best candidates. A larger one finds more of the best and
takes longer. What is found is scored again, exactly.

Source: Malkov and Yashunin, Efficient and Robust Approximate Nearest Neighbor Search Using
Hierarchical Navigable Small World Graphs, IEEE TPAMI 42(4), 2020.
"""

from __future__ import annotations

from os import PathLike
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_backends.protocol import TopK
from recsys_edu.errors import MissingDependencyError, ModelFileError
from recsys_edu.models.parameters import whole_number
from recsys_edu.serving.cosine import equally_long, with_bias_and_zero
from recsys_edu.serving.index_file import KIND, Stored, read_index, write_index
from recsys_edu.serving.retrieval import ItemIndex, Seen


class ApproximateIndex(ItemIndex):
    """Items in an HNSW graph by cosine, to which inner products are reduced. Needs ``serve``.

    Args:
        item_factors, item_biases, n_threads: as for ``ItemIndex``. With one thread, the same items
            give the same graph.
        connectivity: links of each item, 2 to 1024.
        expansion_add: candidates for links that are kept while an item is added, 1 to 65,536.
        expansion_search: candidates that are kept while searching, 1 to 65,536; it can be changed
            between searches.

    Raises:
        InvalidParameterError: an argument out of range.
        MissingDependencyError: usearch is not installed.
    """

    def __init__(
        self,
        item_factors: ArrayLike,
        item_biases: ArrayLike | None = None,
        *,
        n_threads: int = 0,
        connectivity: int = 32,
        expansion_add: int = 128,
        expansion_search: int = 128,
    ) -> None:
        super().__init__(item_factors, item_biases, n_threads=n_threads)
        self._vectors = equally_long(self._factors, self._biases)
        self._graph = _empty_graph(
            self._vectors.shape[1],
            connectivity=whole_number("connectivity", connectivity, 2, 1024),
            expansion_add=whole_number("expansion_add", expansion_add, 1, 2**16),
        )
        self.expansion_search = expansion_search
        keys = np.arange(len(self._vectors), dtype=np.uint64)
        # Not copied: the vectors are kept here anyway, to score by.
        self._graph.add(keys, self._vectors, copy=False, threads=self.n_threads)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the index to a file, whole or not at all; ``load`` reads it again.

        Raises:
            ModelFileError: the file cannot be written.
        """
        graph = np.frombuffer(self._graph.save(), dtype=np.uint8)
        n, width = self._vectors.shape
        has_biases = self._biases is not None
        write_index(path, Stored((n, width), has_biases, self.expansion_search, graph))

    @classmethod
    def load(cls, path: str | PathLike[str], *, n_threads: int = 0) -> Self:
        """Read an index that ``save`` wrote: much sooner than building it.

        Raises:
            ModelFileError: no such file, not an index, truncated, damaged, or of a newer version.
            InvalidParameterError, MissingDependencyError: as for the class.
        """
        made = cls.__new__(cls)
        made.n_threads = whole_number("n_threads", n_threads, 0, 1024)
        _import_usearch()
        with KIND.reading(path) as source:
            made._restore(read_index(source))
        return made

    def _restore(self, stored: Stored) -> None:
        n, width = stored.shape
        self._graph = _empty_graph(width)
        self._graph.load(stored.graph.tobytes())
        if (len(self._graph), self._graph.ndim) != stored.shape:
            raise ModelFileError("its graph does not fit its header.")
        self._vectors = np.stack(self._graph.get(np.arange(n, dtype=np.uint64)))
        n_factors = width - 1 - stored.has_biases
        self._factors = self._vectors[:, :n_factors]
        self._biases = self._vectors[:, n_factors] if stored.has_biases else None
        self.expansion_search = stored.expansion_search

    @property
    def expansion_search(self) -> int:
        """Candidates that are kept while searching."""
        found: int = self._graph.expansion_search
        return found

    @expansion_search.setter
    def expansion_search(self, value: int) -> None:
        self._graph.expansion_search = whole_number("expansion_search", value, 1, 2**16)

    def _search(self, users: NDArray[np.float32], k: int, seen: Seen) -> TopK:
        queries = with_bias_and_zero(users, self._vectors.shape[1])
        most_seen = int(np.diff(seen.indptr).max(initial=0))
        items = self._candidates(queries, min(k + most_seen, len(self)))
        lacking = (items < 0) | _is_seen(items, seen, len(self))
        scores = np.einsum("nd,nkd->nk", queries, self._vectors[items])
        scores[lacking] = -np.inf
        items[lacking] = -1
        order = np.lexsort((items, -scores), axis=1)[:, :k]
        return TopK(
            np.take_along_axis(items, order, 1).astype(np.int32),
            np.take_along_axis(scores, order, 1),
        )

    def _candidates(self, queries: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """Search the graph: int64, shape (n, count), in any order, padded with −1."""
        items = np.full((len(queries), count), -1, dtype=np.int64)
        if not len(queries):
            return items
        found = self._graph.search(queries, count, threads=self.n_threads)
        keys = np.reshape(found.keys, (len(queries), -1)).astype(np.int64)
        counts = np.reshape(getattr(found, "counts", keys.shape[1]), (-1, 1))
        there = np.arange(keys.shape[1]) < counts
        items[:, : keys.shape[1]][there] = keys[there]
        return items


def _is_seen(items: NDArray[np.int64], seen: Seen, n_items: int) -> NDArray[np.bool_]:
    """Return True where an item, (n, m), is among those that its row has seen."""
    owners = np.repeat(np.arange(len(items)), np.diff(seen.indptr))
    pairs = owners * n_items + seen.indices  # ascending, as CSR is
    found = np.zeros(items.shape, dtype=np.bool_)
    if len(pairs):
        wanted = np.arange(len(items))[:, None] * n_items + items
        places = np.searchsorted(pairs, wanted).clip(max=len(pairs) - 1)
        np.equal(pairs[places], wanted, out=found)
    return found


def _empty_graph(width: int, **settings: int) -> Any:
    return _import_usearch().Index(ndim=width, metric="cos", dtype="f32", **settings)


def _import_usearch() -> Any:
    try:
        import usearch.index
    except ImportError as error:
        raise MissingDependencyError.for_extra("usearch", "serve") from error
    return usearch.index
