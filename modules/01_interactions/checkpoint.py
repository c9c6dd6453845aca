"""Can I trust my data? The same matrix as the library's, clean splits, and every planted leak found."""

import numpy as np

from recsys_backends.contract.clause import require
from recsys_edu import Interactions, leave_last_out
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.splits import Split, per_user_split, time_split


def require_same(got, expected, what: str) -> None:
    """Two arrays hold the same numbers or names; the message shows where they first do not."""
    found, wanted = np.asarray(got), np.asarray(expected)
    require(
        found.shape == wanted.shape, f"{what}: shape {found.shape}, and {wanted.shape} is expected."
    )
    kinds = found.dtype.kind, wanted.dtype.kind
    require(
        kinds[0] == kinds[1] or all(kind in "biuf" for kind in kinds),
        f"{what}: the type is {found.dtype}, and {wanted.dtype} is expected.",
    )
    if not np.array_equal(found, wanted):
        place = np.argmax(found != wanted)
        it_is = f"at place {place} there is" if found.ndim else "it is"
        raise_at = f"{it_is} {found.flat[place]}, and {wanted.flat[place]} is expected"
        require(False, f"{what}: {raise_at}.")


def untidy_log(rng: np.random.Generator, n_events: int = 1500) -> tuple[np.ndarray, ...]:
    """Events with repeats and equal times, in no order, with names as users and numbers as items."""
    names = np.array([f"{'abc'[number % 3]}{number}" for number in range(60)])
    users = names[rng.integers(len(names), size=n_events)]
    items = rng.integers(40, size=n_events) ** 2 + 7
    return users, items, rng.integers(n_events // 10, size=n_events)


def my_matrix_is_the_one_of_the_log(remote, rng: np.random.Generator) -> None:
    """Names, repeats, order: the same matrix as the library makes of the same events."""
    raw_users, raw_items, times = untidy_log(rng)
    numbers = np.arange(1, len(times) + 1)
    expected = Interactions.from_events(raw_users, raw_items, values=numbers, timestamps=times)
    user_ids, users = remote.number_ids(raw_users)
    item_ids, items = remote.number_ids(raw_items)
    require_same(user_ids, expected.user_ids, "the vocabulary of the users")
    require_same(item_ids, expected.item_ids, "the vocabulary of the items")
    kept = remote.merge_repeats(users, items, times)
    require_same(np.sort(kept), kept, "the positions that merge_repeats keeps, which should ascend")
    # More users and items than occur, so that there are empty rows and columns.
    n_users, n_items = expected.n_users + 6, expected.n_items + 3
    indptr, indices, order = remote.build_csr(users[kept], items[kept], n_users, n_items)
    require_same(indptr[: expected.n_users + 1], expected.indptr, "indptr of the whole log")
    require_same(indptr[expected.n_users :], [expected.nnz] * 7, "indptr of users without items")
    require_same(indices, expected.indices, "indices of the whole log")
    require_same(times[kept][order], expected.timestamps, "the time of each entry")
    require_same(kept[order] + 1, expected.values, "the position in the log of each entry")


def my_transpose_is_right(remote, rng: np.random.Generator) -> None:
    """Item by item, the users; with items that nobody has, and users who have nothing."""
    whole = make_synthetic(50, 40, 600, min_per_user=2, seed=int(rng.integers(2**32)))
    whole = whole.keep(whole.rows() % 7 != 3)
    starts, users = remote.transpose(whole.indptr, whole.indices, whole.n_items + 2)
    require(
        len(starts) == whole.n_items + 3,
        f"for {whole.n_items + 2} items transpose gives {len(starts)} starts, one more is expected.",
    )
    require_same(starts[-1], whole.nnz, "the last of the starts")
    require(len(users) == whole.nnz, f"{whole.nnz} interactions have {len(users)} users.")
    for item in range(whole.n_items + 2):
        expected = whole.rows()[whole.indices == item]
        require_same(users[starts[item] : starts[item + 1]], expected, f"the users of item {item}")


def my_counts_are_sorted_and_shared(remote, rng: np.random.Generator) -> None:
    """Counting keeps equal keys in order; the shares of a catalogue that we know."""
    keys = rng.integers(30, size=500)
    starts, order = remote.counting_sort(keys, 35)
    require(len(starts) == 36, f"for 35 keys counting_sort gives {len(starts)} starts, not 36.")
    require_same(starts[-1], len(keys), "the last of the starts")
    require_same(np.sort(order), np.arange(len(keys)), "the positions, sorted")
    for key in range(35):
        places = order[starts[key] : starts[key + 1]]
        require_same(places, np.flatnonzero(keys == key), f"the events with key {key}, in order")
    counts = np.array([10, 3, 70, 0, 10, 4, 3])
    for k, share in ((0, 0.0), (1, 0.7), (2, 0.8), (4, 0.94), (7, 1.0), (100, 1.0)):
        got = remote.top_share(counts, k)
        require(
            abs(got - share) < 1e-12,
            f"of the counts 70, 10, 10, 4, 3, 3, 0 the top {k} have {share}, yours says {got}.",
        )
    require_same(counts, [10, 3, 70, 0, 10, 4, 3], "the counts, which should stay as they were")
    empty = remote.top_share(counts * 0, 3)
    require(empty == 0, f"without interactions the share should be 0.0, and it is {empty}.")


def my_splits_hold_out_the_last(remote, rng: np.random.Generator) -> None:
    """Leave-last-out as the library does it; whoever has too few is left alone; ties go by place."""
    whole = make_synthetic(60, 50, 700, min_per_user=3, seed=int(rng.integers(2**32)))
    for n in (1, 3, 4):
        mask = np.asarray(remote.hold_out_last(whole.indptr, whole.timestamps, n))
        require(
            mask.dtype == np.bool_ and mask.shape == (whole.nnz,),
            f"the mask should be one truth value for each of {whole.nnz} entries.",
        )
        expected = leave_last_out(whole, n_test=n).test
        require_same(
            whole.keep(mask).indptr, expected.indptr, f"where the test rows start, with n = {n}"
        )
        require_same(whole.keep(mask).indices, expected.indices, f"the test items, with n = {n}")
    tied = remote.hold_out_last(np.array([0, 2, 6]), np.array([4, 3, 5, 5, 5, 1]), 2)
    require_same(
        np.flatnonzero(tied), [3, 4], "the places held out where three of four keys are equal"
    )


def my_check_finds_every_planted_leak(remote, rng: np.random.Generator) -> None:
    """A clean split is called clean; leaks are counted, each kind by itself."""
    n = 1200
    whole = Interactions.from_events(
        rng.integers(40, size=n), rng.integers(60, size=n), timestamps=rng.permutation(n)
    )
    by_time = time_split(whole)
    clean = _leaks(remote, by_time)
    require(clean == (0, 0, 0), f"a split by time has no leaks, and yours found {clean}.")
    train, test = _columns(by_time.train), _columns(by_time.test)
    n_test = len(test[0])

    some = rng.choice(n_test, 7, replace=False)
    told = _with(train, *((test[0][event], test[1][event], -1) for event in some))
    _require_leaks(remote, told, test, (7, 0, 0), "seven test pairs were copied")
    twice = tuple(np.concatenate((column, column)) for column in test)
    _require_leaks(remote, told, twice, (14, 0, 0), "seven were copied, and each is tested twice")

    first = int(np.argmin(test[2]))
    user, tomorrow = test[0][first], max(test[2]) + 1
    own = int(np.sum(test[0] == user))
    for what, event, expected in (
        ("one stranger comes from the future", (10**6, 10**6, tomorrow), (0, 0, n_test)),
        ("one user comes from the future", (user, 10**6, tomorrow), (0, own, n_test)),
        ("one event is at the time of the first test", (user, 10**6, test[2][first]), (0, 0, 0)),
    ):
        _require_leaks(remote, _with(train, event), test, expected, what)
    nothing = tuple(column[:0] for column in train)
    _require_leaks(remote, nothing, test, (0, 0, 0), "the training part is empty")
    random = _leaks(remote, per_user_split(whole))
    require(
        random[0] == 0 and 0 < random[1] <= random[2],
        f"a random split leaks the future and no pairs, and yours found {random}.",
    )


def _columns(part: Interactions) -> tuple[np.ndarray, ...]:
    return part.rows(), part.indices.astype(np.int64), part.timestamps


def _with(part: tuple[np.ndarray, ...], *events: tuple[int, int, int]) -> tuple[np.ndarray, ...]:
    # What is added stands first, so that the last line of a user is not always the latest.
    added = (np.array(column) for column in zip(*events, strict=True))
    return tuple(np.concatenate((new, old)) for new, old in zip(added, part, strict=True))


def _leaks(remote, split: Split) -> tuple[int, int, int]:
    return _counted(remote.find_leaks(_columns(split.train), _columns(split.test)))


def _counted(found) -> tuple[int, int, int]:
    counts = [found[name] for name in ("repeated", "own_future", "any_future")]
    require(np.asarray(counts).dtype.kind in "iu", f"the counts should be integers, not {counts}.")
    return tuple(map(int, counts))


def _require_leaks(remote, train, test, expected: tuple[int, int, int], what: str) -> None:
    got = _counted(remote.find_leaks(train, test))
    require(
        got == expected,
        f"{what}: (repeated, own_future, any_future) should be {expected}, and yours is {got}.",
    )
