"""Splits: nothing lost, nothing doubled, the right part to the right side."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recsys_edu.errors import DataError, InvalidParameterError
from recsys_edu.interactions import Interactions
from recsys_edu.splits import Split, leave_last_out, per_user_split, random_split, time_split

Keyed = dict[tuple[int, int], tuple[float, int]]


def contents(part: Interactions | None) -> Keyed:
    """(row, column) to (value, timestamp)."""
    if part is None:
        return {}
    assert part.values is not None
    assert part.timestamps is not None
    pairs = zip(part.rows().tolist(), part.indices.tolist(), strict=True)
    return dict(
        zip(pairs, zip(part.values.tolist(), part.timestamps.tolist(), strict=True), strict=True)
    )


def dense(n_users: int = 6, n_items: int = 10) -> Interactions:
    """Every user has every item; times ascend with the item, values tell the pairs apart."""
    n = n_users * n_items
    return Interactions(
        np.arange(n_users + 1) * n_items,
        np.tile(np.arange(n_items), n_users),
        np.arange(n_users) + 100,
        np.arange(n_items) + 200,
        values=np.arange(n),
        timestamps=np.tile(np.arange(n_items), n_users),
    )


SPLITTERS: dict[str, Callable[[Interactions], Split]] = {
    "random": random_split,
    "random with valid": partial(random_split, valid_fraction=0.2),
    "per user": per_user_split,
    "per user with valid": partial(per_user_split, valid_fraction=0.3),
    "last": leave_last_out,
    "last with valid": partial(leave_last_out, n_test=2, n_valid=1),
    "time": time_split,
    "time with valid": partial(time_split, valid_fraction=0.3),
}


@pytest.mark.parametrize("splitter", SPLITTERS.values(), ids=SPLITTERS)
@given(
    events=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 7), st.integers(0, 9)),
        min_size=20,  # so that some user has four
        max_size=48,
        unique_by=lambda event: event[:2],
    )
)
def test_parts_are_a_partition(
    splitter: Callable[[Interactions], Split], events: list[tuple[int, int, int]]
) -> None:
    users, items, times = ([event[i] for event in events] for i in range(3))
    whole = Interactions.from_events(
        users, items, values=range(len(events)), timestamps=times, user_ids=range(6)
    )
    try:
        split = splitter(whole)
    except DataError as error:
        assert "would leave the" in str(error)  # noqa: PT017
        assume(False)
    parts = [contents(part) for part in split]
    assert sum(map(len, parts)) == whole.nnz
    assert parts[0] | parts[1] | parts[2] == contents(whole)
    for part in split:
        if part is not None:
            assert part.nnz > 0
            assert part.user_ids is whole.user_ids
            assert part.item_ids is whole.item_ids
    assert contents(split.fold_valid().train) == parts[0] | parts[2]
    assert split.fold_valid().valid is None


def test_random_split_takes_the_share_it_is_asked_for() -> None:
    split = random_split(dense(), test_fraction=0.25, valid_fraction=0.1)
    assert split.valid is not None
    assert (split.train.nnz, split.valid.nnz, split.test.nnz) == (39, 6, 15)
    assert random_split(dense()).valid is None


def test_random_split_follows_the_seed() -> None:
    first, again, other = (contents(random_split(dense(), seed=s).test) for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_random_split_is_the_same_everywhere() -> None:
    split = random_split(dense(50, 40), seed=7)
    digest = hashlib.sha256(split.test.indptr.tobytes() + split.test.indices.tobytes())
    assert digest.hexdigest() == "295d2371c9e8dd5a98c5c1d88375bd10f16498c34e8707c263430c0dc01af3f3"


def test_random_split_is_unbiased() -> None:
    counts = sum(
        np.bincount(split.test.rows() * 10 + split.test.indices, minlength=60)
        for split in (random_split(dense(), test_fraction=0.5, seed=s) for s in range(400))
    )
    # Each pair is tested in Binomial(400, 1/2) of the splits: 200 ± 10.
    assert np.abs(counts - 200).max() < 50


def test_per_user_split_takes_the_share_of_each_user() -> None:
    whole = Interactions([0, 0, 1, 3, 13], [0, 0, 1, *range(10)], range(4), range(10))
    split = per_user_split(whole, test_fraction=0.3, valid_fraction=0.3)
    assert split.valid is not None
    assert np.diff(split.test.indptr).tolist() == [0, 0, 1, 3]
    assert np.diff(split.valid.indptr).tolist() == [0, 0, 0, 3]
    assert np.diff(split.train.indptr).tolist() == [0, 1, 1, 4]
    most = per_user_split(whole, test_fraction=0.99)
    assert np.diff(most.train.indptr).tolist() == [0, 1, 1, 1]


def test_per_user_split_follows_the_seed() -> None:
    first, again, other = (contents(per_user_split(dense(), seed=s).test) for s in (1, 1, 2))
    assert first == again
    assert first != other
    rows = np.array([first_row for first_row, _ in first])
    columns = [sorted(c for r, c in first if r == row) for row in np.unique(rows)]
    assert len(set(map(tuple, columns))) > 1  # users do not share one draw


def test_leave_last_out_takes_each_users_latest() -> None:
    whole = Interactions(
        [0, 3, 4, 6],
        [0, 1, 2, 0, 1, 2],
        range(3),
        range(3),
        timestamps=[30, 10, 20, 5, 1, 2],
    )
    split = leave_last_out(whole)
    assert split.test.rows().tolist() == [0, 2]  # user 1 has nothing to spare
    assert split.test.indices.tolist() == [0, 2]
    three = leave_last_out(whole, n_valid=1)
    assert three.valid is not None
    assert (three.test.rows().tolist(), three.test.indices.tolist()) == ([0], [0])
    assert (three.valid.rows().tolist(), three.valid.indices.tolist()) == ([0], [2])


def test_leave_last_out_breaks_ties_by_the_seed() -> None:
    whole = Interactions([0, 10], range(10), [0], range(10), timestamps=[1] * 10)
    chosen = [leave_last_out(whole, seed=s).test.indices.tolist() for s in (0, 0, 1, 2, 3)]
    assert chosen[0] == chosen[1]
    assert len(set(map(tuple, chosen))) > 1


def test_time_split_never_trains_on_the_future() -> None:
    split = time_split(dense(), test_fraction=0.25, valid_fraction=0.15)
    assert split.valid is not None
    times = [part.timestamps for part in (split.train, split.valid, split.test)]
    # A quarter of 60 is 15, which the ties at times 7 to 9 round up to 18; 40 % is 24.
    assert [sorted(set(t.tolist())) for t in times if t is not None] == [
        [0, 1, 2, 3, 4, 5], [6], [7, 8, 9],
    ]  # fmt: skip


@pytest.mark.parametrize("splitter", [leave_last_out, time_split])
def test_splits_by_time_need_timestamps(splitter: Callable[[Interactions], Split]) -> None:
    with pytest.raises(DataError, match=r"no timestamps.*use random_split or per_user_split"):
        splitter(Interactions([0, 2], [0, 1], [1], [1, 2]))


def test_a_part_that_would_be_empty() -> None:
    one = Interactions([0, 1], [0], [1], [1], timestamps=[1])
    tie = Interactions([0, 2], [0, 1], [1], [1, 2], timestamps=[1, 1])
    none = Interactions([0, 0], [], [1], [1], timestamps=[])
    for splitter in SPLITTERS.values():
        for whole in (one, none):
            with pytest.raises(DataError, match=r"would leave the (train|test|valid) part empty"):
                splitter(whole)
    with pytest.raises(DataError, match="leave the train part empty, out of 2 interactions"):
        time_split(tie, test_fraction=0.5)
    with pytest.raises(DataError, match="leave the valid part empty"):
        random_split(tie, test_fraction=0.5, valid_fraction=0.1)


def test_parameters_are_checked() -> None:
    for fractions in ((0, 0), (1, 0), (-0.1, 0), (0.5, 0.5), (0.5, -0.1), (float("nan"), 0)):
        for splitter in (random_split, per_user_split, time_split):
            with pytest.raises(InvalidParameterError, match="test_fraction must be above 0"):
                splitter(dense(), test_fraction=fractions[0], valid_fraction=fractions[1])
    for seed in (-1, 2**64, "0", None):
        with pytest.raises(InvalidParameterError, match="seed must be a whole number"):
            random_split(dense(), seed=seed)
    with pytest.raises(InvalidParameterError, match="n_test must be a whole number of at least 1"):
        leave_last_out(dense(), n_test=0)
    with pytest.raises(InvalidParameterError, match="n_valid must be a whole number of at least 0"):
        leave_last_out(dense(), n_valid=-1)
