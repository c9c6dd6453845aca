"""Compressed sparse rows: checks and parts of the arrays behind ``Interactions``."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.read_only import frozen

MAX_INDEX: Final = int(np.iinfo(np.int32).max)
"""Largest number of items: column numbers are int32."""


def integers(values: ArrayLike, what: str, length: int | None = None) -> NDArray[Any]:
    """Return ``values`` as a 1-D integer array of the given length."""
    given = np.asarray(values)
    if given.size == 0 and given.ndim == 1:
        given = given.astype(np.int64)
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise DataError(
            f"{what} must be a one-dimensional array of integers; "
            f"got {given.dtype} in {given.ndim} dimensions."
        )
    if given.dtype.kind == "u" and given.max() > np.iinfo(np.int64).max:
        raise DataError(f"{what} must be below 2**63; found {given.max()}.")
    if length is not None and len(given) != length:
        raise DataError(f"{what} must have one entry for each interaction; got {len(given)}.")
    return given


def strengths(values: ArrayLike, length: int) -> NDArray[np.float32]:
    """Return ``values`` as a read-only finite float32 array of the given length."""
    given = np.asarray(values)
    if given.shape != (length,) or given.dtype.kind not in "biuf":
        raise DataError(
            f"values must be one real number for each of the {length} interactions; "
            f"got {given.dtype} of shape {given.shape}."
        )
    with np.errstate(over="ignore"):
        single = frozen(given, np.float32)
    wrong = np.flatnonzero(~np.isfinite(single))
    if wrong.size:
        raise DataError(
            f"values must be finite in float32; number {wrong[0] + 1} is {given[wrong[0]]}."
        )
    return single


def check_structure(
    indptr: NDArray[np.int64], indices: NDArray[Any], n_users: int, n_items: int
) -> None:
    """Raise DataError unless the arrays are a sorted CSR structure of this shape, no repeats."""
    if n_items > MAX_INDEX:
        raise DataError(f"at most {MAX_INDEX:,} items are possible; got {n_items:,}.")
    if len(indptr) != n_users + 1:
        raise DataError(f"indptr must have {n_users + 1} entries for {n_users} users.")
    if indptr[0] != 0 or indptr[-1] != len(indices) or np.any(np.diff(indptr) < 0):
        raise DataError(f"indptr must ascend from 0 to the number of indices, {len(indices)}.")
    if not len(indices):
        return
    if indices.min() < 0 or indices.max() >= n_items:
        raise DataError(
            f"indices must be from 0 to {n_items - 1}; found {indices.min()} to {indices.max()}."
        )
    ascends = np.ones(len(indices), dtype=np.bool_)
    ascends[1:] = indices[1:] > indices[:-1]
    ascends[indptr[:-1][indptr[:-1] < len(indices)]] = True  # a new row may start anywhere
    if not ascends.all():
        place = int(np.argmin(ascends))
        row = int(np.searchsorted(indptr, place, side="right")) - 1
        raise DataError(f"indices must ascend without repeats within each row; row {row} does not.")


def take_rows(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the structure of some rows, in the order given, as ``indptr`` and ``indices``.

    Rows that follow one another are a view of ``indices``; any others are copied.
    """
    if not rows.size:
        return np.zeros(1, dtype=np.int64), indices[:0]
    starts = indptr[rows]
    counts = indptr[rows + 1] - starts
    taken = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum(counts, out=taken[1:])
    if np.all(rows[1:] == rows[:-1] + 1):
        return taken, indices[starts[0] : starts[0] + taken[-1]]
    shift = np.repeat(starts - taken[:-1], counts)
    return taken, indices[np.arange(taken[-1]) + shift]


def joined(
    first: NDArray[Any] | None, second: NDArray[Any] | None, what: str
) -> NDArray[Any] | None:
    """Return both arrays, one after the other; None for two that are None."""
    if (first is None) != (second is None):
        raise DataError(f"only one of the two has {what}; give both or neither.")
    return None if first is None or second is None else np.concatenate((first, second))


def canonical(matrix: object) -> Any:
    """Return a SciPy sparse matrix as a CSR array of its own: sorted, repeats added up.

    Raises:
        InvalidParameterError: it is no two-dimensional sparse matrix of real numbers.
    """
    from scipy.sparse import csr_array, issparse

    given: Any = matrix
    if not issparse(matrix) or given.ndim != 2 or given.dtype.kind not in "biuf":
        raise InvalidParameterError(
            f"matrix must be a 2-D SciPy sparse matrix of real numbers; got {given!r:.80}."
        )
    csr: Any = csr_array(given, copy=True)
    csr.sum_duplicates()
    return csr
