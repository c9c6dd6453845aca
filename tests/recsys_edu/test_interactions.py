"""Interactions: construction, ids, parts, and what contradictory input is told."""

from __future__ import annotations

import subprocess
import sys
from array import array as array_of_c
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from recsys_edu.errors import (
    DataError,
    InvalidParameterError,
    UnknownItemError,
    UnknownUserError,
)
from recsys_edu.interactions import Interactions


def pairs(interactions: Interactions) -> set[tuple[object, object]]:
    users = interactions.user_ids[interactions.rows()].tolist()
    items = interactions.item_ids[interactions.indices].tolist()
    return set(zip(users, items, strict=True))


def small() -> Interactions:
    """Row 1 has no items, column 2 has no users."""
    return Interactions(
        [0, 2, 2, 3],
        [0, 3, 1],
        ["ann", "bob", "cy"],
        [10, 20, 30, 40],
        values=[1, 2, 3],
        timestamps=[5, 6, 7],
    )


def test_arrays_have_the_promised_types_and_are_read_only() -> None:
    built = small()
    for array, dtype in (
        (built.indptr, np.int64),
        (built.indices, np.int32),
        (built.values, np.float32),
        (built.timestamps, np.int64),
    ):
        assert array is not None
        assert array.dtype == dtype
        assert array.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    for ids in (built.user_ids, built.item_ids, built.items_of(0)):
        assert not ids.flags.writeable


def test_arrays_given_are_not_shared() -> None:
    indices = np.array([0, 1], dtype=np.int32)
    users = np.array([7, 8])
    built = Interactions(np.array([0, 1, 2]), indices, users, [1, 2])
    indices[0] = users[0] = 1
    assert built.indices.tolist() == [0, 1]
    assert built.user_ids.tolist() == [7, 8]


@pytest.mark.parametrize("kind", [np.array, pd.Index, pd.Series, lambda n: array_of_c("q", n)])
def test_no_container_of_ids_is_shared(kind: Callable[[list[int]], Any]) -> None:
    given = kind([7, 8])
    built = Interactions([0, 1, 2], [0, 1], given, [1, 2])
    inside = np.asarray(given)
    assert not np.shares_memory(built.user_ids, inside)
    if not isinstance(given, pd.Index | pd.Series):
        assert inside.flags.writeable  # it stays as it was


def test_read_only_views_are_not_shared() -> None:
    """pandas hands them out, and writes to what is behind them."""
    times = np.array([5, 6])
    view = times[:]
    view.flags.writeable = False
    built = Interactions.from_events([1, 2], [1, 2], timestamps=view)
    frame = pd.DataFrame({"user": [1, 2], "item": [1, 2], "t": [5, 6]})
    of_frame = Interactions.from_frame(frame, timestamp="t")
    times[0] = frame.loc[0, "t"] = 99
    for made in (built, of_frame):
        assert made.timestamps is not None
        assert made.timestamps.tolist() == [5, 6]


def test_counts_and_views() -> None:
    built = small()
    assert (built.n_users, built.n_items, built.nnz, built.shape) == (3, 4, 3, (3, 4))
    assert built.density == 3 / 12
    assert built.popularity().tolist() == [1, 1, 0, 1]
    assert built.popularity().dtype == np.int64
    assert built.rows().tolist() == [0, 0, 2]
    assert built.items_of(0).tolist() == [0, 3]
    assert built.items_of(1).tolist() == []
    assert repr(built) == (
        "Interactions(3 users × 4 items, 3 interactions, density 25 %, with values and timestamps)"
    )
    with pytest.raises(InvalidParameterError, match=r"whole number in \[0, 2\], not 3"):
        built.items_of(3)


def test_empty_interactions_are_legal() -> None:
    for n_users, n_items in ((0, 0), (2, 0), (0, 3), (2, 3)):
        built = Interactions([0] * (n_users + 1), [], range(n_users), range(n_items))
        assert built.nnz == 0
        assert built.density == 0
        assert built.popularity().tolist() == [0] * n_items
        assert built.to_csr().shape == (n_users, n_items)
        assert built.keep(np.zeros(0, dtype=bool)).shape == built.shape
    assert Interactions.from_events([], []).shape == (0, 0)


