"""Can I trust my data? The same matrix as the library's, clean splits, and every planted leak found."""

import numpy as np

from recsys_backends.contract.clause import require
from recsys_edu import Interactions, leave_last_out
from recsys_edu.datasets.synthetic import make_synthetic
from recsys_edu.splits import Split, per_user_split, time_split


def require_same(got, expected, sentence: str) -> None:
    """Two arrays hold the same numbers or names.

    Args:
        got: the learner's array.
        expected: the right one.
        sentence: what is wrong; {place}, {got} and {right} are the first difference.
    """
    found, wanted = np.asarray(got), np.asarray(expected)
    about = sentence.partition(":")[0]
    require(
        found.shape == wanted.shape,
        f"{about}: yours has the shape {found.shape}, and {wanted.shape} is right.",
    )
    kinds = found.dtype.kind, wanted.dtype.kind
    require(
        kinds[0] == kinds[1] or all(kind in "biuf" for kind in kinds),
        f"{about}: yours are {found.dtype}, and {wanted.dtype} is right.",
    )
    if not np.array_equal(found, wanted):
        place = int(np.argmax(found != wanted))
        got, right = found.flat[place].item(), wanted.flat[place].item()
        require(False, sentence.format(place=place, got=got, right=right))


def require_rows(indptr, indices, whole: Interactions) -> None:
    """The rows of a CSR matrix are those of the log, user by user."""
    starts, items = np.asarray(indptr), np.asarray(indices)
    require(
        starts.ndim == 1 and starts.dtype.kind in "iu",
        f"indptr should be integers in one row; yours is {starts.dtype} of shape {starts.shape}.",
    )
    for user, name in enumerate(whole.user_ids.tolist()):
        row, right = items[starts[user] : starts[user + 1]].tolist(), whole.items_of(user).tolist()
        require(
            sorted(row) == right,
            f"User {name!r} has {len(right)} different items in the log, {right[:6]} …, and "
            f"{len(row)} in your matrix, {row[:6]} …",
        )
        require(row == right, f"The items of user {name!r} do not ascend: {row[:8]} …")


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
    for got, right, whose in (
        (user_ids, expected.user_ids, "users"),
        (item_ids, expected.item_ids, "items"),
    ):
        require_same(
            got,
            right,
            f"The vocabulary of the {whose}: number {{place}} is {{got!r}} in yours, and {{right!r}} "
            "in ascending order.",
        )
    kept = remote.merge_repeats(users, items, times)
    require_same(
        np.sort(kept),
        kept,
        "Events that are kept: place {place} has event {right}, and {got} ascends.",
    )
    require(
        len(kept) == expected.nnz,
        f"The log has {expected.nnz} different pairs of user and item; you keep {len(kept)} events.",
    )
    # More users and items than occur, so that there are empty rows and columns.
    n_users, n_items = expected.n_users + 6, expected.n_items + 3
    indptr, indices, order = remote.build_csr(users[kept], items[kept], n_users, n_items)
    require(
        len(indptr) == n_users + 1,
        f"The matrix has {n_users} users, some without items, so indptr has {n_users + 1} entries; "
        f"yours has {len(indptr)}.",
    )
    require_rows(indptr, indices, expected)
    require_same(
        indptr[expected.n_users :],
        [expected.nnz] * 7,
        "Users without items: their rows begin and end at {right}, where the last row ends, and one "
        "of yours begins at {got}.",
    )
    _require_latest(kept, order, times, expected)


def _require_latest(kept, order, times: np.ndarray, expected: Interactions) -> None:
    """Each entry comes from the latest event of its pair."""
    require_same(
        times[kept][order],
        expected.timestamps,
        "Times: entry {place} of your matrix is of time {got}, and of the events of its pair the "
        "latest is of time {right}.",
    )
    require_same(
        kept[order] + 1,
        expected.values.astype(np.int64),
        "Events: entry {place} comes from line {got} of the log, and of the events of its pair line "
        "{right} is the one to keep: the latest, and among equal times the last.",
    )


def my_transpose_is_right(remote, rng: np.random.Generator) -> None:
    """Item by item, the users; with items that nobody has, and users who have nothing."""
    whole = make_synthetic(50, 40, 600, min_per_user=2, seed=int(rng.integers(2**32)))
    whole = whole.keep(whole.rows() % 7 != 3)
    starts, users = remote.transpose(whole.indptr, whole.indices, whole.n_items + 2)
    require(
        len(starts) == whole.n_items + 3,
        f"For {whole.n_items + 2} items transpose should give one start more, and gives {len(starts)}.",
    )
    require(
        len(users) == whole.nnz,
        f"{whole.nnz} interactions have {len(users)} users after transpose.",
    )
    for item in range(whole.n_items + 2):
        expected = whole.rows()[whole.indices == item]
        got = np.asarray(users)[starts[item] : starts[item + 1]]
        require(
            np.array_equal(got, expected),
            f"Item {item} was bought by the users {expected.tolist()[:8]} …, and after your "
            f"transpose by {got.tolist()[:8]} …",
        )
    require_same(
        starts[-1], whole.nnz, "The last start: it is {got}, and {right} entries end there."
    )


