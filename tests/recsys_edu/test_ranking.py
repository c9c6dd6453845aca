"""Lists: the hits in them, and what of the test part was known before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_edu import ranking
from recsys_edu.ranking import also_in, contains, have_common
from tests.recsys_edu.rankers import matrix

PAIRS = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 6)), max_size=30)


@given(PAIRS, st.sets(st.integers(0, 4)), st.data())
def test_contains(pairs: set[tuple[int, int]], users: set[int], data: st.DataObject) -> None:
    rows = np.array(sorted(users), dtype=np.int64)
    cells = st.lists(st.integers(-1, 6), min_size=3, max_size=3)
    items = [data.draw(cells) for _ in rows]
    found = contains(matrix(pairs, 5, 7), rows, np.array(items, np.int32).reshape(len(rows), 3))
    assert found.tolist() == [
        [(user, item) in pairs for item in listed]
        for user, listed in zip(rows.tolist(), items, strict=True)
    ]


def test_contains_whatever_is_looked_at_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    pairs = {(int(cell) // 50, int(cell) % 50) for cell in rng.integers(0, 1500, 400)}
    rows = rng.permutation(30)[:20]  # in any order
    items = rng.integers(-1, 50, (20, 7)).astype(np.int32)
    expected = [[(user, item) in pairs for item in items[at]] for at, user in enumerate(rows)]
    for cells in (1, 120, 1 << 20):  # one user at a time, two, all
        monkeypatch.setattr(ranking, "_CELLS", cells)
        found = contains(matrix(pairs, 30, 50), rows, items)
        np.testing.assert_array_equal(found, expected)
    assert found.any()
    assert not found.all()


@given(PAIRS, PAIRS)
def test_also_in(train: set[tuple[int, int]], test: set[tuple[int, int]]) -> None:
    found = also_in(matrix(train, 5, 7), matrix(test, 5, 7))
    assert found.tolist() == [pair in train for pair in sorted(test)]
    assert have_common(matrix(train, 5, 7), matrix(test, 5, 7)) == bool(train & test)
