"""Clauses that judge each graded cell of lesson 01, on inputs that nobody has seen."""

from collections import Counter

import numpy as np

from recsys_backends.contract.clause import require
from recsys_edu import Interactions
from tito.judging.figures import require_figure

from .checkpoint import require_rows, require_same, untidy_log


def test_number_ids(remote, rng: np.random.Generator) -> None:
    """Distinct, ascending, and the way back; for integers and for strings."""
    texts = np.array([f"{'xyz'[n % 3]}-{n}" for n in rng.integers(300, size=400)])
    for kind, ids in (
        ("400 integers", rng.integers(-50, 3000, size=400)),
        ("400 strings", texts),
        ("an empty log", rng.integers(5, size=0)),
        ("one id, nine times", np.full(9, 12345)),
    ):
        expected, codes_expected = np.unique(ids, return_inverse=True)
        vocabulary, codes = remote.number_ids(ids)
        require_same(
            vocabulary,
            expected,
            f"The vocabulary of {kind}: number {{place}} is {{got!r}} in yours, and {{right!r}} in "
            "ascending order.",
        )
        require_same(
            codes,
            codes_expected,
            f"The codes of {kind}: event {{place}} has the code {{got}} in yours, and its id is "
            "number {right} of the vocabulary.",
        )
        require(
            vocabulary.dtype == ids.dtype and codes.dtype == np.int64,
            f"For {kind} the vocabulary should be {ids.dtype} and the codes int64, and they are "
            f"{vocabulary.dtype} and {codes.dtype}.",
        )


def test_merge_repeats(remote, rng: np.random.Generator) -> None:
    """One of each pair: the latest, and among equal times the last one given."""
    for n_events, n_times in ((1, 1), (300, 5), (2000, 10**9)):
        users, items = rng.integers(15, size=n_events), rng.integers(12, size=n_events)
        times = rng.integers(n_times, size=n_events)
        kept = remote.merge_repeats(users, items, times)
        about = f"In a log of {n_events} events"
        require(np.asarray(kept).dtype.kind == "i", "The positions should be integers.")
        best: dict[tuple[int, int], int] = {}
        for position in np.lexsort((np.arange(n_events), times)).tolist():
            best[int(users[position]), int(items[position])] = position
        pairs = Counter(zip(users[kept].tolist(), items[kept].tolist(), strict=True))
        twice = [pair for pair, times_kept in pairs.items() if times_kept > 1]
        require(not twice, f"{about}, {_pair(twice)} is kept more than once.")
        missing = set(best) - set(pairs)
        require(not missing, f"{about}, no event of {_pair(missing)} is kept.")
        for position in kept.tolist():
            pair = int(users[position]), int(items[position])
            require(
                position == best[pair],
                f"{about}, you keep event {position} of {_pair([pair])}, and event {best[pair]} is "
                "the one to keep: the latest, and among equal times the last.",
            )
        require_same(
            kept,
            sorted(kept.tolist()),
            "Events that are kept: place {place} has event {got}, and {right} ascends.",
        )


def _pair(pairs) -> str:
    """Name the first of some pairs; no pair where there is none."""
    return next((f"user {user} with item {item}" for user, item in pairs), "no pair")