@pytest.mark.parametrize(
    ("indptr", "indices", "message"),
    [
        ([0, 1], [0], "indptr must have 3 entries for 2 users"),
        ([0, 1, 1], [0, 1], "indptr must ascend from 0 to the number of indices, 2"),
        ([1, 1, 2], [0, 1], "indptr must ascend from 0"),
        ([0, 2, 1], [0], "indptr must ascend from 0"),
        ([0, 1, 2], [0, 3], "indices must be from 0 to 2; found 0 to 3"),
        ([0, 1, 2], [-1, 0], "found -1 to 0"),
        ([0, 0, 2], [1, 0], "row 1 does not"),
        ([0, 2, 2], [1, 1], "without repeats within each row; row 0 does not"),
        ([0.0, 1.0, 1.0], [0], "indptr must be a one-dimensional array of integers"),
        ([0, 1, 1], [0.5], "indices must be a one-dimensional array of integers"),
    ],
)
def test_contradictory_arrays_are_refused(
    indptr: list[int], indices: list[int], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        Interactions(indptr, indices, [1, 2], [1, 2, 3])


def test_values_and_timestamps_are_checked() -> None:
    with pytest.raises(DataError, match="values must be one real number for each of the 1"):
        Interactions([0, 1], [0], [1], [1], values=[1.0, 2.0])
    with pytest.raises(DataError, match="values must be finite in float32; number 1 is nan"):
        Interactions([0, 1], [0], [1], [1], values=[np.nan])
    with pytest.raises(DataError, match=r"values must be finite in float32; number 1 is 1e\+39"):
        Interactions([0, 1], [0], [1], [1], values=[1e39])
    with pytest.raises(DataError, match="timestamps must be a one-dimensional array of integers"):
        Interactions([0, 1], [0], [1], [1], timestamps=[1.5])
    with pytest.raises(DataError, match="timestamps must have one entry for each interaction"):
        Interactions([0, 1], [0], [1], [1], timestamps=[1, 2])
    with pytest.raises(DataError, match=r"timestamps must be below 2\*\*63"):
        Interactions([0, 1], [0], [1], [1], timestamps=np.array([2**63], dtype=np.uint64))


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([1.0, 2.0], "user_ids must be integers or strings; got float64"),
        ([True, False], "user_ids must be integers or strings; got bool"),
        ([1, "a"], "must be all integers or all strings; number 2 is 'a'"),
        (["a", None], "number 2 is None"),
        ([5, 5], "user_ids must be distinct; 5 repeats"),
        (["x", "x"], "user_ids must be distinct; 'x' repeats"),
        ([2**70, 1], "beyond 64 bits|integers or strings"),
        (np.array([2**64 - 1, 1], dtype=np.uint64), "beyond 2"),
        (["a", "a\0"], "NUL"),
    ],
)
def test_ids_are_distinct_integers_or_strings(ids: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Interactions([0, 0, 0], [], ids, [])  # type: ignore[arg-type]


def test_ids_are_one_dimensional() -> None:
    with pytest.raises(InvalidParameterError, match="one-dimensional"):
        small().user_rows("ann")
    with pytest.raises(InvalidParameterError, match="one-dimensional"):
        small().item_columns([[10]])


def test_ids_lead_to_rows_and_back() -> None:
    built = Interactions([0, 0, 0, 0], [], ["b", "c", "a"], [30, 10, 20])
    assert built.user_rows(["a", "b", "a"]).tolist() == [2, 0, 2]
    assert built.user_rows(["a"]).dtype == np.int64
    assert built.item_columns(np.array([10, 30], dtype=np.uint8)).tolist() == [1, 0]
    assert built.user_rows([]).tolist() == []


def test_unknown_ids_are_named() -> None:
    with pytest.raises(UnknownUserError, match=r"^unknown user ids: 'eve'\.$"):
        small().user_rows(["ann", "eve"])
    with pytest.raises(UnknownItemError, match=r"^unknown item ids: 1, 2, 3, … \(4 in all\)\.$"):
        small().item_columns([1, 2, 3, 10, 4])
    with pytest.raises(UnknownUserError, match="are strings, and these are integers"):
        small().user_rows([1])
    with pytest.raises(UnknownUserError, match="unknown user ids: 'anna'"):
        small().user_rows(["anna"])  # longer than any id there is
    with pytest.raises(UnknownUserError, match="unknown user ids: 1"):
        Interactions.from_events([], []).user_rows([1])


@given(
    st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 4), st.integers(0, 3)), max_size=40),
    st.booleans(),
)
def test_from_events_keeps_the_latest_of_each_pair(
    events: list[tuple[int, int, int]], with_times: bool
) -> None:
    latest: dict[tuple[int, int], tuple[int, int]] = {}
    for number, (user, item, time) in enumerate(events):
        time = time if with_times else 0
        if (user, item) not in latest or time >= latest[user, item][0]:
            latest[user, item] = (time, number)
    users, items, times = ([event[i] for event in events] for i in range(3))
    built = Interactions.from_events(
        users, items, values=range(1, len(events) + 1), timestamps=times if with_times else None
    )
    assert built.user_ids.tolist() == sorted(set(users))
    assert built.item_ids.tolist() == sorted(set(items))
    assert pairs(built) == set(latest)
    assert built.values is not None
    kept = dict(zip(sorted(latest), (built.values - 1).tolist(), strict=True))
    assert kept == {pair: number for pair, (_, number) in latest.items()}
    if with_times:
        assert built.timestamps is not None
        assert built.timestamps.tolist() == [latest[pair][0] for pair in sorted(latest)]


