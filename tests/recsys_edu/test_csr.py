"""Rows of a CSR structure, taken in any order."""

from __future__ import annotations

import numpy as np
import pytest

from recsys_edu.csr import take_rows

INDPTR = np.array([0, 2, 2, 3, 6], dtype=np.int64)
INDICES = np.array([1, 4, 0, 2, 3, 5], dtype=np.int32)
ROWS = [[1, 4], [], [0], [2, 3, 5]]


@pytest.mark.parametrize(
    "asked",
    [[0, 1, 2, 3], [1], [1, 2], [2, 3], [3, 1, 0], [0, 2], [0, 2, 1, 3], [1, 1, 3], [3, 3], []],
)
def test_rows_in_any_order(asked: list[int]) -> None:
    indptr, indices = take_rows(INDPTR, INDICES, np.array(asked, dtype=np.int64))
    assert (indptr.dtype, indices.dtype) == (np.int64, np.int32)
    assert [part.tolist() for part in np.split(indices, indptr[1:-1])][: len(asked)] == [
        ROWS[row] for row in asked
    ]
    assert indptr[0] == 0
    assert len(indptr) == len(asked) + 1
    assert indptr[-1] == len(indices)


def test_rows_that_follow_one_another_are_not_copied() -> None:
    assert np.shares_memory(take_rows(INDPTR, INDICES, np.arange(2, 4))[1], INDICES)
    assert not np.shares_memory(take_rows(INDPTR, INDICES, np.array([3, 2]))[1], INDICES)


def test_there_is_no_such_row() -> None:
    with pytest.raises(IndexError):
        take_rows(INDPTR, INDICES, np.array([4]))