def my_counts_are_sorted_and_shared(remote, rng: np.random.Generator) -> None:
    """Counting keeps equal keys in order; the shares of a catalogue that we know."""
    keys = rng.integers(30, size=500)
    starts, order = remote.counting_sort(keys, 35)
    require(len(starts) == 36, f"For 35 keys counting_sort gives {len(starts)} starts, not 36.")
    require_same(starts[-1], len(keys), "The last start: it is {got}, and {right} keys end there.")
    require_same(
        np.sort(order),
        np.arange(len(keys)),
        "The order: each position occurs once, and {right} is missing or {got} is there twice.",
    )
    for key in range(35):
        places = order[starts[key] : starts[key + 1]]
        require_same(
            places,
            np.flatnonzero(keys == key),
            f"Events with key {key}: the next one in the log is number {{right}}, and yours is "
            "{got}; equal keys keep their order.",
        )
    counts = np.array([10, 3, 70, 0, 10, 4, 3])
    for k, share in ((0, 0.0), (1, 0.7), (2, 0.8), (4, 0.94), (7, 1.0), (100, 1.0)):
        got = remote.top_share(counts, k)
        require(
            abs(got - share) < 1e-12,
            f"Seven items were bought 70, 10, 10, 4, 3, 3 and 0 times: the top {k} have {share:.0%} "
            f"of all purchases, and yours says {got:.2%}.",
        )
    require_same(
        counts,
        [10, 3, 70, 0, 10, 4, 3],
        "top_share changes its counts: item {place} had {right} and now has {got}.",
    )
    empty = remote.top_share(counts * 0, 3)
    require(empty == 0, f"Where nothing was bought the share is 0, and yours is {empty}.")


def my_splits_hold_out_the_last(remote, rng: np.random.Generator) -> None:
    """Leave-last-out as the library does it; whoever has too few is left alone; ties go by place."""
    whole = make_synthetic(60, 50, 700, min_per_user=3, seed=int(rng.integers(2**32)))
    for n in (1, 3, 4):
        mask = np.asarray(remote.hold_out_last(whole.indptr, whole.timestamps, n))
        require(
            mask.dtype == np.bool_ and mask.shape == (whole.nnz,),
            f"The mask should be one truth value for each of {whole.nnz} entries.",
        )
        expected = leave_last_out(whole, n_test=n).test
        held_out = whole.keep(mask)
        for user in range(whole.n_users):
            got, right = held_out.items_of(user).tolist(), expected.items_of(user).tolist()
            n_own = len(whole.items_of(user))
            require(
                got == right,
                f"User {user} has {n_own} items; with n = {n} the test part has the latest of them, "
                f"{right}, and yours has {got}."
                if n_own > n
                else f"User {user} has {n_own} items, which is too few to hold out {n}; yours holds "
                f"out {got}.",
            )
    tied = remote.hold_out_last(np.array([0, 2, 6]), np.array([4, 3, 5, 5, 5, 1]), 2)
    found = np.flatnonzero(tied).tolist()
    require(
        found == [3, 4],
        "Of four entries at the times 5, 5, 5, 1 (places 2 to 5), the last two of time 5 are held "
        f"out, places 3 and 4; yours are {found}.",
    )


def my_check_finds_every_planted_leak(remote, rng: np.random.Generator) -> str:
    """A clean split is called clean; leaks are counted, each kind by itself."""
    n = 1200
    whole = Interactions.from_events(
        rng.integers(40, size=n), rng.integers(60, size=n), timestamps=rng.permutation(n)
    )
    by_time = time_split(whole)
    clean = _leaks(remote, by_time)
    require(
        clean == (0, 0, 0),
        f"A split by time has no leaks, and find_leaks counts {clean} (repeated, own, any future).",
    )
    train, test = _columns(by_time.train), _columns(by_time.test)
    n_test = len(test[0])

    some = rng.choice(n_test, 7, replace=False)
    told = _with(train, *((test[0][event], test[1][event], -1) for event in some))
    _require_leaks(remote, told, test, (7, 0, 0), "seven test pairs were copied")
    twice = tuple(np.concatenate((column, column)) for column in test)
    _require_leaks(
        remote, told, twice, (14, 0, 0), "seven test pairs were copied and each is tested twice"
    )

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
    split = per_user_split(whole)
    random = _leaks(remote, split)
    require(
        random[0] == 0 and 0 < random[1] <= random[2],
        f"A random split leaks the future and no pairs, and find_leaks counts {random}.",
    )
    return (
        f"a split by time leaks nothing; a random one knows the future of {random[2]} of "
        f"{split.test.nnz} test events, and that of their own user of {random[1]}"
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
    require(np.asarray(counts).dtype.kind in "iu", f"The counts should be integers, not {counts}.")
    return tuple(map(int, counts))


def _require_leaks(remote, train, test, expected: tuple[int, int, int], what: str) -> None:
    got = _counted(remote.find_leaks(train, test))
    names = ("repeated", "own_future", "any_future")
    wrong = [
        f"{name} is {right}, and yours says {yours}"
        for name, yours, right in zip(names, got, expected, strict=True)
        if yours != right
    ]
    require(not wrong, f"Where {what}, {' and '.join(wrong)}.")