def test_from_events_with_vocabularies() -> None:
    built = Interactions.from_events(["b"], [1], user_ids=["c", "b", "a"], item_ids=[0, 1])
    assert built.shape == (3, 2)
    assert built.items_of(1).tolist() == [1]
    with pytest.raises(UnknownUserError, match="unknown users: 'z'"):
        Interactions.from_events(["z"], [1], user_ids=["a"])
    with pytest.raises(UnknownItemError, match="unknown items: 7"):
        Interactions.from_events(["z"], [7], item_ids=[1])


def test_from_events_of_unequal_length() -> None:
    with pytest.raises(DataError, match="equally long; got 2 and 1"):
        Interactions.from_events([1, 2], [1])
    with pytest.raises(DataError, match="values must be one real number for each of the 1"):
        Interactions.from_events([1], [1], values=[])
    with pytest.raises(DataError, match="timestamps must have one entry"):
        Interactions.from_events([1], [1], timestamps=[1, 2])


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(-2, 2)),
        max_size=30,
        unique_by=lambda event: event[:2],
    ),
    st.sampled_from([sp.csr_array, sp.csc_matrix, sp.coo_array, sp.lil_matrix, sp.dok_array]),
)
def test_from_csr_and_back(entries: list[tuple[int, int, int]], kind: type) -> None:
    dense = np.zeros((4, 5))
    for user, item, value in entries:
        dense[user, item] = value
    built = Interactions.from_csr(kind(dense), min_value=-2)
    assert built.shape == (4, 5)
    assert built.nnz == np.count_nonzero(dense)
    back = built.to_csr()
    assert back.dtype == np.float32
    assert np.array_equal(back.toarray(), dense)


def test_from_csr_drops_stored_zeros_adds_repeats_and_leaves_the_matrix_alone() -> None:
    matrix = sp.csr_array(
        (np.array([1.0, 0.0, 2.0, 3.0]), np.array([2, 1, 0, 0]), np.array([0, 2, 4])), shape=(2, 3)
    )
    built = Interactions.from_csr(matrix, user_ids=["a", "b"], item_ids=["x", "y", "z"])
    assert pairs(built) == {("a", "z"), ("b", "x")}
    assert built.values is not None
    assert built.values.tolist() == [1, 5]
    assert matrix.nnz == 4
    assert matrix.indices.tolist() == [2, 1, 0, 0]
    back = built.to_csr()
    back.data[:] = 0
    assert built.values.tolist() == [1, 5]


def test_from_csr_of_booleans_has_no_values() -> None:
    built = Interactions.from_csr(sp.csr_array(np.eye(2, dtype=bool)))
    assert built.values is None
    assert built.to_csr().data.tolist() == [1, 1]


def test_from_csr_refuses_what_is_no_matrix() -> None:
    for wrong in (np.eye(2), sp.csr_array(np.eye(2, dtype=complex)), None):
        with pytest.raises(InvalidParameterError, match="2-D SciPy sparse matrix"):
            Interactions.from_csr(wrong)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="indptr must have 4 entries for 3 users"):
        Interactions.from_csr(sp.csr_array(np.eye(2)), user_ids=[1, 2, 3])
    with pytest.raises(DataError, match="finite"):
        Interactions.from_csr(sp.csr_array(np.array([[np.inf]])))


@given(st.lists(st.booleans(), min_size=3, max_size=3))
def test_keep_selects_and_keeps_vocabularies(mask: list[bool]) -> None:
    built = small()
    kept = built.keep(np.array(mask))
    assert kept.shape == built.shape
    assert kept.user_ids is built.user_ids
    chosen = np.flatnonzero(mask)
    assert kept.rows().tolist() == built.rows()[chosen].tolist()
    assert kept.indices.tolist() == built.indices[chosen].tolist()
    assert kept.values is not None
    assert kept.values.tolist() == [[1, 2, 3][i] for i in chosen]
    assert kept.timestamps is not None
    assert kept.timestamps.tolist() == [[5, 6, 7][i] for i in chosen]


def test_keep_wants_a_mask() -> None:
    for wrong in ([0, 1, 2], [True], np.ones((3, 1), dtype=bool)):
        with pytest.raises(InvalidParameterError, match=r"mask must be bool of shape \(3,\)"):
            small().keep(wrong)


def test_union_puts_parts_together() -> None:
    whole = small()
    mask = np.array([True, False, True])
    again = whole.keep(mask).union(whole.keep(~mask))
    for name in ("indptr", "indices", "values", "timestamps"):
        assert np.array_equal(getattr(again, name), getattr(whole, name))
    with pytest.raises(DataError, match="same ids"):
        whole.union(Interactions.from_events(["ann"], [10]))
    bare = Interactions(whole.indptr, whole.indices, whole.user_ids, whole.item_ids)
    with pytest.raises(DataError, match="only one of the two has values"):
        whole.union(bare)


def test_import_needs_numpy_only() -> None:
    code = (
        "import sys, recsys_edu.interactions, recsys_edu.datasets; "
        "late = {'scipy', 'narwhals', 'pandas', 'torch', 'matplotlib', 'urllib.request'}; "
        "print(sorted(late & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
