"""Merging: events in any order, to one interaction of each user and item, in CSR order."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

_MOST: Final = int(np.iinfo(np.int64).max)


class Merged(NamedTuple):
    """The arrays of a CSR matrix; ``values`` and ``timestamps`` may be missing."""

    indptr: NDArray[np.int64]
    indices: NDArray[Any]
    values: NDArray[np.float32] | None
    timestamps: NDArray[Any] | None


def merge(
    rows: NDArray[Any],
    columns: NDArray[Any],
    values: NDArray[np.float32] | None,
    times: NDArray[Any] | None,
    shape: tuple[int, int],
    *,
    least: float | None = None,
) -> Merged:
    """Keep the latest event of each (row, column), if its value counts.

    Args:
        rows, columns: integers, shape (n,).
        values: float32, shape (n,), optional.
        times: integers, shape (n,), optional.
        shape: (n_users, n_items).
        least: smallest value that counts; None where every event counts.
    """
    chosen = latest_of_each_pair(rows, columns, times, shape[1])
    if chosen is not None:
        rows, columns = rows[chosen], columns[chosen]
        values = None if values is None else values[chosen]
        times = None if times is None else times[chosen]
    if least is not None and values is not None:
        counts = values >= np.float32(least)
        if not counts.all():
            rows, columns, values = rows[counts], columns[counts], values[counts]
            times = None if times is None else times[counts]
    return Merged(row_starts(rows, shape[0]), columns, values, times)


def row_starts(rows: NDArray[Any], n_users: int) -> NDArray[np.int64]:
    """Return ``indptr`` of ascending row numbers."""
    return np.searchsorted(rows, np.arange(n_users + 1, dtype=rows.dtype))


def latest_of_each_pair(
    rows: NDArray[Any], columns: NDArray[Any], times: NDArray[Any] | None, n_items: int
) -> NDArray[np.int64] | None:
    """Return the position of the event to keep of each (row, column), in CSR order.

    None stands for all of them, as they are: each pair once, in CSR order already.
    """
    keys = rows.astype(np.int64) * n_items + columns
    if np.all(keys[1:] > keys[:-1]):
        return None
    if np.all(keys[1:] >= keys[:-1]):
        order = np.arange(len(keys))
    else:
        keys, order = _sorted_with_positions(keys)
    last = np.ones(len(keys), dtype=np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=last[:-1])
    if times is None or last.all():
        return order[last]
    return _latest_by_time(order, last, times)


def _sorted_with_positions(keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the keys ascending and where each came from; equal ones stay in their order.

    Key and position are sorted as one number where both fit: several times as fast as ``argsort``.
    """
    bits = len(keys).bit_length()
    if len(keys) and int(keys.max()) > _MOST >> bits:
        order = np.argsort(keys, kind="stable")
        return keys[order], order
    packed = keys
    packed <<= bits
    packed |= np.arange(len(packed))
    packed.sort()
    order = packed & ((1 << bits) - 1)
    packed >>= bits
    return packed, order


def _latest_by_time(
    order: NDArray[np.int64], last: NDArray[np.bool_], times: NDArray[Any]
) -> NDArray[np.int64]:
    """Return positions of the latest event of each run of equal keys; of equal times the last.

    Args:
        order: positions of events, sorted by key, equal keys as given.
        last: the last place of each run of equal keys.
        times: integers, by position.
    """
    chosen = order[last]
    first = np.ones(len(last), dtype=np.bool_)
    first[1:] = last[:-1]
    alone = first & last
    repeated = np.flatnonzero(~alone)
    group = np.cumsum(first[repeated])
    by_time = np.lexsort((times[order[repeated]], group))
    group = group[by_time]
    ends = np.ones(len(group), dtype=np.bool_)
    np.not_equal(group[1:], group[:-1], out=ends[:-1])
    chosen[~alone[last]] = order[repeated[by_time[ends]]]
    return chosen
