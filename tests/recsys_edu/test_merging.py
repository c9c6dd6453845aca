"""Merging events: the latest of each pair, in CSR order, by whichever way is fastest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsys_edu import merging
from recsys_edu.merging import latest_of_each_pair, merge

ORDERS = ("as given", "sorted", "sorted, each once")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(-2, 3)), max_size=40),
    st.sampled_from(ORDERS),
    st.booleans(),
    st.booleans(),
    st.sampled_from([np.int32, np.int64]),
)
def test_the_latest_of_each_pair(
    monkeypatch: pytest.MonkeyPatch,
    events: list[tuple[int, int, int]],
    order: str,
    with_times: bool,
    large: bool,
    kind: type[np.int32] | type[np.int64],
) -> None:
    if order != "as given":
        events = sorted(events, key=lambda event: event[:2])
    if order == "sorted, each once":
        events = list({event[:2]: event for event in events}.values())
    latest: dict[tuple[int, int], tuple[int, int]] = {}
    for place, (row, column, time) in enumerate(events):
        time = time if with_times else 0
        if (row, column) not in latest or time >= latest[row, column][0]:
            latest[row, column] = time, place
    rows, columns, times = (np.array([event[i] for event in events], dtype=kind) for i in range(3))
    with monkeypatch.context() as patch:
        if large:  # keys and positions do not fit into one number
            patch.setattr(merging, "_MOST", 1)
        found = latest_of_each_pair(rows, columns, times if with_times else None, 6)
    expected = [latest[pair][1] for pair in sorted(latest)]
    assert (list(range(len(events))) if found is None else found.tolist()) == expected
    assert (found is None) == ([event[:2] for event in events] == sorted(latest))


def test_rows_and_columns_beyond_32_bits_together() -> None:
    n = 2**31 - 1
    rows = np.array([n - 1, 3, n - 1], dtype=np.int32)
    columns = np.array([n - 1, 0, n - 1], dtype=np.int32)
    assert latest_of_each_pair(rows, columns, None, n) is not None
    found = latest_of_each_pair(rows, columns, np.array([5, 1, 4]), n)
    assert found is not None
    assert found.tolist() == [1, 0]


def test_row_starts_of_empty_rows() -> None:
    merged = merge(np.array([1, 3, 3]), np.array([0, 0, 1]), None, None, (6, 2))
    assert merged.indptr.tolist() == [0, 0, 1, 1, 3, 3, 3]
    assert merged.indptr.dtype == np.int64