def test_counting_sort(remote, rng: np.random.Generator) -> None:
    """Starts and a stable order, also for keys that do not occur."""
    for n, n_keys in ((0, 0), (0, 4), (1, 1), (200, 7), (300, 1000)):
        keys = rng.integers(max(n_keys - n_keys // 4, 1), size=n)  # the last ones do not occur
        starts, order = remote.counting_sort(keys, n_keys)
        about = f"of {n} keys below {n_keys}"
        ascending = np.sort(keys)
        expected = np.searchsorted(ascending, np.arange(n_keys + 1))
        require_same(
            starts,
            expected,
            f"The starts {about}: key {{place}} starts at {{got}} in yours, and {{right}} of the keys "
            "are smaller.",
        )
        require_same(
            np.sort(order),
            np.arange(n),
            f"The order {about}: each position occurs once, and {{right}} is missing or {{got}} is "
            "there twice.",
        )
        require_same(
            keys[order],
            ascending,
            f"Your order {about}: at place {{place}} is an event with key {{got}}, and key {{right}} "
            "comes there.",
        )
        require_same(
            order,
            np.argsort(keys, kind="stable"),
            f"Equal keys {about}: at place {{place}} yours has event {{got}}, and event {{right}} "
            "comes there, since it stands first in the log.",
        )


def _pairs(rng: np.random.Generator, n_users: int, n_items: int, n: int) -> list[np.ndarray]:
    """Distinct pairs in no order; the last users and items are often without any."""
    cells = rng.permutation(n_users * n_items)[:n]
    return [cells // n_items, cells % n_items]


def test_build_csr(remote, rng: np.random.Generator) -> None:
    """The library's matrix, with empty rows, empty columns, and nothing at all."""
    for n_users, n_items, n in ((1, 1, 1), (40, 9, 60), (5, 300, 700), (30, 80, 25), (3, 4, 0)):
        users, items = _pairs(rng, n_users, n_items, n)
        expected = Interactions.from_events(
            users, items, user_ids=np.arange(n_users), item_ids=np.arange(n_items)
        )
        about = f"with {n} interactions of {n_users} users and {n_items} items"
        indptr, indices, order = remote.build_csr(users, items, n_users, n_items)
        require(
            len(indptr) == n_users + 1,
            f"A matrix {about} has {n_users + 1} starts, and your indptr has {len(indptr)}.",
        )
        require(
            np.shape(indices) == (n,),
            f"A matrix {about} has one index for each of them, and yours have the shape "
            f"{np.shape(indices)}.",
        )
        require_rows(indptr, indices, expected)
        require_same(
            indptr,
            expected.indptr,
            f"The starts {about}: user {{place}} begins at {{got}} in yours, and {{right}} "
            "interactions are of users before.",
        )
        require(indices.dtype == np.int32, f"indices should be int32, not {indices.dtype}.")
        for which, log, rights in (
            ("item", items, expected.indices),
            ("user", users, expected.rows()),
        ):
            require_same(
                log[order],
                rights,
                f"Your order {about}: entry {{place}} comes from an event of {which} {{got}}, and it "
                f"belongs to {which} {{right}}.",
            )


def test_transpose(remote, rng: np.random.Generator) -> None:
    """The same as building the matrix with users and items exchanged."""
    for n_users, n_items, n in ((1, 1, 1), (40, 9, 60), (5, 300, 700), (30, 80, 25), (3, 4, 0)):
        users, items = _pairs(rng, n_users, n_items, n)
        ids = np.arange(n_users), np.arange(n_items)
        given = Interactions.from_events(users, items, user_ids=ids[0], item_ids=ids[1])
        expected = Interactions.from_events(items, users, user_ids=ids[1], item_ids=ids[0])
        about = f"with {n} interactions of {n_users} users and {n_items} items"
        starts, members = remote.transpose(given.indptr, given.indices, n_items)
        require_same(
            starts,
            expected.indptr,
            f"The starts {about}: item {{place}} begins at {{got}} in yours, and {{right}} "
            "interactions are of items before.",
        )
        require_same(
            members,
            expected.indices,
            f"The users by item, {about}: at place {{place}} yours has user {{got}}, and user "
            "{right} comes there.",
        )
        require(members.dtype == np.int32, f"The users should be int32, not {members.dtype}.")


def test_top_share(remote, rng: np.random.Generator) -> None:
    """Any k, ties, nobody, and counts that stay as they are."""
    for n, spread in ((1, 5), (10, 3), (200, 1000), (200, 2)):
        counts = rng.integers(spread, size=n) + (np.arange(n) == 0)
        for k in (0, 1, n // 3, n - 1, n, 3 * n):
            given = counts.copy()
            rest = sorted(counts.tolist())[: max(n - k, 0)]
            expected = 1 - sum(rest) / int(counts.sum())
            got = remote.top_share(given, k)
            about = f"Of all purchases of {n} items, the top {k} have"
            require_figure(got, expected, 1e-9, about)
            require_same(
                given,
                counts,
                "top_share changes its counts: item {place} had {right} and now has {got}.",
            )
    got = remote.top_share(np.zeros(5, dtype=np.int64), 2)
    require(got == 0, f"Where nothing was bought the share is 0, and yours is {got}.")


def test_hold_out_last(remote, rng: np.random.Generator) -> None:
    """The last by times with ties and by random numbers, for users with many entries, few and none."""
    for n in (1, 2, 5):
        lengths = np.concatenate(([0, 1, n, n + 1, 0, 40], rng.integers(12, size=30)))
        indptr = np.concatenate(([0], np.cumsum(lengths)))
        total = int(indptr[-1])
        for kind, keys in (
            ("random numbers", rng.random(total)),
            ("times with ties", rng.integers(4, size=total)),
            ("negative times", -rng.permutation(total)),
        ):
            mask = np.asarray(remote.hold_out_last(indptr, keys, n))
            require(
                mask.dtype == np.bool_ and mask.shape == (total,),
                f"The mask should be one truth value for each of {total} entries; yours is "
                f"{mask.dtype} of shape {mask.shape}.",
            )
            for user, length in enumerate(lengths.tolist()):
                places = range(int(indptr[user]), int(indptr[user + 1]))
                last = sorted(places, key=lambda place: (keys[place], place))[length - n :]
                expected = sorted(last) if length > n else []
                got = [place for place in places if mask[place]]
                require(
                    got == expected,
                    f"Keys are {kind} and n = {n}: of a user with {length} entries, from place "
                    f"{places.start} on, the places {expected} are held out, and yours are {got}.",
                )


def test_find_leaks(remote, rng: np.random.Generator) -> None:
    """Counts as a comparison of every test event with every training event gives them."""
    for n_train, n_test, n_times in ((0, 5, 9), (5, 0, 9), (30, 20, 8), (200, 450, 1000)):
        columns = [untidy_log(rng, 650)[1] % 7, rng.integers(9, size=650)]
        # Users end at different times, half of their test events come after it, and two come at the
        # end of all and of their user: "own", "anybody's", "later" and "not earlier" always differ.
        moments = rng.integers(n_times, size=650) + (columns[0] - 2) * (n_times // 2)
        moments[n_train:] += n_times // 2
        if n_train and n_test:
            moments[n_train] = moments[:n_train].max()
            own = moments[:n_train][columns[0][:n_train] == columns[0][n_train + 1]]
            moments[n_train + 1] = own.max() if own.size else 0
        columns.append(moments)
        train = tuple(column[:n_train] for column in columns)
        test = tuple(column[n_train : n_train + n_test] for column in columns)
        same_user = test[0][:, None] == train[0]
        same_item = test[1][:, None] == train[1]
        later = test[2][:, None] < train[2]
        expected = {
            "repeated": int((same_user & same_item).any(axis=1).sum()),
            "own_future": int((same_user & later).any(axis=1).sum()),
            "any_future": int(later.any(axis=1).sum()),
        }
        got = remote.find_leaks(train, test)
        for name, count in expected.items():
            require_same(
                got[name],
                count,
                f"{n_train} training and {n_test} test events: {name} is {{right}}, and yours says "
                "{got}.",
            )
